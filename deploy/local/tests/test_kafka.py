import asyncio
import shutil
import struct
import subprocess
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from labelwright_local import aot, jars, java, kafka, topics
from labelwright_local.java import Java
from labelwright_local.kafka import Kafka
from labelwright_local.process_guard import ProcessGuard
from labelwright_local.testing import KafkaServer, running_kafka

CHECKSUM = slice(17, 21)
TIMES = slice(27, 43)
TIME_OF_THE_SNAPSHOT = slice(73, 81)


def test_the_stored_snapshot_equals_that_of_kafkas_tool(
    kafka_server: KafkaServer, tmp_path: Path
) -> None:
    settings = tmp_path / "server.properties"
    settings.write_text(kafka.SETTINGS.format(port=1, controller=2, data=tmp_path / "data"))
    class_path = jars.class_path(kafka_server.kafka.jars)
    tool = [str(java.find().program), "-cp", class_path, "kafka.tools.StorageTool", "format"]
    arguments = ["-c", str(settings), "-t", kafka.random_id()]
    subprocess.run([*tool, *arguments], check=True, capture_output=True)

    (written,) = (tmp_path / "data" / "__cluster_metadata-0").glob("*.checkpoint")

    assert timeless(written.read_bytes()) == timeless(kafka.BOOTSTRAP.read_bytes())


def timeless(snapshot: bytes) -> bytes:
    """Return a snapshot without times, and without the checksums that depend on them."""
    blank, start = bytearray(snapshot), 0
    while start < len(blank):
        for part in (CHECKSUM, TIMES):
            blank[start + part.start : start + part.stop] = bytes(part.stop - part.start)
        start += 12 + struct.unpack_from(">i", blank, start + 8)[0]
    blank[TIME_OF_THE_SNAPSHOT] = bytes(8)
    return bytes(blank)


async def test_an_acknowledged_message_survives_a_kill(tmp_path: Path) -> None:
    with running_kafka(tmp_path / "kafka") as server:
        await topics.create(server.bootstrap, [aot.Training()])
        async with AIOKafkaProducer(
            bootstrap_servers=server.bootstrap, enable_idempotence=True
        ) as producer:
            await producer.send_and_wait("training", b"kept", partition=0)

        await asyncio.to_thread(server.kill)
        await asyncio.to_thread(server.start)

        assert await first_message(server.bootstrap) == b"kept"


async def first_message(bootstrap: str) -> bytes:
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    async with consumer:
        consumer.assign([TopicPartition("training", 0)])
        message = await asyncio.wait_for(consumer.getone(), 60)
    return bytes(message.value or b"")


async def test_a_start_cache_is_made_once_and_starts_a_broker(
    tmp_path: Path, guard: ProcessGuard, kafka_server: KafkaServer
) -> None:
    own = Kafka(tmp_path / "own", 1, 2, tmp_path / "cache")
    shutil.copytree(
        kafka_server.kafka.jars, own.jars, ignore=shutil.ignore_patterns("*.aot", "training")
    )
    found = java.find()

    first = await aot.make_if_missing(own, found, guard)
    made = own.aot_cache(found).stat()
    second = await aot.make_if_missing(own, found, guard)

    assert (first or "").startswith("Kafka's start cache is ready")
    assert second is None
    assert own.aot_cache(found).stat() == made
    assert not (own.jars / "training").exists()
    assert uses_the_cache(own, found)
    next(own.jars.glob("kafka-clients-*.jar")).touch()
    assert not uses_the_cache(own, found)


def uses_the_cache(broker: Kafka, found: Java) -> bool:
    """Return True if Java accepts the cache for the class path; else AOTMode=on makes it exit."""
    words = [str(found.program), *kafka.QUICK_START, *kafka.quiet(found), "-Xmx256m"]
    words += [f"-XX:AOTCache={broker.aot_cache(found)}", "-XX:AOTMode=on"]
    words += ["-cp", jars.class_path(broker.jars), "kafka.Kafka"]
    run = subprocess.run(words, capture_output=True, text=True, check=False)
    return "USAGE" in run.stdout + run.stderr


async def test_no_start_cache_is_made_for_a_java_without_them(
    tmp_path: Path, guard: ProcessGuard
) -> None:
    own = Kafka(tmp_path / "own", 1, 2, tmp_path / "cache")

    assert await aot.make_if_missing(own, Java(Path("java"), "24.0.1"), guard) is None
    assert not (tmp_path / "cache").exists()


async def test_a_training_run_that_fails_is_reported_without_an_error(
    tmp_path: Path, guard: ProcessGuard
) -> None:
    own = Kafka(tmp_path / "own", 1, 2, tmp_path / "cache")
    own.jars.mkdir(parents=True)

    result = await aot.make_if_missing(own, Java(Path("false"), "25.0.2"), guard)

    assert "could not be made" in (result or "")
    assert not list(own.jars.glob("training"))


def test_a_path_with_other_characters_is_escaped_for_java() -> None:
    assert kafka.escaped(Path("/home/zoë/a\\b")) == "/home/zo\\u00eb/a\\\\b"


@pytest.mark.parametrize("folder", ["with space", "zoë"])
def test_a_broker_starts_in_a_folder_of_any_name(folder: str, tmp_path: Path) -> None:
    with running_kafka(tmp_path / folder) as server:
        assert (tmp_path / folder / "data" / "meta.properties").exists()
        assert server.pid
