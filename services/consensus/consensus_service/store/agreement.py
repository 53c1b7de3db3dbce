"""The votes that agreement is measured on, and what was measured."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from chassis.database import Session, as_json, raw

# On items of the random sample only, and of each only the votes that were asked for from the
# start: what was asked because it was contested would bias the figure. People's votes alone,
# and not those that saw a pre-label.
_SAMPLE = """
SELECT task_id, annotator, label, standing FROM (
    SELECT v.task_id, v.annotator, v.label, coalesce(a.standing, 'new') AS standing,
        row_number() OVER (PARTITION BY v.task_id ORDER BY v.arrival) AS place, t.redundancy
    FROM tasks t JOIN votes v USING (task_id)
        LEFT JOIN annotators a ON a.annotator = v.annotator AND a.project = v.project
    WHERE t.project = $1 AND t.spec_version = $2 AND t.purpose = 'work'
        AND t.overlap IN ('random', 'all') AND v.annotator_kind = 'human'
        AND v.prelabel <> 'shown'
) sample WHERE place <= redundancy
"""
_STALE = """
SELECT project, newest_version, arrival FROM (
    SELECT p.project, p.newest_version,
        (SELECT max(v.arrival) FROM votes v WHERE v.project = p.project) AS arrival,
        (SELECT max(a.arrival) FROM agreements a WHERE a.project = p.project
            AND a.spec_version = p.newest_version) AS measured
    FROM projects p
) newest WHERE arrival > coalesce(measured, 0)
"""
_KEEP = """
INSERT INTO agreements (project, spec_version, field, arrival, measured)
VALUES ($1, $2, $3, $4, $5::jsonb)
ON CONFLICT (project, spec_version, field)
    DO UPDATE SET arrival = excluded.arrival, measured = excluded.measured
"""
_MEASURED = """
SELECT spec_version, field, measured FROM agreements
WHERE project = $1 AND ($2::int IS NULL OR spec_version = $2)
    AND ($3::text IS NULL OR field = $3)
ORDER BY spec_version DESC, field
"""


@dataclass(frozen=True, slots=True)
class SampledVote:
    """One vote of the sample."""

    task_id: UUID
    annotator: str
    label: dict[str, Any]
    standing: str


async def sample(session: Session, project: str, version: int) -> list[SampledVote]:
    """The votes that agreement is measured on."""
    connection = await raw(session)
    return [SampledVote(**row) for row in await connection.fetch(_SAMPLE, project, version)]


async def stale(session: Session) -> list[tuple[str, int, int]]:
    """Project, newest version and newest vote of those with votes that were not measured yet."""
    connection = await raw(session)
    return [tuple(row) for row in await connection.fetch(_STALE)]


async def keep(
    session: Session, project: str, version: int, field: str, arrival: int, measured: dict[str, Any]
) -> None:
    """Keep what was measured."""
    connection = await raw(session)
    await connection.execute(_KEEP, project, version, field, arrival, as_json(measured))


async def measured(
    session: Session, project: str, version: int | None, field: str | None
) -> list[dict[str, Any]]:
    """What was measured, newest version first."""
    connection = await raw(session)
    return [dict(row) for row in await connection.fetch(_MEASURED, project, version, field)]
