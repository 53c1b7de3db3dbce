"""Which large payloads a project has. Of those that came before, all that is not inline."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

FILL = """
INSERT INTO blobs (project, sha256)
SELECT DISTINCT project, payload_sha256 FROM tasks t
WHERE NOT EXISTS (SELECT 1 FROM payloads p WHERE p.sha256 = t.payload_sha256)
"""


def upgrade() -> None:
    """Make the table, and fill it from the tasks."""
    op.create_table(
        "blobs",
        sa.Column("project", sa.Text, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("project", "sha256", name="pk_blobs"),
    )
    op.execute(FILL)
