"""Queries for the HTTP API and the gauges: annotators, issues, models."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.db.database import Transaction
from quality_service.store.issues import measure_of
from schemas.quality import SkipFinding
from schemas.vocabulary import Measure, Standing

_STANDINGS = """
SELECT project, standing, reason, answered_right - right_before AS right,
    answered - answered_before AS n, last_good_at, coalesce(
    (SELECT jsonb_object_agg(skill, level) FROM skills k
     WHERE k.project = s.project AND k.annotator = s.annotator AND level > 0), '{}') AS skills
FROM standings s WHERE annotator = $1 ORDER BY project
"""
_ANNOTATORS = """
SELECT annotator, standing, reason, answered_right - right_before AS right,
    answered - answered_before AS n, last_good_at,
    (SELECT count(*) FROM annotations a
     WHERE a.project = s.project AND a.annotator = s.annotator
        AND a.corrects IS NULL) AS annotations,
    (SELECT count(*) FROM answers a
     WHERE a.project = s.project AND a.annotator = s.annotator) AS honeypots,
    (SELECT count(*) FROM skips k
     WHERE k.project = s.project AND k.annotator = s.annotator) AS skips,
    (SELECT count(*) FROM expiries e
     WHERE e.project = s.project AND e.annotator = s.annotator) AS leases_expired
FROM standings s WHERE project = $1 AND annotator > $2 ORDER BY annotator LIMIT $3
"""
_ISSUES = """
SELECT i.*, m.measured AS after FROM issues i LEFT JOIN measures m
    ON m.project = i.project AND m.spec_version = i.resolved_by AND m.field = i.field
"""
_ISSUE = f"{_ISSUES} WHERE i.issue_id = $1"
_ISSUES_OF = f"""{_ISSUES}
WHERE i.project = $1 AND ($2::uuid IS NULL OR (-i.spec_version, i.field) > (
    SELECT -last.spec_version, last.field FROM issues last WHERE last.issue_id = $2
))
ORDER BY i.spec_version DESC, i.field LIMIT $3
"""
_ITEM_COUNTS = """
SELECT issue_id, count(DISTINCT item_id) AS count
FROM issues i JOIN (
    SELECT project, spec_version, item_id, fields FROM conflicts
    UNION ALL
    SELECT project, spec_version, item_id, fields FROM skips
    WHERE purpose = 'work' AND fields IS NOT NULL
) AS e ON e.project = i.project AND e.spec_version = i.spec_version
    AND (e.fields = '{}' OR i.field = ANY(e.fields))
WHERE issue_id = ANY($1) GROUP BY issue_id
"""
_MEASURES = """
SELECT spec_version, field, metric, measured, without_distrusted FROM measures
WHERE project = $1 ORDER BY spec_version DESC, field LIMIT 500
"""
# Honeypots are counted too: else the counts would show which skipped task was a honeypot.
_SKIPS = """
SELECT spec_version, reason, count(*) AS skips, count(DISTINCT item_id) AS items FROM skips
WHERE project = $1 GROUP BY spec_version, reason
ORDER BY spec_version DESC, skips DESC, reason LIMIT 500
"""
_MODELS = """
SELECT model, count(*) FILTER (WHERE was_shown) AS shown,
    count(*) FILTER (WHERE was_shown AND equals) AS accepted,
    count(*) FILTER (WHERE NOT was_shown) AS hidden,
    count(*) FILTER (WHERE NOT was_shown AND equals) AS agreed
FROM annotations WHERE project = $1 AND model IS NOT NULL GROUP BY model ORDER BY model
"""
_STANDING_COUNTS = "SELECT standing, count(*) AS count FROM standings GROUP BY standing"
_ISSUE_COUNTS = """
SELECT count(*) FILTER (WHERE resolved_by IS NULL AND cause IS NULL) AS open,
    count(*) FILTER (WHERE resolved_by IS NULL AND cause IS NOT NULL) AS diagnosed,
    count(*) FILTER (WHERE resolved_by IS NOT NULL) AS resolved,
    min(opened_at) FILTER (WHERE resolved_by IS NULL) AS oldest
FROM issues
"""
_OVERDUE = """
SELECT t.project, count(*) AS count
FROM tasks t LEFT JOIN specs s USING (project, spec_version)
WHERE t.is_open AND (t.due_at < $1 OR extract(epoch FROM $1 - t.created_at) / 3600
        > (s.document -> 'policy' ->> 'sla_hours')::numeric)
    AND NOT EXISTS (SELECT 1 FROM decisions d WHERE d.task_id = t.task_id)
GROUP BY t.project ORDER BY count DESC, t.project
"""
_PENDING_REVIEWS = """
SELECT count(*) FROM reviews r
WHERE NOT EXISTS (SELECT 1 FROM verdicts v WHERE v.review_id = r.review_id)
"""


@dataclass(frozen=True, slots=True)
class StoredIssue:
    """A spec issue with all of its columns; `after` is the agreement under `resolved_by`."""

    issue_id: UUID
    project: str
    spec_version: int
    field: str
    metric: str
    value: float
    low: float
    high: float
    floor: float
    why: str
    opened_at: datetime
    cause: Any
    resolved_by: int | None
    resolved_at: datetime | None
    relabel: str | None
    after: Measure | None


@dataclass(frozen=True, slots=True)
class StoredMeasure:
    """The newest agreement on a field, with and `without` the distrusted annotators."""

    spec_version: int
    field: str
    metric: str
    measured: Measure
    without: Measure | None


@dataclass(frozen=True, slots=True)
class StandingRow:
    """An annotator's standing in one project, with its skills and its counts of honeypots."""

    project: str
    standing: Standing
    reason: str
    right: float
    n: int
    last_good_at: datetime | None
    skills: dict[str, int]


@dataclass(frozen=True, slots=True)
class AnnotatorRow:
    """An annotator of a project, with its standing and the number of its actions of each kind."""

    annotator: str
    standing: Standing
    reason: str
    right: float
    n: int
    last_good_at: datetime | None
    annotations: int
    honeypots: int
    skips: int
    leases_expired: int


@dataclass(frozen=True, slots=True)
class ModelCounts:
    """The annotations beside a model's suggestion: shown and accepted, hidden and equal to it."""

    model: str
    shown: int
    accepted: int
    hidden: int
    agreed: int


@dataclass(frozen=True, slots=True)
class IssueCounts:
    """The number of issues by state; `oldest` is when the oldest unresolved one was opened."""

    open: int
    diagnosed: int
    resolved: int
    oldest: datetime | None


async def standings(transaction: Transaction, annotator: str) -> list[StandingRow]:
    """Return an annotator's standings in all projects, each with its skills."""
    connection = await transaction.connection()
    return [StandingRow(**dict(row)) for row in await connection.fetch(_STANDINGS, annotator)]


async def annotators(
    transaction: Transaction, project: str, after: str, limit: int
) -> list[AnnotatorRow]:
    """Return a page of a project's annotators, ordered by pseudonym."""
    connection = await transaction.connection()
    rows = await connection.fetch(_ANNOTATORS, project, after, limit)
    return [AnnotatorRow(**dict(row)) for row in rows]


async def issue(transaction: Transaction, issue_id: UUID) -> StoredIssue | None:
    """Return one issue; None if it is not known."""
    connection = await transaction.connection()
    row = await connection.fetchrow(_ISSUE, issue_id)
    return None if row is None else _issue(row)


async def issues(
    transaction: Transaction, project: str, after: UUID | None, limit: int
) -> list[StoredIssue]:
    """Return a page of a project's issues, newest spec version first."""
    connection = await transaction.connection()
    return [_issue(row) for row in await connection.fetch(_ISSUES_OF, project, after, limit)]


def _issue(row: Any) -> StoredIssue:  # noqa: ANN401
    return StoredIssue(**{**dict(row), "after": measure_of(row["after"])})


async def count_items(transaction: Transaction, issues: Collection[UUID]) -> dict[UUID, int]:
    """Return the number of items that are evidence for each issue."""
    connection = await transaction.connection()
    rows = await connection.fetch(_ITEM_COUNTS, list(issues))
    return {row["issue_id"]: row["count"] for row in rows}


async def measures(transaction: Transaction, project: str) -> list[StoredMeasure]:
    """Return the newest agreement on each field, newest spec version first."""
    connection = await transaction.connection()
    measures = []
    for row in await connection.fetch(_MEASURES, project):
        measured = measure_of(row["measured"])
        assert measured is not None
        without = measure_of(row["without_distrusted"])
        measures.append(
            StoredMeasure(row["spec_version"], row["field"], row["metric"], measured, without)
        )
    return measures


async def skips(transaction: Transaction, project: str) -> list[SkipFinding]:
    """Return the number of skips for each reason, newest spec version first."""
    connection = await transaction.connection()
    return [SkipFinding(**dict(row)) for row in await connection.fetch(_SKIPS, project)]


async def models(transaction: Transaction, project: str) -> list[ModelCounts]:
    """Return the counts of each model of the project, by name."""
    connection = await transaction.connection()
    return [ModelCounts(**dict(row)) for row in await connection.fetch(_MODELS, project)]


async def count_by_standing(transaction: Transaction) -> dict[Standing, int]:
    """Return the number of annotators with each standing."""
    connection = await transaction.connection()
    return {row["standing"]: row["count"] for row in await connection.fetch(_STANDING_COUNTS)}


async def count_issues(transaction: Transaction) -> IssueCounts:
    """Return the number of issues in each state."""
    connection = await transaction.connection()
    return IssueCounts(**dict(await connection.fetchrow(_ISSUE_COUNTS)))


async def count_overdue(transaction: Transaction, now: datetime) -> list[tuple[str, int]]:
    """Return the number of overdue tasks of each project that has any, largest first."""
    connection = await transaction.connection()
    return [(row["project"], row["count"]) for row in await connection.fetch(_OVERDUE, now)]


async def count_pending_reviews(transaction: Transaction) -> int:
    """Return the number of reviews without a verdict."""
    connection = await transaction.connection()
    return int(await connection.fetchval(_PENDING_REVIEWS))
