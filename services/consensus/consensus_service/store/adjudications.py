"""Adjudications with the disputes that they settled."""

from collections.abc import Sequence
from uuid import UUID

from chassis.db.database import Transaction, as_json
from consensus_service.domain.precedents import Adjudication, Distribution
from schemas.events import AdjudicationDecided

_ADD = """
INSERT INTO adjudications (adjudication_id, task_id, project, spec_version, fields, distribution,
    label, rationale, cause, rules, decided_at)
VALUES ($1, $2, $3, $4, $5, $6::jsonb, $7::jsonb, $8, $9, $10, $11) ON CONFLICT DO NOTHING
"""
# Only those that still stand: a review may have fixed the label, or a later conflict reopened it.
_ABOUT = """
SELECT a.task_id, a.spec_version, a.fields, a.distribution, a.label, a.rationale, a.cause, a.rules,
    a.decided_at
FROM adjudications a
    JOIN tasks t USING (task_id)
    JOIN decisions d ON d.project = t.project AND d.decision_no = t.decision_no
WHERE a.project = $1 AND a.fields && $2 AND a.task_id <> $3 AND t.state = 'decided'
    AND d.how = 'adjudicated' AND a.adjudication_id = ANY(d.annotation_ids)
ORDER BY a.decided_at DESC LIMIT $4
"""


async def add_adjudication(
    transaction: Transaction,
    event: AdjudicationDecided,
    fields: Sequence[str],
    distribution: Distribution,
) -> None:
    """Store an adjudication with the fields and the answers that were in dispute."""
    connection = await transaction.connection()
    await connection.execute(
        _ADD,
        event.adjudication_id,
        event.task_id,
        event.project,
        event.spec_version,
        list(fields),
        as_json(distribution),
        as_json(event.label),
        event.rationale,
        event.cause,
        event.rules,
        event.occurred_at,
    )


async def adjudications_about(
    transaction: Transaction, project: str, fields: Sequence[str], except_task: UUID, limit: int
) -> list[Adjudication]:
    """Return the newest adjudications of other tasks about any of these fields that still stand."""
    connection = await transaction.connection()
    rows = await connection.fetch(_ABOUT, project, list(fields), except_task, limit)
    return [Adjudication(**row) for row in rows]
