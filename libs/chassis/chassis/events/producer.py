"""The producer of a service: made at start, connected as soon as the broker is there.

A service whose broker is away starts without it, and serves: its events wait in the outbox.
"""

import asyncio

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from chassis import logs
from chassis.background import finish_if_cancelled
from chassis.events import outbox
from chassis.settings import ServiceSettings

RETRY_SECONDS = 1.0


class Producer:
    """A connection to Kafka that is made in the background. A loop must run."""

    def __init__(self, settings: ServiceSettings) -> None:
        """Nothing is asked of Kafka yet."""
        self.kafka = AIOKafkaProducer(
            bootstrap_servers=settings.kafka_bootstrap,
            acks="all",
            enable_idempotence=True,
            linger_ms=0,
            max_request_size=2 * outbox.EVENT_BYTES_MAX,
            max_batch_size=131_072,
        )
        self.connected = asyncio.Event()
        self._question: asyncio.Task[object] | None = None

    async def connect(self) -> None:
        """Return once the broker has answered; try again until then."""
        while not self.connected.is_set():
            try:
                await finish_if_cancelled(self.kafka.start())
            except KafkaError as error:
                logs.get("producer").warning("the broker is away; trying again", error=str(error))
                await asyncio.sleep(RETRY_SECONDS)
            else:
                self.connected.set()

    async def check(self) -> None:
        """Return once a broker has answered. Raises KafkaError.

        Whoever gives up waiting leaves the question open to the next who asks: each question to a
        broker that hangs would keep a connection.
        """
        if not self.connected.is_set():
            raise KafkaError("the broker has not answered since the start")
        if self._question is None or self._question.done():
            self._question = asyncio.create_task(self.kafka.client.fetch_all_metadata())
        await asyncio.shield(self._question)

    async def stop(self) -> None:
        """Send what is in hand, and close the connection."""
        await self.kafka.stop()
        if self._question is not None:
            self._question.cancel()
            await asyncio.wait({self._question})
