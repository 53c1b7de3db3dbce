"""The order in which an annotator saw the options. Of earlier annotations none is known."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column to the annotations of work and of honeypots."""
    for table in ("annotations", "honeypot_annotations"):
        op.add_column(
            table, sa.Column("presentation", sa.JSON(), nullable=False, server_default="{}")
        )
