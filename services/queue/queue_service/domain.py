"""Which work an annotator gets, when a lease ends, and what is refused. No I/O, no clock."""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from schemas.vocabulary import AnnotatorKind, Honeypots, Policy, Purpose, Stage, Standing

PrelabelArm = Literal["shown", "hidden", "none"]

STAGE_ROLES: dict[Stage, str] = {
    "annotate": "annotator",
    "review": "reviewer",
    "adjudicate": "adjudicator",
}
PICKERS = ("pipeline", "admin")
"""Who may choose among items: whoever knows which external ids are gold could tell a honeypot."""


class UnknownProject(Exception):
    """There is no such project here (yet)."""


class UnknownSpec(Exception):
    """There is no such spec version."""


class UnknownLease(Exception):
    """There is no such lease."""


class NotYours(Exception):
    """This lease belongs to somebody else."""


class LeaseExpired(Exception):
    """The lease has expired; the task may be with someone else by now."""


class LeaseReleased(Exception):
    """The lease was given back."""


class LeaseSkipped(Exception):
    """The task was skipped with this lease."""


class Suspended(Exception):
    """Your work in this project is suspended."""


class Superseded(Exception):
    """The specification has changed since the lease was given."""

    def __init__(self, held: int, newest: int) -> None:
        """Say which version was held and which holds now."""
        self.extra = {"held_version": held, "newest_version": newest}
        super().__init__(f"Spec version {newest} replaced version {held}; the draft is kept.")


class Withdrawn(Exception):
    """The task was withdrawn; nobody need answer it any more."""


class AlreadyAnswered(Exception):
    """This lease has been answered, and differently."""


class WrongStage(Exception):
    """This lease is for another kind of work."""


class MayNotPick(Exception):
    """Only pipelines may choose which items they get."""


class NoStage(Exception):
    """None of your roles allows this stage."""


class OnlyMachines(Exception):
    """Bulk answers are for models and functions."""


class LabelMissing(Exception):
    """A review that fixes must say the right label."""


@dataclass(frozen=True, slots=True)
class Worker:
    """Who asks for work."""

    annotator: str
    kind: AnnotatorKind
    projects: tuple[str, ...] | None
    """None: all."""

    @property
    def takes_slots(self) -> bool:
        """Whether the answers count towards redundancy: people's do, models vote beside them."""
        return self.kind == "human"


@dataclass(frozen=True, slots=True)
class Wish:
    """What work is asked for. None: any."""

    stage: Stage
    task_types: tuple[str, ...] | None = None
    items: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Work:
    """One task at one stage, as the queue holds it."""

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
    payload: dict[str, Any]
    prelabels: list[dict[str, Any]]
    context: dict[str, Any] | None
    given: int = 0
    """How many tasks of the project the asking annotator got before."""


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
    prelabel_given: dict[str, Any] | None
    standing: Standing
    newest_version: int
    draft: Any
    work: Work


_ENDS: dict[str, type[Exception]] = {
    "expired": LeaseExpired,
    "released": LeaseReleased,
    "skipped": LeaseSkipped,
    "suspended": Suspended,
    "superseded": Withdrawn,
}


def check_holder(held: Held, annotator: str, stages: Sequence[str]) -> None:
    """Refuse whoever does not hold the lease, or means another kind of work."""
    if held.annotator != annotator:
        raise NotYours(f"The lease {held.lease_id} is not yours.")
    if held.work.stage not in stages:
        raise WrongStage(f"The lease is for the stage '{held.work.stage}'.")


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


def honeypot_due(key: bytes, annotator: str, given: int, policy: Honeypots) -> bool:
    """Whether the next task of this annotator is to be a honeypot.

    Keyed randomness: for whoever lacks the key there is no pattern by position, and for whoever
    has it a run can be repeated. Honeypots are denser at first, when least is known.
    """
    rate = policy.first_rate if given < policy.first else policy.rate
    return chance(key, "honeypot", annotator, str(given)) < rate


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
