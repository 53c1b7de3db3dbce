"""Delivering a batch of records: each event has its effect exactly once.

A batch is one transaction: inbox rows, effects and the outbox commit together. What fails because
something is away is tried again. On any other failure, a refusal or a bug, the batch rolls back and
its events are delivered one by one; those that fail alone become dead letters, and later events of
their key go on without them. So no event of one project stops the others.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, TypeVar
from uuid import UUID

from aiokafka import ConsumerRecord
from pydantic import ValidationError

from chassis import logs, metrics
from chassis.db.database import Database, Transaction, is_transient
from chassis.db.retries import count_retry
from chassis.events import inbox
from chassis.events.dead_letters import DeadLetters
from schemas.envelope import Envelope, Event

RETRY_SECONDS = 0.5
TURN_RECORDS = 50
"""How many records are decoded in one go: they take a millisecond or two."""

Kind = TypeVar("Kind", bound=Event)
Lock = Callable[[Transaction, Sequence[Any]], Awaitable[None]]
"""Locks what a batch of events will change, all of it in the order that everybody keeps."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """What a service does about one kind of event: all of a run of them, in one transaction."""

    kind: type[Event]
    handle: Callable[[Transaction, Sequence[Any]], Awaitable[None]]
    lock: Lock | None = None


def subscribe(
    kind: type[Kind],
    handle: Callable[[Transaction, Kind], Awaitable[None]],
    lock: Lock | None = None,
) -> Subscription:
    """Call `handle` for each event of `kind`; `lock` once, before any of a batch is handled."""

    async def each(transaction: Transaction, events: Sequence[Kind]) -> None:
        for event in events:
            await handle(transaction, event)

    return Subscription(kind, each, lock)


def subscribe_batch(
    kind: type[Kind], handle: Callable[[Transaction, Sequence[Kind]], Awaitable[None]]
) -> Subscription:
    """Call `handle` for each unbroken run of events of `kind`: for what comes in floods."""
    return Subscription(kind, handle)


async def lock_batch(transaction: Transaction, batch: Iterable[tuple[Subscription, Event]]) -> None:
    """Call each `lock` of the subscriptions once, with all events of the batch that name it.

    Locks taken event by event would follow the order of the events, and end in deadlocks.
    """
    wanted: dict[Lock, list[Event]] = {}
    for subscription, event in batch:
        if subscription.lock is not None:
            wanted.setdefault(subscription.lock, []).append(event)
    for lock, events in wanted.items():
        await lock(transaction, events)


@dataclass(frozen=True, slots=True)
class Delivery:
    """A record that this service listens to, decoded."""

    record: ConsumerRecord
    subscription: Subscription
    event: Event
    trace: str


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A record that can't be decoded."""

    record: ConsumerRecord
    refusal: ValueError


class Dispatcher:
    """Gives records to those who subscribed to what they tell."""

    def __init__(
        self,
        subscriptions: Sequence[Subscription],
        refusals: Iterable[type[Exception]],
        database: Database,
        dead: DeadLetters,
    ) -> None:
        """`refusals`: what the domain raises about an event that will never get better."""
        self._by_kind = {one.kind.kind(): one for one in subscriptions}
        self._refused: tuple[type[Exception], ...] = (ValidationError, *refusals)
        self._sessions = database
        self._dead = dead

    @property
    def topics(self) -> set[str]:
        """The topics that somebody here listens to."""
        return {one.kind.topic.name for one in self._by_kind.values()}

    async def decode(self, records: Sequence[ConsumerRecord]) -> list[Delivery | Unreadable]:
        """The records that somebody here listens to, and whoever else waits has its turn."""
        decoded = []
        for n, record in enumerate(records, start=1):
            if (one := self._decode(record)) is not None:
                decoded.append(one)
            if n % TURN_RECORDS == 0:
                await asyncio.sleep(0)
        return decoded

    async def deliver(self, decoded: Sequence[Delivery | Unreadable]) -> None:
        """Let each event have its effect, once."""
        for one in decoded:
            if isinstance(one, Unreadable):
                await self._dead.add(one.record, one.refusal)
        deliveries = [one for one in decoded if isinstance(one, Delivery)]
        if not deliveries:
            return
        try:
            await self._persist(deliveries)
        except Exception as error:
            logs.get("consumer").info("a batch failed; one event at a time", error=repr(error))
            for delivery in deliveries:
                try:
                    await self._persist([delivery])
                except Exception as reason:
                    await self._dead.add(delivery.record, reason, delivery.event.project)

    async def _persist(self, deliveries: Sequence[Delivery]) -> None:
        """Deliver in one transaction; begin again while the database is away or in a deadlock."""
        while True:
            try:
                async with self._sessions.transaction() as transaction:
                    await self._apply(transaction, deliveries)
            except Exception as error:
                if not is_transient(error) or isinstance(error, self._refused):
                    raise
                count_retry(error, "event")
                await asyncio.sleep(RETRY_SECONDS)
            else:
                return

    async def _apply(self, transaction: Transaction, deliveries: Sequence[Delivery]) -> None:
        arrived = [(d.event.event_id, d.event.topic) for d in deliveries]
        fresh = await inbox.first_deliveries(transaction, arrived)
        new = list(_firsts(deliveries, fresh))
        await lock_batch(transaction, [(one.subscription, one.event) for one in new])
        for subscription, run in groupby(new, key=lambda delivery: delivery.subscription):
            events = list(run)
            logs.continue_trace(events[0].trace)
            await subscription.handle(transaction, [delivery.event for delivery in events])
        arrivals = Counter(delivery.event.topic.name for delivery in deliveries)
        effective = Counter(delivery.event.topic.name for delivery in new)
        for topic, count in arrivals.items():
            metrics.CONSUMED.labels(topic, "new").inc(effective[topic])
            metrics.CONSUMED.labels(topic, "duplicate").inc(count - effective[topic])

    def _decode(self, record: ConsumerRecord) -> Delivery | Unreadable | None:
        """The record as an event; None if nobody here listens to its kind."""
        headers = dict(record.headers)
        kind = headers.get("kind", b"").decode(errors="replace")
        if kind and kind not in self._by_kind:
            return None
        try:
            envelope = Envelope.read(record.value or b"")
            subscription = self._by_kind.get(envelope.kind)
            if subscription is None:
                return None
            event = envelope.event(subscription.kind)
        except ValueError as refusal:
            return Unreadable(record, refusal)
        trace = headers.get("traceparent", b"").decode(errors="replace")
        return Delivery(record, subscription, event, trace)


def _firsts(deliveries: Sequence[Delivery], fresh: set[UUID]) -> Iterator[Delivery]:
    """The deliveries that are new, each event once even if the batch holds it twice."""
    left = set(fresh)
    for delivery in deliveries:
        if delivery.event.event_id in left:
            left.remove(delivery.event.event_id)
            yield delivery
