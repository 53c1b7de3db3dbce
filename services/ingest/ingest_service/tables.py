"""The tables of ingest. JSON is stored as text (`json`), which keeps numbers as written."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from chassis.db.database import new_metadata
from chassis.jobs.jobs import jobs_table

metadata = new_metadata()

_TIME = sa.DateTime(timezone=True)

# `sample_key` selects the random sample of items that several people label. Transactions that
# create or withdraw tasks of the project lock the row, so that they run one at a time.
projects = sa.Table(
    "projects",
    metadata,
    sa.Column("project", sa.Text, primary_key=True),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("created_at", _TIME, nullable=False),
    sa.Column("sample_key", sa.Text, nullable=False),
    sa.Column("newest_version", sa.Integer, nullable=False, server_default="0"),
    sa.Column("state", sa.Text, nullable=False, server_default="open"),
)

specs = sa.Table(
    "specs",
    metadata,
    sa.Column("project", sa.Text, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("hash", sa.Text, nullable=False),
    sa.Column("document", sa.JSON, nullable=False),
    sa.Column("resolves", ARRAY(sa.Uuid), nullable=False),
    sa.Column("relabel", sa.Text, nullable=False),
    sa.Column("published_at", _TIME, nullable=False),
)

positions = sa.Sequence("item_positions", metadata=metadata)

# `payload` is null if it is stored as a blob; `blob_size` is its size in bytes, null also for items
# stored before sizes were. `is_work` is false for items that are only gold. `position` is the place
# of an item in the order in which all items came, across projects; items of a file keep its order.
# `import_id` is the import that created it, if that has an id. Withdrawn items have no open tasks.
items = sa.Table(
    "items",
    metadata,
    sa.Column("item_id", sa.Uuid, primary_key=True),
    sa.Column("project", sa.Text, nullable=False),
    sa.Column("external_id", sa.Text),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("payload_sha256", sa.Text, nullable=False),
    sa.Column("payload", sa.JSON),
    sa.Column("blob_size", sa.BigInteger),
    sa.Column("source", sa.Text),
    sa.Column("metadata", sa.JSON, nullable=False),
    sa.Column("priority", sa.SmallInteger, nullable=False),
    sa.Column("due_at", _TIME),
    sa.Column("skills", ARRAY(sa.Text), nullable=False),
    sa.Column("signals", sa.JSON, nullable=False),
    sa.Column("prelabels", sa.JSON, nullable=False),
    sa.Column("redundancy", sa.Integer),
    sa.Column("is_work", sa.Boolean, nullable=False),
    sa.Column("position", sa.BigInteger, nullable=False),
    sa.Column("import_id", sa.Uuid),
    sa.Column("is_withdrawn", sa.Boolean, nullable=False, server_default="false"),
    sa.Column("created_at", _TIME, nullable=False),
    sa.Index("ix_items_project_position", "project", "position"),
    sa.Index("ix_items_import_id", "import_id", postgresql_where=sa.text("import_id IS NOT NULL")),
)

# The right label of a revision of an item.
gold = sa.Table(
    "gold",
    metadata,
    sa.Column("item_id", sa.Uuid, primary_key=True),
    sa.Column("project", sa.Text, nullable=False, index=True),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("label", sa.JSON, nullable=False),
    sa.Column("rules", ARRAY(sa.Text), nullable=False),
)

# `round` counts how often an item was reopened under the same spec version.
tasks = sa.Table(
    "tasks",
    metadata,
    sa.Column("task_id", sa.Uuid, primary_key=True),
    sa.Column("project", sa.Text, nullable=False),
    sa.Column("item_id", sa.Uuid, nullable=False),
    sa.Column("purpose", sa.Text, nullable=False),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("spec_version", sa.Integer, nullable=False),
    sa.Column("round", sa.Integer, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("priority", sa.SmallInteger, nullable=False),
    sa.Column("created_at", _TIME, nullable=False),
    sa.UniqueConstraint("item_id", "purpose", "revision", "spec_version", "round"),
    sa.Index("ix_tasks_project_state", "project", "purpose", "state"),
)

# Items that annotators report as bad data; `first_at` is the time of the first report. Each
# revision of an item has its own row.
repairs = sa.Table(
    "repairs",
    metadata,
    sa.Column("item_id", sa.Uuid, primary_key=True),
    sa.Column("revision", sa.Integer, primary_key=True),
    sa.Column("project", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("first_at", _TIME, nullable=False),
    sa.Column("closed_at", _TIME),
    sa.Column("closed_by", sa.Text),
    sa.Column("closing_note", sa.Text),
    sa.Index("ix_repairs_listed", "project", "state", "first_at", "item_id"),
)

# The reports of annotators, with their notes.
repair_reports = sa.Table(
    "repair_reports",
    metadata,
    sa.Column("event_id", sa.Uuid, primary_key=True),
    sa.Column("item_id", sa.Uuid, nullable=False),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("annotator", sa.Text, nullable=False),
    sa.Column("note", sa.Text),
    sa.Column("said_at", _TIME, nullable=False),
    sa.Index("ix_repair_reports_item", "item_id", "revision"),
)

# The rollouts of new spec versions: items with positions beyond `after` are still to be handled.
rollouts = sa.Table(
    "rollouts",
    metadata,
    sa.Column("project", sa.Text, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("relabel_all", sa.Boolean, nullable=False),
    sa.Column("after", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("steps", sa.Integer, nullable=False, server_default="0"),
)

# The verdicts on batches with an Idempotency-Key.
imports = sa.Table(
    "imports",
    metadata,
    sa.Column("project", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("body_sha256", sa.Text, nullable=False),
    sa.Column("verdict", sa.JSON, nullable=False),
    sa.Column("created_at", _TIME, nullable=False, index=True),
)

# The projects of each blob: callers who may see one of them may fetch the blob.
blobs = sa.Table(
    "blobs",
    metadata,
    sa.Column("sha256", sa.Text, primary_key=True),
    sa.Column("project", sa.Text, primary_key=True),
)

# Uploaded files: what was understood of each, with its content in the blob store. `rejected` is the
# digest of the file of rejected rows of the import `import_id`, the newest one.
uploads = sa.Table(
    "uploads",
    metadata,
    sa.Column("upload_id", sa.Uuid, primary_key=True),
    sa.Column("project", sa.Text, nullable=False, index=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("sha256", sa.Text, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("options", sa.JSON, nullable=False),
    sa.Column("understood", sa.JSON, nullable=False),
    sa.Column("import_id", sa.Uuid),
    sa.Column("rejected", sa.Text),
    sa.Column("created_at", _TIME, nullable=False),
)

jobs_table(metadata)
