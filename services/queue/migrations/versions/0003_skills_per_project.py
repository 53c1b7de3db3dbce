"""A skill is had in one project.

Which project granted an earlier skill is not known here. It stays where its annotator has worked,
so that nobody loses work in hand, and opens no other project.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

COPY = """
INSERT INTO skills (annotator, project, skill, level)
SELECT o.annotator, a.project, o.skill, o.level
FROM old_skills o JOIN annotators a USING (annotator)
"""


def upgrade() -> None:
    """Give each skill the projects in which its annotator has worked."""
    op.rename_table("skills", "old_skills")
    op.execute("ALTER INDEX pk_skills RENAME TO pk_old_skills")
    op.create_table(
        "skills",
        sa.Column("annotator", sa.Text, nullable=False),
        sa.Column("project", sa.Text, nullable=False),
        sa.Column("skill", sa.Text, nullable=False),
        sa.Column("level", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("annotator", "project", "skill", name="pk_skills"),
    )
    op.execute(COPY)
    op.drop_table("old_skills")
