"""Measured agreement, and the spec issues that are opened because of it and resolved."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.db.database import Transaction
from quality_service.domain.issues import Issue
from schemas.events import AgreementMeasured, SpecPublished
from schemas.vocabulary import Cause, Measure

_SET_MEASURE = """
INSERT INTO measures (project, spec_version, field, metric, measured, without_distrusted)
VALUES ($1, $2, $3, $4, $5::jsonb, $6::jsonb)
ON CONFLICT (project, spec_version, field) DO UPDATE SET metric = excluded.metric,
    measured = excluded.measured, without_distrusted = excluded.without_distrusted
"""
_OPEN = """
INSERT INTO issues (issue_id, project, spec_version, field, metric, value, low, high, floor, why,
    opened_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
ON CONFLICT DO NOTHING RETURNING issue_id
"""
_ISSUES = """
SELECT issue_id, project, spec_version, field, cause, resolved_by FROM issues
WHERE project = $1 AND spec_version = ANY($2) ORDER BY spec_version, field
"""
_SET_CAUSE = "UPDATE issues SET cause = $2 WHERE issue_id = $1"
_ADD_RESOLUTIONS = """
INSERT INTO resolutions (issue_id, project, spec_version, relabel, published_at)
SELECT issue_id, $2, $3, $4, $5 FROM unnest($1::uuid[]) AS input (issue_id)
ON CONFLICT DO NOTHING
"""
# By the first spec version after the issue's own that names it. An issue is resolved once.
_RESOLVE = """
UPDATE issues i SET resolved_by = r.spec_version, resolved_at = r.published_at,
    relabel = r.relabel
FROM (
    SELECT DISTINCT ON (issue_id, project) r.*
    FROM resolutions r JOIN issues USING (issue_id, project)
    WHERE r.spec_version > issues.spec_version AND issue_id = ANY($1) AND project = $2
    ORDER BY issue_id, project, r.spec_version
) AS r
WHERE i.issue_id = r.issue_id AND i.project = r.project AND i.resolved_by IS NULL
RETURNING i.issue_id, i.project, i.spec_version, i.field, i.cause, i.resolved_by, i.resolved_at
"""
# Each item once. Evidence that arrives after the issue was resolved is added when it arrives.
_ADD_RELABELED_ITEMS = """
INSERT INTO relabeled (issue_id, item_id)
SELECT DISTINCT i.issue_id, e.item_id
FROM issues i JOIN (
    SELECT project, spec_version, item_id, fields FROM conflicts
    UNION ALL
    SELECT project, spec_version, item_id, fields FROM skips
    WHERE purpose = 'work' AND fields IS NOT NULL
) AS e ON e.project = i.project AND e.spec_version = i.spec_version
    AND (e.fields = '{}' OR i.field = ANY(e.fields))
WHERE i.issue_id = ANY($1) AND i.relabel = 'evidence'
ON CONFLICT DO NOTHING RETURNING issue_id, item_id
"""
_CAUSES = """
SELECT i.issue_id, a.cause, count(*) AS count
FROM issues i JOIN conflicts c ON c.project = i.project AND c.spec_version = i.spec_version
        AND (c.fields = '{}' OR i.field = ANY(c.fields))
    JOIN adjudications a USING (task_id)
WHERE i.issue_id = ANY($1) GROUP BY i.issue_id, a.cause
"""


@dataclass(frozen=True, slots=True)
class Resolved:
    """An issue that a spec version has just resolved."""

    issue: Issue
    resolved_at: datetime


async def set_measure(
    transaction: Transaction, event: AgreementMeasured, measured: Measure
) -> None:
    """Store the newest agreement on a field."""
    without = event.without_distrusted
    connection = await transaction.connection()
    await connection.execute(
        _SET_MEASURE,
        event.project,
        event.spec_version,
        event.field,
        event.metric,
        measured.model_dump_json(),
        None if without is None else without.model_dump_json(),
    )


async def open_issue(
    transaction: Transaction, issue: Issue, event: AgreementMeasured, floor: float, why: str
) -> bool:
    """Store an issue; return true if it is new."""
    connection = await transaction.connection()
    row = await connection.fetchrow(
        _OPEN,
        issue.issue_id,
        issue.project,
        issue.spec_version,
        issue.field,
        event.metric,
        event.value,
        event.low,
        event.high,
        floor,
        why,
        event.occurred_at,
    )
    return row is not None


async def issues_of(
    transaction: Transaction, project: str, spec_versions: Collection[int]
) -> list[Issue]:
    """Return the issues of these spec versions."""
    connection = await transaction.connection()
    rows = await connection.fetch(_ISSUES, project, sorted(set(spec_versions)))
    return [Issue(**dict(row)) for row in rows]


async def causes(
    transaction: Transaction, issues: Collection[UUID]
) -> Mapping[UUID, dict[Cause, int]]:
    """Return, for each issue, the number of adjudications that name each cause."""
    connection = await transaction.connection()
    counts: dict[UUID, dict[Cause, int]] = {issue: {} for issue in issues}
    for row in await connection.fetch(_CAUSES, list(issues)):
        counts[row["issue_id"]][row["cause"]] = row["count"]
    return counts


async def set_cause(transaction: Transaction, issue: UUID, cause: Cause) -> None:
    """Store the leading cause of an issue."""
    connection = await transaction.connection()
    await connection.execute(_SET_CAUSE, issue, cause)


async def add_resolutions(transaction: Transaction, event: SpecPublished) -> None:
    """Store the issues that a spec version names as resolved."""
    connection = await transaction.connection()
    await connection.execute(
        _ADD_RESOLUTIONS,
        event.resolves,
        event.project,
        event.spec_version,
        event.relabel,
        event.occurred_at,
    )


async def resolve(
    transaction: Transaction, project: str, issues: Collection[UUID]
) -> list[Resolved]:
    """Resolve the issues that a later spec version names; return those newly resolved."""
    connection = await transaction.connection()
    rows = [dict(row) for row in await connection.fetch(_RESOLVE, list(issues), project)]
    resolved = [Resolved(resolved_at=row.pop("resolved_at"), issue=Issue(**row)) for row in rows]
    return sorted(resolved, key=lambda entry: entry.issue.issue_id)


async def add_relabeled_items(
    transaction: Transaction, issues: Collection[UUID]
) -> Mapping[UUID, list[UUID]]:
    """Store the items to be labeled again; return the new ones by issue."""
    connection = await transaction.connection()
    items_by_issue: dict[UUID, list[UUID]] = {}
    for row in await connection.fetch(_ADD_RELABELED_ITEMS, list(issues)):
        items_by_issue.setdefault(row["issue_id"], []).append(row["item_id"])
    return {issue: sorted(items) for issue, items in sorted(items_by_issue.items())}


def measure_of(stored: object) -> Measure | None:
    """Parse a stored measure."""
    return None if stored is None else Measure.model_validate(stored, strict=False)
