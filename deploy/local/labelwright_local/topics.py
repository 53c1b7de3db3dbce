"""Creating the topics of the stack, with their partitions and retention."""

import asyncio
import time
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Protocol

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import GroupCoordinatorNotAvailableError, GroupLoadInProgressError

from labelwright_local.refusal import CannotStart

PARTITIONS = 3
DEAD = ".dead"
LEADER_SECONDS = 30.0
POLL_SECONDS = 0.05
GROUPS_POLL_SECONDS = 0.25
NO_LIMIT = "-1"
ALREADY_EXISTS = 36


class Topic(Protocol):
    """The name and the retention of a topic."""

    @property
    def name(self) -> str:
        """The name."""

    @property
    def retention(self) -> timedelta | None:
        """The time for which its events are kept; None for no limit."""


async def create(bootstrap: str, topics: Sequence[Topic]) -> None:
    """Create missing topics, each with a topic of dead letters; return when all can be used."""
    wanted = {topic.name: configuration(topic.retention) for topic in topics}
    wanted |= {topic.name + DEAD: configuration(None) for topic in topics}
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await create_or_update(admin, wanted)
        await wait_for_leaders(admin, list(wanted))
        await wait_for_coordinator(admin)
    finally:
        await admin.close()


def configuration(retention: timedelta | None) -> dict[str, str]:
    """Return the settings of a topic with this retention."""
    kept = NO_LIMIT if retention is None else str(round(retention.total_seconds() * 1000))
    return {"retention.ms": kept}


async def create_or_update(admin: AIOKafkaAdminClient, wanted: dict[str, dict[str, str]]) -> None:
    """Create the topics that are missing, and set the settings of the others."""
    existing = wanted.keys() & set(await admin.list_topics())
    new = [
        NewTopic(name, PARTITIONS, 1, topic_configs=settings)
        for name, settings in wanted.items()
        if name not in existing
    ]
    if new:
        raise_errors((await admin.create_topics(new)).topic_errors)
    if existing:
        await admin.alter_configs(
            [ConfigResource(ConfigResourceType.TOPIC, name, wanted[name]) for name in existing]
        )


def raise_errors(answers: list[tuple[Any, ...]]) -> None:
    """Raise CannotStart if Kafka refused a topic, except because it exists."""
    for name, code, *reason in answers:
        if code not in {0, ALREADY_EXISTS}:
            raise CannotStart(f"Kafka refused the topic {name}: {reason[0] if reason else code}.")


async def wait_for_leaders(admin: AIOKafkaAdminClient, names: list[str]) -> None:
    """Wait until every partition of these topics can be written to."""
    deadline = time.monotonic() + LEADER_SECONDS
    while not all(map(has_leaders, await admin.describe_topics(names))):
        if time.monotonic() > deadline:
            raise CannotStart(
                "Kafka runs, but its topics did not get leaders in time: start again."
            )
        await asyncio.sleep(POLL_SECONDS)


async def wait_for_coordinator(admin: AIOKafkaAdminClient) -> None:
    """Wait until groups can form: Kafka creates the topic for them at the first request."""
    deadline = time.monotonic() + LEADER_SECONDS
    while True:
        try:
            await admin.find_coordinator("any")
        except (GroupCoordinatorNotAvailableError, GroupLoadInProgressError) as error:
            if time.monotonic() > deadline:
                raise CannotStart(
                    "Kafka runs, but has no group coordinator: start again."
                ) from error
            await asyncio.sleep(GROUPS_POLL_SECONDS)
        else:
            return


def has_leaders(topic: dict[str, Any]) -> bool:
    """Return True if every partition of a topic has a leader."""
    partitions = topic["partitions"]
    return len(partitions) >= PARTITIONS and all(
        partition["error_code"] == 0 and partition["leader"] >= 0 for partition in partitions
    )
