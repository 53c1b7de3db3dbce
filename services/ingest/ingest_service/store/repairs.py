"""Repairs: items whose data annotators report as bad."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.db.database import Transaction
from schemas.events import TaskSkipped
from schemas.ingest import Repair, RepairState

NOTES_MAX = 20
"""The most notes of one repair that are returned: the newest."""

_REVISIONS = """
SELECT coalesce(t.revision, i.revision) AS skipped, i.revision AS newest
FROM items i LEFT JOIN tasks t ON t.task_id = $3 AND t.item_id = i.item_id
WHERE i.item_id = $1 AND i.project = $2
"""
_OPEN = """
INSERT INTO repairs (item_id, revision, project, state, first_at, closed_at)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (item_id, revision)
    DO UPDATE SET first_at = least(repairs.first_at, excluded.first_at)
"""
_REPORT = """
INSERT INTO repair_reports (event_id, item_id, revision, annotator, note, said_at)
VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING
"""
_CHANGE = """
UPDATE repairs r SET state = 'changed', closed_at = $3
FROM unnest($1::uuid[], $2::int[]) AS now (item_id, revision)
WHERE r.item_id = now.item_id AND r.revision < now.revision AND r.state = 'open'
"""
_CLOSE = """
UPDATE repairs SET state = 'right', closed_at = $3, closed_by = $4, closing_note = $5
WHERE item_id = $1 AND project = $2 AND state = 'open'
"""
_REPAIR = f"""
SELECT r.item_id, i.external_id, r.revision, r.state, r.first_at, r.closed_at, r.closed_by,
    r.closing_note, reports.*, EXISTS (SELECT 1 FROM gold g WHERE g.item_id = r.item_id) AS gold
FROM repairs r JOIN items i USING (item_id) CROSS JOIN LATERAL (
    SELECT count(DISTINCT annotator) AS people, max(said_at) AS last_at, coalesce((array_agg(note
        ORDER BY said_at DESC, event_id) FILTER (WHERE note <> ''))[:{NOTES_MAX}], '{{}}') AS notes
    FROM repair_reports p WHERE p.item_id = r.item_id AND p.revision = r.revision
) reports
"""
_LIST = f"""{_REPAIR}
WHERE r.project = $1 AND r.state = $2 AND (r.first_at, r.item_id) > ($3, $4)
ORDER BY r.first_at, r.item_id LIMIT $5
"""
_NEWEST = f"""{_REPAIR}
WHERE r.project = $1 AND r.item_id = $2 ORDER BY r.revision DESC LIMIT 1
"""
_COUNT = "SELECT count(*) FROM repairs WHERE state = 'open'"


async def revisions(transaction: Transaction, event: TaskSkipped) -> tuple[int, int] | None:
    """Return the revision that a skip is about and the newest one; None if the item is unknown."""
    connection = await transaction.connection()
    row = await connection.fetchrow(_REVISIONS, event.item_id, event.project, event.task_id)
    return None if row is None else (row["skipped"], row["newest"])


async def add_report(
    transaction: Transaction, event: TaskSkipped, revision: int, *, is_open: bool
) -> None:
    """Store that an annotator reports bad data. `is_open`: `revision` is still the newest."""
    connection = await transaction.connection()
    key = (event.item_id, revision)
    state, closed_at = ("open", None) if is_open else ("changed", event.occurred_at)
    await connection.execute(_OPEN, *key, event.project, state, event.occurred_at, closed_at)
    report = (event.annotator, event.note, event.occurred_at)
    await connection.execute(_REPORT, event.event_id, *key, *report)


async def close_changed(
    transaction: Transaction, newest: Mapping[UUID, int], now: datetime
) -> None:
    """Close the open repairs of older revisions of items, given with their newest revision."""
    connection = await transaction.connection()
    await connection.execute(_CHANGE, list(newest), list(newest.values()), now)


async def close_repair(
    transaction: Transaction, project: str, item_id: UUID, closed: tuple[datetime, str, str | None]
) -> None:
    """Close the open repair of an item; `closed` is (time, by whom, note)."""
    connection = await transaction.connection()
    await connection.execute(_CLOSE, item_id, project, *closed)


async def repairs(
    transaction: Transaction,
    project: str,
    state: RepairState,
    after: tuple[datetime, UUID],
    limit: int,
) -> list[Repair]:
    """Return repairs in one state beyond `after`, by the time of their first report."""
    connection = await transaction.connection()
    rows: list[Any] = await connection.fetch(_LIST, project, state, *after, limit)
    return [Repair(**dict(row)) for row in rows]


async def newest_repair(transaction: Transaction, project: str, item_id: UUID) -> Repair | None:
    """Return the repair of the newest reported revision of an item; None if there is none."""
    connection = await transaction.connection()
    row = await connection.fetchrow(_NEWEST, project, item_id)
    return None if row is None else Repair(**dict(row))


async def count_open(transaction: Transaction) -> int:
    """Return the number of open repairs in all projects."""
    connection = await transaction.connection()
    return int(await connection.fetchval(_COUNT))
