"""Annotations name the one that they correct, if they are corrections."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('annotations', sa.Column('corrects', sa.Uuid(), nullable=True))


def downgrade() -> None:
    op.drop_column('annotations', 'corrects')
