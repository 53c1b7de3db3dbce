"""Java's start cache (AOT cache), made in the background once for each user; halves Kafka's start.

A separate broker, in a folder of its own and with the lowest priority, records which classes it
loads, is used a little, and stopped; it then writes the cache. The cache is optional: if it is
missing or does not fit, Kafka starts without it.
"""

import asyncio
import shutil
import signal
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.errors import KafkaError

from labelwright_local import ports, topics
from labelwright_local.home import try_lock
from labelwright_local.java import Java
from labelwright_local.kafka import Kafka, can_cache_start
from labelwright_local.process_guard import ProcessGuard
from labelwright_local.refusal import CannotStart
from labelwright_local.supervisor import kill_group

TRAINING_SECONDS = 900.0
POLL_SECONDS = 0.5
LOWEST_PRIORITY = ["nice", "-n", "19"]


class Training(NamedTuple):
    """The topic that the training run uses."""

    name: str = "training"
    retention: timedelta | None = None


async def make_if_missing(kafka: Kafka, java: Java, guard: ProcessGuard) -> str | None:
    """Make the start cache for this Java and these jars; return a sentence with the result.

    Return None if there is nothing to do: it exists, this Java has none, or another stack makes it.
    """
    cache = kafka.aot_cache(java)
    if cache.exists() or not can_cache_start(java):
        return None
    folder = kafka.jars / "training"
    with (kafka.jars / ".training.lock").open("w") as lock:
        if not try_lock(lock.fileno()) or cache.exists():
            return None
        shutil.rmtree(folder, ignore_errors=True)
        try:
            async with asyncio.timeout(TRAINING_SECONDS):
                made = await train(training_broker(kafka, folder), java, guard)
            made.replace(cache)
        except (OSError, KafkaError, CannotStart, TimeoutError) as error:
            return f"Kafka's start cache could not be made ({error!r}); Kafka starts without it."
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    return "Kafka's start cache is ready: Kafka will start faster from now on."


def training_broker(kafka: Kafka, folder: Path) -> Kafka:
    """Return a broker like `kafka`, on free ports."""
    port, controller = ports.some_free(2)
    return Kafka(folder, port, controller, kafka.cache)


async def train(kafka: Kafka, java: Java, guard: ProcessGuard) -> Path:
    """Run a broker, use it, and stop it; return the cache file that Java wrote."""
    kafka.prepare()
    made = kafka.folder / "unfinished.aot"
    command = kafka.command(guard, java, [f"-XX:AOTCacheOutput={made}"])
    process = await asyncio.create_subprocess_exec(
        *LOWEST_PRIORITY,
        *command,
        pass_fds=[guard.pipe],
        start_new_session=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while not await asyncio.to_thread(kafka.accepts):
            if process.returncode is not None:
                raise CannotStart(f"the training run ended with code {process.returncode}")
            await asyncio.sleep(POLL_SECONDS)
        await use(kafka.bootstrap)
        process.send_signal(signal.SIGTERM)
        await process.wait()
    finally:
        kill_group(process.pid)
        await process.wait()
        guard.forget(process.pid)
    return made


async def use(bootstrap: str) -> None:
    """Produce and consume a message, so that Java records the classes for that."""
    topic = Training()
    await topics.create(bootstrap, [topic])
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, enable_idempotence=True) as producer:
        await producer.send_and_wait(topic.name, b"once")
    consumer = AIOKafkaConsumer(
        topic.name, bootstrap_servers=bootstrap, group_id=topic.name, auto_offset_reset="earliest"
    )
    async with consumer:
        await consumer.getone()
        await consumer.commit()
