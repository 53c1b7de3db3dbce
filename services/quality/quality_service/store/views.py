"""What people read: annotators, issues, models."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.database import Session, raw
from quality_service.store.issues import measure_of
from schemas.quality import SkipFinding
from schemas.vocabulary import Measure, Standing

_STANDINGS = """
SELECT s.*, coalesce(
    (SELECT jsonb_object_agg(skill, level) FROM skills k
     WHERE k.project = s.project AND k.annotator = s.annotator AND level > 0), '{}') AS skills
FROM standings s WHERE annotator = $1 ORDER BY project
"""
_ANNOTATORS = """
SELECT s.*,
    (SELECT count(*) FROM annotations a
     WHERE a.project = s.project AND a.annotator = s.annotator) AS annotations,
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
# Honeypots among them: else whoever skips one and looks here could tell that it was one.
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
_BY_STANDING = "SELECT standing, count(*) AS count FROM standings GROUP BY standing"
_BY_STATE = """
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
_REVIEWS_WAITING = """
SELECT count(*) FROM reviews r
WHERE NOT EXISTS (SELECT 1 FROM verdicts v WHERE v.review_id = r.review_id)
"""


@dataclass(frozen=True, slots=True)
class StoredIssue:
    """A spec issue, whole."""

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
    """The newest agreement on a field."""

    spec_version: int
    field: str
    metric: str
    measured: Measure
    without: Measure | None


async def standings(session: Session, annotator: str) -> list[dict[str, Any]]:
    """An annotator's standings in all projects, each with its skills."""
    connection = await raw(session)
    return [dict(row) for row in await connection.fetch(_STANDINGS, annotator)]


async def annotators(
    session: Session, project: str, after: str, limit: int
) -> list[dict[str, Any]]:
    """A page of a project's annotators, with what they did."""
    connection = await raw(session)
    return [dict(row) for row in await connection.fetch(_ANNOTATORS, project, after, limit)]


async def issue(session: Session, issue_id: UUID) -> StoredIssue | None:
    """One issue."""
    connection = await raw(session)
    row = await connection.fetchrow(_ISSUE, issue_id)
    return None if row is None else _issue(row)


async def issues(
    session: Session, project: str, after: UUID | None, limit: int
) -> list[StoredIssue]:
    """A page of a project's issues, newest spec version first."""
    connection = await raw(session)
    return [_issue(row) for row in await connection.fetch(_ISSUES_OF, project, after, limit)]


def _issue(row: Any) -> StoredIssue:  # noqa: ANN401
    return StoredIssue(**{**dict(row), "after": measure_of(row["after"])})


async def item_counts(session: Session, issues: Collection[UUID]) -> dict[UUID, int]:
    """How many items speak for each issue."""
    connection = await raw(session)
    rows = await connection.fetch(_ITEM_COUNTS, list(issues))
    return {row["issue_id"]: row["count"] for row in rows}


async def measures(session: Session, project: str) -> list[StoredMeasure]:
    """The newest agreement on each field, newest spec version first."""
    connection = await raw(session)
    found = []
    for row in await connection.fetch(_MEASURES, project):
        measured = measure_of(row["measured"])
        assert measured is not None
        without = measure_of(row["without_distrusted"])
        found.append(
            StoredMeasure(row["spec_version"], row["field"], row["metric"], measured, without)
        )
    return found


async def skips(session: Session, project: str) -> list[SkipFinding]:
    """How often tasks were skipped for each reason, newest spec version first."""
    connection = await raw(session)
    return [SkipFinding(**dict(row)) for row in await connection.fetch(_SKIPS, project)]


async def models(session: Session, project: str) -> list[dict[str, Any]]:
    """How often each model's suggestion was shown, hidden, and the answer all the same."""
    connection = await raw(session)
    return [dict(row) for row in await connection.fetch(_MODELS, project)]


async def by_standing(session: Session) -> dict[Standing, int]:
    """How many annotators have each standing."""
    connection = await raw(session)
    return {row["standing"]: row["count"] for row in await connection.fetch(_BY_STANDING)}


async def by_state(session: Session) -> dict[str, Any]:
    """How many issues are in each state, and when the oldest unresolved one was opened."""
    connection = await raw(session)
    return dict(await connection.fetchrow(_BY_STATE))


async def overdue(session: Session, now: datetime) -> list[tuple[str, int]]:
    """How many undecided tasks of each project are past due, the most first."""
    connection = await raw(session)
    return [(row["project"], row["count"]) for row in await connection.fetch(_OVERDUE, now)]


async def reviews_waiting(session: Session) -> int:
    """How many reviews nobody has decided."""
    connection = await raw(session)
    return int(await connection.fetchval(_REVIEWS_WAITING))
