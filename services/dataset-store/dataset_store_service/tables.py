"""The tables of the dataset-store. The ledger is append-only: facts are not changed or removed.

JSON is stored as text (`json`), which keeps numbers as they were written.
"""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from chassis.db.database import new_metadata
from chassis.jobs.jobs import jobs_table

metadata = new_metadata()

jobs = jobs_table(metadata)

_TIME = sa.DateTime(timezone=True)

specs = sa.Table(
    "specs",
    metadata,
    sa.Column("project", sa.Text, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("hash", sa.Text, nullable=False),
    sa.Column("fields", sa.JSON, nullable=False),
)

# One row for each work item, from the first fact about it on. Transactions that may release one of
# its decisions lock it: of two concurrent facts the later one then sees the earlier.
items = sa.Table(
    "items",
    metadata,
    sa.Column("item_id", sa.Uuid, primary_key=True),
    sa.Column("project", sa.Text, nullable=False),
    sa.Index("ix_items_project_item_id", "project", "item_id"),
)

payloads = sa.Table(
    "payloads",
    metadata,
    sa.Column("sha256", sa.Text, primary_key=True),
    sa.Column("payload", sa.JSON, nullable=False),
)

# The payloads that are too large for events; each is in the blob store under its digest.
blobs = sa.Table(
    "blobs",
    metadata,
    sa.Column("project", sa.Text, primary_key=True),
    sa.Column("sha256", sa.Text, primary_key=True),
)

tasks = sa.Table(
    "tasks",
    metadata,
    sa.Column("task_id", sa.Uuid, primary_key=True),
    sa.Column("project", sa.Text, nullable=False),
    sa.Column("item_id", sa.Uuid, nullable=False, index=True),
    sa.Column("external_id", sa.Text),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("spec_version", sa.Integer, nullable=False),
    sa.Column("payload_sha256", sa.Text, nullable=False),
    sa.Column("source", sa.Text),
    sa.Column("metadata", sa.JSON, nullable=False),
    sa.Column("supersedes", sa.Uuid),
    sa.Column("reopens", sa.Uuid),
)

withdrawals = sa.Table(
    "withdrawals",
    metadata,
    sa.Column("task_id", sa.Uuid, primary_key=True),
    sa.Column("reason", sa.Text, nullable=False),
)

# Items that were withdrawn or restored; the event with the largest `number` counts. Withdrawn items
# are in no version that is published later.
item_withdrawals = sa.Table(
    "item_withdrawals",
    metadata,
    sa.Column("item_id", sa.Uuid, primary_key=True),
    sa.Column("project", sa.Text, nullable=False),
    sa.Column("number", sa.BigInteger, nullable=False),
    sa.Column("is_withdrawn", sa.Boolean, nullable=False),
)


# A correction is an annotation too, in the place of the one that `corrects` names.
def _annotations(name: str) -> sa.Table:
    return sa.Table(
        name,
        metadata,
        sa.Column("annotation_id", sa.Uuid, primary_key=True),
        sa.Column("task_id", sa.Uuid, nullable=False, index=True),
        sa.Column("item_id", sa.Uuid, nullable=False, index=True),
        sa.Column("project", sa.Text, nullable=False),
        sa.Column("spec_version", sa.Integer, nullable=False),
        sa.Column("annotator", sa.Text, nullable=False),
        sa.Column("annotator_kind", sa.Text, nullable=False),
        sa.Column("standing", sa.Text, nullable=False),
        sa.Column("label", sa.JSON, nullable=False),
        sa.Column("rules", ARRAY(sa.Text), nullable=False),
        sa.Column("note", sa.Text),
        sa.Column("prelabel", sa.Text, nullable=False),
        sa.Column("prelabel_given", sa.JSON),
        sa.Column("leased_at", _TIME, nullable=False),
        sa.Column("submitted_at", _TIME, nullable=False),
        sa.Column("active_ms", sa.Integer),
        sa.Column("presentation", sa.JSON, nullable=False, server_default="{}"),
        sa.Column("corrects", sa.Uuid),
    )


annotations = _annotations("annotations")
# A table of its own, so that no query can bring honeypots into a dataset version.
honeypot_annotations = _annotations("honeypot_annotations")

skips = sa.Table(
    "skips",
    metadata,
    sa.Column("event_id", sa.Uuid, primary_key=True),
    sa.Column("task_id", sa.Uuid, nullable=False, index=True),
    sa.Column("purpose", sa.Text, nullable=False),
    sa.Column("stage", sa.Text, nullable=False),
    sa.Column("annotator", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("note", sa.Text),
)

adjudications = sa.Table(
    "adjudications",
    metadata,
    sa.Column("adjudication_id", sa.Uuid, primary_key=True),
    sa.Column("task_id", sa.Uuid, nullable=False, index=True),
    sa.Column("item_id", sa.Uuid, nullable=False, index=True),
    sa.Column("project", sa.Text, nullable=False),
    sa.Column("adjudicator", sa.Text, nullable=False),
    sa.Column("label", sa.JSON, nullable=False),
    sa.Column("rationale", sa.Text, nullable=False),
    sa.Column("cause", sa.Text, nullable=False),
    sa.Column("rules", ARRAY(sa.Text), nullable=False),
)

# The requests and the verdicts of reviews, which arrive on different topics in any order.
reviews_requested = sa.Table(
    "reviews_requested",
    metadata,
    sa.Column("review_id", sa.Uuid, primary_key=True),
    sa.Column("project", sa.Text, nullable=False),
    sa.Column("task_id", sa.Uuid, nullable=False, index=True),
    sa.Column("item_id", sa.Uuid, nullable=False),
    sa.Column("decision_no", sa.Integer, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Index("ix_reviews_requested_decision", "project", "decision_no"),
)
reviews_decided = sa.Table(
    "reviews_decided",
    metadata,
    sa.Column("review_id", sa.Uuid, primary_key=True),
    sa.Column("task_id", sa.Uuid, nullable=False, index=True),
    sa.Column("reviewer", sa.Text, nullable=False),
    sa.Column("verdict", sa.Text, nullable=False),
    sa.Column("label", sa.JSON),
    sa.Column("comment", sa.Text),
)

# `resolved_by` is the first decision about the task after the conflict: conflicts and decisions of
# one task arrive in the order in which they were published.
conflicts = sa.Table(
    "conflicts",
    metadata,
    sa.Column("event_id", sa.Uuid, primary_key=True),
    sa.Column("project", sa.Text, nullable=False),
    sa.Column("task_id", sa.Uuid, nullable=False, index=True),
    sa.Column("item_id", sa.Uuid, nullable=False, index=True),
    sa.Column("spec_version", sa.Integer, nullable=False),
    sa.Column("fields", ARRAY(sa.Text), nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("annotation_ids", ARRAY(sa.Uuid), nullable=False),
    sa.Column("scores", sa.JSON, nullable=False),
    sa.Column("decision_no", sa.Integer, nullable=False),
    sa.Column("resolved_by", sa.Integer),
)

# `released`: the task, and the annotations and adjudications that the decision names, are here.
decisions = sa.Table(
    "decisions",
    metadata,
    sa.Column("project", sa.Text, primary_key=True),
    sa.Column("decision_no", sa.Integer, primary_key=True),
    sa.Column("task_id", sa.Uuid, nullable=False, index=True),
    sa.Column("item_id", sa.Uuid, nullable=False, index=True),
    sa.Column("spec_version", sa.Integer, nullable=False),
    sa.Column("label", sa.JSON, nullable=False),
    sa.Column("distribution", sa.JSON, nullable=False),
    sa.Column("confidence", sa.Double),
    sa.Column("how", sa.Text, nullable=False),
    sa.Column("why", sa.Text, nullable=False),
    sa.Column("annotation_ids", ARRAY(sa.Uuid), nullable=False),
    sa.Column("supersedes", sa.Integer),
    sa.Column("released", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Index("ix_decisions_newest", "project", "item_id", "decision_no"),
)

datasets = sa.Table(
    "datasets",
    metadata,
    sa.Column("dataset", sa.Text, primary_key=True),
    sa.Column("project", sa.Text, nullable=False, index=True),
)

versions = sa.Table(
    "versions",
    metadata,
    sa.Column("hash", sa.Text, primary_key=True),
    sa.Column("project", sa.Text, nullable=False),
    sa.Column("core", sa.JSON, nullable=False),
    sa.Column("renderings", sa.JSON, nullable=False),
)

publications = sa.Table(
    "publications",
    metadata,
    sa.Column("dataset", sa.Text, primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("hash", sa.Text, nullable=False, index=True),
    sa.Column("records", sa.Integer, nullable=False),
    sa.Column("decision_no", sa.Integer, nullable=False),
    sa.Column("left_out", sa.JSON, nullable=False),
    sa.Column("published_at", _TIME, nullable=False),
    sa.UniqueConstraint("dataset", "hash"),
)

tags = sa.Table(
    "tags",
    metadata,
    sa.Column("dataset", sa.Text, primary_key=True),
    sa.Column("tag", sa.Text, primary_key=True),
    sa.Column("hash", sa.Text, nullable=False),
)

uses = sa.Table(
    "uses",
    metadata,
    sa.Column("hash", sa.Text, primary_key=True),
    sa.Column("model", sa.Text, primary_key=True),
    sa.Column("run", sa.Text, primary_key=True),
    sa.Column("used_at", _TIME, nullable=False),
)
