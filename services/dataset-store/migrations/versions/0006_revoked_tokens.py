"""Add the table of revoked tokens."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "revoked_tokens",
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("project", sa.Text, nullable=False),
        sa.Column("jti", sa.Text, nullable=False),
        sa.Column("revoked_at", TIME, nullable=False),
        sa.Column("forget_at", TIME, nullable=False),
        sa.Column(
            "added_at", TIME, nullable=False, server_default=sa.text("clock_timestamp()")
        ),
        sa.PrimaryKeyConstraint("subject", "project", "jti", name="pk_revoked_tokens"),
    )
    op.create_index("ix_revoked_tokens_added_at", "revoked_tokens", ["added_at"])
