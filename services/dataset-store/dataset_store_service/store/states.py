"""The states of a project's items as of a decision number.

The newest decision about an item up to that number counts, unless a conflict is open or a fact is
missing. A conflict is open until a later decision about its task, up to that number, or until a
newer task of the item is decided. An item that is withdrawn now is so
at every decision number. The order in which facts arrived does not matter.
"""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from chassis.db.database import Transaction
from dataset_store_service.domain.records import LedgerItem

_STATES = """
WITH newest AS (
    SELECT DISTINCT ON (item_id) * FROM decisions
    WHERE project = $1 AND decision_no <= $2 {only_decision} ORDER BY item_id, decision_no DESC
), stated AS (
    SELECT i.item_id AS ledger_item_id, d.*, t.external_id, t.payload_sha256, t.metadata, t.source,
        CASE
            WHEN EXISTS (SELECT 1 FROM item_withdrawals w
                WHERE w.item_id = i.item_id AND w.is_withdrawn) THEN 'withdrawn'
            WHEN EXISTS (
                SELECT 1 FROM conflicts c LEFT JOIN tasks o ON o.task_id = c.task_id
                WHERE c.item_id = i.item_id AND c.decision_no <= $2
                    AND (c.resolved_by IS NULL OR c.resolved_by > $2)
                    AND (d.task_id IS NULL OR NOT coalesce(
                        (t.revision, t.spec_version) > (o.revision, o.spec_version)
                        OR t.supersedes = c.task_id OR t.reopens = c.task_id, false))
                ) THEN 'contested'
            WHEN d.task_id IS NULL THEN 'pending'
            WHEN NOT d.released OR s.version IS NULL THEN 'unreleased'
            WHEN EXISTS (
                SELECT 1 FROM reviews_requested r LEFT JOIN reviews_decided v USING (review_id)
                WHERE r.project = d.project AND r.decision_no = d.decision_no
                    AND coalesce(v.verdict, '') <> 'accept'
                ) THEN 'review_pending'
            ELSE 'decided'
        END AS state
    FROM items i LEFT JOIN newest d USING (item_id) LEFT JOIN tasks t ON t.task_id = d.task_id
        LEFT JOIN specs s ON s.project = d.project AND s.version = d.spec_version
    WHERE i.project = $1 {only_item}
)
"""
_ALL = _STATES.format(only_decision="", only_item="")
_ONE = _STATES.format(only_decision="AND item_id = $3", only_item="AND i.item_id = $3")
_ITEMS = f"""
{_ALL}
SELECT z.*, p.payload
FROM stated z LEFT JOIN payloads p ON p.sha256 = z.payload_sha256 AND z.state = 'decided'
ORDER BY z.ledger_item_id
"""
_SUMMARY = f"{_ALL} SELECT state, how, count(*) AS n FROM stated GROUP BY state, how"
_STATE = f"{_ONE} SELECT state FROM stated"
_LAST = """
SELECT greatest(
    (SELECT max(decision_no) FROM decisions WHERE project = $1),
    (SELECT max(decision_no) FROM conflicts WHERE project = $1), 0)
"""
_ANNOTATIONS = """
SELECT annotation_id, annotator, annotator_kind, label, rules FROM annotations
WHERE annotation_id = ANY($1)
"""
_ADJUDICATIONS = """
SELECT adjudication_id, adjudicator, rationale, cause, rules FROM adjudications
WHERE adjudication_id = ANY($1)
"""
CHUNK = 1000
"""The number of items in a chunk."""


async def last_decision_no(transaction: Transaction, project: str) -> int:
    """Return the highest number of a decision or a conflict in a project; 0 if there is none."""
    connection = await transaction.connection()
    number: int = await connection.fetchval(_LAST, project)
    return number


async def items(
    transaction: Transaction, project: str, as_of: int
) -> AsyncIterator[list[LedgerItem]]:
    """Yield chunks of all items of a project as of a decision number, by id.

    All chunks come from one snapshot of the database.
    """
    connection = await transaction.connection()
    chunk: list[LedgerItem] = []
    async for row in connection.cursor(_ITEMS, project, as_of, prefetch=CHUNK):
        decision = row if row["state"] == "decided" else None
        chunk.append(
            LedgerItem(item_id=row["ledger_item_id"], state=row["state"], decision=decision)
        )
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    yield chunk


async def evidence(
    transaction: Transaction, ids: list[UUID]
) -> tuple[dict[UUID, Any], dict[UUID, Any]]:
    """Return the annotations and the adjudications among `ids`, each by id."""
    connection = await transaction.connection()
    annotations = await connection.fetch(_ANNOTATIONS, ids)
    adjudications = await connection.fetch(_ADJUDICATIONS, ids)
    return (
        {row["annotation_id"]: row for row in annotations},
        {row["adjudication_id"]: row for row in adjudications},
    )


async def summary(
    transaction: Transaction, project: str, as_of: int
) -> list[tuple[str, str | None, int]]:
    """Return (state, how it was decided, number of items) for a project."""
    connection = await transaction.connection()
    return [tuple(row) for row in await connection.fetch(_SUMMARY, project, as_of)]


async def state(transaction: Transaction, project: str, as_of: int, item_id: UUID) -> str | None:
    """Return the state of one item; None if it is not known."""
    connection = await transaction.connection()
    found: str | None = await connection.fetchval(_STATE, project, as_of, item_id)
    return found
