"""A model of the queue in plain Python, for the state machine.

It does not use the code of the queue. It gets the same events and the results of calls, and states
which leases are possible, which refusals are right, and which states are never allowed.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from schemas.envelope import Event
from schemas.events import (
    AnnotatorStandingChanged,
    ConflictRaised,
    LabelDecided,
    RedundancyRaised,
    ReviewRequested,
    SkillChanged,
    SpecPublished,
    TaskCreated,
    TaskReprioritized,
    TaskWithdrawn,
)

OPEN_LEASES_MAX = 6
ROLES = {"annotator": "annotate", "reviewer": "review", "adjudicator": "adjudicate"}
REFUSALS = {
    "answered": "already-answered",
    "expired": "lease-expired",
    "released": "lease-released",
    "skipped": "lease-skipped",
    "suspended": "suspended",
}
STANDS = (None, "answered", "skipped")
"""The ends of a lease after which its holder never gets the item again."""
UNSURE = (*STANDS, "suspended")
"""It is not promised if items of leases ended by a suspension come again after it."""

Key = tuple[UUID, str, int]
"""The identity of a row of work: its task, its stage, and a number."""


@dataclass(frozen=True)
class Caller:
    """The owner of a token."""

    name: str
    pseudonym: str = field(repr=False)
    roles: tuple[str, ...] = field(default=("annotator",), repr=False)
    kind: str = field(default="human", repr=False)
    projects: tuple[str, ...] = field(default=("*",), repr=False)

    @property
    def stages(self) -> set[str]:
        """The stages that the roles allow."""
        return {ROLES[role] for role in self.roles}

    def reaches(self, project: str) -> bool:
        """Return True if the token includes `project`."""
        return "*" in self.projects or project in self.projects


@dataclass(frozen=True)
class Work:
    """The state of one row of work."""

    key: Key
    project: str
    item_id: UUID
    external_id: str | None
    version: int
    purpose: str
    target: int
    priority: int
    skills: frozenset[str]
    state: str = "open"

    @property
    def task_id(self) -> UUID:
        """The id of the task."""
        return self.key[0]

    @property
    def stage(self) -> str:
        """The stage of the work."""
        return self.key[1]


@dataclass(frozen=True)
class Lease:
    """The state of one lease."""

    lease_id: UUID = field(repr=False)
    key: Key
    who: Caller
    expires_at: datetime = field(repr=False)
    ended: str | None = None
    release_at: datetime | None = field(default=None, repr=False)
    moods: frozenset[str] = frozenset()
    """The possible labels of the submission: more than one after concurrent submissions."""


class World:
    """The state after all events and calls so far."""

    def __init__(self) -> None:
        self.newest: dict[str, int] = {}
        self.works: dict[Key, Work] = {}
        self.leases: dict[UUID, Lease] = {}
        self.skilled: set[tuple[str, str, str]] = set()
        self.suspended: set[tuple[str, str]] = set()
        self.deferred: dict[UUID, list[Any]] = {}

    def copy(self) -> "World":
        """Return a copy of the current state."""
        other = World()
        other.newest, other.works = dict(self.newest), dict(self.works)
        other.leases, other.skilled = dict(self.leases), set(self.skilled)
        other.suspended, other.deferred = set(self.suspended), dict(self.deferred)
        return other

    def work(self, lease: Lease) -> Work:
        """Return the work of a lease."""
        return self.works[lease.key]

    def held(self, who: Caller) -> list[Lease]:
        """Return the open leases of `who`."""
        return [one for one in self.leases.values() if one.who == who and one.ended is None]

    def people(self, ended: str | None) -> Counter[Key]:
        """Return the number of people's leases that ended with `ended`, by work."""
        return Counter(
            one.key
            for one in self.leases.values()
            if one.ended == ended and one.who.kind == "human"
        )

    def slots(self) -> dict[Key, int]:
        """Return the number of free slots of each work that has any."""
        taken = self.people(None) + self.people("answered")
        found = {key: one.target - taken[key] for key, one in self.works.items()}
        return {key: n for key, n in found.items() if n > 0 and self.is_given(self.works[key])}

    def is_given(self, work: Work) -> bool:
        """Return True if leases of the work are given: it is open and of the newest version."""
        return work.purpose == "work" and work.state == "open" and self.is_current(work)

    def is_current(self, work: Work) -> bool:
        """Return True if its version is the newest; reviews are given under any version."""
        newest = self.newest.get(work.project, 0)
        return work.version == newest or (work.stage == "review" and work.version < newest)

    def may_have(self, who: Caller, work: Work) -> bool:
        """Return True if role, token, standing and skills allow `who` to work on it."""
        return (
            work.stage in who.stages
            and who.reaches(work.project)
            and (who.pseudonym, work.project) not in self.suspended
            and all((who.pseudonym, work.project, skill) in self.skilled for skill in work.skills)
        )

    def has_seen(
        self, who: Caller, work: Work, how: tuple[str | None, ...], but: Collection[UUID] = ()
    ) -> bool:
        """Return True if an earlier lease of the item excludes `who`."""
        return any(
            lease.who == who
            and lease.ended in how
            and lease.lease_id not in but
            and self.work(lease).item_id == work.item_id
            and (work.stage != "annotate" or self.work(lease).version == work.version)
            for lease in self.leases.values()
        )

    def obtainable(self, who: Caller) -> dict[Key, int]:
        """Return the work that `who` must be able to get, with the free slots."""
        if len(self.held(who)) >= OPEN_LEASES_MAX:
            return {}
        slots = self.slots()
        return {
            key: slots.get(key, 0)
            for key, work in self.works.items()
            if (key in slots or who.kind != "human")
            and self.is_given(work)
            and self.may_have(who, work)
            and not self.has_seen(who, work, UNSURE)
        }

    def reasons(self, lease: Lease) -> set[str]:
        """Return the reasons to refuse a submission with the lease, if any."""
        work = self.work(lease)
        found = set() if lease.ended is None else {REFUSALS[lease.ended]}
        if not self.is_current(work):
            found.add("superseded")
        if (lease.who.pseudonym, work.project) in self.suspended:
            found.add("suspended")
        if work.state == "withdrawn" or (work.state != "open" and work.stage != "annotate"):
            found.add("withdrawn")
        return found

    def events(self) -> Counter[tuple[str, UUID, str]]:
        """Return the events that must have been published once: kind, task and annotator."""
        answers = {"annotate": "AnnotationSubmitted", "review": "ReviewDecided"}
        published: Counter[tuple[str, UUID, str]] = Counter()
        for lease in self.leases.values():
            answer = answers.get(lease.key[1], "AdjudicationDecided")
            names = {"answered": answer, "skipped": "TaskSkipped", "expired": "LeaseExpired"}
            if lease.ended in names and lease.release_at is None:
                published[names[lease.ended], lease.key[0], lease.who.pseudonym] += 1
        return published

    def tasks(self) -> Iterator[Work]:
        """Return the work at the stage annotate, in the order of arrival."""
        return (work for work in self.works.values() if work.stage == "annotate")

    def deliver(self, event: Event) -> None:
        """Apply an event; defer it if its task is unknown."""
        task = getattr(event, "task_id", None)
        is_known = isinstance(event, TaskCreated) or (task, "annotate", 0) in self.works
        if task is not None and not is_known:
            self.deferred.setdefault(task, []).append(event)
        else:
            _HANDLERS[type(event)](self, event)


def _spec(world: World, event: SpecPublished) -> None:
    world.newest[event.project] = max(event.spec_version, world.newest.get(event.project, 0))


def _created(world: World, event: TaskCreated) -> None:
    key = (event.task_id, "annotate", 0)
    world.works[key] = Work(
        key=key,
        project=event.project,
        item_id=event.item_id,
        external_id=event.external_id,
        version=event.spec_version,
        purpose=event.purpose,
        target=event.redundancy,
        priority=event.priority,
        skills=frozenset(event.skills),
    )
    for deferred in world.deferred.pop(event.task_id, []):
        world.deliver(deferred)


def _change(world: World, task_id: UUID, stages: tuple[str, ...], **what: Any) -> None:
    """Change the open work of a task."""
    for key, work in world.works.items():
        if work.task_id == task_id and work.stage in stages and work.state == "open":
            world.works[key] = replace(work, **what)


def _withdrawn(world: World, event: TaskWithdrawn) -> None:
    for key, work in world.works.items():
        if work.task_id == event.task_id and work.stage != "review":
            world.works[key] = replace(work, state="withdrawn")


def _raised(world: World, event: RedundancyRaised) -> None:
    target = max(event.target, world.works[event.task_id, "annotate", 0].target)
    _change(world, event.task_id, ("annotate",), target=target)


def _second_look(world: World, task_id: UUID, stage: str) -> None:
    task = world.works[task_id, "annotate", 0]
    number = sum(one.task_id == task_id and one.stage == stage for one in world.works.values())
    key = (task_id, stage, number)
    world.works[key] = replace(task, key=key, target=1, skills=frozenset(), state="open")


def _conflict(world: World, event: ConflictRaised) -> None:
    if world.works[event.task_id, "annotate", 0].state != "withdrawn":
        _change(world, event.task_id, ("annotate",), state="closed")
        _second_look(world, event.task_id, "adjudicate")


def _standing(world: World, event: AnnotatorStandingChanged) -> None:
    world.suspended.discard((event.annotator, event.project))
    if event.standing == "suspended":
        world.suspended.add((event.annotator, event.project))


def _skill(world: World, event: SkillChanged) -> None:
    world.skilled.discard((event.annotator, event.project, event.skill))
    if event.level:
        world.skilled.add((event.annotator, event.project, event.skill))


def _reprioritized(world: World, event: TaskReprioritized) -> None:
    _change(world, event.task_id, ("annotate",), priority=event.priority)


def _decided(world: World, event: LabelDecided) -> None:
    _change(world, event.task_id, ("annotate", "adjudicate"), state="closed")


def _review(world: World, event: ReviewRequested) -> None:
    _second_look(world, event.task_id, "review")


_HANDLERS: dict[type[Event], Callable[[World, Any], None]] = {
    SpecPublished: _spec,
    TaskCreated: _created,
    TaskReprioritized: _reprioritized,
    TaskWithdrawn: _withdrawn,
    RedundancyRaised: _raised,
    ConflictRaised: _conflict,
    LabelDecided: _decided,
    ReviewRequested: _review,
    AnnotatorStandingChanged: _standing,
    SkillChanged: _skill,
}
