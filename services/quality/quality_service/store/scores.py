"""Answers to honeypots, their scores, and the standings computed from these."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.db.database import Transaction, as_json
from quality_service.domain.scoring import FieldScore
from quality_service.domain.standing import Tally
from schemas.events import AnnotationSubmitted
from schemas.vocabulary import Standing

_ENSURE_ANNOTATORS = """
INSERT INTO standings (project, annotator)
SELECT DISTINCT project, annotator FROM unnest($1::text[], $2::text[]) AS input (project, annotator)
ORDER BY project, annotator
ON CONFLICT DO NOTHING
"""
_ADD_ANSWERS = """
INSERT INTO answers
    (annotation_id, task_id, project, spec_version, annotator, label, submitted_at)
SELECT annotation_id, task_id, project, spec_version, annotator, label::jsonb, submitted_at
FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::int[], $5::text[], $6::text[],
    $7::timestamptz[])
    AS input (annotation_id, task_id, project, spec_version, annotator, label, submitted_at)
ON CONFLICT DO NOTHING
"""
_SCORABLE = """
SELECT a.annotation_id, a.task_id, a.project, a.spec_version, a.annotator, a.label,
    g.label AS gold
FROM answers a JOIN gold g USING (task_id) WHERE a.task_id = ANY($1) ORDER BY a.annotation_id
"""
_SET_SCORES = """
INSERT INTO scores (annotation_id, field, given, expected, is_correct)
SELECT annotation_id, field, given::jsonb, expected::jsonb, is_correct
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::bool[])
    AS input (annotation_id, field, given, expected, is_correct)
ON CONFLICT (annotation_id, field) DO UPDATE
    SET given = excluded.given, expected = excluded.expected, is_correct = excluded.is_correct
    WHERE scores.expected <> excluded.expected OR scores.is_correct <> excluded.is_correct
RETURNING annotation_id, field
"""
_DROP_SCORES = """
DELETE FROM scores s USING answers a, gold g
WHERE s.annotation_id = a.annotation_id AND a.task_id = g.task_id AND a.task_id = ANY($1)
    AND NOT g.label ? s.field
"""
_COUNT_HONEYPOTS = """
UPDATE standings s SET answered_right = counted.right_sum::float8, answered = counted.n,
    last_good_at = counted.last_good_at
FROM (
    SELECT annotator, sum(part) AS right_sum, count(*)::int AS n,
        max(submitted_at) FILTER (WHERE part = 1) AS last_good_at
    FROM (
        SELECT a.annotator, a.annotation_id, a.submitted_at, avg(s.is_correct::int) AS part
        FROM answers a JOIN scores s USING (annotation_id)
        WHERE a.project = $1 AND a.annotator = ANY($2)
        GROUP BY a.annotator, a.annotation_id
    ) AS honeypots
    GROUP BY annotator
) AS counted
WHERE s.project = $1 AND s.annotator = counted.annotator
"""
_ANNOTATORS = "SELECT * FROM standings WHERE project = $1 ORDER BY annotator"
_ANNOTATOR = "SELECT * FROM standings WHERE project = $1 AND annotator = $2"
_SET_STANDINGS = """
UPDATE standings s SET standing = input.standing, reason = input.reason
FROM unnest($2::text[], $3::text[], $4::text[]) AS input (annotator, standing, reason)
WHERE s.project = $1 AND s.annotator = input.annotator
"""
_SET_DECIDED_STANDING = """
UPDATE standings SET decided = $3, decided_reason = $4,
    right_before = CASE WHEN $3 = 'suspended' THEN right_before ELSE answered_right END,
    answered_before = CASE WHEN $3 = 'suspended' THEN answered_before ELSE answered END
WHERE project = $1 AND annotator = $2
"""
_SET_SKILLS = """
INSERT INTO skills (project, annotator, skill, level)
SELECT $1, $2, skill, level FROM unnest($3::text[], $4::int[]) AS input (skill, level)
ON CONFLICT (project, annotator, skill) DO UPDATE SET level = excluded.level
    WHERE skills.level <> excluded.level
RETURNING skill, level
"""


@dataclass(frozen=True, slots=True)
class HoneypotAnswer:
    """An answer to a honeypot with its gold."""

    annotation_id: UUID
    task_id: UUID
    project: str
    spec_version: int
    annotator: str
    label: dict[str, Any]
    gold: dict[str, Any]


@dataclass(frozen=True, slots=True)
class AnnotatorRecord:
    """An annotator's tally, and the time of its last honeypot with every field right."""

    tally: Tally
    last_good_at: datetime | None


async def ensure_annotators(
    transaction: Transaction, annotators: Collection[tuple[str, str]]
) -> None:
    """Add those of the annotators, given as (project, annotator), that have no row yet."""
    if annotators:
        connection = await transaction.connection()
        projects = [project for project, _ in annotators]
        names = [annotator for _, annotator in annotators]
        await connection.execute(_ENSURE_ANNOTATORS, projects, names)


async def add_answers(transaction: Transaction, events: Sequence[AnnotationSubmitted]) -> None:
    """Store answers to honeypots."""
    connection = await transaction.connection()
    await connection.execute(
        _ADD_ANSWERS,
        [event.annotation_id for event in events],
        [event.task_id for event in events],
        [event.project for event in events],
        [event.spec_version for event in events],
        [event.annotator for event in events],
        [as_json(event.label) for event in events],
        [event.submitted_at for event in events],
    )


async def scorable_answers(
    transaction: Transaction, tasks: Collection[UUID]
) -> list[HoneypotAnswer]:
    """Return the answers to these honeypots whose gold is known."""
    connection = await transaction.connection()
    return [
        HoneypotAnswer(
            row["annotation_id"],
            row["task_id"],
            row["project"],
            row["spec_version"],
            row["annotator"],
            row["label"],
            row["gold"],
        )
        for row in await connection.fetch(_SCORABLE, list(tasks))
    ]


async def set_scores(
    transaction: Transaction, scores: Mapping[UUID, Sequence[FieldScore]]
) -> set[tuple[UUID, str]]:
    """Store the scores of annotations; return (annotation, field) of new and changed ones."""
    rows = [(annotation, score) for annotation, fields in scores.items() for score in fields]
    connection = await transaction.connection()
    changed = await connection.fetch(
        _SET_SCORES,
        [annotation for annotation, _ in rows],
        [score.field for _, score in rows],
        [as_json(score.answer) for _, score in rows],
        [as_json(score.expected) for _, score in rows],
        [score.is_correct for _, score in rows],
    )
    return {(row["annotation_id"], row["field"]) for row in changed}


async def drop_scores(transaction: Transaction, tasks: Collection[UUID]) -> None:
    """Delete the scores of fields that the gold of these tasks no longer has."""
    connection = await transaction.connection()
    await connection.execute(_DROP_SCORES, list(tasks))


async def count_honeypots(
    transaction: Transaction, project: str, annotators: Collection[str]
) -> None:
    """Recount the honeypots of these annotators, and those that they have right."""
    connection = await transaction.connection()
    await connection.execute(_COUNT_HONEYPOTS, project, sorted(annotators))


async def annotators(transaction: Transaction, project: str) -> list[AnnotatorRecord]:
    """Return all annotators of a project."""
    connection = await transaction.connection()
    return [_record(row) for row in await connection.fetch(_ANNOTATORS, project)]


async def annotator(transaction: Transaction, project: str, pseudonym: str) -> AnnotatorRecord:
    """Return one annotator of a project, who must have a row."""
    connection = await transaction.connection()
    return _record(await connection.fetchrow(_ANNOTATOR, project, pseudonym))


def _record(row: Any) -> AnnotatorRecord:  # noqa: ANN401
    tally = Tally(
        row["annotator"],
        row["standing"],
        row["answered_right"],
        row["answered"],
        row["decided"],
        row["decided_reason"],
        row["right_before"],
        row["answered_before"],
    )
    return AnnotatorRecord(tally, row["last_good_at"])


async def set_standings(
    transaction: Transaction, project: str, changes: Sequence[tuple[str, Standing, str]]
) -> None:
    """Store new standings, given as (annotator, standing, reason)."""
    connection = await transaction.connection()
    columns = [[change[column] for change in changes] for column in range(3)]
    await connection.execute(_SET_STANDINGS, project, *columns)


async def set_decided_standing(
    transaction: Transaction, project: str, annotator: str, standing: Standing, reason: str
) -> None:
    """Store a standing that a person decided. Unless it is a suspension, a new count begins."""
    connection = await transaction.connection()
    await connection.execute(_SET_DECIDED_STANDING, project, annotator, standing, reason)


async def set_skills(
    transaction: Transaction, project: str, annotator: str, skills: Mapping[str, int]
) -> list[tuple[str, int]]:
    """Store levels of skills; return those that changed, by name."""
    connection = await transaction.connection()
    rows = await connection.fetch(
        _SET_SKILLS, project, annotator, list(skills), list(skills.values())
    )
    return sorted((row["skill"], row["level"]) for row in rows)
