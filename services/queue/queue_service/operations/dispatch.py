"""Leasing work: many calls in one transaction, with honeypots in place of some tasks."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import uuid4

from chassis.clock import utc_now
from chassis.db.database import Database, Transaction
from queue_service import metrics
from queue_service.batcher import Again, Batcher
from queue_service.domain import leases as rules
from queue_service.domain.dispatch import Allocation, HoneypotQuery, LeaseQuery, Offer
from queue_service.domain.leases import Annotator, PrelabelArm
from queue_service.domain.refusals import Contended
from queue_service.operations.allocation import ATTEMPTS_MAX, BatchAllocation, PoolCache
from queue_service.operations.leases import LeaseView
from queue_service.operations.specs import compiled_for
from queue_service.store import dispatch, leases
from queue_service.store.leases import NewLease
from schemas.vocabulary import Policy

Leases = list[dict[str, Any]]
"""Leases as JSON, see `LeaseView`."""
Outcome = Leases | Again | Contended
"""The leases of one query; or a request to repeat it; or the refusal after too many repeats."""

LeaseBatcher = Batcher[LeaseQuery, Leases]


@dataclass(frozen=True, slots=True)
class Pick:
    """A task that was chosen for a query; `offer` may be a honeypot in place of the chosen work."""

    allocation: Allocation
    taken: int
    """The number of tasks of the project that the annotator had taken before. Released tasks are
    not counted, so that the annotator gets the same task or honeypot again."""
    leaves_slots: bool
    """True if the chosen work keeps a free slot for others."""
    offer: Offer


def new_batcher(cache: PoolCache) -> LeaseBatcher:
    """Return the batcher of this process. Two queries of one annotator never share a batch."""
    return Batcher(
        lambda transaction, queries: lease_batch(transaction, cache, queries, utc_now()),
        key=lambda query: query.annotator.pseudonym,
    )


async def lease(batcher: LeaseBatcher, database: Database, query: LeaseQuery) -> Leases:
    """Lease the best work to the annotator of `query`; return an empty list if there is none.

    Queries that arrive at the same time share one transaction. Raises Contended.
    """
    return await batcher.submit(database, query)


async def lease_batch(
    transaction: Transaction, cache: PoolCache, queries: Sequence[LeaseQuery], now: datetime
) -> list[Outcome]:
    """Lease the best work to each query; return an outcome for each.

    With the probability of the policy, a honeypot of the same project replaces a task. The task
    then stays available, so the queries that found nothing search again. The leases are written
    once, after the last search: writing them locks honeypots, and no work may be locked after a
    honeypot.
    """
    batch = await BatchAllocation.begin(transaction, cache, queries)
    picks: list[Pick] = []
    open_allocations = batch.allocations
    while open_allocations:
        await batch.run()
        chosen = [pick for allocation in open_allocations for pick in _picks(allocation)]
        final = await _with_honeypots(transaction, cache.key, chosen)
        for allocation in open_allocations:
            allocation.offers = [pick.offer for pick in final if pick.allocation is allocation]
        picks += final
        was_replaced = any(a is not b for a, b in zip(final, chosen, strict=True))
        open_allocations = [a for a in open_allocations if not a.offers] if was_replaced else []
        for allocation in open_allocations:
            allocation.is_done = False
    by_query: list[Leases] = [[] for _ in queries]
    for n, view in await _store(transaction, cache, picks, now):
        by_query[n].append(view)
    undecided = batch.undecided
    return [_again(query) if n in undecided else by_query[n] for n, query in enumerate(queries)]


def _again(query: LeaseQuery) -> Outcome:
    """Have the query repeated in a later transaction, which waits for the locks of others."""
    if query.attempts >= ATTEMPTS_MAX:
        return Contended(
            f"Every task that you may do was locked by others in {ATTEMPTS_MAX} attempts."
        )
    return Again(replace(query, attempts=query.attempts + 1))


def _picks(allocation: Allocation) -> list[Pick]:
    takes_slots = allocation.query.annotator.takes_slots
    return [
        Pick(
            allocation,
            allocation.profile.membership(offer.project).taken + before,
            (offer.slots or 0) > takes_slots,
            offer,
        )
        for offer, before in allocation.numbered()
    ]


async def _store(
    transaction: Transaction, cache: PoolCache, picks: Sequence[Pick], now: datetime
) -> list[tuple[int, dict[str, Any]]]:
    """Store the leases; return each as JSON, with the number of its query."""
    if not picks:
        return []
    new = [await _new_lease(transaction, cache.key, pick, now) for pick in picks]
    stored = await leases.add_leases(transaction, new, now)
    cache.cursors.changed(len(new))
    views = []
    for pick, lease in zip(picks, new, strict=True):
        one = stored[lease.lease_id]
        view = LeaseView(cache.key, shows_external_ids=pick.allocation.query.items is not None)
        spec = await compiled_for(transaction, pick.offer)
        rendered = view.render(
            one.work, lease.lease_id, lease.expires_at, lease.prelabel, one.draft, spec
        )
        views.append((pick.allocation.n, rendered))
        metrics.LEASED.labels(one.work.stage).inc()
    return views


async def _with_honeypots(
    transaction: Transaction, key: bytes, picks: Sequence[Pick]
) -> list[Pick]:
    """Return the picks, some with a honeypot in place of the work.

    A honeypot is searched for every task of a project that has honeypots, needed or not, so that
    the duration reveals nothing.
    """
    queries, due = [], []
    for n, pick in enumerate(picks):
        offer, policy = pick.offer, await _policy(transaction, pick.offer)
        if offer.stage != "annotate" or not (policy.honeypots.first_rate + policy.honeypots.rate):
            continue
        annotator = pick.allocation.query.annotator.pseudonym
        due.append(rules.honeypot_due(key, annotator, pick.taken, policy.honeypots))
        queries.append(
            HoneypotQuery(
                n=n,
                annotator=annotator,
                project=offer.project,
                spec_version=offer.spec_version,
                spec_hash=offer.spec_hash,
                start=rules.chance(key, "which", annotator, str(pick.taken)),
                exposure_max=policy.honeypots.exposure_max,
                skills=tuple(pick.allocation.profile.skills_in(offer.project)),
                items=pick.allocation.query.items,
                excluded_items=tuple(one.item_id for one in pick.allocation.offers),
            )
        )
    if not queries:
        return list(picks)
    found = await dispatch.honeypots(transaction, queries)
    used = set()
    for query, is_due in zip(queries, due, strict=True):
        honeypot = found.get(query.n)
        if is_due and honeypot is not None and (query.annotator, honeypot.item_id) not in used:
            used.add((query.annotator, honeypot.item_id))
        else:
            found.pop(query.n, None)
    return [replace(pick, offer=found[n]) if n in found else pick for n, pick in enumerate(picks)]


async def _policy(transaction: Transaction, offer: Offer) -> Policy:
    return (await compiled_for(transaction, offer)).policy


async def _new_lease(transaction: Transaction, key: bytes, pick: Pick, now: datetime) -> NewLease:
    annotator, offer = pick.allocation.query.annotator, pick.offer
    policy = await _policy(transaction, offer)
    return NewLease(
        lease_id=uuid4(),
        work_id=offer.work_id,
        annotator=annotator.pseudonym,
        kind=annotator.kind,
        project=offer.project,
        item_id=offer.item_id,
        spec_version=offer.spec_version,
        batch=offer.batch if offer.stage == "annotate" else None,
        takes_slot=annotator.takes_slots and offer.slots is not None,
        leaves_slots=pick.leaves_slots,
        expires_at=rules.lease_end(policy, now),
        prelabel=_prelabel(key, annotator, offer, policy),
    )


def _prelabel(key: bytes, annotator: Annotator, offer: Offer, policy: Policy) -> PrelabelArm:
    """Return if the annotator sees the pre-label; a share of annotations is made without it."""
    if not offer.has_prelabel or offer.stage != "annotate":
        return "none"
    shown = rules.prelabel_shown(key, annotator.pseudonym, offer.item_id, policy.blind_share)
    return "shown" if shown else "hidden"
