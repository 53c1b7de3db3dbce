"""Events in: the topics of a service, in batches, in the order of their keys.

While one batch is in a transaction, the next records are read into lanes
(`chassis.events.lanes`). The next batch is taken from them fairly, as late as possible, so that
records that came meanwhile are in it.
Offsets are committed after the transaction of a batch, once a second at most: the inbox makes what
comes again harmless. Before partitions go to another replica the batch in hand is finished.
"""

import asyncio
import time
from collections.abc import Iterable, Sequence

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

from chassis import logs, metrics
from chassis.background import finish_if_cancelled
from chassis.events.dispatch import Delivery, Dispatcher, Unreadable
from chassis.events.lanes import Lanes
from chassis.settings import ServiceSettings

OFFSETS_SECONDS = 1.0
POLL_MS = 500
RETRY_SECONDS = 0.5
READ_AHEAD_SECONDS = 0.02
"""How long to wait between two looks for more records while a batch is being delivered."""


class Consumer:
    """Reads the topics for as long as the service runs."""

    def __init__(self, settings: ServiceSettings, deliverer: Dispatcher) -> None:
        """Nothing is asked of Kafka yet."""
        self._settings = settings
        self._deliverer = deliverer
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
        topics = {self._settings.topic_prefix + name for name in self._deliverer.topics}
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
            await self._start(consumer)
            await self._consume(consumer)
        finally:
            await consumer.stop()

    async def _consume(self, consumer: AIOKafkaConsumer) -> None:
        self.joined.set()
        committed_at = time.monotonic()
        async with asyncio.TaskGroup() as group:
            in_hand: asyncio.Task[None] | None = None
            while not self._stopping.is_set():
                if in_hand is not None:
                    await self._read_until(consumer, in_hand)
                await self._read(consumer, 0 if self._lanes else POLL_MS)
                records = self._lanes.take(self._settings.batch_events_max)
                decoded = await self._deliverer.decode(records)
                in_hand = None
                if records:
                    in_hand = group.create_task(self._deliver(consumer, records, decoded))
                if self._is_behind and time.monotonic() - committed_at > OFFSETS_SECONDS:
                    await self.commit(consumer)
                    committed_at = time.monotonic()
        await self.commit(consumer)

    async def _read(self, consumer: AIOKafkaConsumer, timeout_ms: int) -> None:
        """Read ahead, as far as there is room."""
        if self._lanes.has_room:
            self._lanes.add(await consumer.getmany(timeout_ms=timeout_ms))

    async def _read_until(self, consumer: AIOKafkaConsumer, done: "asyncio.Task[None]") -> None:
        """Read ahead until the batch in hand is delivered."""
        while not done.done() and self._lanes.has_room:
            await self._read(consumer, 0)
            await asyncio.wait({done}, timeout=READ_AHEAD_SECONDS)
        await done

    async def _deliver(
        self,
        consumer: AIOKafkaConsumer,
        records: Sequence[ConsumerRecord],
        decoded: Sequence[Delivery | Unreadable],
    ) -> None:
        """Deliver, also what has gone to another replica by now: the inbox keeps it once."""
        async with self._busy:
            await self._deliverer.deliver(decoded)
        self._lanes.delivered(records)
        self._is_behind = True
        self._measure_lag(consumer)

    async def commit(self, consumer: AIOKafkaConsumer) -> None:
        """Tell Kafka how far we are. If it does not hear, we hear some events again: harmless."""
        positions = self._ours(consumer)
        if not positions:
            return
        self._is_behind = False
        try:
            await consumer.commit(positions)
        except KafkaError as error:
            self._is_behind = True
            self._log.info("offsets were not committed; events may come again", error=str(error))

    async def release(self, consumer: AIOKafkaConsumer, revoked: Sequence[TopicPartition]) -> None:
        """Let go of `revoked` once the batch in hand is delivered."""
        async with self._busy:
            if revoked:
                await self.commit(consumer)
            self._lanes.drop(revoked)

    async def _start(self, consumer: AIOKafkaConsumer) -> None:
        while True:
            try:
                await finish_if_cancelled(consumer.start())
            except KafkaError as error:
                self._log.warning("the broker is away; trying again", error=str(error))
                await asyncio.sleep(RETRY_SECONDS)
            else:
                return

    def _ours(self, consumer: AIOKafkaConsumer) -> dict[TopicPartition, int]:
        """How far we are in the partitions that we have."""
        assigned = consumer.assignment()
        return {
            part: offset for part, offset in self._lanes.positions().items() if part in assigned
        }

    def _measure_lag(self, consumer: AIOKafkaConsumer) -> None:
        lag: dict[str, int] = {}
        for partition, position in self._ours(consumer).items():
            highwater = consumer.highwater(partition) or position
            lag[partition.topic] = lag.get(partition.topic, 0) + max(0, highwater - position)
        for topic, events in lag.items():
            metrics.CONSUMER_LAG.labels(topic).set(events)


class _Rebalance(ConsumerRebalanceListener):  # type: ignore[misc]
    """Before partitions go to another replica, the batch in hand ends and its offsets are told."""

    def __init__(self, owner: Consumer, consumer: AIOKafkaConsumer) -> None:
        self._owner = owner
        self._consumer = consumer

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        await self._owner.release(self._consumer, list(revoked))

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        del assigned
