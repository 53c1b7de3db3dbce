"""Rename shards to pools, and the columns with unclear names.

A release before this one cannot run on the renamed columns: stop it before the upgrade.
"""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

RENAMES = [
    ("TABLE shards RENAME TO pools", "TABLE pools RENAME TO shards"),
    ("TABLE pools RENAME COLUMN shard TO pool", "TABLE pools RENAME COLUMN pool TO shard"),
    (
        "TABLE pools RENAME COLUMN circle TO audience",
        "TABLE pools RENAME COLUMN audience TO circle",
    ),
    (
        "TABLE pools RENAME CONSTRAINT pk_shards TO pk_pools",
        "TABLE pools RENAME CONSTRAINT pk_pools TO pk_shards",
    ),
    (
        "TABLE pools RENAME CONSTRAINT uq_shards_project_stage_task_type_skills_circle"
        " TO uq_pools_project_stage_task_type_skills_audience",
        "TABLE pools RENAME CONSTRAINT uq_pools_project_stage_task_type_skills_audience"
        " TO uq_shards_project_stage_task_type_skills_circle",
    ),
    (
        "SEQUENCE shards_shard_seq RENAME TO pools_pool_seq",
        "SEQUENCE pools_pool_seq RENAME TO shards_shard_seq",
    ),
    ("TABLE work RENAME COLUMN shard TO pool", "TABLE work RENAME COLUMN pool TO shard"),
    ("TABLE work RENAME COLUMN pick TO sort_key", "TABLE work RENAME COLUMN sort_key TO pick"),
    (
        "TABLE work RENAME COLUMN shown TO lease_count",
        "TABLE work RENAME COLUMN lease_count TO shown",
    ),
    (
        "TABLE work RENAME COLUMN moves_at TO escalates_at",
        "TABLE work RENAME COLUMN escalates_at TO moves_at",
    ),
    (
        "INDEX ix_work_moves RENAME TO ix_work_escalates_at",
        "INDEX ix_work_escalates_at RENAME TO ix_work_moves",
    ),
    ("TABLE ready RENAME COLUMN shard TO pool", "TABLE ready RENAME COLUMN pool TO shard"),
    (
        "TABLE ready RENAME COLUMN entered TO changed_xid",
        "TABLE ready RENAME COLUMN changed_xid TO entered",
    ),
    (
        "INDEX ix_ready_entered RENAME TO ix_ready_changed_xid",
        "INDEX ix_ready_changed_xid RENAME TO ix_ready_entered",
    ),
    (
        "TABLE declined RENAME COLUMN shard TO pool",
        "TABLE declined RENAME COLUMN pool TO shard",
    ),
]


def upgrade() -> None:
    """Rename; nothing is rewritten."""
    for statement, _ in RENAMES:
        op.execute(f"ALTER {statement}")


def downgrade() -> None:
    """Restore the names in reverse order."""
    for _, statement in reversed(RENAMES):
        op.execute(f"ALTER {statement}")
