"""Publishes events to Kafka in place of services that do not run. Tests use it too."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from aiokafka import AIOKafkaProducer

from chassis.clock import utc_now
from schemas.canonical import digest
from schemas.envelope import Event
from schemas.events import SpecPublished, TaskCreated
from schemas.vocabulary import SpecDocument, document_of, item_id

Fields = Sequence[dict[str, Any]]


class Record(NamedTuple):
    """A Kafka record of an event."""

    topic: str
    key: bytes
    body: bytes
    headers: list[tuple[str, bytes]]


def spec_published(
    project: str, fields: Fields, policy: dict[str, Any], *, version: int = 1
) -> SpecPublished:
    """Return the event of a spec version, as ingest publishes it."""
    document = SpecDocument.model_validate(
        {"task_type": "mood", "fields": list(fields), "policy": policy}
    )
    content = document.model_dump(mode="json")
    return SpecPublished(
        occurred_at=utc_now(),
        project=project,
        spec_version=version,
        spec_hash=digest(content),
        document=content,
    )


def tasks_created(spec: SpecPublished, task_ids: Iterable[Any]) -> Iterator[TaskCreated]:
    """Yield the tasks of the items `x0`, `x1`, … under `spec`, one for each of `task_ids`."""
    document = document_of(spec.document)
    for n, task_id in enumerate(task_ids):
        yield TaskCreated(
            occurred_at=spec.occurred_at,
            project=spec.project,
            task_id=task_id,
            item_id=item_id(spec.project, f"x{n}", ""),
            external_id=f"x{n}",
            revision=1,
            spec_version=spec.spec_version,
            task_type=document.task_type,
            payload={"text": f"text {n}"},
            payload_sha256="0" * 64,
            priority=5,
            purpose="work",
            redundancy=document.policy.redundancy,
            redundancy_max=document.policy.redundancy_max,
            overlap="all",
            position=n + 1,
        )


def as_record(event: Event, source: str = "ingest") -> Record:
    """Return the Kafka record of an event."""
    head = [("kind", event.kind().encode()), ("traceparent", b"")]
    return Record(event.topic.name, event.key.encode(), event.to_wire(source), head)


async def publish(bootstrap: str, events: Iterable[Event], *, source: str = "ingest") -> None:
    """Publish `events` of the service `source`; return once the broker has them all."""
    await send(bootstrap, (as_record(event, source) for event in events))


async def send(bootstrap: str, records: Iterable[Record]) -> None:
    """Send records; return once the broker has them all."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, linger_ms=20)
    await producer.start()
    try:
        for record in records:
            await producer.send(record.topic, record.body, key=record.key, headers=record.headers)
        await producer.flush()
    finally:
        await producer.stop()
