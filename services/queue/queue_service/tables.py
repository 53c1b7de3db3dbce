"""The tables of the queue."""

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
"""Settings of tables whose rows change often: free space on each page, and early vacuums."""

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

# An annotator who may do one task of a pool may do all of them, except those about items that it
# has seen. `audience` is `all`, or `experienced` for work that experienced annotators get first.
pools = sa.Table(
    "pools",
    metadata,
    sa.Column("pool", sa.Integer, sa.Identity(), primary_key=True),
    sa.Column("project", sa.Text, nullable=False),
    sa.Column("stage", sa.Text, nullable=False),
    sa.Column("task_type", sa.Text, nullable=False),
    sa.Column("skills", ARRAY(sa.Text), nullable=False),
    sa.Column("audience", sa.Text, nullable=False),
    sa.UniqueConstraint("project", "stage", "task_type", "skills", "audience"),
)

# One row for each task and stage. `subject` is the id of the task, the conflict, or the review.
# `target` is the number of people needed; it is null for honeypots, which every annotator may get
# once. `lease_count` is the number of leases ever given. `position` is the item's place in the
# order of import, 0 if unknown. At `escalates_at` the work is given to other people. `sort_key`
# puts honeypots in a random order. `review_id` and `round` are the review and the number of its
# stage. A payload that is too large is null; `blob` is then its digest in the blob store.
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
    sa.Column("pool", sa.Integer, nullable=False),
    sa.Column("payload", JSONB),
    sa.Column("blob", sa.Text),
    sa.Column("blob_size", sa.BigInteger),
    sa.Column("prelabels", JSONB, nullable=False),
    sa.Column("context", JSONB),
    sa.Column("target", sa.Integer),
    sa.Column("answered", sa.Integer, nullable=False, server_default="0"),
    sa.Column("leased", sa.Integer, nullable=False, server_default="0"),
    sa.Column("lease_count", sa.Integer, nullable=False, server_default="0"),
    sa.Column("state", sa.Text, nullable=False, server_default="open"),
    sa.Column("sort_key", sa.Float, nullable=False),
    sa.Column("escalates_at", _TIME),
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
    work.c.sort_key,
    postgresql_where=sa.text("purpose = 'honeypot' AND state = 'open'"),
)
sa.Index("ix_work_external", work.c.project, work.c.external_id)
sa.Index("ix_work_review", work.c.review_id, postgresql_where=sa.text("review_id IS NOT NULL"))
sa.Index(
    "ix_work_escalates_at",
    work.c.escalates_at,
    postgresql_where=sa.text("escalates_at IS NOT NULL"),
)
sa.Index(
    "ix_work_open",
    work.c.pool,
    work.c.position,
    work.c.work_id,
    postgresql_where=sa.text("purpose = 'work' AND state = 'open'"),
)

# The work that has a free slot, in the order in which it is given. Scans read this table and `seen`
# instead of the wide rows of `work`; it is changed under the lock of the row of `work`.
# `changed_xid` is the transaction that put the row at its place, so that a scan cursor finds the
# rows that changed since. `rank` and `due`: the smaller comes first, see `domain.dispatch`. A
# honeypot has a row in pool 0, which is never scanned, so that leasing it and giving it back writes
# as much as for work.
ready = sa.Table(
    "ready",
    metadata,
    sa.Column("work_id", sa.BigInteger, primary_key=True),
    sa.Column("pool", sa.Integer, nullable=False),
    sa.Column("rank", sa.Integer, nullable=False),
    sa.Column("due", sa.BigInteger, nullable=False),
    sa.Column("slots", sa.Integer, nullable=False),
    sa.Column("position", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("changed_xid", sa.BigInteger, nullable=False),
    sa.Column("item_id", sa.Uuid, nullable=False),
    sa.Column("batch", sa.Uuid),
    sa.Column("spec_version", sa.Integer, nullable=False),
    sa.Column("since", _TIME, nullable=False),
    postgresql_with=_BUSY,
)
sa.Index(
    "ix_ready_order",
    ready.c.pool,
    ready.c.rank,
    ready.c.due,
    ready.c.slots,
    ready.c.position,
    ready.c.work_id,
)
sa.Index("ix_ready_changed_xid", ready.c.pool, ready.c.changed_xid)

# The items that an annotator has seen, so that none comes twice. A row is deleted with a lease that
# expires or is released. `item_id` can also be the id of a batch: its annotators may not review it.
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

# The submissions of every stage: annotations, reviews and adjudications. An annotation with a
# `release_at` can be changed until then, and its event is sent only then.
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

# The corrections of annotations after their undo period; the last of each lease is in force.
corrections = sa.Table(
    "corrections",
    metadata,
    sa.Column("annotation_id", sa.Uuid, primary_key=True),
    sa.Column("lease_id", sa.Uuid, nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("body", JSONB, nullable=False),
    sa.Column("corrected_at", _TIME, nullable=False),
    sa.UniqueConstraint("lease_id", "number"),
)

# The own settings of the page of each person.
preferences = sa.Table(
    "preferences",
    metadata,
    sa.Column("person", sa.Text, primary_key=True),
    sa.Column("document", JSONB, nullable=False),
)

# `taken` counts the tasks of a project that an annotator holds or has answered. `done` counts its
# submissions of every stage, honeypots among them; `done_that_day` those of the UTC day `done_on`.
annotators = sa.Table(
    "annotators",
    metadata,
    sa.Column("annotator", sa.Text, primary_key=True),
    sa.Column("project", sa.Text, primary_key=True),
    sa.Column("standing", sa.Text, nullable=False, server_default="new"),
    sa.Column("taken", sa.Integer, nullable=False, server_default="0"),
    sa.Column("done", sa.Integer, nullable=False, server_default="0"),
    sa.Column("first_done_at", _TIME),
    sa.Column("last_done_at", _TIME),
    sa.Column("done_on", sa.Date),
    sa.Column("done_that_day", sa.Integer, nullable=False, server_default="0"),
    sa.Index("ix_annotators_project", "project"),
    postgresql_with=_BUSY,
)

# The number of reviews and adjudications of an annotator by task type, which makes it experienced.
history = sa.Table(
    "history",
    metadata,
    sa.Column("annotator", sa.Text, primary_key=True),
    sa.Column("task_type", sa.Text, primary_key=True),
    sa.Column("stage", sa.Text, primary_key=True),
    sa.Column("answered", sa.Integer, nullable=False),
    sa.Column("last_at", _TIME, nullable=False),
)

# The pools in which an annotator skipped a task for lack of a skill. It gets no more work of them.
declined = sa.Table(
    "declined",
    metadata,
    sa.Column("annotator", sa.Text, primary_key=True),
    sa.Column("pool", sa.Integer, primary_key=True),
)

skills = sa.Table(
    "skills",
    metadata,
    sa.Column("annotator", sa.Text, primary_key=True),
    sa.Column("project", sa.Text, primary_key=True),
    sa.Column("skill", sa.Text, primary_key=True),
    sa.Column("level", sa.Integer, nullable=False),
)

# The names of people, which only leads may read. `issuer` and `subject` are those of their tokens.
# `revoked_at`: their access was revoked, and they were not invited again since.
people = sa.Table(
    "people",
    metadata,
    sa.Column("project", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("pseudonym", sa.Text, nullable=False),
    sa.Column("issuer", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("roles", ARRAY(sa.Text), nullable=False),
    sa.Column("added_at", _TIME, nullable=False),
    sa.Column("revoked_at", _TIME),
    sa.UniqueConstraint("project", "pseudonym"),
)

# The secret of a link is not stored, only its SHA-256. The token that an invitation was exchanged
# for has the invitation's id as its `jti`.
invitations = sa.Table(
    "invitations",
    metadata,
    sa.Column("invitation_id", sa.Uuid, primary_key=True),
    sa.Column("project", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("secret_sha256", sa.LargeBinary, nullable=False, unique=True),
    sa.Column("created_at", _TIME, nullable=False),
    sa.Column("expires_at", _TIME, nullable=False),
    sa.Column("used_at", _TIME),
    sa.Column("revoked_at", _TIME),
    sa.Index(None, "project", "created_at", "invitation_id"),
)

# Items that were withdrawn or restored; the event with the largest `number` counts.
item_withdrawals = sa.Table(
    "item_withdrawals",
    metadata,
    sa.Column("item_id", sa.Uuid, primary_key=True),
    sa.Column("project", sa.Text, nullable=False),
    sa.Column("number", sa.BigInteger, nullable=False),
    sa.Column("is_withdrawn", sa.Boolean, nullable=False),
)
