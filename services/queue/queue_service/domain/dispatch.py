"""The rules by which work is given out: eligibility, order, and allocation. No I/O, no clock.

A *pool* holds tasks for the same people: an annotator who may do one task of a pool may do all of
them, except those about items that it has seen. The rows of a pool have a fixed order, see
`store.intake`: effective priority, then the earliest deadline, then the fewest free slots, then
the position of the item among all imported items, which is its place in its file. The order in
which the tasks arrive here counts last, because they come through several partitions.

Effective priority rises with age: one class of priority is worth `AGEING` of waiting. So no task
that arrives later than (10 - p) times `AGEING` after a task of priority p is given before it. Time
passes equally for all tasks, so the order of two tasks never changes, and an index can hold it.
"""

import re
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

from queue_service.domain.leases import Annotator
from schemas.vocabulary import Stage, Standing

AGEING = timedelta(hours=1)
EXPERIENCED_FROM = 10
"""The number of submissions at a stage that makes an annotator experienced in a task type."""
LEVEL_MAX = 99

Key = tuple[int, int, int, int, int]
"""The order in a pool: rank, deadline, free slots, position, work id. The smallest comes first."""

_INT8_MAX = 2**63 - 1
_FIRST: Key = (-(2**31), -_INT8_MAX, 0, 0, 0)
_LAST: Key = (2**31 - 1, _INT8_MAX, 2**31 - 1, _INT8_MAX, _INT8_MAX)
_LEVEL = re.compile(r"(.+?)>=([0-9]{1,2})")


def with_level(skill: str) -> str:
    """Return a required skill with its level: `french` is `french>=1`."""
    return skill if _LEVEL.fullmatch(skill) else f"{skill}>=1"


@dataclass(frozen=True, slots=True)
class Pool:
    """The work of one project, stage, task type, skill set and audience."""

    pool: int
    project: str
    stage: Stage
    task_type: str
    skills: frozenset[str]
    audience: str
    """`all`, or `experienced`: only experienced annotators get this work yet."""


@dataclass(frozen=True, slots=True)
class LeaseQuery:
    """One call for work. None means any. The first of `stages` is preferred."""

    annotator: Annotator
    stages: tuple[Stage, ...]
    projects: frozenset[str] | None = None
    task_types: frozenset[str] | None = None
    items: tuple[str, ...] | None = None
    count: int = 1
    attempts: int = 0
    """The number of transactions that found only work locked by others. From the second one on,
    those locks are waited for."""

    @property
    def pool_filter(self) -> Hashable:
        """The part of the query that determines which pools are scanned."""
        return self.stages, self.projects, self.task_types


@dataclass(frozen=True, slots=True)
class ProjectMembership:
    """An annotator's standing in one project, and the number of tasks it holds or has answered."""

    standing: Standing
    taken: int


NEW_MEMBER = ProjectMembership("new", 0)


@dataclass(frozen=True, slots=True)
class AnnotatorProfile:
    """The facts about an annotator that decide which work it may get."""

    held: int
    """The number of open leases."""
    levels: frozenset[tuple[str, str]]
    """Pairs of project and skill level, as `with_level` writes it: `french>=2`."""
    declined: frozenset[int]
    """The pools in which the annotator skipped a task for lack of a skill."""
    experienced: frozenset[tuple[str, str]]
    """Pairs of task type and stage."""
    projects: Mapping[str, ProjectMembership]

    def membership(self, project: str) -> ProjectMembership:
        """Return the annotator's membership in `project`; that of a new member by default."""
        return self.projects.get(project, NEW_MEMBER)

    def skills_in(self, project: str) -> frozenset[str]:
        """Return each skill of the annotator in `project` with every level up to its own."""
        own = (level.rpartition(">=") for owner, level in self.levels if owner == project)
        return frozenset(
            f"{skill}>={n}" for skill, _, level in own for n in range(1, int(level) + 1)
        )

    @property
    def eligibility(self) -> Hashable:
        """The part of the profile that determines which pools are open, see `ineligibility`."""
        suspended = {
            project
            for project, membership in self.projects.items()
            if membership.standing == "suspended"
        }
        return self.levels, self.declined, self.experienced, frozenset(suspended)


def ineligibility(pool: Pool, profile: AnnotatorProfile, paused: frozenset[str]) -> str | None:
    """Return the reason why an annotator gets no work from `pool`; None if it is eligible."""
    if pool.project in paused:
        return "paused"
    if profile.membership(pool.project).standing == "suspended":
        return "suspended"
    if pool.skills and not pool.skills <= profile.skills_in(pool.project):
        return "skills"
    if pool.pool in profile.declined:
        return "declined"
    if pool.audience == "experienced" and (pool.task_type, pool.stage) not in profile.experienced:
        return "audience"
    return None


def eligible_pools(
    query: LeaseQuery, profile: AnnotatorProfile, pools: Iterable[Pool], paused: frozenset[str]
) -> list[Pool]:
    """Return those of `pools` that match `query` and from which the annotator may get work."""
    return [
        pool
        for pool in pools
        if pool.stage in query.stages
        and (query.projects is None or pool.project in query.projects)
        and (query.task_types is None or pool.task_type in query.task_types)
        and ineligibility(pool, profile, paused) is None
    ]


@dataclass(frozen=True, slots=True)
class ScanCursor:
    """The place in a pool before which an annotator has seen every row.

    That is true of the rows that were there before the transaction `since`; later rows carry the
    transaction that changed them. A cursor only saves reads: without it a scan starts at the
    beginning and finds the same tasks.
    """

    key: Key = _FIRST
    since: int = _INT8_MAX

    BEFORE_MAX = 256

    @classmethod
    def after(cls, previous: "ScanCursor", row: Mapping[str, Any]) -> "ScanCursor":
        """Return the next cursor, from `row` as `store.dispatch.cursors` found it.

        The cursor stays while unseen rows stand before it, because they are given next. If there
        are many of them, the head of the pool has changed and the cursor starts again.
        """
        if row["before"] > cls.BEFORE_MAX:
            return cls()
        if row["before"]:
            return previous
        if row["work_id"] is None:
            return cls(_LAST, row["since"])
        key = (row["rank"], row["due"], row["slots"], row["position"], row["work_id"])
        return cls(key, row["since"])


class ScanCursors:
    """The scan cursors that a process has cached. Losing them costs time only."""

    CHANGES_MAX = 512
    """The number of leases after which a cursor is computed again, because every scan also reads
    the rows that changed since."""
    CURSORS_MAX = 20_000

    def __init__(self) -> None:
        """Create an empty cache."""
        self._known: dict[tuple[str, int], tuple[ScanCursor, int]] = {}
        self._changes = 0

    def changed(self, rows: int) -> None:
        """Count `rows` more changed rows."""
        self._changes += rows

    def get(self, annotator: str, pool: int) -> ScanCursor:
        """Return the cursor of an annotator in a pool; one at the beginning by default."""
        entry = self._known.get((annotator, pool))
        return ScanCursor() if entry is None else entry[0]

    def is_stale(self, annotator: str, pool: int) -> bool:
        """Return True if the cursor must be computed again."""
        entry = self._known.get((annotator, pool))
        return entry is not None and self._changes - entry[1] > self.CHANGES_MAX

    def store(self, annotator: str, pool: int, cursor: ScanCursor) -> None:
        """Store a cursor; one at the beginning is not stored."""
        self._known.pop((annotator, pool), None)
        if cursor.key != _FIRST:
            if len(self._known) >= self.CURSORS_MAX:
                self._known.clear()
            self._known[annotator, pool] = (cursor, self._changes)


@dataclass(frozen=True, slots=True)
class PoolScan:
    """A scan of one pool for the `n`-th query of a batch."""

    n: int
    annotator: str
    takes_slots: bool
    stage_rank: int
    """The index of the stage in the query's preferences."""
    pool: int
    stage: Stage
    project: str
    cursor: ScanCursor

    def starting_at(self, cursor: ScanCursor) -> "PoolScan":
        """Return the same scan with another cursor."""
        return replace(self, cursor=cursor)


class Candidate(NamedTuple):
    """A task that the `n`-th query may get.

    `is_end`: this is the last row of a scan's window, which may have been seen.
    """

    n: int
    stage_rank: int
    pool: int
    rank: int
    due: int
    slots: int
    position: int
    work_id: int
    is_end: bool

    @property
    def key(self) -> Key:
        """Its place in its pool."""
        return (self.rank, self.due, self.slots, self.position, self.work_id)


class Offer(NamedTuple):
    """A task that can be leased, locked if it is work. A honeypot has no slots."""

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
class HoneypotQuery:
    """A search for a honeypot in place of the `n`-th task: the first unseen one from `start` on."""

    n: int
    annotator: str
    project: str
    spec_version: int
    spec_hash: str
    start: float
    exposure_max: int
    skills: tuple[str, ...]
    items: tuple[str, ...] | None
    excluded_items: tuple[UUID, ...]


@dataclass(slots=True)
class Allocation:
    """The tasks that one query has got so far."""

    n: int
    query: LeaseQuery
    profile: AnnotatorProfile
    capacity: int
    """The number of tasks that the query may get."""
    closed: set[str] = field(default_factory=set)
    """Projects in which a quota was reached."""
    offers: list[Offer] = field(default_factory=list)
    is_done: bool = False

    @property
    def missing(self) -> int:
        """The number of tasks that are still wanted."""
        return 0 if self.is_done else self.capacity - len(self.offers)

    def taken_in(self, project: str) -> int:
        """Return how many tasks of `project` the annotator has taken, with those of this call."""
        now = sum(offer.project == project for offer in self.offers)
        return self.profile.membership(project).taken + now

    def numbered(self) -> Iterator[tuple[Offer, int]]:
        """Yield each offer with the number of earlier offers of the same project."""
        before: dict[str, int] = {}
        for offer in self.offers:
            yield offer, before.get(offer.project, 0)
            before[offer.project] = before.get(offer.project, 0) + 1

    def has_item(self, item_id: UUID) -> bool:
        """Return True if one of the offers is about the item."""
        return any(offer.item_id == item_id for offer in self.offers)


def allocated(allocations: Iterable[Allocation]) -> Counter[int]:
    """Return the number of slots that these allocations have taken of each task.

    The database does not know of them yet.
    """
    return Counter(
        offer.work_id
        for allocation in allocations
        if allocation.query.annotator.takes_slots
        for offer in allocation.offers
    )


def exhausted(allocations: Sequence[Allocation]) -> set[int]:
    """Return the tasks of which these allocations have taken every free slot."""
    taken = allocated(allocations)
    offers = {offer.work_id: offer for allocation in allocations for offer in allocation.offers}
    return {
        work_id
        for work_id, offer in offers.items()
        if offer.slots and taken[work_id] >= offer.slots
    }


def allocate(
    allocations: Sequence[Allocation],
    candidates: Iterable[Candidate],
    taken: Mapping[int, int],
    spare: int,
) -> dict[int, list[int]]:
    """Return the tasks that each allocation tries to get, in order, `spare` more than it misses.

    A task is given as often as it has slots, less those `taken`; earlier allocations come first.
    """
    by_query: dict[int, list[Candidate]] = {}
    for candidate in candidates:
        if not candidate.is_end:
            by_query.setdefault(candidate.n, []).append(candidate)
    left: dict[int, int] = {}
    tries: dict[int, list[int]] = {}
    for allocation in allocations:
        own = tries.setdefault(allocation.n, [])
        for candidate in by_query.get(allocation.n, []):
            if len(own) == allocation.missing + spare:
                break
            free = candidate.slots - taken.get(candidate.work_id, 0)
            if left.setdefault(candidate.work_id, free) > 0:
                left[candidate.work_id] -= len(own) < allocation.missing
                own.append(candidate.work_id)
    return tries
