"""Annotations name the one that they correct, if they are corrections."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('annotations', sa.Column('corrects', sa.Uuid(), nullable=True))
    op.add_column('honeypot_annotations', sa.Column('corrects', sa.Uuid(), nullable=True))


def downgrade() -> None:
    op.drop_column('honeypot_annotations', 'corrects')
    op.drop_column('annotations', 'corrects')
