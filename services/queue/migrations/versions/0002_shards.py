"""Work lies in shards; who is asked first; quotas, pauses and a bounded exposure."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
BUSY = {
    "fillfactor": 80,
    "autovacuum_vacuum_scale_factor": 0.01,
    "autovacuum_vacuum_threshold": 1000,
    "autovacuum_vacuum_cost_delay": 0,
    "autovacuum_analyze_scale_factor": 0.02,
}
SETTINGS = ", ".join(f"{name} = {value}" for name, value in BUSY.items())

# A skill with its level, `french>=1`, in order: `domain.choice.need`.
NEEDS = """
UPDATE work SET skills = ARRAY(SELECT DISTINCT CASE WHEN s ~ '^.+>=[0-9]{1,2}$' THEN s
    ELSE s || '>=1' END FROM unnest(skills) AS s ORDER BY 1)
"""
SHARDS = """
INSERT INTO shards (project, stage, task_type, skills, circle)
SELECT DISTINCT project, stage, task_type, skills, 'all' FROM work ORDER BY 1, 2, 3, 4
"""
# `pick` as `domain.leases.place_among_honeypots` has it for new ones; any even spread will do.
FILL = """
UPDATE work w SET shard = s.shard, pick = random() FROM shards s
WHERE (s.project, s.stage, s.task_type, s.skills, s.circle)
    = (w.project, w.stage, w.task_type, w.skills, 'all')
"""
SHOWN = """
UPDATE work w SET shown = l.n FROM (SELECT work_id, count(*) AS n FROM leases GROUP BY 1) l
WHERE w.work_id = l.work_id
"""
READY = """
INSERT INTO ready (work_id, shard, rank, due, slots, entered, item_id, spec_version, since)
SELECT w.work_id, w.shard, floor(extract(epoch FROM w.created_at) / 3600)::int - w.priority,
    coalesce(extract(epoch FROM w.due_at) * 1000, 9223372036854775807)::bigint,
    w.target - w.answered - w.leased, pg_current_xact_id()::text::bigint, w.item_id,
    w.spec_version, w.created_at
FROM work w JOIN old_ready USING (work_id)
"""
TAKEN = """
UPDATE annotators a SET taken = t.n
FROM (SELECT l.annotator, w.project, count(*) AS n FROM leases l JOIN work w USING (work_id)
    WHERE l.ended IS NULL OR l.ended = 'answered' GROUP BY 1, 2) t
WHERE a.annotator = t.annotator AND a.project = t.project
"""
HISTORY = """
INSERT INTO history (annotator, task_type, stage, answered, last_at)
SELECT a.annotator, w.task_type, w.stage, count(*), max(a.submitted_at) FROM answers a JOIN work w USING (work_id)
WHERE w.stage <> 'annotate' GROUP BY 1, 2, 3
"""


def upgrade() -> None:
    op.create_table(
        "declined",
        sa.Column("annotator", sa.Text, nullable=False),
        sa.Column("shard", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("annotator", "shard", name="pk_declined"),
    )
    op.create_table(
        "history",
        sa.Column("annotator", sa.Text, nullable=False),
        sa.Column("task_type", sa.Text, nullable=False),
        sa.Column("stage", sa.Text, nullable=False),
        sa.Column("answered", sa.Integer, nullable=False),
        sa.Column("last_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("annotator", "task_type", "stage", name="pk_history"),
    )
    op.create_table(
        "shards",
        sa.Column("shard", sa.Integer, sa.Identity(), nullable=False),
        sa.Column("project", sa.Text, nullable=False),
        sa.Column("stage", sa.Text, nullable=False),
        sa.Column("task_type", sa.Text, nullable=False),
        sa.Column("skills", postgresql.ARRAY(sa.Text), nullable=False),
        sa.Column("circle", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("shard", name="pk_shards"),
        sa.UniqueConstraint(
            "project",
            "stage",
            "task_type",
            "skills",
            "circle",
            name="uq_shards_project_stage_task_type_skills_circle",
        ),
    )
    op.add_column("annotators", sa.Column("taken", sa.Integer, server_default="0", nullable=False))
    op.drop_column("annotators", "given")
    op.create_index("ix_annotators_project", "annotators", ["project"])
    op.drop_index("ix_leases_work_id", table_name="leases")
    op.drop_column("leases", "prelabel_given")
    op.add_column(
        "projects", sa.Column("paused", sa.Boolean, server_default=sa.false(), nullable=False)
    )
    op.create_index(
        "ix_answers_submitted", "answers", ["submitted_at"], postgresql_using="brin"
    )
    _change_work()
    _make_ready()
    op.execute(TAKEN)
    op.execute(HISTORY)
    for table in ("work", "ready", "leases", "annotators"):
        op.execute(f"ALTER TABLE {table} SET ({SETTINGS})")


def _change_work() -> None:
    op.drop_index("ix_work_task_id", table_name="work")
    op.drop_index("ix_work_honeypots", table_name="work")
    op.drop_index("ix_work_open", table_name="work")
    op.add_column("work", sa.Column("batch", sa.Uuid))
    op.add_column("work", sa.Column("shard", sa.Integer))
    op.add_column("work", sa.Column("shown", sa.Integer, server_default="0", nullable=False))
    op.add_column("work", sa.Column("pick", sa.Float))
    op.add_column("work", sa.Column("moves_at", TIME))
    op.add_column("work", sa.Column("review_id", sa.Uuid))
    op.add_column("work", sa.Column("round", sa.SmallInteger, server_default="1", nullable=False))
    op.execute(NEEDS)
    op.execute(SHARDS)
    op.execute(FILL)
    op.execute(SHOWN)
    op.execute("UPDATE work SET review_id = subject WHERE stage = 'review'")
    op.alter_column("work", "shard", nullable=False)
    op.alter_column("work", "pick", nullable=False)
    open_work = sa.text("purpose = 'work' AND state = 'open'")
    open_honeypots = sa.text("purpose = 'honeypot' AND state = 'open'")
    op.create_index(
        "ix_work_honeypots",
        "work",
        ["project", "spec_version", "pick"],
        postgresql_where=open_honeypots,
    )
    op.create_index("ix_work_open", "work", ["shard", "work_id"], postgresql_where=open_work)
    op.create_index("ix_work_external", "work", ["project", "external_id"])
    op.create_index("ix_work_item_id", "work", ["item_id"])
    reviews = sa.text("review_id IS NOT NULL")
    op.create_index("ix_work_review", "work", ["review_id"], postgresql_where=reviews)
    moving = sa.text("moves_at IS NOT NULL")
    op.create_index("ix_work_moves", "work", ["moves_at"], postgresql_where=moving)


def _make_ready() -> None:
    op.rename_table("ready", "old_ready")
    op.execute("ALTER INDEX pk_ready RENAME TO pk_old_ready")
    op.execute("DROP INDEX ix_ready_order, ix_ready_external")
    op.create_table(
        "ready",
        sa.Column("work_id", sa.BigInteger, nullable=False),
        sa.Column("shard", sa.Integer, nullable=False),
        sa.Column("rank", sa.Integer, nullable=False),
        sa.Column("due", sa.BigInteger, nullable=False),
        sa.Column("slots", sa.Integer, nullable=False),
        sa.Column("entered", sa.BigInteger, nullable=False),
        sa.Column("item_id", sa.Uuid, nullable=False),
        sa.Column("batch", sa.Uuid),
        sa.Column("spec_version", sa.Integer, nullable=False),
        sa.Column("since", TIME, nullable=False),
        sa.PrimaryKeyConstraint("work_id", name="pk_ready"),
    )
    op.execute(READY)
    op.create_index("ix_ready_order", "ready", ["shard", "rank", "due", "slots", "work_id"])
    op.create_index("ix_ready_entered", "ready", ["shard", "entered"])
    op.drop_table("old_ready")
