"""The allocation of work to the queries of one batch: scanning pools and locking tasks."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter

from chassis.db.database import Transaction
from chassis.db.locks import lock_names
from queue_service.domain.dispatch import (
    Allocation,
    AnnotatorProfile,
    Candidate,
    Key,
    LeaseQuery,
    Offer,
    Pool,
    PoolScan,
    ScanCursors,
    allocate,
    allocated,
    eligible_pools,
    exhausted,
)
from queue_service.operations.specs import compiled_for
from queue_service.store import dispatch, leases
from queue_service.store.leases import Snapshot
from schemas.vocabulary import Quotas

SPARE = 2
"""The number of tasks tried for each query beyond those it wants: others may take some of them."""
ATTEMPTS_MAX = 20
ELIGIBLE_MAX = 1000
ROUNDS_MAX = 2
"""The number of rounds in one transaction in which work is searched that others have not locked."""


@dataclass(slots=True)
class PoolCache:
    """The pools and scan cursors that a process has cached. Losing them costs time only."""

    key: bytes
    """The key of pseudonyms, which also makes honeypots and masked task ids unpredictable."""
    open_leases_max: int
    cursors: ScanCursors = field(default_factory=ScanCursors)
    pools: dict[int, Pool] = field(default_factory=dict)
    _eligible: dict[object, tuple[Pool, ...]] = field(default_factory=dict)

    async def load_pools(self, transaction: Transaction, newest: int) -> None:
        """Load the pools up to number `newest`. They never change, and numbers only increase."""
        known = max(self.pools, default=0)
        if newest > known:
            self.pools |= {pool.pool: pool for pool in await leases.pools(transaction, known)}
            self._eligible.clear()

    def eligible_pools(
        self, query: LeaseQuery, profile: AnnotatorProfile, paused: frozenset[str]
    ) -> tuple[Pool, ...]:
        """Return the pools from which a query may get work, cached because they rarely differ."""
        key = (query.pool_filter, profile.eligibility, paused)
        found = self._eligible.get(key)
        if found is None:
            if len(self._eligible) >= ELIGIBLE_MAX:
                self._eligible.clear()
            found = tuple(eligible_pools(query, profile, self.pools.values(), paused))
            self._eligible[key] = found
        return found


@dataclass(slots=True)
class BatchAllocation:
    """The allocation of work to the queries of one transaction.

    All transactions lock in one order: work by id, then honeypots. So work that others hold locked
    is waited for only while this transaction has locked no work: in its first round, and only for
    queries that found nothing else in an earlier transaction. Other queries are repeated in a later
    transaction, so that no query gets an empty answer while there is work for it.
    """

    transaction: Transaction
    cache: PoolCache
    snapshot: Snapshot
    allocations: list[Allocation]
    skipped: set[int] = field(default_factory=set)
    """Work that others hold locked; it is not tried again in this transaction."""
    has_locks: bool = False

    @classmethod
    async def begin(
        cls, transaction: Transaction, cache: PoolCache, queries: Sequence[LeaseQuery]
    ) -> "BatchAllocation":
        """Lock the annotators of the queries and read their profiles."""
        annotators = [query.annotator.pseudonym for query in queries]
        await lock_names(transaction, annotators)
        snapshot = await leases.snapshot(transaction, annotators)
        await cache.load_pools(transaction, snapshot.newest_pool)
        allocations = []
        for n, query in enumerate(queries):
            profile = snapshot.profiles[query.annotator.pseudonym]
            capacity = min(query.count, cache.open_leases_max - profile.held)
            allocations.append(Allocation(n, query, profile, capacity))
        return cls(transaction, cache, snapshot, allocations)

    async def run(self) -> None:
        """Choose and lock the best work for each query that has none yet."""
        for _ in range(ROUNDS_MAX):
            for group in _groups([one for one in self.allocations if one.missing > 0]):
                waits = not self.has_locks and any(one.query.attempts for one in group)
                await AllocationRound(self, group, waits=waits).run()
                self.has_locks = True

    @property
    def undecided(self) -> set[int]:
        """The numbers of the queries that got nothing, while others lock work that fits them."""
        return {one.n for one in self.allocations if one.missing > 0 and not one.offers}


async def preview(
    transaction: Transaction, cache: PoolCache, snapshot: Snapshot, query: LeaseQuery
) -> Candidate | None:
    """Return the work that a query would get if no other query came; None if there is none."""
    profile = snapshot.profiles[query.annotator.pseudonym]
    allocation = Allocation(0, query, profile, query.count)
    batch = BatchAllocation(transaction, cache, snapshot, [allocation])
    candidates = await AllocationRound(batch, [allocation], waits=False).candidates()
    return next((candidate for candidate in candidates if not candidate.is_end), None)


def _groups(allocations: Sequence[Allocation]) -> list[list[Allocation]]:
    """Group queries that share statements: people's, others', and each one with `items`."""
    groups: dict[object, list[Allocation]] = {}
    for allocation in allocations:
        query = allocation.query
        key = allocation.n if query.items is not None else query.annotator.takes_slots
        groups.setdefault((key, query.items is None), []).append(allocation)
    return list(groups.values())


@dataclass(slots=True)
class AllocationRound:
    """One scan for some of the queries, and the locks on the tasks that it found."""

    batch: BatchAllocation
    allocations: list[Allocation]
    waits: bool

    async def run(self) -> None:
        """Offer candidates to each query; a query without candidates is done."""
        taken, candidates = allocated(self.batch.allocations), await self.candidates()
        tries = allocate(self.allocations, candidates, taken, 0 if self.waits else SPARE)
        offers = await self._locked({work_id for own in tries.values() for work_id in own})
        await self._lock_quotas(offers.values())
        left = {one.work_id: (one.slots or 0) - taken[one.work_id] for one in offers.values()}
        for allocation in self.allocations:
            takes_slots = allocation.query.annotator.takes_slots
            for work_id in tries[allocation.n]:
                if work_id in offers and (left[work_id] > 0 or not takes_slots):
                    left[work_id] -= await self._offer(allocation, offers[work_id])
            # A query that has one task is not delayed for more of them.
            has_more = self.batch.skipped or any(
                one.n == allocation.n and one.is_end for one in candidates
            )
            allocation.is_done = bool(allocation.offers) or not (tries[allocation.n] or has_more)

    async def _locked(self, wanted: set[int]) -> dict[int, Offer]:
        if not wanted:
            return {}
        takes_slots = self.allocations[0].query.annotator.takes_slots
        offers = await dispatch.lock(
            self.batch.transaction, sorted(wanted), takes_slots=takes_slots, waits=self.waits
        )
        locked = {offer.work_id: offer for offer in offers}
        if not self.waits:
            self.batch.skipped |= wanted - locked.keys()
        return locked

    async def _lock_quotas(self, offers: Iterable[Offer]) -> None:
        """Lock the quotas of projects with a total, so that one transaction at a time counts."""
        limited = set()
        for offer in offers:
            if (await self._quotas(offer)).total is not None:
                limited.add(f"quota of {offer.project}")
        if limited:
            await lock_names(self.batch.transaction, limited)

    async def _quotas(self, offer: Offer) -> Quotas:
        return (await compiled_for(self.batch.transaction, offer)).policy.quotas

    def _pools(self, allocation: Allocation) -> list[Pool]:
        pools = self.batch.cache.eligible_pools(
            allocation.query, allocation.profile, self.batch.snapshot.paused
        )
        return [pool for pool in pools if pool.project not in allocation.closed]

    def _scan(self, allocation: Allocation, pool: Pool) -> PoolScan:
        annotator = allocation.query.annotator
        return PoolScan(
            allocation.n,
            annotator.pseudonym,
            annotator.takes_slots,
            allocation.query.stages.index(pool.stage),
            pool.pool,
            pool.stage,
            pool.project,
            self.batch.cache.cursors.get(annotator.pseudonym, pool.pool),
        )

    async def candidates(self) -> list[Candidate]:
        """Return the best tasks for each query, without locks."""
        pools = {allocation.n: self._pools(allocation) for allocation in self.allocations}
        query, size = self.allocations[0].query, sum(map(len, pools.values()))
        if not size:
            return []
        count = sum(allocation.missing for allocation in self.allocations) + SPARE
        takes_slots = query.annotator.takes_slots
        excluded = set(self.batch.skipped)
        if takes_slots:
            excluded |= exhausted(self.batch.allocations)
        if takes_slots and query.items is None and size > count * len(self.allocations):
            return await self._from_best_pools(pools, excluded, count)
        scans = [self._scan(one, pool) for one in self.allocations for pool in pools[one.n]]
        if query.items is not None:
            return await dispatch.best_of_items(
                self.batch.transaction, scans, excluded, count, query.items
            )
        return await self._best(scans, excluded, count)

    async def _from_best_pools(
        self, pools: Mapping[int, Sequence[Pool]], excluded: Collection[int], count: int
    ) -> list[Candidate]:
        """Return the best tasks for each query, scanning only the pools that can contain them.

        The best `count` tasks are in the `count` pools with the best heads, unless those heads were
        seen; then also in pools whose head comes before the last task that was found.
        """
        numbers = {pool.pool for own in pools.values() for pool in own}
        heads = await dispatch.heads(self.batch.transaction, numbers)
        ordered = {one.n: _by_head(one, pools[one.n], heads) for one in self.allocations}
        scans = [
            self._scan(one, pool) for one in self.allocations for _, pool in ordered[one.n][:count]
        ]
        if not scans:
            return []
        found = await self._best(scans, excluded, count)
        last = _last_places(found, count)
        more = [
            self._scan(one, pool)
            for one in self.allocations
            for head, pool in ordered[one.n][count:]
            if one.n not in last or head < last[one.n]
        ]
        return await self._best(scans + more, excluded, count) if more else found

    async def _best(
        self, scans: list[PoolScan], excluded: Collection[int], count: int
    ) -> list[Candidate]:
        cursors = self.batch.cache.cursors
        stale = [scan for scan in scans if cursors.is_stale(scan.annotator, scan.pool)]
        scans = await self._with_new_cursors(scans, stale, excluded)
        found = await dispatch.best(self.batch.transaction, scans, excluded, count)
        renewed: set[tuple[int, int]] = set()
        while ended := _ended_early(scans, found, renewed):
            scans = await self._with_new_cursors(scans, ended, excluded)
            renewed |= {(scan.n, scan.pool) for scan in ended}
            found = await dispatch.best(self.batch.transaction, scans, excluded, count)
        return found

    async def _with_new_cursors(
        self, scans: list[PoolScan], renewed: Sequence[PoolScan], excluded: Collection[int]
    ) -> list[PoolScan]:
        """Return `scans`, those in `renewed` with cursors computed again.

        Rows in `excluded` may be unseen, so the cursors are cached only if there are none.
        """
        if not renewed:
            return scans
        new = {}
        for scan, cursor in await dispatch.cursors(self.batch.transaction, renewed, excluded):
            if not excluded:
                self.batch.cache.cursors.store(scan.annotator, scan.pool, cursor)
            new[scan.n, scan.pool] = cursor
        return [scan.starting_at(new.get((scan.n, scan.pool), scan.cursor)) for scan in scans]

    async def _offer(self, allocation: Allocation, offer: Offer) -> bool:
        """Add `offer` unless the allocation is complete, has the item, or is over a quota."""
        if (
            allocation.missing <= 0
            or offer.project in allocation.closed
            or allocation.has_item(offer.item_id)
        ):
            return False
        if not await self._within_quotas(allocation, offer):
            allocation.closed.add(offer.project)
            return False
        allocation.offers.append(offer)
        return True

    async def _within_quotas(self, allocation: Allocation, offer: Offer) -> bool:
        quotas = await self._quotas(offer)
        own = allocation.taken_in(offer.project)
        if quotas.per_annotator is not None and own >= quotas.per_annotator:
            return False
        if quotas.total is None:
            return True
        now = sum(
            other.project == offer.project for one in self.batch.allocations for other in one.offers
        )
        return await leases.taken_in(self.batch.transaction, offer.project) + now < quotas.total


def _by_head(
    allocation: Allocation, pools: Sequence[Pool], heads: Mapping[int, Key]
) -> list[tuple[tuple[int, Key], Pool]]:
    """Return the pools that have work with the place of their head, the best head first."""
    rank = allocation.query.stages.index
    found = [((rank(pool.stage), heads[pool.pool]), pool) for pool in pools if pool.pool in heads]
    return sorted(found, key=itemgetter(0))


def _last_places(found: Sequence[Candidate], count: int) -> dict[int, tuple[int, Key]]:
    """Return the place of the last candidate of each query that has `count` of them."""
    by_query: dict[int, list[Candidate]] = {}
    for candidate in found:
        if not candidate.is_end:
            by_query.setdefault(candidate.n, []).append(candidate)
    last = {n: own[count - 1] for n, own in by_query.items() if len(own) >= count}
    return {n: (candidate.stage_rank, candidate.key) for n, candidate in last.items()}


def _ended_early(
    scans: Sequence[PoolScan], found: Sequence[Candidate], renewed: Collection[tuple[int, int]]
) -> list[PoolScan]:
    """Return the scans that read a whole window of seen rows before an unseen one."""
    ends: set[tuple[int, int]] = set()
    supplied: set[int] = set()
    for candidate in found:
        if not candidate.is_end:
            supplied.add(candidate.n)
        elif candidate.n not in supplied:
            ends.add((candidate.n, candidate.pool))
    return [scan for scan in scans if (scan.n, scan.pool) in ends.difference(renewed)]
