"""Items know the order in which they came; a new spec version reaches them in that order.

Of those that are there only the transaction that brought them is known: within one they keep the
order in which their rows lie. Rollouts that are not at their end begin again, which changes nothing
about the items that they have reached.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

NUMBER = """
UPDATE items i SET position = n.position
FROM (SELECT item_id, row_number() OVER (ORDER BY created_at, ctid) AS position FROM items) n
WHERE i.item_id = n.item_id
"""
GO_ON = "SELECT setval('item_positions', (SELECT count(*) + 1 FROM items), false)"


def upgrade() -> None:
    """Number the items, and those that come later after them."""
    op.add_column("items", sa.Column("position", sa.BigInteger))
    op.execute(NUMBER)
    op.execute(sa.schema.CreateSequence(sa.Sequence("item_positions")))
    op.execute(GO_ON)
    op.alter_column("items", "position", nullable=False)
    op.drop_index("ix_items_project_item_id", "items")
    op.create_index("ix_items_project_position", "items", ["project", "position"])
    op.drop_column("rollouts", "after")
    op.add_column(
        "rollouts", sa.Column("after", sa.BigInteger, nullable=False, server_default="0")
    )
