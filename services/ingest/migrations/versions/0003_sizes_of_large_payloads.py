"""Keep how large a payload is that lies in the blob store; of older ones it is not known."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; nothing is rewritten."""
    op.add_column("items", sa.Column("blob_size", sa.BigInteger))
