"""The corrections of annotations, and the settings of the page that people choose."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('corrections',
    sa.Column('annotation_id', sa.Uuid(), nullable=False),
    sa.Column('lease_id', sa.Uuid(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('body', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('corrected_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('annotation_id', name=op.f('pk_corrections')),
    sa.UniqueConstraint('lease_id', 'number', name=op.f('uq_corrections_lease_id_number'))
    )
    op.create_table('preferences',
    sa.Column('person', sa.Text(), nullable=False),
    sa.Column('document', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.PrimaryKeyConstraint('person', name=op.f('pk_preferences'))
    )


def downgrade() -> None:
    op.drop_table('preferences')
    op.drop_table('corrections')
