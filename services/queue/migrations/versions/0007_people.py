"""Add people, invitations and revoked tokens, and count what annotators have done.

A release before this one counts nothing: restart all replicas of the queue together.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
COUNT_DONE = """
UPDATE annotators a SET done = d.done, first_done_at = d.first, last_done_at = d.last,
    done_on = (d.last AT TIME ZONE 'UTC')::date, done_that_day = d.that_day
FROM (
    SELECT annotator, project, count(*) AS done, min(submitted_at) AS first, max(newest) AS last,
        count(*) FILTER (WHERE (submitted_at AT TIME ZONE 'UTC')::date
            = (newest AT TIME ZONE 'UTC')::date) AS that_day
    FROM (
        SELECT s.annotator, w.project, s.submitted_at,
            max(s.submitted_at) OVER (PARTITION BY s.annotator, w.project) AS newest
        FROM answers s JOIN work w USING (work_id)
    ) one
    GROUP BY 1, 2
) d
WHERE a.annotator = d.annotator AND a.project = d.project
"""


def upgrade() -> None:
    """Create the tables; count the stored submissions."""
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
    op.create_table(
        "people",
        sa.Column("project", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("pseudonym", sa.Text, nullable=False),
        sa.Column("issuer", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("roles", ARRAY(sa.Text), nullable=False),
        sa.Column("added_at", TIME, nullable=False),
        sa.Column("revoked_at", TIME),
        sa.PrimaryKeyConstraint("project", "name", name="pk_people"),
        sa.UniqueConstraint("project", "pseudonym", name="uq_people_project_pseudonym"),
    )
    op.create_table(
        "invitations",
        sa.Column("invitation_id", sa.Uuid, nullable=False),
        sa.Column("project", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("secret_sha256", sa.LargeBinary, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.Column("used_at", TIME),
        sa.Column("revoked_at", TIME),
        sa.PrimaryKeyConstraint("invitation_id", name="pk_invitations"),
        sa.UniqueConstraint("secret_sha256", name="uq_invitations_secret_sha256"),
    )
    op.create_index(
        "ix_invitations_project_created_at_invitation_id",
        "invitations",
        ["project", "created_at", "invitation_id"],
    )
    zero = {"nullable": False, "server_default": "0"}
    op.add_column("annotators", sa.Column("done", sa.Integer, **zero))
    op.add_column("annotators", sa.Column("first_done_at", TIME))
    op.add_column("annotators", sa.Column("last_done_at", TIME))
    op.add_column("annotators", sa.Column("done_on", sa.Date))
    op.add_column("annotators", sa.Column("done_that_day", sa.Integer, **zero))
    op.execute(COUNT_DONE)
