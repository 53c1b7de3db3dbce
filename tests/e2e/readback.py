"""What the queue left behind, read from Kafka's beginning to its end and from the database."""

from collections.abc import AsyncIterator
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from director import Database, Director
from history import Aftermath, Expired, LeaseRow, Skipped, Submitted, WorkRow

from chassis.events.dead_letters import SUFFIX
from labelwright_local.topics import PARTITIONS
from schemas.envelope import Envelope
from schemas.events import AnnotationSubmitted, LeaseExpired, TaskSkipped
from schemas.topics import TOPICS

WORK = """
SELECT w.task_id, w.target, w.leased, w.answered,
    (SELECT count(*) FROM answers a JOIN leases l USING (lease_id)
        WHERE a.work_id = w.work_id AND l.kind = 'human') AS answers
FROM work w
"""
LEASES = """
SELECT l.lease_id, l.annotator, w.task_id, l.ended, a.answer_id
FROM leases l JOIN work w USING (work_id) LEFT JOIN answers a USING (lease_id)
"""


async def read(director: Director) -> Aftermath:
    """All of it."""
    tasks = director.tasks
    work = [
        WorkRow(
            tasks[row["task_id"]], row["target"], row["leased"], row["answered"], row["answers"]
        )
        for row in await director.database.ask(WORK)
    ]
    leases = [
        LeaseRow(
            str(row["lease_id"]), row["annotator"], tasks[row["task_id"]], row["ended"],
            row["answer_id"] and str(row["answer_id"]),
        )
        for row in await director.database.ask(LEASES)
    ]  # fmt: skip
    found = Aftermath(work=work, leases=leases)
    async for envelope in said_by_the_queue(director):
        add(found, envelope, director)
    return found


def add(found: Aftermath, envelope: Envelope, director: Director) -> None:
    event: Any
    if envelope.kind == AnnotationSubmitted.kind():
        event = envelope.event(AnnotationSubmitted)
        told = Submitted(
            str(event.event_id), str(event.annotation_id), event.annotator,
            director.tasks[event.task_id], event.label["why"],
        )  # fmt: skip
        found.submitted.append(told)
    elif envelope.kind == TaskSkipped.kind():
        event = envelope.event(TaskSkipped)
        task = director.tasks[event.task_id]
        found.skipped.append(Skipped(str(event.event_id), event.annotator, task))
    elif envelope.kind == LeaseExpired.kind():
        event = envelope.event(LeaseExpired)
        found.expired.append(Expired(str(event.event_id), str(event.lease_id)))


async def said_by_the_queue(director: Director) -> AsyncIterator[Envelope]:
    """Everything on `annotations` and `leases`, as often as it is there."""
    bootstrap = director.system.ready["kafka"]["bootstrap"]
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    try:
        dead = [topic.name + SUFFIX for topic in TOPICS]
        assert not [one async for one in records(consumer, dead)], "something was put aside"
        async for record in records(consumer, ["annotations", "leases"]):
            yield Envelope.read(record.value)
    finally:
        await consumer.stop()


async def records(consumer: AIOKafkaConsumer, topics: list[str]) -> AsyncIterator[ConsumerRecord]:
    """All that lies in these topics now."""
    partitions = [TopicPartition(t, n) for t in topics for n in range(PARTITIONS)]
    consumer.assign(partitions)
    await consumer.seek_to_beginning(*partitions)
    for partition, end in (await consumer.end_offsets(partitions)).items():
        while await consumer.position(partition) < end:
            for found in (await consumer.getmany(partition, timeout_ms=500)).values():
                for record in found:
                    yield record


async def quiet(database: Database) -> None:
    """Return once every lease has ended and every event has left."""
    await database.until("SELECT count(*) = 0 FROM leases WHERE ended IS NULL", seconds=30)
    await database.until("SELECT count(*) = 0 FROM outbox")
