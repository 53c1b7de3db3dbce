"""The choice of work: who may do what, in which order, and who gets what of it. No I/O, no clock.

Work lies in *shards*: whoever may do one task of a shard may do them all, except those whose item
it has seen. Within a shard the order is fixed by the rows themselves, see `store.intake`: by
effective priority, then the earliest deadline, then what is closest to completion, then the
position of the item among all that came, which is its place in its file. The order in which the
tasks arrive here counts last: they come by several partitions.

Effective priority ages: a class of priority counts as much as `AGEING` of waiting, so nothing
that comes in later than (10 - p) times `AGEING` after a task of priority p is given before it,
however urgent. Since time passes for all alike, the order of two tasks never changes, and an
index can hold it.
"""

import re
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

from queue_service.domain.leases import Worker
from schemas.vocabulary import Stage, Standing

AGEING = timedelta(hours=1)
EXPERIENCED_FROM = 10
"""From how many answers at a stage on somebody is experienced in a type of task."""
LEVEL_MAX = 99

Key = tuple[int, int, int, int, int]
"""The order of a shard: rank, deadline, free slots, position, number. The smallest comes first."""

_INT8_MAX = 2**63 - 1
_FIRST: Key = (-(2**31), -_INT8_MAX, 0, 0, 0)
_LAST: Key = (2**31 - 1, _INT8_MAX, 2**31 - 1, _INT8_MAX, _INT8_MAX)
_LEVEL = re.compile(r"(.+?)>=([0-9]{1,2})")


def need(skill: str) -> str:
    """A skill that a task names, with its level: `french` is `french>=1`."""
    return skill if _LEVEL.fullmatch(skill) else f"{skill}>=1"


@dataclass(frozen=True, slots=True)
class Shard:
    """Work that the same people may do."""

    shard: int
    project: str
    stage: Stage
    task_type: str
    skills: frozenset[str]
    circle: str
    """`all`, or `experienced`: only who has done much of it is asked yet."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One call for work. None: any. `stages`: the one that comes first is wanted most."""

    worker: Worker
    stages: tuple[Stage, ...]
    projects: frozenset[str] | None = None
    task_types: frozenset[str] | None = None
    items: tuple[str, ...] | None = None
    count: int = 1
    attempts: int = 0
    """How many transactions found only work that others held locked. From the second on its locks
    are waited for."""

    @property
    def asks_for(self) -> Hashable:
        """What of it says which shards are looked into."""
        return self.stages, self.projects, self.task_types


@dataclass(frozen=True, slots=True)
class There:
    """What an annotator is and did in one project."""

    standing: Standing
    taken: int


NOBODY = There("new", 0)


@dataclass(frozen=True, slots=True)
class Person:
    """What the choice must know about an annotator."""

    held: int
    levels: frozenset[tuple[str, str]]
    """A project, and the level reached there in a skill, as `need` writes it: `french>=2`."""
    declined: frozenset[int]
    experienced: frozenset[tuple[str, str]]
    """Types of task and stages."""
    projects: Mapping[str, There]

    def skills_in(self, project: str) -> frozenset[str]:
        """Return every level up to the one reached in `project`: what a task needs is in it."""
        reached = (one.rpartition(">=") for where, one in self.levels if where == project)
        return frozenset(
            f"{skill}>={n}" for skill, _, level in reached for n in range(1, int(level) + 1)
        )

    @property
    def may(self) -> Hashable:
        """What of it says which shards are open to the annotator, see `hindrance`."""
        suspended = {name for name, there in self.projects.items() if there.standing == "suspended"}
        return self.levels, self.declined, self.experienced, frozenset(suspended)


def hindrance(shard: Shard, person: Person, paused: frozenset[str]) -> str | None:
    """Why this annotator gets nothing from a shard, in a word; None if it may."""
    there = person.projects.get(shard.project, NOBODY)
    if shard.project in paused:
        return "paused"
    if there.standing == "suspended":
        return "suspended"
    if shard.skills and not shard.skills <= person.skills_in(shard.project):
        return "skills"
    if shard.shard in person.declined:
        return "declined"
    if shard.circle == "experienced" and (shard.task_type, shard.stage) not in person.experienced:
        return "circle"
    return None


def reach(ask: Ask, person: Person, shards: Iterable[Shard], paused: frozenset[str]) -> list[Shard]:
    """The shards from which work may come."""
    return [
        shard
        for shard in shards
        if shard.stage in ask.stages
        and (ask.projects is None or shard.project in ask.projects)
        and (ask.task_types is None or shard.task_type in ask.task_types)
        and hindrance(shard, person, paused) is None
    ]


@dataclass(frozen=True, slots=True)
class Horizon:
    """Up to where in a shard an annotator has seen everything.

    That holds for what stood there before the transaction `since`; later rows say so themselves.
    It only saves looking: without it the same tasks are found, from the beginning.
    """

    key: Key = _FIRST
    since: int = _INT8_MAX

    BEFORE_MAX = 256

    @classmethod
    def after(cls, old: "Horizon", row: Mapping[str, Any]) -> "Horizon":
        """The next one, by what was found from the old one on.

        While unseen rows stand before the old one it stays, since they are given next; where they
        are many, the head of the shard has changed and is looked at anew.
        """
        if row["before"] > cls.BEFORE_MAX:
            return cls()
        if row["before"]:
            return old
        if row["work_id"] is None:
            return cls(_LAST, row["since"])
        key = (row["rank"], row["due"], row["slots"], row["position"], row["work_id"])
        return cls(key, row["since"])


class Horizons:
    """What is remembered of horizons. Nothing is lost with it."""

    CHANGES_MAX = 512
    """After how many leases one is looked for again: what moved since is read at every look."""
    REMEMBERED_MAX = 20_000

    def __init__(self) -> None:
        """Nothing is remembered."""
        self._known: dict[tuple[str, int], tuple[Horizon, int]] = {}
        self._changes = 0

    def changed(self, rows: int) -> None:
        """So many rows have moved."""
        self._changes += rows

    def of(self, annotator: str, shard: int) -> Horizon:
        """Where to begin to look."""
        found = self._known.get((annotator, shard))
        return Horizon() if found is None else found[0]

    def is_stale(self, annotator: str, shard: int) -> bool:
        """Whether so much has moved that it had better be looked for again."""
        found = self._known.get((annotator, shard))
        return found is not None and self._changes - found[1] > self.CHANGES_MAX

    def learn(self, annotator: str, shard: int, horizon: Horizon) -> None:
        """Remember; a horizon at the beginning is none."""
        self._known.pop((annotator, shard), None)
        if horizon.key != _FIRST:
            if len(self._known) >= self.REMEMBERED_MAX:
                self._known.clear()
            self._known[annotator, shard] = (horizon, self._changes)


@dataclass(frozen=True, slots=True)
class Look:
    """A look into one shard for one asker, the `n`-th of the batch."""

    n: int
    annotator: str
    takes_slots: bool
    place: int
    shard: int
    stage: Stage
    project: str
    horizon: Horizon

    def at(self, horizon: Horizon) -> "Look":
        """The same from another horizon on."""
        return replace(self, horizon=horizon)


class Candidate(NamedTuple):
    """A task that the `n`-th asker may do. `is_end`: only the last row looked at, maybe seen."""

    n: int
    place: int
    shard: int
    rank: int
    due: int
    slots: int
    position: int
    work_id: int
    is_end: bool

    @property
    def key(self) -> Key:
        """Where it stands in its shard."""
        return (self.rank, self.due, self.slots, self.position, self.work_id)


class Offer(NamedTuple):
    """A task that can be given, locked if it is work. A honeypot has no slots."""

    work_id: int
    project: str
    stage: Stage
    item_id: UUID
    batch: UUID | None
    spec_version: int
    spec_hash: str
    has_prelabel: bool
    slots: int | None


@dataclass(frozen=True, slots=True)
class HoneypotWish:
    """A honeypot in place of the `n`-th task: the first unseen one from `start` on."""

    n: int
    annotator: str
    project: str
    spec_version: int
    spec_hash: str
    start: float
    shown_max: int
    skills: tuple[str, ...]
    items: tuple[str, ...] | None
    passed: tuple[UUID, ...]


@dataclass(slots=True)
class Draw:
    """What one call has got so far."""

    n: int
    ask: Ask
    person: Person
    room: int
    """How many tasks it may still get."""
    closed: set[str] = field(default_factory=set)
    """Projects that turned out to be closed to it."""
    chosen: list[Offer] = field(default_factory=list)
    is_done: bool = False

    @property
    def wants(self) -> int:
        """How many more tasks are wanted."""
        return 0 if self.is_done else self.room - len(self.chosen)

    def there(self, project: str) -> There:
        """What the asker is and did in a project, with what this call gave."""
        there = self.person.projects.get(project, NOBODY)
        more = sum(one.project == project for one in self.chosen)
        return There(there.standing, there.taken + more)

    def numbered(self) -> Iterator[tuple[Offer, int]]:
        """What was chosen, each with how many of its project were chosen before it."""
        before: dict[str, int] = {}
        for offer in self.chosen:
            yield offer, before.get(offer.project, 0)
            before[offer.project] = before.get(offer.project, 0) + 1

    def has_item(self, item_id: UUID) -> bool:
        """Whether a task about the item was chosen already."""
        return any(one.item_id == item_id for one in self.chosen)


def given(draws: Iterable[Draw]) -> Counter[int]:
    """How many slots of which tasks these draws have taken; the database does not know yet."""
    return Counter(
        offer.work_id for draw in draws if draw.ask.worker.takes_slots for offer in draw.chosen
    )


def full(draws: Sequence[Draw]) -> set[int]:
    """The tasks of which these draws have taken every free slot."""
    taken = given(draws)
    chosen = {offer.work_id: offer for draw in draws for offer in draw.chosen}
    return {n for n, offer in chosen.items() if offer.slots and taken[n] >= offer.slots}


def deal(
    draws: Sequence[Draw], candidates: Iterable[Candidate], taken: Mapping[int, int], spare: int
) -> dict[int, list[int]]:
    """Which tasks each draw tries to get, in its order, `spare` more than it wants.

    A task goes to as many as it has slots for, less those `taken`; the earlier draw comes first.
    """
    by_draw: dict[int, list[Candidate]] = {}
    for candidate in candidates:
        if not candidate.is_end:
            by_draw.setdefault(candidate.n, []).append(candidate)
    left: dict[int, int] = {}
    dealt: dict[int, list[int]] = {}
    for draw in draws:
        mine = dealt.setdefault(draw.n, [])
        for candidate in by_draw.get(draw.n, []):
            if len(mine) == draw.wants + spare:
                break
            free = candidate.slots - taken.get(candidate.work_id, 0)
            if left.setdefault(candidate.work_id, free) > 0:
                left[candidate.work_id] -= len(mine) < draw.wants
                mine.append(candidate.work_id)
    return dealt
