"""The final state of the queue: all its events in Kafka, and its rows in the database."""

from collections.abc import AsyncIterator
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from chaos import Database, Publisher
from history import Expired, FinalState, LeaseRow, Skipped, Submitted, WorkRow

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


async def read_final_state(publisher: Publisher) -> FinalState:
    tasks = publisher.tasks
    work = [
        WorkRow(
            tasks[row["task_id"]], row["target"], row["leased"], row["answered"], row["answers"]
        )
        for row in await publisher.database.fetch(WORK)
    ]
    leases = [
        LeaseRow(
            str(row["lease_id"]), row["annotator"], tasks[row["task_id"]], row["ended"],
            row["answer_id"] and str(row["answer_id"]),
        )
        for row in await publisher.database.fetch(LEASES)
    ]  # fmt: skip
    found = FinalState(work=work, leases=leases)
    async for envelope in queue_events(publisher):
        add(found, envelope, publisher)
    return found


def add(found: FinalState, envelope: Envelope, publisher: Publisher) -> None:
    event: Any
    if envelope.kind == AnnotationSubmitted.kind():
        event = envelope.event(AnnotationSubmitted)
        submitted = Submitted(
            str(event.event_id), str(event.annotation_id), event.annotator,
            publisher.tasks[event.task_id], event.label["why"],
        )  # fmt: skip
        found.submitted.append(submitted)
    elif envelope.kind == TaskSkipped.kind():
        event = envelope.event(TaskSkipped)
        task = publisher.tasks[event.task_id]
        found.skipped.append(Skipped(str(event.event_id), event.annotator, task))
    elif envelope.kind == LeaseExpired.kind():
        event = envelope.event(LeaseExpired)
        found.expired.append(Expired(str(event.event_id), str(event.lease_id)))


async def queue_events(publisher: Publisher) -> AsyncIterator[Envelope]:
    """Yield all events of the topics `annotations` and `leases`, including repeated ones."""
    bootstrap = publisher.system.ready["kafka"]["bootstrap"]
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    try:
        dead = [topic.name + SUFFIX for topic in TOPICS]
        assert not [one async for one in records(consumer, dead)], "there are dead letters"
        async for record in records(consumer, ["annotations", "leases"]):
            yield Envelope.read(record.value)
    finally:
        await consumer.stop()


async def records(consumer: AIOKafkaConsumer, topics: list[str]) -> AsyncIterator[ConsumerRecord]:
    """Yield all records up to the present ends of `topics`."""
    partitions = [TopicPartition(t, n) for t in topics for n in range(PARTITIONS)]
    consumer.assign(partitions)
    await consumer.seek_to_beginning(*partitions)
    for partition, end in (await consumer.end_offsets(partitions)).items():
        while await consumer.position(partition) < end:
            for found in (await consumer.getmany(partition, timeout_ms=500)).values():
                for record in found:
                    yield record


async def wait_until_idle(database: Database) -> None:
    """Return when every lease has ended and the outbox is empty."""
    await database.until("SELECT count(*) = 0 FROM leases WHERE ended IS NULL", seconds=30)
    await database.until("SELECT count(*) = 0 FROM outbox")
