"""Delivery of batches of Kafka records: each event has its effect exactly once.

A batch is one transaction: inbox rows, effects and the outbox commit together. While the database
is away, the batch is tried again. After any other failure, a refusal or a bug, it rolls back and
its events are delivered one by one. Those that fail again become dead letters, and later events of
their key are delivered without them. So no event of one project stops the others.
"""

import asyncio
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from aiokafka import ConsumerRecord
from pydantic import ValidationError

from chassis import logs, metrics
from chassis.backoff import PAUSE_SECONDS
from chassis.db.database import Database, is_transient
from chassis.db.retries import count_retry
from chassis.events.dead_letters import DeadLetters
from chassis.events.dispatch import Delivery, Subscription, dispatch
from schemas.envelope import Envelope

RECORDS_PER_YIELD = 50
"""The number of records decoded before other tasks may run: one to two milliseconds of work."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """A record of Kafka and the delivery that it contains."""

    record: ConsumerRecord
    delivery: Delivery


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A record that cannot be decoded, with the reason."""

    record: ConsumerRecord
    refusal: ValueError


class BatchDelivery:
    """Delivers records of Kafka to the subscriptions of a service."""

    def __init__(
        self,
        subscriptions: Sequence[Subscription],
        refusals: Iterable[type[Exception]],
        database: Database,
        dead_letters: DeadLetters,
    ) -> None:
        """Deliver to `subscriptions`.

        `refusals`: errors of the domain about an event, for which trying again is useless.
        """
        self._by_kind = {subscription.kind.kind(): subscription for subscription in subscriptions}
        self._refusals: tuple[type[Exception], ...] = (ValidationError, *refusals)
        self._database = database
        self._dead_letters = dead_letters

    @property
    def topics(self) -> set[str]:
        """The names of the topics of all subscriptions."""
        return {subscription.kind.topic.name for subscription in self._by_kind.values()}

    async def decode(self, records: Sequence[ConsumerRecord]) -> list[Decoded | Unreadable]:
        """Decode the records that there is a subscription for; let other tasks run in between."""
        decoded = []
        for n, record in enumerate(records, start=1):
            if (result := self._decode(record)) is not None:
                decoded.append(result)
            if n % RECORDS_PER_YIELD == 0:
                await asyncio.sleep(0)
        return decoded

    async def deliver(self, batch: Sequence[Decoded | Unreadable]) -> None:
        """Deliver a batch; add dead letters for records that are unreadable or cannot be handled.

        Raises TooManyDeadLetters.
        """
        for unreadable in batch:
            if isinstance(unreadable, Unreadable):
                await self._dead_letters.add(unreadable.record, unreadable.refusal)
        entries = [entry for entry in batch if isinstance(entry, Decoded)]
        if not entries:
            return
        try:
            await self._commit([entry.delivery for entry in entries])
        except Exception as error:
            logs.get("consumer").info(
                "a batch failed; delivering its events one by one", error=repr(error)
            )
            for entry in entries:
                try:
                    await self._commit([entry.delivery])
                except Exception as reason:
                    project = entry.delivery.event.project
                    await self._dead_letters.add(entry.record, reason, project)

    async def _commit(self, deliveries: Sequence[Delivery]) -> None:
        """Deliver in one transaction; try again while the database is away or in a deadlock."""
        while True:
            try:
                async with self._database.transaction() as transaction:
                    new = await dispatch(transaction, self._by_kind.values(), deliveries)
            except Exception as error:
                if not is_transient(error) or isinstance(error, self._refusals):
                    raise
                count_retry(error, "event")
                await asyncio.sleep(PAUSE_SECONDS)
            else:
                _count(deliveries, new)
                return

    def _decode(self, record: ConsumerRecord) -> Decoded | Unreadable | None:
        """Decode a record. Return None if there is no subscription for its kind of event."""
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
        return Decoded(record, Delivery(subscription, event, trace))


def _count(deliveries: Iterable[Delivery], new: Iterable[Delivery]) -> None:
    arrivals = Counter(delivery.event.topic.name for delivery in deliveries)
    effective = Counter(delivery.event.topic.name for delivery in new)
    for topic, count in arrivals.items():
        metrics.CONSUMED.labels(topic, "new").inc(effective[topic])
        metrics.CONSUMED.labels(topic, "duplicate").inc(count - effective[topic])
