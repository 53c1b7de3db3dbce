"""Work goes out, many calls in one transaction, and comes back when its time is over."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import uuid4

from pydantic import JsonValue

from chassis.db.database import Transaction
from chassis.events import outbox
from queue_service import metrics
from queue_service.batcher import Again
from queue_service.domain import leases as rules
from queue_service.domain.choice import NOBODY, Ask, Draw, HoneypotWish, Offer
from queue_service.domain.leases import Held, Holder, Work, Worker
from queue_service.domain.refusals import Contended
from queue_service.operations.choosing import ATTEMPTS_MAX, Choice, Desk
from queue_service.operations.news import announce_work
from queue_service.operations.specs import compiled
from queue_service.store import answers, choosing, leasing
from schemas.events import LeaseExpired
from schemas.vocabulary import Policy

Pick = tuple[Draw, int, bool, Offer]
"""A task chosen for a draw, how many of the project its annotator has taken before, and whether
the work that was chosen, in whose place a honeypot may have come, has a place left for others.

What was given back does not count: who asks again gets the same, honeypot or not."""

Outcome = list[dict[str, Any]] | Again | Contended
"""The leases of one ask; or that it is to be asked again; or that it was, too often."""


async def lease_work(
    transaction: Transaction, desk: Desk, asks: Sequence[Ask], now: datetime
) -> list[Outcome]:
    """Give each who asks the best work that it may do, as the API shows it.

    Where chance says so, a honeypot of the same project comes in place of a task. That leaves the
    task to the others: whoever had found nothing looks again. The leases are written once, after
    the last look: writing locks honeypots, and no work may be locked after a honeypot.
    """
    choice = await Choice.begin(transaction, desk, asks)
    picks: list[Pick] = []
    hungry = choice.draws
    while hungry:
        await choice.look()
        wanted = [pick for draw in hungry for pick in _picks(draw)]
        found = await _with_honeypots(transaction, desk.key, wanted)
        for draw in hungry:
            draw.chosen = [offer for owner, _, _, offer in found if owner is draw]
        picks += found
        is_left = any(one is not other for one, other in zip(found, wanted, strict=True))
        hungry = [draw for draw in hungry if not draw.chosen] if is_left else []
        for draw in hungry:
            draw.is_done = False
    shown: list[list[dict[str, Any]]] = [[] for _ in asks]
    for draw, lease in await _give(transaction, desk, picks, now):
        shown[draw.n].append(lease)
    undecided = choice.undecided
    return [_later(ask) if n in undecided else shown[n] for n, ask in enumerate(asks)]


def _later(ask: Ask) -> Outcome:
    """Let the ask be repeated in a later transaction, which waits for what others hold locked."""
    if ask.attempts >= ATTEMPTS_MAX:
        return Contended("Every task that you may do was locked by others, again and again.")
    return Again(replace(ask, attempts=ask.attempts + 1))


def _picks(draw: Draw) -> list[Pick]:
    there, takes = draw.person.projects, draw.ask.worker.takes_slots
    return [
        (draw, there.get(offer.project, NOBODY).taken + before, (offer.slots or 0) > takes, offer)
        for offer, before in draw.numbered()
    ]


async def _give(
    transaction: Transaction, desk: Desk, picks: Sequence[Pick], now: datetime
) -> list[tuple[Draw, dict[str, Any]]]:
    """Write the leases down; each as the API shows it."""
    if not picks:
        return []
    rows = [await _row(transaction, desk.key, pick, now) for pick in picks]
    given = await leasing.add_leases(transaction, rows, now)
    desk.horizons.changed(len(rows))
    shown = []
    for (draw, *_), row in zip(picks, rows, strict=True):
        one = given[row["lease_id"]]
        view = View(desk.key, picks=draw.ask.items is not None)
        shown.append((draw, view.of(one.work, row, one.draft)))
        metrics.LEASED.labels(one.work.stage).inc()
    return shown


async def _with_honeypots(
    transaction: Transaction, key: bytes, picks: Sequence[Pick]
) -> list[Pick]:
    """The picks, some replaced.

    A honeypot is looked for beside every task of a project that has them, wanted or not: what it
    takes is then no sign.
    """
    wishes, due = [], []
    for n, (draw, taken, _, offer) in enumerate(picks):
        policy = await _policy(transaction, offer)
        if offer.stage != "annotate" or not (policy.honeypots.first_rate + policy.honeypots.rate):
            continue
        annotator = draw.ask.worker.annotator
        due.append(rules.honeypot_due(key, annotator, taken, policy.honeypots))
        wishes.append(
            HoneypotWish(
                n=n,
                annotator=annotator,
                project=offer.project,
                spec_version=offer.spec_version,
                spec_hash=offer.spec_hash,
                start=rules.chance(key, "which", annotator, str(taken)),
                shown_max=policy.honeypots.exposure_max,
                skills=tuple(draw.person.skills_in(offer.project)),
                items=draw.ask.items,
                passed=tuple(one.item_id for one in draw.chosen),
            )
        )
    if not wishes:
        return list(picks)
    found = await choosing.honeypots(transaction, wishes)
    used = set()
    for wish, is_due in zip(wishes, due, strict=True):
        honeypot = found.get(wish.n)
        if is_due and honeypot is not None and (wish.annotator, honeypot.item_id) not in used:
            used.add((wish.annotator, honeypot.item_id))
        else:
            found.pop(wish.n, None)
    return [(*pick[:3], found[n]) if n in found else pick for n, pick in enumerate(picks)]


async def _policy(transaction: Transaction, offer: Offer) -> Policy:
    spec = await compiled(transaction, offer.project, offer.spec_version, offer.spec_hash)
    return spec.policy


async def _row(transaction: Transaction, key: bytes, pick: Pick, now: datetime) -> dict[str, Any]:
    """A lease as it will be written down."""
    draw, _, leaves_place, offer = pick
    worker = draw.ask.worker
    policy = await _policy(transaction, offer)
    return {
        "lease_id": uuid4(),
        "work_id": offer.work_id,
        "annotator": worker.annotator,
        "kind": worker.kind,
        "project": offer.project,
        "item_id": offer.item_id,
        "spec_version": offer.spec_version,
        "batch": offer.batch if offer.stage == "annotate" else None,
        "takes_slot": worker.takes_slots and offer.slots is not None,
        "leaves_place": leaves_place,
        "expires_at": rules.lease_end(policy, now),
        "prelabel": _prelabel(key, worker, offer, policy),
    }


def _prelabel(key: bytes, worker: Worker, offer: Offer, policy: Policy) -> str:
    """Whether the annotator sees what a model suggests; on the blind arm it is withheld."""
    if not offer.has_prelabel or offer.stage != "annotate":
        return "none"
    shown = rules.prelabel_shown(key, worker.annotator, offer.item_id, policy.blind_share)
    return "shown" if shown else "hidden"


@dataclass(frozen=True, slots=True)
class View:
    """What the holder of a lease is shown. A honeypot's differs in nothing."""

    key: bytes
    picks: bool
    """Whether the holder chose by external ids; only then are they told."""

    def of(self, work: Work, lease: dict[str, Any], draft: JsonValue = None) -> dict[str, Any]:
        """The lease as JSON will say it: a `schemas.queue.Lease`."""
        lease_id = lease["lease_id"]
        # Annotators get an id of the lease's own; who settles a conflict gets the task's.
        masked = work.stage == "annotate"
        return {
            "lease_id": lease_id,
            "expires_at": lease["expires_at"],
            "stage": work.stage,
            "project": work.project,
            "spec_version": work.spec_version,
            "task_type": work.task_type,
            "task_id": rules.masked_task_id(self.key, lease_id) if masked else work.task_id,
            "external_id": work.external_id if self.picks else None,
            "payload": work.payload,
            "blob": None if work.blob is None else _blob(work),
            "prelabel": work.prelabels[0] if lease["prelabel"] == "shown" else None,
            "draft": draft,
            "context": work.context,
        }


def _blob(work: Work) -> dict[str, Any]:
    """A `schemas.vocabulary.PayloadBlob` without its address, which each response signs anew."""
    return {"sha256": work.blob, "size": work.blob_size}


async def show_leases(
    transaction: Transaction, holder: Holder, view: View, now: datetime
) -> list[dict[str, Any]]:
    """What the holder of a token holds in its projects, with drafts: for a page loaded anew."""
    found = await answers.open_leases(transaction, holder, now)
    return [view.of(held.work, _as_lease(held), draft) for held, draft in found]


def _as_lease(held: Held) -> dict[str, Any]:
    return {name: getattr(held, name) for name in ("lease_id", "expires_at", "prelabel")}


async def expire_leases(transaction: Transaction, now: datetime) -> None:
    """Offer again what was not answered in time."""
    lease_ids = await leasing.expired(transaction, now)
    ended = await leasing.end_leases(transaction, lease_ids, "expired", now, forget=True)
    if ended:
        metrics.EXPIRED.inc(len(ended))
        announce_work(transaction)
    events = [
        LeaseExpired(
            occurred_at=now,
            project=one.project,
            lease_id=one.lease_id,
            task_id=one.task_id,
            stage=one.stage,
            annotator=one.annotator,
            leased_at=one.leased_at,
        )
        for one in ended
    ]
    await outbox.add(transaction, *events)
