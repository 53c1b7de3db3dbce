"""The Kafka producer of a service, which connects in the background.

A service whose broker is away starts without it and serves requests: its events wait in the outbox.
"""

import asyncio

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from chassis.background import finish_if_cancelled
from chassis.backoff import until_available
from chassis.events import outbox
from chassis.settings import ServiceSettings


class Producer:
    """A producer that connects in the background. Create it in a running event loop."""

    def __init__(self, settings: ServiceSettings) -> None:
        """Prepare the producer; `connect` connects to Kafka."""
        self.kafka = AIOKafkaProducer(
            bootstrap_servers=settings.kafka_bootstrap,
            acks="all",
            enable_idempotence=True,
            linger_ms=0,
            max_request_size=2 * outbox.EVENT_BYTES_MAX,
            max_batch_size=500_000,
        )
        self.connected = asyncio.Event()
        self._probe: asyncio.Task[object] | None = None

    async def connect(self) -> None:
        """Connect to Kafka, trying again until a broker answers."""
        await until_available(lambda: finish_if_cancelled(self.kafka.start()), "producer")
        self.connected.set()

    async def check(self) -> None:
        """Return when a broker has answered a request for metadata. Raises KafkaError.

        A cancelled caller leaves its request to the next caller, since each new request to a broker
        that hangs would keep a connection.
        """
        if not self.connected.is_set():
            raise KafkaError("the broker has not answered since the start")
        if self._probe is None or self._probe.done():
            self._probe = asyncio.create_task(self.kafka.client.fetch_all_metadata())
        await asyncio.shield(self._probe)

    async def stop(self) -> None:
        """Send the buffered events, and close the connection."""
        await self.kafka.stop()
        if self._probe is not None:
            self._probe.cancel()
            await asyncio.wait({self._probe})
