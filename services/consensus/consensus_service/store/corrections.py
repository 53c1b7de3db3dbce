"""Corrections of annotations, and the votes that they replace."""

from chassis.db.database import Transaction, as_json
from schemas.events import AnnotationCorrected

_ADD = """
INSERT INTO corrections (annotation_id, corrects, number, label) VALUES ($1, $2, $3, $4::jsonb)
ON CONFLICT DO NOTHING RETURNING annotation_id
"""
_REPLACE = """
UPDATE votes v SET label = c.label, corrected_by = c.annotation_id
FROM (
    SELECT annotation_id, label FROM corrections WHERE corrects = $1 ORDER BY number DESC LIMIT 1
) c
WHERE v.annotation_id = $1
"""


async def add_correction(transaction: Transaction, event: AnnotationCorrected) -> bool:
    """Store a correction; return True if it was not stored before."""
    connection = await transaction.connection()
    row = (event.annotation_id, event.corrects, event.number, as_json(event.label))
    return await connection.fetchval(_ADD, *row) is not None


async def replace_vote(transaction: Transaction, event: AnnotationCorrected) -> None:
    """Replace the vote that a correction is about by the last correction of it."""
    connection = await transaction.connection()
    await connection.execute(_REPLACE, event.corrects)
