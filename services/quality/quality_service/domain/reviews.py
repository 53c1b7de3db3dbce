"""Which decided labels a second person looks at."""

from hashlib import sha256
from uuid import UUID, uuid5

_REVIEWS = UUID("c3f6a0de-3c1b-5a53-8f0e-6a8d5e0b7f21")

SAMPLED = "sample"
SUSPENSION = "suspension"


def review_id(project: str, decision_no: int) -> UUID:
    """The identity of the review of a decision: there is one at most, whatever the reason."""
    return uuid5(_REVIEWS, f"{project}\x00{decision_no}")


def is_sampled(project: str, task_id: UUID, decision_no: int, rate: float) -> bool:
    """Whether a decision is among the share `rate` that is reviewed: the same in every replay."""
    text = f"review\x00{project}\x00{task_id}\x00{decision_no}".encode()
    return int.from_bytes(sha256(text).digest()[:8]) < rate * 2**64
