"""Corrections of annotations by their annotators."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.db.database import Transaction, as_json

_LAST = """
SELECT annotation_id, number, body FROM corrections WHERE lease_id = $1
ORDER BY number DESC LIMIT 1
"""
_ADD = """
INSERT INTO corrections (annotation_id, lease_id, number, body, corrected_at)
VALUES ($1, $2, $3, $4::jsonb, $5)
"""


@dataclass(frozen=True, slots=True)
class Correction:
    """A correction of the annotation of one lease. The first has the number 1."""

    annotation_id: UUID
    number: int
    body: dict[str, Any]


async def last_correction(transaction: Transaction, lease_id: UUID) -> Correction | None:
    """Return the correction that is in force; None if the annotation was never corrected."""
    connection = await transaction.connection()
    row = await connection.fetchrow(_LAST, lease_id)
    return None if row is None else Correction(**row)


async def add_correction(
    transaction: Transaction, lease_id: UUID, correction: Correction, now: datetime
) -> None:
    """Store a correction. The caller has locked the lease."""
    connection = await transaction.connection()
    row = (correction.annotation_id, lease_id, correction.number, as_json(correction.body), now)
    await connection.execute(_ADD, *row)
