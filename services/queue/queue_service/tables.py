"""What the queue stores."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from chassis.db.database import new_metadata

metadata = new_metadata()

_TIME = sa.DateTime(timezone=True)
_BUSY = {
    "fillfactor": 80,
    "autovacuum_vacuum_scale_factor": 0.01,
    "autovacuum_vacuum_threshold": 1000,
    "autovacuum_vacuum_cost_delay": 0,
    "autovacuum_analyze_scale_factor": 0.02,
}
"""For tables whose rows change all the time: room for that on each page, and early vacuums."""

specs = sa.Table(
    "specs",
    metadata,
    sa.Column("project", sa.Text, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("hash", sa.Text, nullable=False),
    sa.Column("document", JSONB, nullable=False),
)

projects = sa.Table(
    "projects",
    metadata,
    sa.Column("project", sa.Text, primary_key=True),
    sa.Column("newest_version", sa.Integer, nullable=False),
    sa.Column("paused", sa.Boolean, nullable=False, server_default=sa.false()),
)

# Work is sharded: whoever may do one task of a shard may do them all, but for what it has seen.
# `circle` says who is asked first: everyone, or people with a history in this work.
shards = sa.Table(
    "shards",
    metadata,
    sa.Column("shard", sa.Integer, sa.Identity(), primary_key=True),
    sa.Column("project", sa.Text, nullable=False),
    sa.Column("stage", sa.Text, nullable=False),
    sa.Column("task_type", sa.Text, nullable=False),
    sa.Column("skills", ARRAY(sa.Text), nullable=False),
    sa.Column("circle", sa.Text, nullable=False),
    sa.UniqueConstraint("project", "stage", "task_type", "skills", "circle"),
)

# One row a task and stage. `subject` is what the work is about: the task itself, a conflict, or a
# review. `target` is null for honeypots: they go to everyone, once each. `shown` counts the leases
# ever given. `position` is the item's place in the order in which all items came, 0 if unknown.
# `moves_at` is when other people are asked; `pick` puts honeypots in a random order. `review_id` is
# the review of which this is the `round`-th look. A payload that is too large is null; `blob` is
# its digest in the blob store.
work = sa.Table(
    "work",
    metadata,
    sa.Column("work_id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("task_id", sa.Uuid, nullable=False),
    sa.Column("stage", sa.Text, nullable=False),
    sa.Column("subject", sa.Uuid, nullable=False),
    sa.Column("project", sa.Text, nullable=False),
    sa.Column("item_id", sa.Uuid, nullable=False, index=True),
    sa.Column("external_id", sa.Text),
    sa.Column("position", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("batch", sa.Uuid),
    sa.Column("spec_version", sa.Integer, nullable=False),
    sa.Column("task_type", sa.Text, nullable=False),
    sa.Column("purpose", sa.Text, nullable=False),
    sa.Column("priority", sa.SmallInteger, nullable=False),
    sa.Column("due_at", _TIME),
    sa.Column("skills", ARRAY(sa.Text), nullable=False),
    sa.Column("shard", sa.Integer, nullable=False),
    sa.Column("payload", JSONB),
    sa.Column("blob", sa.Text),
    sa.Column("blob_size", sa.BigInteger),
    sa.Column("prelabels", JSONB, nullable=False),
    sa.Column("context", JSONB),
    sa.Column("target", sa.Integer),
    sa.Column("answered", sa.Integer, nullable=False, server_default="0"),
    sa.Column("leased", sa.Integer, nullable=False, server_default="0"),
    sa.Column("shown", sa.Integer, nullable=False, server_default="0"),
    sa.Column("state", sa.Text, nullable=False, server_default="open"),
    sa.Column("pick", sa.Float, nullable=False),
    sa.Column("moves_at", _TIME),
    sa.Column("review_id", sa.Uuid),
    sa.Column("round", sa.SmallInteger, nullable=False, server_default="1"),
    sa.Column("created_at", _TIME, nullable=False),
    sa.UniqueConstraint("stage", "subject"),
    postgresql_with=_BUSY,
)
sa.Index(
    "ix_work_honeypots",
    work.c.project,
    work.c.spec_version,
    work.c.pick,
    postgresql_where=sa.text("purpose = 'honeypot' AND state = 'open'"),
)
sa.Index("ix_work_external", work.c.project, work.c.external_id)
sa.Index("ix_work_review", work.c.review_id, postgresql_where=sa.text("review_id IS NOT NULL"))
sa.Index("ix_work_moves", work.c.moves_at, postgresql_where=sa.text("moves_at IS NOT NULL"))
sa.Index(
    "ix_work_open",
    work.c.shard,
    work.c.position,
    work.c.work_id,
    postgresql_where=sa.text("purpose = 'work' AND state = 'open'"),
)

# The work that has a free slot, in the order in which it is given, with all that the choice needs:
# the choice reads this and `seen`, never the wide rows. Every change happens under the lock of
# the work row, which alone is the truth. `entered` is the transaction that put the row at its
# place: whoever has looked at all that older ones left need look at newer rows only. `rank` and
# `due` are as `domain` computes them: smaller comes first. A honeypot has a row in shard 0, where
# nobody looks, so that giving it out and back writes as much as for work.
ready = sa.Table(
    "ready",
    metadata,
    sa.Column("work_id", sa.BigInteger, primary_key=True),
    sa.Column("shard", sa.Integer, nullable=False),
    sa.Column("rank", sa.Integer, nullable=False),
    sa.Column("due", sa.BigInteger, nullable=False),
    sa.Column("slots", sa.Integer, nullable=False),
    sa.Column("position", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("entered", sa.BigInteger, nullable=False),
    sa.Column("item_id", sa.Uuid, nullable=False),
    sa.Column("batch", sa.Uuid),
    sa.Column("spec_version", sa.Integer, nullable=False),
    sa.Column("since", _TIME, nullable=False),
    postgresql_with=_BUSY,
)
sa.Index(
    "ix_ready_order",
    ready.c.shard,
    ready.c.rank,
    ready.c.due,
    ready.c.slots,
    ready.c.position,
    ready.c.work_id,
)
sa.Index("ix_ready_entered", ready.c.shard, ready.c.entered)

# What an annotator has seen of an item, so that nobody sees it twice. Gone with a lease that
# ended without an answer. The id may also be a batch's: its labelers may not review in it.
seen = sa.Table(
    "seen",
    metadata,
    sa.Column("annotator", sa.Text, primary_key=True),
    sa.Column("item_id", sa.Uuid, primary_key=True),
    sa.Column("spec_version", sa.Integer, primary_key=True),
)

leases = sa.Table(
    "leases",
    metadata,
    sa.Column("lease_id", sa.Uuid, primary_key=True),
    sa.Column("work_id", sa.BigInteger, nullable=False),
    sa.Column("annotator", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("leased_at", _TIME, nullable=False),
    sa.Column("expires_at", _TIME, nullable=False),
    sa.Column("prelabel", sa.Text, nullable=False),
    sa.Column("ended", sa.Text),
    sa.Column("ended_at", _TIME),
    postgresql_with=_BUSY,
)
sa.Index("ix_leases_open", leases.c.expires_at, postgresql_where=sa.text("ended IS NULL"))
sa.Index("ix_leases_holder", leases.c.annotator, postgresql_where=sa.text("ended IS NULL"))

drafts = sa.Table(
    "drafts",
    metadata,
    sa.Column("annotator", sa.Text, primary_key=True),
    sa.Column("item_id", sa.Uuid, primary_key=True),
    sa.Column("draft", JSONB, nullable=False),
    sa.Column("saved_at", _TIME, nullable=False),
)

# Every answer at every stage. `release_at` holds one back while it can be undone; only then does
# the event exist.
answers = sa.Table(
    "answers",
    metadata,
    sa.Column("lease_id", sa.Uuid, primary_key=True),
    sa.Column("answer_id", sa.Uuid, nullable=False, unique=True),
    sa.Column("work_id", sa.BigInteger, nullable=False, index=True),
    sa.Column("annotator", sa.Text, nullable=False),
    sa.Column("body", JSONB, nullable=False),
    sa.Column("submitted_at", _TIME, nullable=False),
    sa.Column("release_at", _TIME),
)
sa.Index("ix_answers_submitted", answers.c.submitted_at, postgresql_using="brin")
sa.Index(
    "ix_answers_held", answers.c.release_at, postgresql_where=sa.text("release_at IS NOT NULL")
)

# `taken` counts the tasks of a project that an annotator holds or has answered.
annotators = sa.Table(
    "annotators",
    metadata,
    sa.Column("annotator", sa.Text, primary_key=True),
    sa.Column("project", sa.Text, primary_key=True),
    sa.Column("standing", sa.Text, nullable=False, server_default="new"),
    sa.Column("taken", sa.Integer, nullable=False, server_default="0"),
    sa.Index("ix_annotators_project", "project"),
    postgresql_with=_BUSY,
)

# How much of a stage's work an annotator has done on a type of task: who is asked first.
history = sa.Table(
    "history",
    metadata,
    sa.Column("annotator", sa.Text, primary_key=True),
    sa.Column("task_type", sa.Text, primary_key=True),
    sa.Column("stage", sa.Text, primary_key=True),
    sa.Column("answered", sa.Integer, nullable=False),
    sa.Column("last_at", _TIME, nullable=False),
)

# The shards that an annotator does not want: it skipped a task there for want of a skill.
declined = sa.Table(
    "declined",
    metadata,
    sa.Column("annotator", sa.Text, primary_key=True),
    sa.Column("shard", sa.Integer, primary_key=True),
)

skills = sa.Table(
    "skills",
    metadata,
    sa.Column("annotator", sa.Text, primary_key=True),
    sa.Column("project", sa.Text, primary_key=True),
    sa.Column("skill", sa.Text, primary_key=True),
    sa.Column("level", sa.Integer, nullable=False),
)
