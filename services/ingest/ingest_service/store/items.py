"""Items with their gold and their newest tasks."""

from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from chassis.db.database import Transaction, as_json
from ingest_service.domain.model import Gold, Item, Task

GOLD_CHUNK = 500
"""The number of gold labels that are read at a time."""
_ITEM = """
SELECT i.item_id, i.project, i.external_id, i.revision, i.payload_sha256, i.payload, i.blob_size,
    i.source, i.metadata, i.priority, i.due_at, i.skills, i.signals, i.prelabels, i.redundancy,
    i.is_work, i.position, i.import_id, i.is_withdrawn
"""
_NEWEST_TASK = """
SELECT task_id, revision, spec_version, round, state, priority FROM tasks t
WHERE t.item_id = i.item_id AND t.purpose = '{purpose}'
ORDER BY revision DESC, spec_version DESC, round DESC LIMIT 1
"""
_ITEM_WITH_TASKS = f"""
{_ITEM}, g.revision AS gold_revision, g.label, g.rules,
    w.task_id AS w_id, w.revision AS w_revision, w.spec_version AS w_version, w.round AS w_round,
    w.state AS w_state, w.priority AS w_priority,
    h.task_id AS h_id, h.revision AS h_revision, h.spec_version AS h_version, h.round AS h_round,
    h.state AS h_state, h.priority AS h_priority
FROM items i LEFT JOIN gold g USING (item_id)
    LEFT JOIN LATERAL ({_NEWEST_TASK.format(purpose="work")}) w ON true
    LEFT JOIN LATERAL ({_NEWEST_TASK.format(purpose="honeypot")}) h ON true
"""
_BY_ID = _ITEM_WITH_TASKS + " WHERE i.item_id = ANY($1) AND i.project = $2"
_AFTER = _ITEM_WITH_TASKS + " WHERE i.project = $1 AND i.position > $2 ORDER BY i.position LIMIT $3"
_SAVE = """
INSERT INTO items (item_id, project, external_id, revision, payload_sha256, payload, blob_size,
    source, metadata, priority, due_at, skills, signals, prelabels, redundancy, is_work, position,
    import_id, is_withdrawn, created_at)
SELECT item_id, project, external_id, revision, payload_sha256, payload, blob_size, source,
    metadata, priority, due_at, ARRAY(SELECT json_array_elements_text(skills)), signals, prelabels,
    redundancy, is_work, position, import_id, is_withdrawn, now()
FROM json_to_recordset($1::json) AS item (
    item_id uuid, project text, external_id text, revision int, payload_sha256 text, payload json,
    blob_size bigint, source text, metadata json, priority smallint, due_at timestamptz,
    skills json, signals json, prelabels json, redundancy int, is_work boolean, position bigint,
    import_id uuid, is_withdrawn boolean)
ON CONFLICT (item_id) DO UPDATE SET revision = excluded.revision,
    payload_sha256 = excluded.payload_sha256, payload = excluded.payload,
    blob_size = excluded.blob_size, source = excluded.source,
    metadata = excluded.metadata, priority = excluded.priority, due_at = excluded.due_at,
    skills = excluded.skills, signals = excluded.signals, prelabels = excluded.prelabels,
    redundancy = excluded.redundancy, is_work = excluded.is_work,
    position = excluded.position, import_id = excluded.import_id,
    is_withdrawn = excluded.is_withdrawn
"""
_SAVE_GOLD = """
INSERT INTO gold (item_id, project, revision, label, rules)
SELECT item_id, project, revision, label, ARRAY(SELECT json_array_elements_text(rules))
FROM json_to_recordset($1::json) AS g (
    item_id uuid, project text, revision int, label json, rules json)
ON CONFLICT (item_id) DO UPDATE SET revision = excluded.revision, label = excluded.label,
    rules = excluded.rules
"""
_GOLD_LABELS = "SELECT label FROM gold WHERE project = $1"
_ADD_BLOBS = """
INSERT INTO blobs (sha256, project) SELECT s, $2 FROM unnest($1::text[]) AS b (s)
ON CONFLICT DO NOTHING
"""
_NEXT_POSITIONS = "SELECT ARRAY(SELECT nextval('item_positions') FROM generate_series(1, $1))"
_BLOB_PROJECTS = "SELECT project FROM blobs WHERE sha256 = $1"


async def items(transaction: Transaction, project: str, ids: Collection[UUID]) -> dict[UUID, Item]:
    """Return those of `ids` that are items of the project."""
    connection = await transaction.connection()
    return {row["item_id"]: _item(row) for row in await connection.fetch(_BY_ID, ids, project)}


async def items_after(transaction: Transaction, project: str, after: int, limit: int) -> list[Item]:
    """Return the next `limit` items of a project beyond the position `after`, in their order."""
    connection = await transaction.connection()
    return [_item(row) for row in await connection.fetch(_AFTER, project, after, limit)]


async def next_positions(transaction: Transaction, count: int) -> list[int]:
    """Reserve `count` positions, smallest first: each is larger than all that were reserved before.

    The caller holds the lock of the project, so that its items get theirs in the order they come.
    """
    connection = await transaction.connection()
    return sorted(await connection.fetchval(_NEXT_POSITIONS, count))


async def save_items(transaction: Transaction, items: Iterable[Item]) -> None:
    """Insert or update items."""
    rows = [
        {
            "item_id": item.item_id,
            "project": item.project,
            "external_id": item.external_id,
            "revision": item.revision,
            "payload_sha256": item.payload_sha256,
            "payload": item.payload,
            "blob_size": item.blob_size,
            "source": item.source,
            "metadata": item.metadata,
            "priority": item.priority,
            "due_at": item.due_at,
            "skills": item.skills,
            "signals": item.signals,
            "prelabels": item.prelabels,
            "redundancy": item.redundancy,
            "is_work": item.is_work,
            "position": item.position,
            "import_id": item.import_id,
            "is_withdrawn": item.is_withdrawn,
        }
        for item in items
    ]
    connection = await transaction.connection()
    await connection.execute(_SAVE, as_json(rows))


async def save_gold(transaction: Transaction, items: Iterable[Item]) -> None:
    """Insert or update the gold labels of `items`."""
    rows = [
        {
            "item_id": item.item_id,
            "project": item.project,
            "revision": item.gold.revision,
            "label": item.gold.label,
            "rules": item.gold.rules,
        }
        for item in items
        if item.gold is not None
    ]
    connection = await transaction.connection()
    await connection.execute(_SAVE_GOLD, as_json(rows))


async def gold_labels(transaction: Transaction, project: str) -> AsyncIterator[dict[str, Any]]:
    """Yield the gold labels of a project."""
    connection = await transaction.connection()
    async for row in connection.cursor(_GOLD_LABELS, project, prefetch=GOLD_CHUNK):
        yield row["label"]


async def add_blobs(transaction: Transaction, project: str, sha256s: Sequence[str]) -> None:
    """Store that the project has these blobs."""
    connection = await transaction.connection()
    await connection.execute(_ADD_BLOBS, sha256s, project)


async def blob_projects(transaction: Transaction, sha256: str) -> list[str]:
    """Return the projects that have a blob."""
    connection = await transaction.connection()
    return [row["project"] for row in await connection.fetch(_BLOB_PROJECTS, sha256)]


def _item(row: Mapping[str, Any]) -> Item:
    item = Item(
        item_id=row["item_id"],
        project=row["project"],
        external_id=row["external_id"],
        revision=row["revision"],
        payload_sha256=row["payload_sha256"],
        payload=row["payload"],
        blob_size=row["blob_size"],
        source=row["source"],
        metadata=row["metadata"],
        priority=row["priority"],
        due_at=row["due_at"],
        skills=tuple(row["skills"]),
        signals=row["signals"],
        prelabels=row["prelabels"],
        redundancy=row["redundancy"],
        is_work=row["is_work"],
        position=row["position"],
        import_id=row["import_id"],
        is_withdrawn=row["is_withdrawn"],
        work=_task(row, "w"),
        honeypot=_task(row, "h"),
    )
    if row["label"] is None:
        return item
    return replace(item, gold=Gold(row["gold_revision"], row["label"], tuple(row["rules"])))


def _task(row: Mapping[str, Any], prefix: str) -> Task | None:
    if row[f"{prefix}_id"] is None:
        return None
    names = ("id", "revision", "version", "round", "state", "priority")
    return Task(*(row[f"{prefix}_{name}"] for name in names))
