"""Work tasks, their annotations and decisions, and the reviews of these."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from chassis.db.database import Transaction, as_json
from quality_service.domain.reviews import review_id
from schemas.events import (
    AnnotationCorrected,
    AnnotationSubmitted,
    LabelDecided,
    LeaseExpired,
    ReviewDecided,
    TaskCreated,
)

_ADD_TASKS = """
INSERT INTO tasks (task_id, project, spec_version, created_at, due_at, is_open)
SELECT input.*, NOT EXISTS (SELECT 1 FROM decisions d WHERE d.task_id = input.task_id)
FROM unnest($1::uuid[], $2::text[], $3::int[], $4::timestamptz[], $5::timestamptz[])
    AS input (task_id, project, spec_version, created_at, due_at)
ON CONFLICT DO NOTHING
"""
_CLOSE_TASKS = "UPDATE tasks SET is_open = false WHERE task_id = ANY($1) AND is_open"
_ADD_ANNOTATIONS = """
INSERT INTO annotations
    (annotation_id, project, annotator, submitted_at, model, was_shown, equals)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[], $5::text[],
    $6::bool[], $7::bool[])
ON CONFLICT DO NOTHING
"""
_ADD_CORRECTIONS = """
INSERT INTO annotations (annotation_id, project, annotator, submitted_at, corrects)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[], $5::uuid[])
ON CONFLICT DO NOTHING
"""
_ADD_DECISIONS = """
INSERT INTO decisions (project, decision_no, task_id, item_id, spec_version, label, how)
SELECT project, decision_no, task_id, item_id, spec_version, label::jsonb, how
FROM unnest($1::text[], $2::bigint[], $3::uuid[], $4::uuid[], $5::int[], $6::text[], $7::text[])
    AS input (project, decision_no, task_id, item_id, spec_version, label, how)
ON CONFLICT DO NOTHING
"""
_ADD_CONTRIBUTIONS = """
INSERT INTO contributions (project, decision_no, annotation_id)
SELECT * FROM unnest($1::text[], $2::bigint[], $3::uuid[])
ON CONFLICT DO NOTHING
"""
# Decided by votes, not superseded, not reviewed, and based on an annotation that a suspended
# annotator submitted after its last correct honeypot.
_DISTRUSTED = """
SELECT DISTINCT d.project, d.decision_no, d.task_id, d.item_id, d.spec_version, d.label
FROM annotations a
    JOIN standings s ON s.project = a.project AND s.annotator = a.annotator
        AND s.standing = 'suspended'
    JOIN contributions c ON c.annotation_id = a.annotation_id AND c.project = a.project
    JOIN decisions d ON d.project = c.project AND d.decision_no = c.decision_no
WHERE {condition} AND (s.last_good_at IS NULL OR a.submitted_at > s.last_good_at)
    AND d.how NOT IN ('review', 'adjudicated')
    AND NOT EXISTS (
        SELECT 1 FROM decisions newer
        WHERE newer.task_id = d.task_id AND newer.decision_no > d.decision_no
    )
    AND NOT EXISTS (
        SELECT 1 FROM reviews r WHERE r.project = d.project AND r.decision_no = d.decision_no
    )
ORDER BY d.project, d.decision_no
"""
_DISTRUSTED_OF = _DISTRUSTED.format(condition="a.project = $1 AND a.annotator = $2")
_DISTRUSTED_AMONG = _DISTRUSTED.format(condition="a.annotation_id = ANY($1)")
_ADD_REVIEWS = """
INSERT INTO reviews (review_id, project, decision_no, reason)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::bigint[], $4::text[])
ON CONFLICT DO NOTHING RETURNING review_id
"""
_ADD_VERDICTS = """
INSERT INTO verdicts (review_id, verdict) SELECT * FROM unnest($1::uuid[], $2::text[])
ON CONFLICT DO NOTHING
"""
_ADD_EXPIRIES = """
INSERT INTO expiries (lease_id, project, annotator)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[])
ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class Decision:
    """A decided label that may be reviewed."""

    project: str
    decision_no: int
    task_id: UUID
    item_id: UUID
    spec_version: int
    label: dict[str, Any]

    @property
    def review_id(self) -> UUID:
        """The id of its review."""
        return review_id(self.project, self.decision_no)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A model's pre-label for an annotated task: if it was shown, and equal to the annotation."""

    model: str
    was_shown: bool
    equals: bool


async def add_tasks(transaction: Transaction, events: Sequence[TaskCreated]) -> None:
    """Store tasks with their due times."""
    connection = await transaction.connection()
    await connection.execute(
        _ADD_TASKS,
        [event.task_id for event in events],
        [event.project for event in events],
        [event.spec_version for event in events],
        [event.occurred_at for event in events],
        [event.due_at for event in events],
    )


async def close_tasks(transaction: Transaction, tasks: Collection[UUID]) -> None:
    """Mark tasks as closed: they can no longer be overdue."""
    connection = await transaction.connection()
    await connection.execute(_CLOSE_TASKS, list(tasks))


async def add_annotations(
    transaction: Transaction, annotations: Sequence[tuple[AnnotationSubmitted, Suggestion | None]]
) -> None:
    """Store annotations of work, each with the suggestion beside it."""
    connection = await transaction.connection()
    await connection.execute(
        _ADD_ANNOTATIONS,
        [event.annotation_id for event, _ in annotations],
        [event.project for event, _ in annotations],
        [event.annotator for event, _ in annotations],
        [event.submitted_at for event, _ in annotations],
        [suggestion and suggestion.model for _, suggestion in annotations],
        [suggestion and suggestion.was_shown for _, suggestion in annotations],
        [suggestion and suggestion.equals for _, suggestion in annotations],
    )


async def add_decisions(transaction: Transaction, events: Sequence[LabelDecided]) -> None:
    """Store decisions and the annotations that each is based on."""
    connection = await transaction.connection()
    await connection.execute(
        _ADD_DECISIONS,
        [event.project for event in events],
        [event.decision_no for event in events],
        [event.task_id for event in events],
        [event.item_id for event in events],
        [event.spec_version for event in events],
        [as_json(event.label) for event in events],
        [event.how for event in events],
    )
    pairs = [(event, annotation) for event in events for annotation in event.annotation_ids]
    await connection.execute(
        _ADD_CONTRIBUTIONS,
        [event.project for event, _ in pairs],
        [event.decision_no for event, _ in pairs],
        [annotation for _, annotation in pairs],
    )


async def add_corrections(transaction: Transaction, events: Sequence[AnnotationCorrected]) -> None:
    """Store corrections, which decisions name in the place of what they correct."""
    connection = await transaction.connection()
    await connection.execute(
        _ADD_CORRECTIONS,
        [event.annotation_id for event in events],
        [event.project for event in events],
        [event.annotator for event in events],
        [event.submitted_at for event in events],
        [event.corrects for event in events],
    )


async def distrusted_of(transaction: Transaction, project: str, annotator: str) -> list[Decision]:
    """Return decisions based on a suspended annotator's work since its last good honeypot."""
    connection = await transaction.connection()
    return [_decision(row) for row in await connection.fetch(_DISTRUSTED_OF, project, annotator)]


async def distrusted_among(
    transaction: Transaction, annotations: Collection[UUID]
) -> list[Decision]:
    """Return decisions based on those of `annotations` that a suspended annotator submitted."""
    connection = await transaction.connection()
    rows = await connection.fetch(_DISTRUSTED_AMONG, list(annotations))
    return [_decision(row) for row in rows]


def _decision(row: Any) -> Decision:  # noqa: ANN401
    return Decision(
        row["project"],
        row["decision_no"],
        row["task_id"],
        row["item_id"],
        row["spec_version"],
        row["label"],
    )


async def add_reviews(
    transaction: Transaction, reviews: Sequence[tuple[Decision, str]]
) -> list[tuple[Decision, str]]:
    """Store reviews of decisions with their reasons; return those that are new."""
    connection = await transaction.connection()
    rows = await connection.fetch(
        _ADD_REVIEWS,
        [decision.review_id for decision, _ in reviews],
        [decision.project for decision, _ in reviews],
        [decision.decision_no for decision, _ in reviews],
        [reason for _, reason in reviews],
    )
    added = {row["review_id"] for row in rows}
    return [(decision, reason) for decision, reason in reviews if decision.review_id in added]


async def add_verdicts(transaction: Transaction, events: Sequence[ReviewDecided]) -> None:
    """Store the verdicts of reviewers."""
    connection = await transaction.connection()
    await connection.execute(
        _ADD_VERDICTS,
        [event.review_id for event in events],
        [event.verdict for event in events],
    )


async def add_expiries(transaction: Transaction, events: Sequence[LeaseExpired]) -> None:
    """Store expired leases."""
    connection = await transaction.connection()
    await connection.execute(
        _ADD_EXPIRIES,
        [event.lease_id for event in events],
        [event.project for event in events],
        [event.annotator for event in events],
    )
