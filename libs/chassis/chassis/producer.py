"""The connection by which a service sends to Kafka."""

import asyncio

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from chassis import logs, outbox
from chassis.settings import ServiceSettings


async def started(settings: ServiceSettings) -> AIOKafkaProducer:
    """A producer that has reached the broker; tries again until it does."""
    producer = AIOKafkaProducer(
        bootstrap_servers=settings.kafka_bootstrap,
        acks="all",
        enable_idempotence=True,
        linger_ms=0,
        max_request_size=2 * outbox.EVENT_BYTES_MAX,
        max_batch_size=131_072,
    )
    while True:
        try:
            await producer.start()
        except KafkaError as error:
            logs.get("service").warning("the broker is away; trying again", error=str(error))
            await asyncio.sleep(1)
        else:
            return producer
