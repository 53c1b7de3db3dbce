"""Work keeps the position of its item, and equals are given in that order.

What is there has no position: it stays before what comes later, in the order in which it came.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns, and put them into the two indexes that hold an order."""
    for table in ("work", "ready"):
        op.add_column(
            table, sa.Column("position", sa.BigInteger, nullable=False, server_default="0")
        )
    op.drop_index("ix_ready_order", "ready")
    op.create_index(
        "ix_ready_order", "ready", ["shard", "rank", "due", "slots", "position", "work_id"]
    )
    op.drop_index("ix_work_open", "work")
    op.create_index(
        "ix_work_open",
        "work",
        ["shard", "position", "work_id"],
        postgresql_where=sa.text("purpose = 'work' AND state = 'open'"),
    )
