"""The tables of the quality service."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from chassis.db.database import new_metadata

metadata = new_metadata()

_TIME = sa.DateTime(timezone=True)

specs = sa.Table(
    "specs",
    metadata,
    sa.Column("project", sa.Text, primary_key=True),
    sa.Column("spec_version", sa.Integer, primary_key=True),
    sa.Column("document", JSONB, nullable=False),
)

# `blind` is the accuracy of guessing on the project's golds; null until there is gold.
projects = sa.Table(
    "projects",
    metadata,
    sa.Column("project", sa.Text, primary_key=True),
    sa.Column("blind", sa.Double),
)

# The spec versions that name an issue as resolved. Stored even if the issue is not known yet: in a
# replay the resolution may arrive first.
resolutions = sa.Table(
    "resolutions",
    metadata,
    sa.Column("issue_id", sa.Uuid, primary_key=True),
    sa.Column("project", sa.Text, primary_key=True),
    sa.Column("spec_version", sa.Integer, primary_key=True),
    sa.Column("relabel", sa.Text, nullable=False),
    sa.Column("published_at", _TIME, nullable=False),
)

# Work only. `is_open` keeps the index of overdue tasks small; `decisions` is authoritative.
tasks = sa.Table(
    "tasks",
    metadata,
    sa.Column("task_id", sa.Uuid, primary_key=True),
    sa.Column("project", sa.Text, nullable=False),
    sa.Column("spec_version", sa.Integer, nullable=False),
    sa.Column("created_at", _TIME, nullable=False),
    sa.Column("due_at", _TIME),
    sa.Column("is_open", sa.Boolean, nullable=False),
)
sa.Index("ix_tasks_open", tasks.c.project, postgresql_where=sa.text("is_open"))

gold = sa.Table(
    "gold",
    metadata,
    sa.Column("task_id", sa.Uuid, primary_key=True),
    sa.Column("project", sa.Text, nullable=False),
    sa.Column("item_id", sa.Uuid, nullable=False),
    sa.Column("spec_version", sa.Integer, nullable=False),
    sa.Column("label", JSONB, nullable=False),
    sa.Column("rules", ARRAY(sa.Text), nullable=False),
    sa.Index("ix_gold_spec", "project", "spec_version"),
)

# Answers to honeypots, scored as soon as their gold and their spec version are known.
answers = sa.Table(
    "answers",
    metadata,
    sa.Column("annotation_id", sa.Uuid, primary_key=True),
    sa.Column("task_id", sa.Uuid, nullable=False, index=True),
    sa.Column("project", sa.Text, nullable=False),
    sa.Column("spec_version", sa.Integer, nullable=False),
    sa.Column("annotator", sa.Text, nullable=False),
    sa.Column("label", JSONB, nullable=False),
    sa.Column("submitted_at", _TIME, nullable=False),
    sa.Index("ix_answers_annotator", "project", "annotator"),
)

scores = sa.Table(
    "scores",
    metadata,
    sa.Column("annotation_id", sa.Uuid, primary_key=True),
    sa.Column("field", sa.Text, primary_key=True),
    sa.Column("given", JSONB, nullable=False),
    sa.Column("expected", JSONB, nullable=False),
    sa.Column("is_correct", sa.Boolean, nullable=False),
)

# One row for each annotator and project. `answered_right` and `answered` are counted from `scores`;
# `decided` is the standing that a person set, at the counts `…_before`.
standings = sa.Table(
    "standings",
    metadata,
    sa.Column("project", sa.Text, primary_key=True),
    sa.Column("annotator", sa.Text, primary_key=True),
    sa.Column("standing", sa.Text, nullable=False, server_default="new"),
    sa.Column("reason", sa.Text, nullable=False, server_default=""),
    sa.Column("answered_right", sa.Double, nullable=False, server_default="0"),
    sa.Column("answered", sa.Integer, nullable=False, server_default="0"),
    sa.Column("last_good_at", _TIME),
    sa.Column("decided", sa.Text, nullable=False, server_default="new"),
    sa.Column("decided_reason", sa.Text, nullable=False, server_default=""),
    sa.Column("right_before", sa.Double, nullable=False, server_default="0"),
    sa.Column("answered_before", sa.Integer, nullable=False, server_default="0"),
    sa.Index("ix_standings_annotator", "annotator"),
)

skills = sa.Table(
    "skills",
    metadata,
    sa.Column("project", sa.Text, primary_key=True),
    sa.Column("annotator", sa.Text, primary_key=True),
    sa.Column("skill", sa.Text, primary_key=True),
    sa.Column("level", sa.Integer, nullable=False),
)

# Answers to work. `model`, `was_shown` and `equals` are set if there was a pre-label. `corrects` is
# set for a correction, which is not counted as work.
annotations = sa.Table(
    "annotations",
    metadata,
    sa.Column("annotation_id", sa.Uuid, primary_key=True),
    sa.Column("project", sa.Text, nullable=False),
    sa.Column("annotator", sa.Text, nullable=False),
    sa.Column("submitted_at", _TIME, nullable=False),
    sa.Column("model", sa.Text),
    sa.Column("was_shown", sa.Boolean),
    sa.Column("equals", sa.Boolean),
    sa.Column("corrects", sa.Uuid),
    sa.Index("ix_annotations_annotator", "project", "annotator", "submitted_at"),
)
sa.Index(
    "ix_annotations_model",
    annotations.c.project,
    annotations.c.model,
    postgresql_where=sa.text("model IS NOT NULL"),
)

decisions = sa.Table(
    "decisions",
    metadata,
    sa.Column("project", sa.Text, primary_key=True),
    sa.Column("decision_no", sa.BigInteger, primary_key=True),
    sa.Column("task_id", sa.Uuid, nullable=False),
    sa.Column("item_id", sa.Uuid, nullable=False),
    sa.Column("spec_version", sa.Integer, nullable=False),
    sa.Column("label", JSONB, nullable=False),
    sa.Column("how", sa.Text, nullable=False),
    sa.Index("ix_decisions_task", "task_id", "decision_no"),
)

contributions = sa.Table(
    "contributions",
    metadata,
    sa.Column("annotation_id", sa.Uuid, primary_key=True),
    sa.Column("project", sa.Text, primary_key=True),
    sa.Column("decision_no", sa.BigInteger, primary_key=True),
)

reviews = sa.Table(
    "reviews",
    metadata,
    sa.Column("review_id", sa.Uuid, primary_key=True),
    sa.Column("project", sa.Text, nullable=False),
    sa.Column("decision_no", sa.BigInteger, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.UniqueConstraint("project", "decision_no"),
)

verdicts = sa.Table(
    "verdicts",
    metadata,
    sa.Column("review_id", sa.Uuid, primary_key=True),
    sa.Column("verdict", sa.Text, nullable=False),
)

# `fields` are those that a skip disputes: empty means every field, null that the skip is no
# evidence. `labels` are the two that fit.
skips = sa.Table(
    "skips",
    metadata,
    sa.Column("task_id", sa.Uuid, primary_key=True),
    sa.Column("annotator", sa.Text, primary_key=True),
    sa.Column("stage", sa.Text, primary_key=True),
    sa.Column("project", sa.Text, nullable=False),
    sa.Column("item_id", sa.Uuid, nullable=False),
    sa.Column("spec_version", sa.Integer, nullable=False),
    sa.Column("purpose", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("fields", ARRAY(sa.Text)),
    sa.Column("labels", JSONB, nullable=False, server_default="[]"),
    sa.Index("ix_skips_spec", "project", "spec_version"),
    sa.Index("ix_skips_annotator", "project", "annotator"),
)

expiries = sa.Table(
    "expiries",
    metadata,
    sa.Column("lease_id", sa.Uuid, primary_key=True),
    sa.Column("project", sa.Text, nullable=False),
    sa.Column("annotator", sa.Text, nullable=False),
    sa.Index("ix_expiries_annotator", "project", "annotator"),
)

# Empty `fields`: the conflict is about the whole label.
conflicts = sa.Table(
    "conflicts",
    metadata,
    sa.Column("task_id", sa.Uuid, primary_key=True),
    sa.Column("project", sa.Text, nullable=False),
    sa.Column("item_id", sa.Uuid, nullable=False),
    sa.Column("spec_version", sa.Integer, nullable=False),
    sa.Column("fields", ARRAY(sa.Text), nullable=False),
    sa.Column("scores", JSONB, nullable=False),
    sa.Index("ix_conflicts_spec", "project", "spec_version"),
)

adjudications = sa.Table(
    "adjudications",
    metadata,
    sa.Column("adjudication_id", sa.Uuid, primary_key=True),
    sa.Column("task_id", sa.Uuid, nullable=False, index=True),
    sa.Column("rationale", sa.Text, nullable=False),
    sa.Column("cause", sa.Text, nullable=False),
    sa.Column("rules", ARRAY(sa.Text), nullable=False),
)

# The newest agreement on each field, as consensus measured it.
measures = sa.Table(
    "measures",
    metadata,
    sa.Column("project", sa.Text, primary_key=True),
    sa.Column("spec_version", sa.Integer, primary_key=True),
    sa.Column("field", sa.Text, primary_key=True),
    sa.Column("metric", sa.Text, nullable=False),
    sa.Column("measured", JSONB, nullable=False),
    sa.Column("without_distrusted", JSONB),
)

issues = sa.Table(
    "issues",
    metadata,
    sa.Column("issue_id", sa.Uuid, primary_key=True),
    sa.Column("project", sa.Text, nullable=False),
    sa.Column("spec_version", sa.Integer, nullable=False),
    sa.Column("field", sa.Text, nullable=False),
    sa.Column("metric", sa.Text, nullable=False),
    sa.Column("value", sa.Double, nullable=False),
    sa.Column("low", sa.Double, nullable=False),
    sa.Column("high", sa.Double, nullable=False),
    sa.Column("floor", sa.Double, nullable=False),
    sa.Column("why", sa.Text, nullable=False),
    sa.Column("opened_at", _TIME, nullable=False),
    sa.Column("cause", sa.Text),
    sa.Column("resolved_by", sa.Integer),
    sa.Column("resolved_at", _TIME),
    sa.Column("relabel", sa.Text),
    sa.UniqueConstraint("project", "spec_version", "field"),
)

# The items that were requested to be labeled again for an issue: each once.
relabeled = sa.Table(
    "relabeled",
    metadata,
    sa.Column("issue_id", sa.Uuid, primary_key=True),
    sa.Column("item_id", sa.Uuid, primary_key=True),
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
