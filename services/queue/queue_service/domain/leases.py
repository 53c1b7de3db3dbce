"""Leases: who holds which work, until when, and what ends it. No I/O, no clock."""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from queue_service.domain.refusals import (
    AlreadyAnswered,
    LeaseExpired,
    LeaseReleased,
    LeaseSkipped,
    Superseded,
    Suspended,
    UnknownLease,
    Withdrawn,
    WrongStage,
)
from schemas.vocabulary import AnnotatorKind, Honeypots, Policy, Purpose, Stage, Standing

PrelabelArm = Literal["shown", "hidden", "none"]

STAGE_ROLES: dict[Stage, str] = {
    "annotate": "annotator",
    "review": "reviewer",
    "adjudicate": "adjudicator",
}
PICKERS = ("pipeline", "admin")
"""Who may choose among items: whoever knows which external ids are gold could tell a honeypot."""


@dataclass(frozen=True, slots=True)
class Worker:
    """Who works."""

    annotator: str
    kind: AnnotatorKind

    @property
    def takes_slots(self) -> bool:
        """Whether the answers count towards redundancy: people's do, models vote beside them."""
        return self.kind == "human"


@dataclass(frozen=True, slots=True)
class Holder:
    """The annotator who comes with a token, and the projects of that token (None: all)."""

    annotator: str
    projects: frozenset[str] | None

    def reaches(self, project: str) -> bool:
        """Return True if the token is for `project`."""
        return self.projects is None or project in self.projects


@dataclass(frozen=True, slots=True)
class Work:
    """One task at one stage, as the holder of a lease meets it."""

    work_id: int
    task_id: UUID
    stage: Stage
    subject: UUID
    project: str
    item_id: UUID
    external_id: str | None
    spec_version: int
    spec_hash: str
    task_type: str
    purpose: Purpose
    state: str
    payload: dict[str, Any] | None
    """None where it lies in the blob store, under `blob`."""
    blob: str | None
    blob_size: int | None
    prelabels: list[dict[str, Any]]
    context: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Held:
    """A lease with the work it is for, as found when its holder comes back."""

    lease_id: UUID
    annotator: str
    kind: AnnotatorKind
    leased_at: datetime
    expires_at: datetime
    ended: str | None
    prelabel: PrelabelArm
    standing: Standing
    newest_version: int
    review_id: UUID | None
    round: int
    """How many people look at the review, this one included."""
    work: Work

    @property
    def prelabel_given(self) -> dict[str, Any] | None:
        """What the model said, shown or not."""
        return None if self.prelabel == "none" else self.work.prelabels[0]


_ENDS: dict[str, type[Exception]] = {
    "expired": LeaseExpired,
    "released": LeaseReleased,
    "skipped": LeaseSkipped,
    "suspended": Suspended,
    "superseded": Withdrawn,
}


def check_holder(held: Held | None, lease_id: UUID, holder: Holder, stages: Sequence[str]) -> Held:
    """Return the lease `held` if it is the holder's, and for one of these stages.

    Raises UnknownLease for a lease of somebody else, and for one of a project that the token does
    not reach (any more): who may not use it learns nothing of it, not even that it exists.
    """
    if held is None or held.annotator != holder.annotator or not holder.reaches(held.work.project):
        raise UnknownLease(f"You hold no lease {lease_id}.")
    if held.work.stage not in stages:
        raise WrongStage(f"The lease is for the stage '{held.work.stage}'.")
    return held


def check_live(held: Held, now: datetime) -> None:
    """Refuse an answer to a lease that has ended, in the words of what ended it."""
    if held.ended == "answered":
        raise AlreadyAnswered("The answer given with this lease stands.")
    if held.work.spec_version < held.newest_version and held.work.stage != "review":
        raise Superseded(held.work.spec_version, held.newest_version)
    if held.ended is not None:
        raise _ENDS[held.ended](f"The lease ended: {held.ended}.")
    if held.standing == "suspended":
        raise Suspended("A lead can tell you why.")
    if now >= held.expires_at:
        raise LeaseExpired(f"The lease ended at {held.expires_at.isoformat(timespec='seconds')}.")
    if held.work.state == "withdrawn" or (
        held.work.state != "open" and held.work.stage != "annotate"
    ):
        raise Withdrawn("The task was withdrawn, or settled in the meantime.")


def lease_end(policy: Policy, now: datetime) -> datetime:
    """Until when a lease given now holds."""
    return now + timedelta(seconds=policy.lease_seconds)


def honeypot_due(key: bytes, annotator: str, taken: int, policy: Honeypots) -> bool:
    """Whether the next task of this annotator is to be a honeypot.

    Keyed randomness: for whoever lacks the key there is no pattern by position, and for whoever
    has it a run can be repeated. Honeypots are denser at first, when least is known.
    """
    rate = policy.first_rate if taken < policy.first else policy.rate
    return chance(key, "honeypot", annotator, str(taken)) < rate


def place_among_honeypots(task_id: UUID) -> float:
    """Where a honeypot stands in the circle from which they are picked, in [0, 1)."""
    return int.from_bytes(hashlib.sha256(task_id.bytes).digest()[:8], "big") / 2**64


def prelabel_shown(key: bytes, annotator: str, item_id: UUID, blind_share: float) -> bool:
    """Whether this annotator sees the pre-label of this item, or answers blind."""
    return chance(key, "prelabel", annotator, str(item_id)) >= blind_share


def chance(key: bytes, *parts: str) -> float:
    """A number in [0, 1) that only the key and `parts` determine."""
    mac = hmac.new(key, "\x00".join(parts).encode(), hashlib.sha256).digest()
    return int.from_bytes(mac[:8], "big") / 2**64


def masked_task_id(key: bytes, lease_id: UUID) -> UUID:
    """What a lease shows as its task's id: a stable one would let people compare notes."""
    mac = hmac.new(key, b"task\x00" + lease_id.bytes, hashlib.sha256).digest()
    return UUID(bytes=mac[:16], version=4)
