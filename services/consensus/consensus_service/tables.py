"""The tables of the consensus service."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from chassis.db.database import new_metadata

metadata = new_metadata()

_TIME = sa.DateTime(timezone=True)

specs = sa.Table(
    "specs",
    metadata,
    sa.Column("project", sa.Text, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("hash", sa.Text, nullable=False),
    sa.Column("document", JSONB, nullable=False),
    sa.Column("relabel", sa.Text, nullable=False),
)

# `last_decision` counts the decisions of a project without gaps: a transaction that takes a number
# locks the row until its commit.
projects = sa.Table(
    "projects",
    metadata,
    sa.Column("project", sa.Text, primary_key=True),
    sa.Column("newest_version", sa.Integer, nullable=False, server_default="0"),
    sa.Column("last_decision", sa.Integer, nullable=False, server_default="0"),
)

# `target` is the number of votes that count and are needed; `asked` is the number of annotators
# requested from the queue, which also replaces votes that do not count any more.
tasks = sa.Table(
    "tasks",
    metadata,
    sa.Column("task_id", sa.Uuid, primary_key=True),
    sa.Column("project", sa.Text, nullable=False),
    sa.Column("item_id", sa.Uuid, nullable=False),
    sa.Column("spec_version", sa.Integer, nullable=False),
    sa.Column("purpose", sa.Text, nullable=False),
    sa.Column("redundancy", sa.Integer, nullable=False),
    sa.Column("redundancy_max", sa.Integer, nullable=False),
    sa.Column("overlap", sa.Text, nullable=False),
    sa.Column("metadata", JSONB, nullable=False),
    sa.Column("target", sa.Integer, nullable=False),
    sa.Column("asked", sa.Integer, nullable=False),
    sa.Column("state", sa.Text, nullable=False, server_default="open"),
    sa.Column("why", sa.Text, nullable=False, server_default="No vote yet."),
    sa.Column("fields", ARRAY(sa.Text)),
    sa.Column("distribution", JSONB),
    sa.Column("raised_at", _TIME),
    sa.Column("decision_no", sa.Integer),
)
sa.Index("ix_tasks_item", tasks.c.item_id)
sa.Index(
    "ix_tasks_contested",
    tasks.c.project,
    tasks.c.raised_at,
    tasks.c.task_id,
    postgresql_where=sa.text("state = 'contested'"),
)
sa.Index("ix_tasks_version", tasks.c.project, tasks.c.spec_version)

# `corrected_by` is the correction that `label` is from; null for the label as it was submitted.
votes = sa.Table(
    "votes",
    metadata,
    sa.Column("annotation_id", sa.Uuid, primary_key=True),
    sa.Column("arrival", sa.BigInteger, sa.Identity(), nullable=False),
    sa.Column("task_id", sa.Uuid, nullable=False, index=True),
    sa.Column("project", sa.Text, nullable=False),
    sa.Column("annotator", sa.Text, nullable=False),
    sa.Column("annotator_kind", sa.Text, nullable=False),
    sa.Column("label", JSONB, nullable=False),
    sa.Column("prelabel", sa.Text, nullable=False),
    sa.Column("submitted_at", _TIME, nullable=False),
    sa.Column("corrected_by", sa.Uuid),
)
sa.Index("ix_votes_annotator", votes.c.project, votes.c.annotator)
sa.Index("ix_votes_arrival", votes.c.project, votes.c.arrival)

# The corrections of annotations, also those that came too late to replace a vote. The last of an
# annotation is that with the highest number.
corrections = sa.Table(
    "corrections",
    metadata,
    sa.Column("annotation_id", sa.Uuid, primary_key=True),
    sa.Column("corrects", sa.Uuid, nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("label", JSONB, nullable=False),
    sa.UniqueConstraint("corrects", "number"),
)

# `annotator` is null for skips that were stored before it was.
skips = sa.Table(
    "skips",
    metadata,
    sa.Column("event_id", sa.Uuid, primary_key=True),
    sa.Column("arrival", sa.BigInteger, sa.Identity(), nullable=False),
    sa.Column("task_id", sa.Uuid, nullable=False, index=True),
    sa.Column("annotator", sa.Text),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("note", sa.Text),
    sa.Column("labels", JSONB, nullable=False, server_default="[]"),
)

# Decisions are never deleted; a later one of the same item supersedes the earlier.
decisions = sa.Table(
    "decisions",
    metadata,
    sa.Column("project", sa.Text, primary_key=True),
    sa.Column("decision_no", sa.Integer, primary_key=True),
    sa.Column("task_id", sa.Uuid, nullable=False, index=True),
    sa.Column("item_id", sa.Uuid, nullable=False, index=True),
    sa.Column("spec_version", sa.Integer, nullable=False),
    sa.Column("label", JSONB, nullable=False),
    sa.Column("confidence", sa.Float),
    sa.Column("how", sa.Text, nullable=False),
    sa.Column("why", sa.Text, nullable=False),
    sa.Column("annotation_ids", ARRAY(sa.Uuid), nullable=False),
    sa.Column("rules", ARRAY(sa.Text), nullable=False),
)

# Adjudications with the dispute that they settled: the fields, and the share of each answer. They
# are shown to adjudicators of similar conflicts.
adjudications = sa.Table(
    "adjudications",
    metadata,
    sa.Column("adjudication_id", sa.Uuid, primary_key=True),
    sa.Column("task_id", sa.Uuid, nullable=False),
    sa.Column("project", sa.Text, nullable=False),
    sa.Column("spec_version", sa.Integer, nullable=False),
    sa.Column("fields", ARRAY(sa.Text), nullable=False),
    sa.Column("distribution", JSONB, nullable=False),
    sa.Column("label", JSONB, nullable=False),
    sa.Column("rationale", sa.Text, nullable=False),
    sa.Column("cause", sa.Text, nullable=False),
    sa.Column("rules", ARRAY(sa.Text), nullable=False),
    sa.Column("decided_at", _TIME, nullable=False),
)
sa.Index("ix_adjudications_project", adjudications.c.project, adjudications.c.decided_at)

# The standings of annotators, which the quality service decides.
annotators = sa.Table(
    "annotators",
    metadata,
    sa.Column("annotator", sa.Text, primary_key=True),
    sa.Column("project", sa.Text, primary_key=True),
    sa.Column("standing", sa.Text, nullable=False, server_default="new"),
)

# Scored honeypots. Their gold is known here only after it was answered.
scores = sa.Table(
    "scores",
    metadata,
    sa.Column("annotation_id", sa.Uuid, primary_key=True),
    sa.Column("field", sa.Text, primary_key=True),
    sa.Column("arrival", sa.BigInteger, sa.Identity(), nullable=False),
    sa.Column("project", sa.Text, nullable=False),
    sa.Column("task_id", sa.Uuid, nullable=False),
    sa.Column("annotator", sa.Text, nullable=False),
    sa.Column("given", JSONB, nullable=False),
    sa.Column("expected", JSONB, nullable=False),
)
sa.Index("ix_scores_project", scores.c.project, scores.c.arrival)

# The annotator models of each field, and the last vote and score that they are fitted to.
models = sa.Table(
    "models",
    metadata,
    sa.Column("project", sa.Text, primary_key=True),
    sa.Column("field", sa.Text, primary_key=True),
    sa.Column("votes_arrival", sa.BigInteger, nullable=False),
    sa.Column("scores_arrival", sa.BigInteger, nullable=False),
    sa.Column("n_votes", sa.Integer, nullable=False),
    sa.Column("body", JSONB, nullable=False),
)

# The last agreement on each field, whole and by slice, and the last vote that it is computed from.
# `cost_seconds` is the duration of the measurement, from which the pause after it follows.
agreements = sa.Table(
    "agreements",
    metadata,
    sa.Column("project", sa.Text, primary_key=True),
    sa.Column("spec_version", sa.Integer, primary_key=True),
    sa.Column("field", sa.Text, primary_key=True),
    sa.Column("sample", sa.Text, primary_key=True),
    sa.Column("slice_key", sa.Text, primary_key=True),
    sa.Column("slice_value", sa.Text, primary_key=True),
    sa.Column("arrival", sa.BigInteger, nullable=False),
    sa.Column("measured", JSONB, nullable=False),
    sa.Column("measured_at", _TIME, nullable=False),
    sa.Column("cost_seconds", sa.Float, nullable=False),
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
