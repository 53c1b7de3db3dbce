"""A large payload is named by columns of its own, not by a payload that looks like a name.

Until now `{"blob": sha256}` stood in place of a payload. An item whose payload is literally that
looks the same and is taken for a name too: pages have treated it as one.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

MOVE = """
UPDATE work SET blob = payload->>'blob', payload = NULL
WHERE payload - 'blob' = '{}' AND jsonb_typeof(payload->'blob') = 'string'
    AND payload->>'blob' ~ '^[0-9a-f]{64}$'
"""


def upgrade() -> None:
    """Move the names out of the payloads; the sizes of those are not known here."""
    op.add_column("work", sa.Column("blob", sa.Text))
    op.add_column("work", sa.Column("blob_size", sa.BigInteger))
    op.alter_column("work", "payload", nullable=True)
    op.execute(MOVE)
