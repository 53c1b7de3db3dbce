"""The topics of the stack, with the partitions and the retention that are stated for them."""

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
FOR_EVER = "-1"
ALREADY_EXISTS = 36


class Topic(Protocol):
    """What is to be known of a topic."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def retention(self) -> timedelta | None:
        """How long its events are kept. None: for ever."""


async def create(bootstrap: str, topics: Sequence[Topic]) -> None:
    """Make sure that all topics exist, each with its dead letters, and that all can be used."""
    wanted = {topic.name: configuration(topic.retention) for topic in topics}
    wanted |= {topic.name + DEAD: configuration(None) for topic in topics}
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await bring_about(admin, wanted)
        await wait_for_leaders(admin, list(wanted))
        await wait_for_coordinator(admin)
    finally:
        await admin.close()


def configuration(retention: timedelta | None) -> dict[str, str]:
    """The settings of a topic that keeps its events that long."""
    kept = FOR_EVER if retention is None else str(round(retention.total_seconds() * 1000))
    return {"retention.ms": kept}


async def bring_about(admin: AIOKafkaAdminClient, wanted: dict[str, dict[str, str]]) -> None:
    """Create the topics that are missing, and state the settings of the others again."""
    existing = wanted.keys() & set(await admin.list_topics())
    new = [
        NewTopic(name, PARTITIONS, 1, topic_configs=settings)
        for name, settings in wanted.items()
        if name not in existing
    ]
    if new:
        refuse_errors((await admin.create_topics(new)).topic_errors)
    if existing:
        await admin.alter_configs(
            [ConfigResource(ConfigResourceType.TOPIC, name, wanted[name]) for name in existing]
        )


def refuse_errors(answers: list[tuple[Any, ...]]) -> None:
    """Raise what Kafka said against a topic; that it exists by now is no reason."""
    for name, code, *reason in answers:
        if code not in {0, ALREADY_EXISTS}:
            raise CannotStart(f"Kafka refused the topic {name}: {reason[0] if reason else code}.")


async def wait_for_leaders(admin: AIOKafkaAdminClient, names: list[str]) -> None:
    """Return when every partition of these topics can be written to."""
    deadline = time.monotonic() + LEADER_SECONDS
    while not all(map(has_leaders, await admin.describe_topics(names))):
        if time.monotonic() > deadline:
            raise CannotStart("Kafka runs, but its topics did not become usable in time.")
        await asyncio.sleep(POLL_SECONDS)


async def wait_for_coordinator(admin: AIOKafkaAdminClient) -> None:
    """Return when groups can form: Kafka makes the topic behind them when the first one asks."""
    deadline = time.monotonic() + LEADER_SECONDS
    while True:
        try:
            await admin.find_coordinator("any")
        except (GroupCoordinatorNotAvailableError, GroupLoadInProgressError) as error:
            if time.monotonic() > deadline:
                raise CannotStart("Kafka runs, but its groups did not become usable.") from error
            await asyncio.sleep(GROUPS_POLL_SECONDS)
        else:
            return


def has_leaders(topic: dict[str, Any]) -> bool:
    """Whether each of a topic's partitions has a leader."""
    partitions = topic["partitions"]
    return len(partitions) >= PARTITIONS and all(
        partition["error_code"] == 0 and partition["leader"] >= 0 for partition in partitions
    )
