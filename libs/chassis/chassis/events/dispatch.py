"""Dispatch of events to the handlers that subscribed to them, in one transaction.

The transaction records the events in the inbox, so that each has its effect exactly once. After the
handler of an event, the events that were deferred until its arrival are replayed.
"""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, TypeVar
from uuid import UUID

from chassis import logs
from chassis.db.database import Transaction
from chassis.events import deferred, inbox
from chassis.events.deferred import Handler
from schemas.envelope import Event

Kind = TypeVar("Kind", bound=Event)
Lock = Callable[[Transaction, Sequence[Any]], Awaitable[None]]
"""Locks the rows that a batch of events will change, in an order that all transactions keep."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """The handler of one kind of event, which gets unbroken runs of such events.

    `replay_key` returns the key of deferred events that an event makes possible to handle.
    """

    kind: type[Event]
    handle: Handler
    lock: Lock | None = None
    replay_key: Callable[[Any], str] | None = None


def subscribe(
    kind: type[Kind],
    handle: Callable[[Transaction, Kind], Awaitable[None]],
    lock: Lock | None = None,
    *,
    replay_key: Callable[[Kind], str] | None = None,
) -> Subscription:
    """Call `handle` for each event of `kind`; `lock` once, before any event of a batch is handled.

    `replay_key`: see Subscription.
    """

    async def handle_each(transaction: Transaction, events: Sequence[Kind]) -> None:
        for event in events:
            await handle(transaction, event)

    return Subscription(kind, handle_each, lock, replay_key)


def subscribe_batch(
    kind: type[Kind],
    handle: Callable[[Transaction, Sequence[Kind]], Awaitable[None]],
    *,
    replay_key: Callable[[Kind], str] | None = None,
) -> Subscription:
    """Call `handle` for each unbroken run of events of `kind`, for kinds with many events.

    `replay_key`: see Subscription.
    """
    return Subscription(kind, handle, replay_key=replay_key)


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event that arrived for a subscription, with its trace context."""

    subscription: Subscription
    event: Event
    trace: str


async def dispatch(
    transaction: Transaction,
    subscriptions: Iterable[Subscription],
    deliveries: Sequence[Delivery],
) -> list[Delivery]:
    """Handle the deliveries whose events have not been handled before; return these."""
    arrived = [(delivery.event.event_id, delivery.event.topic) for delivery in deliveries]
    fresh = await inbox.first_deliveries(transaction, arrived)
    new = list(_first_of_each(deliveries, fresh))
    await _lock(transaction, new)
    handlers = {subscription.kind: subscription.handle for subscription in subscriptions}
    for subscription, run in groupby(new, key=lambda delivery: delivery.subscription):
        run_deliveries = list(run)
        logs.continue_trace(run_deliveries[0].trace)
        events = [delivery.event for delivery in run_deliveries]
        await subscription.handle(transaction, events)
        if subscription.replay_key is not None:
            keys = dict.fromkeys(map(subscription.replay_key, events))
            await deferred.replay(transaction, keys, handlers)
    return new


async def _lock(transaction: Transaction, deliveries: Iterable[Delivery]) -> None:
    """Call each `lock` of the subscriptions once, with all events of the batch that it is for.

    Locks taken event by event would follow the order of the events, and end in deadlocks.
    """
    events_of_lock: dict[Lock, list[Event]] = {}
    for delivery in deliveries:
        if delivery.subscription.lock is not None:
            events_of_lock.setdefault(delivery.subscription.lock, []).append(delivery.event)
    for lock, events in events_of_lock.items():
        await lock(transaction, events)


def _first_of_each(deliveries: Sequence[Delivery], fresh: set[UUID]) -> Iterator[Delivery]:
    """Yield the first delivery of each fresh event: a batch can contain an event twice."""
    remaining = set(fresh)
    for delivery in deliveries:
        if delivery.event.event_id in remaining:
            remaining.remove(delivery.event.event_id)
            yield delivery
