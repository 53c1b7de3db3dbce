"""Dead letters: what can't be delivered is put aside with its reason, counted, and replayable.

A letter goes straight to `<topic>.dead`, not by the outbox: it must leave even when the database
does not take it. If too many die in a minute the consumer stops instead: a dead-letter topic that
takes all the traffic is an outage in disguise. What one or two projects cause never stops it, since
it serves the others.
"""

import asyncio
import json
import time
from collections import Counter, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

import typer
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord

from chassis import logs, metrics

SUFFIX = ".dead"
WINDOW_SECONDS = 60.0
PROJECTS_MIN = 3
"""From so many projects on, dead letters count as a fault of the whole, not of a project."""


class TooManyDeadLetters(RuntimeError):
    """So many events were refused in a minute that something else must be wrong."""


class DeadLetters:
    """Where one service puts what it can't deliver."""

    def __init__(self, producer: AIOKafkaProducer, service: str, per_minute_max: int) -> None:
        """Letters leave by `producer`."""
        self._producer = producer
        self._service = service
        self._per_minute_max = per_minute_max
        self._recent: deque[tuple[float, str]] = deque()
        self._by_project: Counter[str] = Counter()

    async def add(self, record: ConsumerRecord, reason: Exception, project: str = "") -> None:
        """Put `record` aside; `project` is empty where the record could not be read.

        Raises TooManyDeadLetters beyond the limit.
        """
        self._count(project)
        headers = [
            ("dead-reason", f"{type(reason).__name__}: {reason}"[:2000].encode()),
            ("dead-service", self._service.encode()),
            ("dead-partition", str(record.partition).encode()),
            ("dead-offset", str(record.offset).encode()),
        ]
        kept = [(name, value) for name, value in record.headers if not name.startswith("dead-")]
        await self._producer.send_and_wait(
            record.topic + SUFFIX, record.value, key=record.key, headers=[*kept, *headers]
        )
        metrics.DEAD_LETTERS.labels(record.topic).inc()
        where = {"topic": record.topic, "partition": record.partition, "offset": record.offset}
        log = logs.get("dead-letters")
        log.error("an event was put aside", reason=str(reason), exc_info=reason, **where)

    def _count(self, project: str) -> None:
        now = time.monotonic()
        self._recent.append((now, project))
        self._by_project[project] += 1
        while now - self._recent[0][0] > WINDOW_SECONDS:
            self._by_project[self._recent.popleft()[1]] -= 1
        unreadable, projects = self._by_project[""], len(+self._by_project)
        is_general = unreadable > self._per_minute_max or projects >= PROJECTS_MIN
        if is_general and len(self._recent) > self._per_minute_max:
            raise TooManyDeadLetters(f"More than {self._per_minute_max} dead letters in a minute.")


app = typer.Typer(help="Look at dead letters, and replay them once their cause is mended.")
Bootstrap = Annotated[str, typer.Option(help="host:port of a Kafka broker.")]
Topic = Annotated[str, typer.Argument(help="The topic whose dead letters are meant.")]


@asynccontextmanager
async def _reading(bootstrap: str, topic: str) -> AsyncIterator[AIOKafkaConsumer]:
    consumer = AIOKafkaConsumer(
        topic + SUFFIX,
        bootstrap_servers=bootstrap,
        group_id=f"dead-letters-{topic}",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
    )
    await consumer.start()
    try:
        yield consumer
    finally:
        await consumer.stop()


async def waiting(bootstrap: str, topic: str) -> list[ConsumerRecord]:
    """The dead letters of `topic` that were not replayed yet."""
    async with _reading(bootstrap, topic) as consumer:
        return await _rest(consumer)


async def replay_all(bootstrap: str, topic: str) -> int:
    """Send the waiting dead letters of `topic` to it once more; return how many."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", enable_idempotence=True)
    await producer.start()
    try:
        async with _reading(bootstrap, topic) as consumer:
            letters = await _rest(consumer)
            for letter in letters:
                await producer.send_and_wait(
                    topic, letter.value, key=letter.key, headers=list(letter.headers)
                )
            if letters:
                await consumer.commit()
            return len(letters)
    finally:
        await producer.stop()


async def _rest(consumer: AIOKafkaConsumer) -> list[ConsumerRecord]:
    """What lies in the topic now. Its ends are asked first, so that an empty one ends at once."""
    ends = await consumer.end_offsets(consumer.assignment())
    letters: list[ConsumerRecord] = []
    for partition, end in ends.items():
        while await consumer.position(partition) < end:
            batch = await consumer.getmany(partition, timeout_ms=500)
            letters += [letter for part in batch.values() for letter in part]
    return letters


def _described(letter: ConsumerRecord) -> dict[str, Any]:
    headers = {name: value.decode(errors="replace") for name, value in letter.headers}
    return {
        "offset": letter.offset,
        "key": (letter.key or b"").decode(errors="replace"),
        **headers,
        "value": (letter.value or b"").decode(errors="replace"),
    }


@app.command("list")
def show(topic: Topic, bootstrap: Bootstrap) -> None:
    """Print the dead letters that wait, one JSON object a line."""
    for letter in asyncio.run(waiting(bootstrap, topic)):
        typer.echo(json.dumps(_described(letter)))


@app.command()
def replay(topic: Topic, bootstrap: Bootstrap) -> None:
    """Send the waiting dead letters once more."""
    typer.echo(f"{asyncio.run(replay_all(bootstrap, topic))} replayed to {topic}.")


def main() -> None:
    """The command labelwright-dead-letters."""
    app()
