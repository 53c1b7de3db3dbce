"""Answers of models and functions, many at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chassis.db.database import Transaction, as_json
from chassis.db.locks import lock_names
from queue_service.domain.leases import Work
from queue_service.store.leasing import as_work
from schemas.vocabulary import Standing

_TARGETS = """
SELECT w.work_id, w.task_id, w.stage, w.subject, w.project, w.item_id, w.external_id,
    w.spec_version, z.hash AS spec_hash, w.task_type, w.purpose, w.state, w.payload, w.blob,
    w.blob_size, w.prelabels, w.context, s.annotator IS NOT NULL AS seen, a.body,
    coalesce(n.standing, 'new') AS standing
FROM work w JOIN projects p ON p.project = w.project AND p.newest_version = w.spec_version
    JOIN specs z ON z.project = w.project AND z.version = w.spec_version
    LEFT JOIN seen s ON s.annotator = $1 AND s.item_id = w.item_id
        AND s.spec_version = w.spec_version
    LEFT JOIN answers a ON a.work_id = w.work_id AND a.annotator = $1
    LEFT JOIN annotators n ON n.annotator = $1 AND n.project = w.project
WHERE w.project = $2 AND w.stage = 'annotate' AND w.state <> 'withdrawn'
    AND w.external_id = ANY($3)
"""
_TAKE = """
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
    """A task that an answer is for, and what the annotator did about it before."""

    work: Work
    is_seen: bool
    given: dict[str, Any] | None
    standing: Standing


async def targets(
    transaction: Transaction, annotator: str, project: str, external_ids: Sequence[str]
) -> dict[str, list[Target]]:
    """The tasks of these items under the newest spec version, by external id.

    One transaction at a time works for an annotator, as with leases.
    """
    await lock_names(transaction, [annotator])
    connection = await transaction.connection()
    found: dict[str, list[Target]] = {}
    for row in await connection.fetch(_TARGETS, annotator, project, external_ids):
        target = Target(as_work(row), row["seen"], row["body"], row["standing"])
        found.setdefault(row["external_id"], []).append(target)
    return found


async def add_answers(
    transaction: Transaction,
    annotator: str,
    kind: str,
    rows: Sequence[dict[str, Any]],
    now: datetime,
) -> None:
    """Keep the answers, each as if its task had been leased and answered at once."""
    connection = await transaction.connection()
    await connection.execute(_TAKE, as_json(rows), annotator, kind, now)
