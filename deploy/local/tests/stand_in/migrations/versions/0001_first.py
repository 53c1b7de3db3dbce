"""One table."""

import os

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make it."""
    if os.environ.get("STAND_IN_MIGRATION_FAILS"):
        raise RuntimeError("STAND_IN_MIGRATION_FAILS is set")
    op.create_table("stood_in", sa.Column("id", sa.BigInteger, primary_key=True))


def downgrade() -> None:
    """Drop it."""
    op.drop_table("stood_in")
