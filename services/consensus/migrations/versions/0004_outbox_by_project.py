"""Rows of the outbox have their project, so that the relay can send fairly by project."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

FIND_PROJECT = """
UPDATE outbox SET project = convert_from(body, 'UTF8')::json ->> 'project'
"""


def upgrade() -> None:
    """Add the project, read it from waiting events, and make it the first part of the key.

    It is empty in rows that a replica of the release before adds during the upgrade.
    """
    op.add_column("outbox", sa.Column("project", sa.Text, nullable=False, server_default=""))
    op.execute(FIND_PROJECT)
    op.drop_constraint("pk_outbox", "outbox")
    op.create_primary_key("pk_outbox", "outbox", ["project", "id"])


def downgrade() -> None:
    """Restore the key without the project."""
    op.drop_constraint("pk_outbox", "outbox")
    op.create_primary_key("pk_outbox", "outbox", ["id"])
    op.drop_column("outbox", "project")
