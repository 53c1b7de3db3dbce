"""Statements about annotations of models and functions, many at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chassis.db.database import Transaction, as_json
from chassis.db.locks import lock_names
from queue_service.domain.leases import Annotator, Work
from queue_service.store.answers import NewAnswer
from queue_service.store.work_rows import WORK_COLUMNS, as_work
from schemas.vocabulary import Standing

_TARGETS = f"""
SELECT {WORK_COLUMNS}, s.annotator IS NOT NULL AS seen, a.body,
    coalesce(n.standing, 'new') AS standing, p.newest_version
FROM work w JOIN projects p ON p.project = w.project AND p.newest_version = w.spec_version
    JOIN specs z ON z.project = w.project AND z.version = w.spec_version
    LEFT JOIN seen s ON s.annotator = $1 AND s.item_id = w.item_id
        AND s.spec_version = w.spec_version
    LEFT JOIN answers a ON a.work_id = w.work_id AND a.annotator = $1
    LEFT JOIN annotators n ON n.annotator = $1 AND n.project = w.project
WHERE w.project = $2 AND w.stage = 'annotate' AND w.state <> 'withdrawn'
    AND w.external_id = ANY($3)
"""
_ADD = """
WITH given AS (
    SELECT * FROM jsonb_to_recordset($1::jsonb) AS g (
        lease_id uuid, answer_id uuid, work_id bigint, item_id uuid, spec_version int, body jsonb)
), leased AS (
    INSERT INTO leases (lease_id, work_id, annotator, kind, leased_at, expires_at, prelabel,
        ended, ended_at)
    SELECT lease_id, work_id, $2, $3, $4, $4, 'none', 'answered', $4 FROM given
), seen_now AS (
    INSERT INTO seen (annotator, item_id, spec_version)
    SELECT DISTINCT $2, item_id, spec_version FROM given ON CONFLICT DO NOTHING
)
INSERT INTO answers (lease_id, answer_id, work_id, annotator, body, submitted_at)
SELECT lease_id, answer_id, work_id, $2, body, $4 FROM given
"""


@dataclass(frozen=True, slots=True)
class Target:
    """A task to annotate, and what the annotator has seen and submitted of it."""

    work: Work
    is_seen: bool
    body: dict[str, Any] | None
    """The annotator's earlier annotation of the task."""
    standing: Standing
    newest_version: int


async def targets(
    transaction: Transaction, annotator: str, project: str, external_ids: Sequence[str]
) -> dict[str, list[Target]]:
    """Return the tasks of these items under the newest spec version, by external id.

    Locks the annotator, so that one transaction at a time annotates or leases for it.
    """
    await lock_names(transaction, [annotator])
    connection = await transaction.connection()
    found: dict[str, list[Target]] = {}
    for row in await connection.fetch(_TARGETS, annotator, project, external_ids):
        target = Target(
            as_work(row), row["seen"], row["body"], row["standing"], row["newest_version"]
        )
        found.setdefault(row["external_id"], []).append(target)
    return found


async def add_annotations(
    transaction: Transaction,
    annotator: Annotator,
    answers: Sequence[NewAnswer],
    now: datetime,
) -> None:
    """Store annotations of one annotator with their leases, which end at once."""
    rows = [
        {
            "lease_id": answer.lease.lease_id,
            "answer_id": answer.answer_id,
            "work_id": answer.lease.work.work_id,
            "item_id": answer.lease.work.item_id,
            "spec_version": answer.lease.work.spec_version,
            "body": answer.body,
        }
        for answer in answers
    ]
    connection = await transaction.connection()
    await connection.execute(_ADD, as_json(rows), annotator.pseudonym, annotator.kind, now)
