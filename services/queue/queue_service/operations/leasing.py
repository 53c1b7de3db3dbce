"""Work goes out, and comes back when its time is over."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import uuid4

from pydantic import JsonValue

from chassis import outbox
from chassis.database import Session, after_commit
from chassis.wake import Wake
from queue_service import domain, metrics
from queue_service.domain import Held, Wish, Work, Worker
from queue_service.operations.specs import compiled
from queue_service.store import answers, leasing
from schemas.events import LeaseExpired
from schemas.queue import Lease, LeaseContext
from schemas.vocabulary import Policy, Prelabel

new_work = Wake()
"""Rung in the process that made work available; who polls for long waits for it."""


def announce(session: Session) -> None:
    """Wake who waits for work, once the caller's transaction has committed."""
    after_commit(session, new_work.ring)


@dataclass(slots=True)
class Draw:
    """One call for work: who asks for what, and what was chosen so far."""

    worker: Worker
    wish: Wish
    key: bytes
    now: datetime
    chosen: list[Work] = field(default_factory=list)
    leases: list[dict[str, Any]] = field(default_factory=list)

    def given(self, work: Work) -> int:
        """How many tasks of the project the worker has got, this call included."""
        return work.given + sum(one.project == work.project for one in self.chosen)

    def take(self, work: Work, policy: Policy) -> None:
        """Choose `work`, and fix what its lease says."""
        shown, given = _prelabel(self.key, self.worker, work, policy)
        self.chosen.append(work)
        self.leases.append(
            {
                "lease_id": uuid4(),
                "work_id": work.work_id,
                "expires_at": domain.lease_end(policy, self.now),
                "prelabel": shown,
                "prelabel_given": given,
            }
        )


async def lease_work(session: Session, draw: Draw, count: int, open_leases_max: int) -> list[Lease]:
    """Give the best work that the worker may do, `count` tasks at most.

    Where chance says so, a honeypot of the same project comes in place of a task.
    """
    reach = await leasing.reach(session, draw.worker)
    room = min(count, open_leases_max - reach.held)
    if room <= 0 or not reach.given:
        return []
    for work in await leasing.candidates(session, draw.worker, draw.wish, reach, room):
        spec = await compiled(session, work.project, work.spec_version, work.spec_hash)
        one = await _honeypot_instead(session, draw, work, spec.policy) or work
        if all(one.item_id != other.item_id for other in draw.chosen):
            draw.take(one, spec.policy)
    if draw.chosen:
        await leasing.add_leases(session, draw.worker, draw.chosen, draw.leases, draw.now)
        metrics.LEASED.labels(draw.wish.stage).inc(len(draw.chosen))
    view = View(draw.key, picks=draw.wish.items is not None)
    return [view.of(work, lease) for work, lease in zip(draw.chosen, draw.leases, strict=True)]


async def _honeypot_instead(
    session: Session, draw: Draw, work: Work, policy: Policy
) -> Work | None:
    """A honeypot in place of `work`, where chance says so and there is one left."""
    annotator, given = draw.worker.annotator, draw.given(work)
    if work.stage != "annotate":
        return None
    if not domain.honeypot_due(draw.key, annotator, given, policy.honeypots):
        return None
    passed = [one.item_id for one in draw.chosen]
    return await leasing.honeypot(session, draw.worker, draw.wish, work, passed)


def _prelabel(
    key: bytes, worker: Worker, work: Work, policy: Policy
) -> tuple[str, dict[str, Any] | None]:
    """Whether the annotator sees what a model suggests; on the blind arm it is withheld."""
    if not work.prelabels or work.stage != "annotate":
        return "none", None
    shown = domain.prelabel_shown(key, worker.annotator, work.item_id, policy.blind_share)
    return ("shown" if shown else "hidden"), work.prelabels[0]


@dataclass(frozen=True, slots=True)
class View:
    """What the holder of a lease is shown. A honeypot's differs in nothing."""

    key: bytes
    picks: bool
    """Whether the holder chose by external ids; only then are they told."""

    def of(self, work: Work, lease: dict[str, Any], draft: JsonValue = None) -> Lease:
        """The lease as JSON will say it."""
        lease_id = lease["lease_id"]
        given = lease["prelabel_given"] if lease["prelabel"] == "shown" else None
        # Annotators get an id of the lease's own; who settles a conflict gets the task's.
        masked = work.stage == "annotate"
        return Lease(
            lease_id=lease_id,
            expires_at=lease["expires_at"],
            stage=work.stage,
            project=work.project,
            spec_version=work.spec_version,
            task_type=work.task_type,
            task_id=domain.masked_task_id(self.key, lease_id) if masked else work.task_id,
            external_id=work.external_id if self.picks else None,
            payload=work.payload,
            prelabel=None if given is None else Prelabel.model_validate(given),
            draft=draft,
            context=None if work.context is None else LeaseContext.model_validate(work.context),
        )


async def show_leases(session: Session, annotator: str, view: View, now: datetime) -> list[Lease]:
    """What an annotator holds, with its drafts: for a page that was loaded anew."""
    found = await answers.open_leases(session, annotator, now)
    return [view.of(held.work, _as_lease(held), held.draft) for held in found]


def _as_lease(held: Held) -> dict[str, Any]:
    names = ("lease_id", "expires_at", "prelabel", "prelabel_given")
    return {name: getattr(held, name) for name in names}


async def expire_leases(session: Session, now: datetime) -> None:
    """Offer again what was not answered in time."""
    lease_ids = await leasing.expired(session, now)
    ended = await leasing.end_leases(session, lease_ids, "expired", now, forget=True)
    if ended:
        metrics.EXPIRED.inc(len(ended))
        announce(session)
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
    await outbox.add(session, *events)
