"""Choose the decided labels that a second person reviews."""

from hashlib import sha256
from uuid import UUID, uuid5

from schemas.sampling import unit_interval

_REVIEWS = UUID("c3f6a0de-3c1b-5a53-8f0e-6a8d5e0b7f21")

SAMPLED = "sample"
SUSPENSION = "suspension"


def review_id(project: str, decision_no: int) -> UUID:
    """Return the id of the review of a decision: one per decision, whatever the reason."""
    return uuid5(_REVIEWS, f"{project}\x00{decision_no}")


def is_sampled(project: str, task_id: UUID, decision_no: int, rate: float) -> bool:
    """Return true for the share `rate` of all decisions; the same result in every replay."""
    text = f"review\x00{project}\x00{task_id}\x00{decision_no}".encode()
    return unit_interval(sha256(text).digest()) < rate
