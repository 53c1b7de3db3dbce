"""The votes that agreement is measured on, and what was measured."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.db.database import Transaction, as_json

# On items of the random sample only, and of each only the votes that were asked for from the
# start: what was asked because it was contested would bias the figure. People's votes alone.
_SAMPLE = """
SELECT task_id, annotator, label, prelabel, standing, metadata, submitted_at FROM (
    SELECT v.task_id, v.annotator, v.label, v.prelabel, v.submitted_at,
        coalesce(a.standing, 'new') AS standing, t.metadata, t.redundancy,
        row_number() OVER (PARTITION BY v.task_id ORDER BY v.arrival) AS place
    FROM tasks t JOIN votes v USING (task_id)
        LEFT JOIN annotators a ON a.annotator = v.annotator AND a.project = v.project
    WHERE t.project = $1 AND t.spec_version = $2 AND t.purpose = 'work'
        AND t.overlap IN ('random', 'all') AND v.annotator_kind = 'human'
) sample
WHERE place <= redundancy AND ($3::timestamptz IS NULL OR submitted_at >= $3)
    AND ($4::timestamptz IS NULL OR submitted_at < $4)
"""
_STALE = """
SELECT project, newest_version, arrival FROM (
    SELECT p.project, p.newest_version,
        (SELECT max(v.arrival) FROM votes v WHERE v.project = p.project) AS arrival,
        (SELECT max(a.arrival) FROM agreements a WHERE a.project = p.project
            AND a.spec_version = p.newest_version) AS measured,
        (SELECT max(a.measured_at + a.cost_seconds * $2 * interval '1 second')
            FROM agreements a WHERE a.project = p.project) AS rests_until
    FROM projects p
    WHERE $3::text IS NULL OR p.project = $3
) newest WHERE arrival > coalesce(measured, 0) AND coalesce(rests_until, $1) <= $1
"""
_KEEP = """
INSERT INTO agreements (project, spec_version, field, sample, slice_key, slice_value, arrival,
    measured, measured_at, cost_seconds)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8::jsonb, $9, $10)
ON CONFLICT (project, spec_version, field, sample, slice_key, slice_value) DO UPDATE
    SET arrival = excluded.arrival, measured = excluded.measured,
        measured_at = excluded.measured_at, cost_seconds = excluded.cost_seconds
"""
_MEASURED = """
SELECT spec_version, field, sample, measured FROM agreements
WHERE project = $1 AND ($2::int IS NULL OR spec_version = $2)
    AND ($3::text IS NULL OR field = $3) AND slice_key = ''
ORDER BY spec_version DESC, field, sample DESC
"""


@dataclass(frozen=True, slots=True)
class SampledVote:
    """One vote of the sample."""

    task_id: UUID
    annotator: str
    label: dict[str, Any]
    prelabel: str
    standing: str
    metadata: dict[str, Any]
    submitted_at: datetime


@dataclass(frozen=True, slots=True)
class Part:
    """Which votes a figure is about."""

    sample: str
    slice_key: str = ""
    slice_value: str = ""

    @property
    def slice(self) -> dict[str, str]:
        """The slice as an event carries it; empty for the whole."""
        return {self.slice_key: self.slice_value} if self.slice_key else {}


@dataclass(frozen=True, slots=True)
class Measured:
    """A figure, which votes it is about, and what it rests on."""

    field: str
    part: Part
    figures: dict[str, Any]


async def sample(
    transaction: Transaction,
    project: str,
    version: int,
    window: tuple[datetime | None, datetime | None] = (None, None),
) -> list[SampledVote]:
    """The votes that agreement is measured on, those of a time window or all."""
    connection = await transaction.connection()
    rows = await connection.fetch(_SAMPLE, project, version, *window)
    return [SampledVote(**row) for row in rows]


async def stale(
    transaction: Transaction, now: datetime, rest: float, project: str | None = None
) -> list[tuple[str, int, int]]:
    """Project, newest version and newest vote of those that are to be measured again.

    Looks at one `project`, or at all. After a measurement a project rests `rest` times as long as
    that took.
    """
    connection = await transaction.connection()
    return [tuple(row) for row in await connection.fetch(_STALE, now, rest, project)]


async def keep(
    transaction: Transaction,
    about: tuple[str, int, int],
    figures: Sequence[Measured],
    now: datetime,
    cost_seconds: float,
) -> None:
    """Keep what was measured of (project, version), resting on the votes up to an arrival."""
    connection = await transaction.connection()
    project, version, arrival = about
    for one in figures:
        part = (one.part.sample, one.part.slice_key, one.part.slice_value)
        await connection.execute(
            _KEEP,
            project,
            version,
            one.field,
            *part,
            arrival,
            as_json(one.figures),
            now,
            cost_seconds,
        )


async def measured(
    transaction: Transaction, project: str, version: int | None, field: str | None
) -> list[dict[str, Any]]:
    """What was measured of the whole, newest version first."""
    connection = await transaction.connection()
    return [dict(row) for row in await connection.fetch(_MEASURED, project, version, field)]
