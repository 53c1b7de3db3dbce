"""Items in lists: by state, by external id, and by the import that created them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.db.database import Transaction

_STATE = """
CASE WHEN i.is_withdrawn THEN 'withdrawn' WHEN NOT i.is_work THEN 'gold'
    WHEN w.state IS NULL OR w.state = 'withdrawn' THEN 'waiting' ELSE w.state END
"""
_LIST = f"""
SELECT i.item_id, i.external_id, i.revision, {_STATE} AS state, w.task_id, w.spec_version,
    g.item_id IS NOT NULL AS gold, i.source, i.metadata, i.priority, i.due_at, i.import_id,
    i.position
FROM items i LEFT JOIN gold g USING (item_id) LEFT JOIN LATERAL (
    SELECT task_id, spec_version, state FROM tasks t
    WHERE t.item_id = i.item_id AND t.purpose = 'work'
    ORDER BY revision DESC, spec_version DESC, round DESC LIMIT 1
) w ON true
WHERE i.project = $1 AND i.position > $2 AND ($3::uuid IS NULL OR i.item_id = $3)
    AND ($4::text IS NULL OR {_STATE} = $4)
ORDER BY i.position LIMIT $5
"""
_OF_IMPORT = """
SELECT item_id, position FROM items
WHERE import_id = $2 AND project = $1 AND position > $3 ORDER BY position LIMIT $4
"""


@dataclass(frozen=True, slots=True)
class ItemRow:
    """An item in a list."""

    item_id: UUID
    external_id: str | None
    revision: int
    state: str
    task_id: UUID | None
    spec_version: int | None
    gold: bool
    source: str | None
    metadata: dict[str, Any]
    priority: int
    due_at: datetime | None
    import_id: UUID | None
    position: int


@dataclass(frozen=True, slots=True)
class ImportedItem:
    """An item that an import created."""

    item_id: UUID
    position: int


async def list_items(
    transaction: Transaction,
    project: str,
    after: int,
    filters: tuple[UUID | None, str | None],
    limit: int,
) -> list[ItemRow]:
    """Return items beyond a position, in their order. `filters`: an item, and a state."""
    connection = await transaction.connection()
    rows = await connection.fetch(_LIST, project, after, *filters, limit)
    return [ItemRow(**row) for row in rows]


async def of_import(
    transaction: Transaction, project: str, import_id: UUID, after: int, limit: int
) -> list[ImportedItem]:
    """Return items that an import created, beyond a position, in their order."""
    connection = await transaction.connection()
    rows = await connection.fetch(_OF_IMPORT, project, import_id, after, limit)
    return [ImportedItem(**row) for row in rows]
