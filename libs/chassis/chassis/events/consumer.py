"""The consumer of a service's topics, which delivers batches of events in the order of their keys.

While one batch is delivered, the next records are read into lanes (`chassis.events.lanes`). The
next batch is taken from the lanes fairly, and as late as possible, so that it has all records that
arrived in the meantime. Offsets are committed after the transaction of a batch, at most once a
second: the inbox makes a repeated delivery harmless. Before partitions are assigned to another
replica, the current batch is finished.
"""

import asyncio
import time
from collections.abc import Iterable, Sequence

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

from chassis import logs, metrics
from chassis.background import finish_if_cancelled
from chassis.backoff import until_available
from chassis.events.delivery import BatchDelivery, Decoded, Unreadable
from chassis.events.lanes import Lanes
from chassis.settings import ServiceSettings

OFFSETS_SECONDS = 1.0
POLL_MS = 500
READ_AHEAD_SECONDS = 0.02
"""The pause between two reads of records while a batch is delivered."""


class Consumer:
    """Reads the topics for as long as the service runs."""

    def __init__(self, settings: ServiceSettings, delivery: BatchDelivery) -> None:
        """Prepare to read the topics of `delivery`; `run` connects to Kafka."""
        self._settings = settings
        self._delivery = delivery
        self._busy = asyncio.Lock()
        self._stopping = asyncio.Event()
        self._log = logs.get("consumer")
        self._lanes = Lanes()
        self._is_behind = False
        self.joined = asyncio.Event()
        self.ended = asyncio.Event()

    def stop(self) -> None:
        """Finish the batch that is being delivered, then end `run`."""
        self._stopping.set()

    async def run(self) -> None:
        """Consume until `stop`."""
        try:
            await self._run()
        finally:
            self.ended.set()

    async def _run(self) -> None:
        topics = {self._settings.topic_prefix + name for name in self._delivery.topics}
        if not topics:
            self.joined.set()
            await self._stopping.wait()
            return
        group = self._settings.topic_prefix + self._settings.service
        instance = self._settings.consumer_instance
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._settings.kafka_bootstrap,
            group_id=group,
            group_instance_id=f"{group}-{instance}" if instance else None,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            heartbeat_interval_ms=1000,
            session_timeout_ms=10_000,
            max_poll_interval_ms=600_000,
            metadata_max_age_ms=60_000,
            fetch_max_wait_ms=POLL_MS,
        )
        consumer.subscribe(sorted(topics), listener=_Rebalance(self, consumer))
        try:
            await until_available(lambda: finish_if_cancelled(consumer.start()), "consumer")
            await self._consume(consumer)
        finally:
            await consumer.stop()

    async def _consume(self, consumer: AIOKafkaConsumer) -> None:
        self.joined.set()
        committed_at = time.monotonic()
        async with asyncio.TaskGroup() as group:
            current: asyncio.Task[None] | None = None
            while not self._stopping.is_set():
                if current is not None:
                    await self._read_until(consumer, current)
                await self._read(consumer, 0 if self._lanes else POLL_MS)
                records = self._lanes.take(self._settings.batch_events_max)
                batch = await self._delivery.decode(records)
                current = None
                if records:
                    current = group.create_task(self._deliver(consumer, records, batch))
                if self._is_behind and time.monotonic() - committed_at > OFFSETS_SECONDS:
                    await self.commit(consumer)
                    committed_at = time.monotonic()
        await self.commit(consumer)

    async def _read(self, consumer: AIOKafkaConsumer, timeout_ms: int) -> None:
        """Read records into the lanes if they have room."""
        if self._lanes.has_room:
            self._lanes.add(await consumer.getmany(timeout_ms=timeout_ms))

    async def _read_until(self, consumer: AIOKafkaConsumer, done: "asyncio.Task[None]") -> None:
        """Read records into the lanes until the current batch is delivered."""
        while not done.done() and self._lanes.has_room:
            await self._read(consumer, 0)
            await asyncio.wait({done}, timeout=READ_AHEAD_SECONDS)
        await done

    async def _deliver(
        self,
        consumer: AIOKafkaConsumer,
        records: Sequence[ConsumerRecord],
        batch: Sequence[Decoded | Unreadable],
    ) -> None:
        """Deliver a batch, even if its partitions were revoked: the inbox allows it."""
        async with self._busy:
            await self._delivery.deliver(batch)
        self._lanes.delivered(records)
        self._is_behind = True
        self._measure_lag(consumer)

    async def commit(self, consumer: AIOKafkaConsumer) -> None:
        """Commit the offsets to Kafka. If that fails, some events are delivered again."""
        positions = self._positions(consumer)
        if not positions:
            return
        self._is_behind = False
        try:
            await consumer.commit(positions)
        except KafkaError as error:
            self._is_behind = True
            self._log.info(
                "offsets were not committed; events may be delivered again", error=str(error)
            )

    async def release(self, consumer: AIOKafkaConsumer, revoked: Sequence[TopicPartition]) -> None:
        """Drop the records of `revoked` partitions after the current batch is delivered."""
        async with self._busy:
            if revoked:
                await self.commit(consumer)
            self._lanes.drop(revoked)

    def _positions(self, consumer: AIOKafkaConsumer) -> dict[TopicPartition, int]:
        """Return the offset to commit for each partition that is assigned to this replica."""
        assigned = consumer.assignment()
        return {
            part: offset for part, offset in self._lanes.positions().items() if part in assigned
        }

    def _measure_lag(self, consumer: AIOKafkaConsumer) -> None:
        lag: dict[str, int] = {}
        for partition, position in self._positions(consumer).items():
            highwater = consumer.highwater(partition) or position
            lag[partition.topic] = lag.get(partition.topic, 0) + max(0, highwater - position)
        for topic, events in lag.items():
            metrics.CONSUMER_LAG.labels(topic).set(events)


class _Rebalance(ConsumerRebalanceListener):  # type: ignore[misc]
    """Finishes the current batch and commits its offsets before partitions are reassigned."""

    def __init__(self, owner: Consumer, consumer: AIOKafkaConsumer) -> None:
        self._owner = owner
        self._consumer = consumer

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        await self._owner.release(self._consumer, list(revoked))

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        del assigned
