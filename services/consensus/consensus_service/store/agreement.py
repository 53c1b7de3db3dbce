"""The votes that agreement is computed from, and the computed figures."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter

from chassis.db.database import Transaction
from schemas.vocabulary import Measure

# Votes of people on items of the random sample that are not withdrawn. Of each item only the votes
# that were asked for from the start: those asked for because it was contested are biased.
_SAMPLE = """
SELECT task_id, annotator, label, prelabel, standing, metadata, submitted_at FROM (
    SELECT v.task_id, v.annotator, v.label, v.prelabel, v.submitted_at,
        coalesce(a.standing, 'new') AS standing, t.metadata, t.redundancy,
        row_number() OVER (PARTITION BY v.task_id ORDER BY v.arrival) AS place
    FROM tasks t JOIN votes v USING (task_id)
        LEFT JOIN annotators a ON a.annotator = v.annotator AND a.project = v.project
    WHERE t.project = $1 AND t.spec_version = $2 AND t.purpose = 'work'
        AND t.overlap IN ('random', 'all') AND v.annotator_kind = 'human'
        AND NOT EXISTS (SELECT 1 FROM item_withdrawals w
            WHERE w.item_id = t.item_id AND w.is_withdrawn)
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
            FROM agreements a WHERE a.project = p.project) AS paused_until
    FROM projects p
    WHERE $3::text IS NULL OR p.project = $3
) newest WHERE arrival > coalesce(measured, 0) AND coalesce(paused_until, $1) <= $1
"""
_SAVE = """
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
    """One vote of the agreement sample."""

    task_id: UUID
    annotator: str
    label: dict[str, Any]
    prelabel: str
    standing: str
    metadata: dict[str, Any]
    submitted_at: datetime


@dataclass(frozen=True, slots=True)
class Part:
    """The part of the sample that a figure is computed from: its sample, whole or one slice."""

    sample: str
    slice_key: str = ""
    slice_value: str = ""

    @property
    def slice(self) -> dict[str, str]:
        """The slice in the form of the event; empty for the whole."""
        return {self.slice_key: self.slice_value} if self.slice_key else {}


@dataclass(frozen=True, slots=True)
class Figures:
    """The agreement on one field."""

    metric: str
    measured: Measure
    raw: float | None
    without_distrusted: Measure | None
    """The agreement without distrusted annotators; None if there are none."""


@dataclass(frozen=True, slots=True)
class FieldAgreement:
    """The agreement on one field in one part of the sample."""

    field: str
    part: Part
    figures: Figures


@dataclass(frozen=True, slots=True)
class StoredAgreement:
    """The last agreement that was measured on a field, in a whole sample."""

    spec_version: int
    field: str
    sample: str
    figures: Figures


_FIGURES = TypeAdapter(Figures)


async def sample(
    transaction: Transaction,
    project: str,
    version: int,
    window: tuple[datetime | None, datetime | None] = (None, None),
) -> list[SampledVote]:
    """Return the votes that agreement is computed from, of a time window or all."""
    connection = await transaction.connection()
    rows = await connection.fetch(_SAMPLE, project, version, *window)
    return [SampledVote(**row) for row in rows]


async def stale(
    transaction: Transaction, now: datetime, duty_factor: float, project: str | None = None
) -> list[tuple[str, int, int]]:
    """Return project, newest version and last vote of the projects that are due to be measured.

    Looks at one `project`, or at all. After a measurement a project pauses for `duty_factor` times
    the duration of the measurement.
    """
    connection = await transaction.connection()
    return [tuple(row) for row in await connection.fetch(_STALE, now, duty_factor, project)]


async def save(
    transaction: Transaction,
    measured_on: tuple[str, int, int],
    agreement: Sequence[FieldAgreement],
    now: datetime,
    cost_seconds: float,
) -> None:
    """Store agreement. `measured_on`: project, spec version, and the arrival of its last vote."""
    connection = await transaction.connection()
    project, version, arrival = measured_on
    for each in agreement:
        await connection.execute(
            _SAVE,
            project,
            version,
            each.field,
            each.part.sample,
            each.part.slice_key,
            each.part.slice_value,
            arrival,
            _FIGURES.dump_json(each.figures).decode(),
            now,
            cost_seconds,
        )


async def measured(
    transaction: Transaction, project: str, version: int | None, field: str | None
) -> list[StoredAgreement]:
    """Return the agreement last measured on whole samples, the newest spec version first."""
    connection = await transaction.connection()
    return [
        StoredAgreement(
            row["spec_version"],
            row["field"],
            row["sample"],
            _FIGURES.validate_python(row["measured"]),
        )
        for row in await connection.fetch(_MEASURED, project, version, field)
    ]
