import asyncio
from datetime import timedelta
from typing import Any, NamedTuple

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from labelwright_local import topics
from labelwright_local.testing import KafkaServer
from schemas.topics import TOPICS


class Topic(NamedTuple):
    name: str
    retention: timedelta | None


async def test_all_topics_of_the_schemas_exist_with_their_dead_letters(
    kafka_server: KafkaServer,
) -> None:
    await topics.create(kafka_server.bootstrap, TOPICS)

    described = await describe(kafka_server.bootstrap)

    names = {topic.name for topic in TOPICS} | {f"{topic.name}.dead" for topic in TOPICS}
    assert names <= described.keys()
    assert all(topics.has_leaders(described[name]) for name in names)
    assert {len(described[name]["partitions"]) for name in names} == {3}


async def test_the_retention_of_an_existing_topic_is_updated(kafka_server: KafkaServer) -> None:
    week = Topic("kept-for-a-week", timedelta(days=7))
    await topics.create(kafka_server.bootstrap, [week, Topic("kept", None)])
    first = [await retention(kafka_server.bootstrap, name) for name in (week.name, "kept")]

    await topics.create(kafka_server.bootstrap, [week._replace(retention=timedelta(hours=1))])

    assert first == ["604800000", "-1"]
    # The controller has it; the broker that is resource hears of it a moment later.
    async with asyncio.timeout(20):
        while await retention(kafka_server.bootstrap, week.name) != "3600000":
            await asyncio.sleep(0.05)
    assert await retention(kafka_server.bootstrap, f"{week.name}.dead") == "-1"


async def describe(bootstrap: str) -> dict[str, Any]:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        return {topic["topic"]: topic for topic in await admin.describe_topics()}
    finally:
        await admin.close()


async def retention(bootstrap: str, name: str) -> str:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        resource = ConfigResource(ConfigResourceType.TOPIC, name)
        (answer,) = await admin.describe_configs([resource])
        entries = answer.resources[0][4]
        return {entry[0]: entry[1] for entry in entries}["retention.ms"]
    finally:
        await admin.close()
