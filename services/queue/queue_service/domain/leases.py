"""The rules of leases: holders, expiry, honeypots and pre-labels. No I/O, no clock."""

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
from schemas.sampling import unit_interval
from schemas.vocabulary import AnnotatorKind, Honeypots, Policy, Purpose, Stage, Standing

PrelabelArm = Literal["shown", "hidden", "none"]

STAGE_ROLES: dict[Stage, str] = {
    "annotate": "annotator",
    "review": "reviewer",
    "adjudicate": "adjudicator",
}
PICKERS = ("pipeline", "admin")
"""The roles that may choose items. A caller who knows the external ids of gold items could
recognize honeypots."""


@dataclass(frozen=True, slots=True)
class Annotator:
    """A person, model or function that annotates."""

    pseudonym: str
    kind: AnnotatorKind

    @property
    def takes_slots(self) -> bool:
        """True if the annotations count towards redundancy: those of people do, others do not."""
        return self.kind == "human"


@dataclass(frozen=True, slots=True)
class Holder:
    """The annotator that a token names, and the projects of that token (None: all)."""

    annotator: str
    projects: frozenset[str] | None

    def reaches(self, project: str) -> bool:
        """Return True if the token is for `project`."""
        return self.projects is None or project in self.projects


@dataclass(frozen=True, slots=True)
class Work:
    """One task at one stage, with what the holder of a lease needs."""

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
    """None if it is in the blob store, under the digest `blob`."""
    blob: str | None
    blob_size: int | None
    prelabels: list[dict[str, Any]]
    context: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class HeldLease:
    """A lease with the work that it is for."""

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
    """The number of the review stage: 1 for the first reviewer."""
    work: Work

    @property
    def prelabel_given(self) -> dict[str, Any] | None:
        """The pre-label of a model, shown or hidden; None if there was none."""
        return None if self.prelabel == "none" else self.work.prelabels[0]


ALREADY_SUBMITTED = "The submission made with this lease stands."

_ENDS: dict[str, type[Exception]] = {
    "expired": LeaseExpired,
    "released": LeaseReleased,
    "skipped": LeaseSkipped,
    "suspended": Suspended,
    "superseded": Withdrawn,
}


def check_holder(
    lease: HeldLease | None, lease_id: UUID, holder: Holder, stages: Sequence[str]
) -> HeldLease:
    """Return `lease` if the holder holds it and it is for one of these stages.

    Raises UnknownLease for a lease of another annotator, and for a project that the token does not
    reach: a caller who may not use a lease must not learn that it exists. Raises WrongStage.
    """
    if (
        lease is None
        or lease.annotator != holder.annotator
        or not holder.reaches(lease.work.project)
    ):
        raise UnknownLease(f"You hold no lease {lease_id}.")
    if lease.work.stage not in stages:
        raise WrongStage(f"The lease is for the stage '{lease.work.stage}'.")
    return lease


def check_live(lease: HeldLease, now: datetime) -> None:
    """Raise the refusal that says why the lease can no longer be used, if it cannot."""
    work = lease.work
    if lease.ended == "answered":
        raise AlreadyAnswered(ALREADY_SUBMITTED)
    if work.spec_version < lease.newest_version and work.stage != "review":
        raise Superseded(work.spec_version, lease.newest_version)
    if lease.ended is not None:
        raise _ENDS[lease.ended](f"The lease ended: {lease.ended}.")
    if lease.standing == "suspended":
        raise Suspended("Ask a lead for the reason.")
    if now >= lease.expires_at:
        raise LeaseExpired(f"The lease ended at {lease.expires_at.isoformat(timespec='seconds')}.")
    if work.state == "withdrawn" or (work.state != "open" and work.stage != "annotate"):
        raise Withdrawn("The task was withdrawn or decided after the lease was given.")


def lease_end(policy: Policy, now: datetime) -> datetime:
    """Return the time at which a lease given now expires."""
    return now + timedelta(seconds=policy.lease_seconds)


def honeypot_due(key: bytes, annotator: str, taken: int, policy: Honeypots) -> bool:
    """Return True if the next task of this annotator is to be a honeypot.

    The randomness is keyed: without the key there is no pattern by position, and with it a run can
    be repeated. Honeypots are denser for new annotators, about whom least is known.
    """
    rate = policy.first_rate if taken < policy.first else policy.rate
    return chance(key, "honeypot", annotator, str(taken)) < rate


def sort_key(task_id: UUID) -> float:
    """Return the place of a honeypot in the random order in which they are chosen, in [0, 1)."""
    return unit_interval(hashlib.sha256(task_id.bytes).digest())


def prelabel_shown(key: bytes, annotator: str, item_id: UUID, blind_share: float) -> bool:
    """Return True if this annotator sees the pre-label of this item, False if it is hidden."""
    return chance(key, "prelabel", annotator, str(item_id)) >= blind_share


def chance(key: bytes, *parts: str) -> float:
    """Return a number in [0, 1) that only the key and `parts` determine."""
    return unit_interval(hmac.new(key, "\x00".join(parts).encode(), hashlib.sha256).digest())


def masked_task_id(key: bytes, lease_id: UUID) -> UUID:
    """Return the id that a lease shows for its task.

    The true id, the same for all annotators, would let them find out that they share a task.
    """
    mac = hmac.new(key, b"task\x00" + lease_id.bytes, hashlib.sha256).digest()
    return UUID(bytes=mac[:16], version=4)
