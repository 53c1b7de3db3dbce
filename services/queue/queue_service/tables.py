"""What the queue stores."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from chassis.database import new_metadata

metadata = new_metadata()

_TIME = sa.DateTime(timezone=True)

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
)

# One row a task and stage. `subject` is what the work is about: the task itself, a conflict, or a
# review. `target` is null for honeypots: they go to everyone, once each.
work = sa.Table(
    "work",
    metadata,
    sa.Column("work_id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("task_id", sa.Uuid, nullable=False, index=True),
    sa.Column("stage", sa.Text, nullable=False),
    sa.Column("subject", sa.Uuid, nullable=False),
    sa.Column("project", sa.Text, nullable=False),
    sa.Column("item_id", sa.Uuid, nullable=False),
    sa.Column("external_id", sa.Text),
    sa.Column("spec_version", sa.Integer, nullable=False),
    sa.Column("task_type", sa.Text, nullable=False),
    sa.Column("purpose", sa.Text, nullable=False),
    sa.Column("priority", sa.SmallInteger, nullable=False),
    sa.Column("due_at", _TIME),
    sa.Column("skills", ARRAY(sa.Text), nullable=False),
    sa.Column("payload", JSONB, nullable=False),
    sa.Column("prelabels", JSONB, nullable=False),
    sa.Column("context", JSONB),
    sa.Column("target", sa.Integer),
    sa.Column("answered", sa.Integer, nullable=False, server_default="0"),
    sa.Column("leased", sa.Integer, nullable=False, server_default="0"),
    sa.Column("state", sa.Text, nullable=False, server_default="open"),
    sa.Column("created_at", _TIME, nullable=False),
    sa.UniqueConstraint("stage", "subject"),
)
sa.Index(
    "ix_work_honeypots",
    work.c.project,
    work.c.spec_version,
    postgresql_where=sa.text("purpose = 'honeypot' AND state = 'open'"),
)

sa.Index(
    "ix_work_open",
    work.c.project,
    work.c.stage,
    work.c.priority.desc(),
    work.c.work_id,
    postgresql_where=sa.text("purpose = 'work' AND state = 'open'"),
)

# The work that has a free slot, in the order in which it is given, with all that the choice needs:
# the choice reads this and `seen`, never the wide rows. Every change happens under the lock of
# the work row, which alone is the truth.
ready = sa.Table(
    "ready",
    metadata,
    sa.Column("work_id", sa.BigInteger, primary_key=True),
    sa.Column("project", sa.Text, nullable=False),
    sa.Column("stage", sa.Text, nullable=False),
    sa.Column("priority", sa.SmallInteger, nullable=False),
    sa.Column("due_at", _TIME, nullable=False),
    sa.Column("slots", sa.Integer, nullable=False),
    sa.Column("task_type", sa.Text, nullable=False),
    sa.Column("skills", ARRAY(sa.Text), nullable=False),
    sa.Column("item_id", sa.Uuid, nullable=False),
    sa.Column("spec_version", sa.Integer, nullable=False),
    sa.Column("external_id", sa.Text),
)
sa.Index(
    "ix_ready_order",
    ready.c.project,
    ready.c.stage,
    ready.c.priority.desc(),
    ready.c.due_at,
    ready.c.slots,
    ready.c.work_id,
)
sa.Index("ix_ready_external", ready.c.project, ready.c.external_id)

# What an annotator has seen of an item, so that nobody sees it twice. Gone with a lease that
# ended without an answer.
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
    sa.Column("work_id", sa.BigInteger, nullable=False, index=True),
    sa.Column("annotator", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("leased_at", _TIME, nullable=False),
    sa.Column("expires_at", _TIME, nullable=False),
    sa.Column("prelabel", sa.Text, nullable=False),
    sa.Column("prelabel_given", JSONB),
    sa.Column("ended", sa.Text),
    sa.Column("ended_at", _TIME),
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
sa.Index(
    "ix_answers_held", answers.c.release_at, postgresql_where=sa.text("release_at IS NOT NULL")
)

annotators = sa.Table(
    "annotators",
    metadata,
    sa.Column("annotator", sa.Text, primary_key=True),
    sa.Column("project", sa.Text, primary_key=True),
    sa.Column("standing", sa.Text, nullable=False, server_default="new"),
    sa.Column("given", sa.Integer, nullable=False, server_default="0"),
)

skills = sa.Table(
    "skills",
    metadata,
    sa.Column("annotator", sa.Text, primary_key=True),
    sa.Column("skill", sa.Text, primary_key=True),
    sa.Column("level", sa.Integer, nullable=False),
)
