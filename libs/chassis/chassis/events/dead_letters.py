"""Dead letters: events that cannot be delivered, stored with the reason and replayable.

They are sent to `<topic>.dead` directly and not by the outbox, since the database may be what
refuses them. With too many in a minute the consumer stops instead: a topic of dead letters that
takes all the traffic is an unnoticed outage. Dead letters of only one or two projects never stop
it, since it serves the other projects.
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
"""The number of projects with dead letters from which the fault is taken as a general one."""


class TooManyDeadLetters(RuntimeError):
    """Raised when more events became dead letters in a minute than allowed."""


class DeadLetters:
    """Sends the dead letters of one service, and limits their number."""

    def __init__(self, producer: AIOKafkaProducer, service: str, per_minute_max: int) -> None:
        """Send by `producer`; allow `per_minute_max` in a minute."""
        self._producer = producer
        self._service = service
        self._per_minute_max = per_minute_max
        self._recent: deque[tuple[float, str]] = deque()
        self._by_project: Counter[str] = Counter()

    async def add(self, record: ConsumerRecord, reason: Exception, project: str = "") -> None:
        """Send `record` as a dead letter; `project` is empty if the record could not be decoded.

        Raises TooManyDeadLetters beyond the limit.
        """
        self._count(project)
        headers = [
            ("dead-reason", f"{type(reason).__name__}: {reason}"[:2000].encode()),
            ("dead-service", self._service.encode()),
            ("dead-partition", str(record.partition).encode()),
            ("dead-offset", str(record.offset).encode()),
        ]
        own = [(name, value) for name, value in record.headers if not name.startswith("dead-")]
        await self._producer.send_and_wait(
            record.topic + SUFFIX, record.value, key=record.key, headers=[*own, *headers]
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


app = typer.Typer(help="List dead letters, and replay them after their cause is mended.")
Bootstrap = Annotated[str, typer.Option(help="host:port of a Kafka broker.")]
Topic = Annotated[str, typer.Argument(help="The topic that the dead letters were read from.")]


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


async def unreplayed(bootstrap: str, topic: str) -> list[ConsumerRecord]:
    """Return the dead letters of `topic` that were not replayed yet."""
    async with _reading(bootstrap, topic) as consumer:
        return await _read_to_end(consumer)


async def replay_all(bootstrap: str, topic: str) -> int:
    """Send the unreplayed dead letters of `topic` to it again; return their number."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", enable_idempotence=True)
    await producer.start()
    try:
        async with _reading(bootstrap, topic) as consumer:
            records = await _read_to_end(consumer)
            for record in records:
                await producer.send_and_wait(
                    topic, record.value, key=record.key, headers=list(record.headers)
                )
            if records:
                await consumer.commit()
            return len(records)
    finally:
        await producer.stop()


async def _read_to_end(consumer: AIOKafkaConsumer) -> list[ConsumerRecord]:
    """Return all records up to the present end of the topic, without waiting for further ones."""
    ends = await consumer.end_offsets(consumer.assignment())
    records: list[ConsumerRecord] = []
    for partition, end in ends.items():
        while await consumer.position(partition) < end:
            batch = await consumer.getmany(partition, timeout_ms=500)
            records += [record for part in batch.values() for record in part]
    return records


def _as_object(record: ConsumerRecord) -> dict[str, Any]:
    headers = {name: value.decode(errors="replace") for name, value in record.headers}
    return {
        "offset": record.offset,
        "key": (record.key or b"").decode(errors="replace"),
        **headers,
        "value": (record.value or b"").decode(errors="replace"),
    }


@app.command("list")
def show(topic: Topic, bootstrap: Bootstrap) -> None:
    """Print the unreplayed dead letters, one JSON object per line."""
    for record in asyncio.run(unreplayed(bootstrap, topic)):
        typer.echo(json.dumps(_as_object(record)))


@app.command()
def replay(topic: Topic, bootstrap: Bootstrap) -> None:
    """Send the unreplayed dead letters to their topic again."""
    typer.echo(f"{asyncio.run(replay_all(bootstrap, topic))} replayed to {topic}.")


def main() -> None:
    """Run the command labelwright-dead-letters."""
    app()
