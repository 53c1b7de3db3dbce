"""The corrections of votes, and the correction that a vote has been replaced by."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('corrections',
    sa.Column('annotation_id', sa.Uuid(), nullable=False),
    sa.Column('corrects', sa.Uuid(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('label', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.PrimaryKeyConstraint('annotation_id', name=op.f('pk_corrections')),
    sa.UniqueConstraint('corrects', 'number', name=op.f('uq_corrections_corrects_number'))
    )
    op.add_column('votes', sa.Column('corrected_by', sa.Uuid(), nullable=True))


def downgrade() -> None:
    op.drop_column('votes', 'corrected_by')
    op.drop_table('corrections')
