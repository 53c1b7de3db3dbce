"""Promises that only the whole system can break."""

import asyncio
import json
import re
import socket
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from schemas.topics import TOPICS

System = Any
PARTS = ("ingest", "queue", "consensus", "quality", "dataset-store", "kafka", "postgres")


def crowd(folder: Path, items: int = 60, voters: int = 6) -> tuple[Path, Path]:
    """Return recorded annotations that mostly agree, with every fifth item disputed."""
    rows = ["item_id,annotator_id,label"]
    for item in range(items):
        for voter in range(voters):
            says = "yes" if (item % 5 or voter % 2) else "no"
            rows.append(f"i{item},a{(item + voter) % 20},{says}")
    votes, gold = folder / "votes.csv", folder / "gold.csv"
    votes.write_text("\n".join(rows) + "\n")
    gold.write_text("item_id,label\n" + "".join(f"i{item},yes\n" for item in range(items)))
    return votes, gold


def replay(system: System, folder: Path, project: str) -> dict[str, Any]:
    votes, gold = crowd(folder)
    done = system.cli("replay", "--votes", str(votes), "--gold", str(gold), "--honeypots", "0.1",
                      "--redundancy", "all", "--project", project, "--json")  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def counts(report: dict[str, Any]) -> dict[str, Any]:
    return {name: report[name] for name in ("items", "decided", "adjudicated", "contested")}


def test_whatever_is_killed_no_answer_is_lost_or_doubled(
    system: System, wait: Any, tmp_path: Path
) -> None:
    """Every part is killed by SIGKILL during a replay, which ends like an undisturbed one."""
    undisturbed = replay(system, tmp_path, "calm")
    stop = threading.Event()
    killed: list[str] = []

    def kill_in_turn() -> None:
        for part in PARTS:
            if stop.wait(1.5):
                return
            system.kill(part)
            killed.append(part)

    killer = threading.Thread(target=kill_in_turn)
    killer.start()
    try:
        report = replay(system, tmp_path, "storm")
    finally:
        stop.set()
        killer.join()

    assert len(killed) >= 4, f"the replay was over before the storm: {killed}"
    assert counts(report) == counts(undisturbed)
    # The last kill may have come when the replay was over already.
    wait(lambda: all(listens(one["url"]) for one in system.ready["services"].values()))
    assert system.summary("storm")["decided"] == system.summary("calm")["decided"]


def test_replaying_every_topic_twice_changes_nothing(system: System, wait: Any) -> None:
    before = {name: system.summary(name) for name in ("calm", "storm")}
    hashes = [published(system, name) for name in before]
    wait(lambda: listens(system.ready["kafka"]["bootstrap"]))

    for _ in range(2):
        sent = asyncio.run(replay_topics(system.ready["kafka"]["bootstrap"]))
        assert sent > 500
        wait(lambda: lag(system) == 0, 90)

    assert {name: system.summary(name) for name in before} == before
    assert [published(system, name) for name in before] == hashes


def listens(address: str) -> bool:
    """Return True if a server accepts connections. A killed broker needs longer than services."""
    host, port = address.removeprefix("http://").rsplit(":", 1)
    try:
        socket.create_connection((host, int(port)), timeout=1).close()
    except OSError:
        return False
    return True


def published(system: System, project: str) -> str:
    url = f"/v1/datasets/{project}-twice/versions"
    return str(system.call("dataset-store", "POST", url, json={"project": project}).json()["hash"])


async def replay_topics(bootstrap: str) -> int:
    """Publish all events again."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all")
    await consumer.start()
    await producer.start()
    sent = 0
    for topic in TOPICS:
        parts = [TopicPartition(topic.name, part) for part in range(3)]
        consumer.assign(parts)
        await consumer.seek_to_beginning(*parts)
        ends = await consumer.end_offsets(parts)
        for part, end in ends.items():
            while await consumer.position(part) < end:
                for records in (await consumer.getmany(part, timeout_ms=500)).values():
                    for record in records:
                        if record.offset < end:
                            await producer.send(topic.name, record.value, key=record.key,
                                                headers=list(record.headers))  # fmt: skip
                            sent += 1
    await producer.flush()
    await producer.stop()
    await consumer.stop()
    return sent


def lag(system: System) -> float:
    """Return the number of events that any service has not handled, by its own metrics."""
    waiting = 0.0
    for service in ("ingest", "queue", "consensus", "quality", "dataset-store"):
        text = system.metrics(service)
        lines = [line for line in text.splitlines() if line.startswith("labelwright_consumer_lag")]
        waiting += sum(float(line.rsplit(" ", 1)[1]) for line in lines)
    return waiting


def test_sixteen_clients_never_hold_more_than_redundancy(system: System) -> None:
    system.project("busy", 40, redundancy=3)

    held = asyncio.run(sixteen(system))

    texts = Counter(text for _, text in held)
    assert len(held) == len(set(held)) == 120
    assert set(texts.values()) == {3}


async def sixteen(system: System) -> list[tuple[int, str]]:
    held: list[tuple[int, str]] = []

    async def work(number: int, http: httpx.AsyncClient) -> None:
        who = system.bearer(f"busy-{number}", "annotator")
        empty = 0
        while empty < 3:
            body = {"projects": ["busy"], "count": 3, "wait_seconds": 1}
            answer = await http.post("/v1/leases", json=body, headers=who)
            leases = answer.raise_for_status().json()["leases"]
            empty = 0 if leases else empty + 1
            held.extend((number, lease["payload"]["text"]) for lease in leases)
            for lease in leases:
                url = f"/v1/leases/{lease['lease_id']}/annotation"
                done = await http.put(url, json={"label": {"mood": "good"}}, headers=who)
                assert done.status_code == 201, done.text

    async with httpx.AsyncClient(base_url=system.url("queue"), timeout=60) as http:
        await asyncio.gather(*(work(number, http) for number in range(16)))
    return held


def test_a_version_built_again_from_the_events_has_the_same_hash(system: System, wait: Any) -> None:
    """After the ledger is emptied, the same events make a version with the same bytes."""
    before, summary = published(system, "calm"), system.summary("calm")
    asyncio.run(forget_ledger(system))

    wait(lambda: system.summary("calm") == {})
    asyncio.run(replay_topics(system.ready["kafka"]["bootstrap"]))

    wait(lambda: system.summary("calm") == summary, 90)
    assert published(system, "calm") == before


async def forget_ledger(system: System) -> None:
    address = system.ready["postgres"]["url"].replace("+asyncpg", "").rsplit("/", 1)[0]
    ledger = await asyncpg.connect(address + "/dataset_store")
    tables = await ledger.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    names = [row["tablename"] for row in tables if row["tablename"] != "alembic_version"]
    await ledger.execute(f"TRUNCATE {', '.join(names)}")
    await ledger.close()


def test_nothing_listens_beyond_the_loopback(system: System) -> None:
    ports = {int(one["url"].rsplit(":", 1)[1]) for one in system.ready["services"].values()}
    ports |= {int(system.ready["kafka"]["bootstrap"].rsplit(":", 1)[1])}
    tables = [Path(f"/proc/net/{name}").read_text().splitlines()[1:] for name in ("tcp", "tcp6")]
    listening = [row.split() for table in tables for row in table]
    found = {
        int(port, 16): address
        for address, port in (row[1].split(":") for row in listening if row[3] == "0A")
        if int(port, 16) in ports
    }

    assert set(found) == ports
    assert {address[-8:] for address in found.values()} == {"0100007F"}
    assert {address[:-8] for address in found.values()} <= {"", "0000000000000000FFFF0000"}


EXEMPT = {("queue", "/v1/blobs/{sha256}"), ("queue", "/v1/invitations/exchange")}
"""A signature in the address, and the secret of an invitation, stand for a token."""
"""The route of signed addresses, which needs no token."""


def test_without_a_token_only_the_exempt_paths_answer(system: System) -> None:
    for service in ("ingest", "queue", "consensus", "quality", "dataset-store"):
        url = system.url(service)
        document = system.http.get(url + "/openapi.json").json()
        for path, methods in document["paths"].items():
            for method in methods:
                where = re.sub(r"\{[^}]*\}", "1", path)
                if (service, path) in EXEMPT:
                    continue
                answer = system.http.request(method.upper(), url + where)
                assert answer.status_code == 401, (service, method, path, answer.status_code)


def test_a_blob_is_not_read_with_a_wrong_signature(system: System) -> None:
    path = f"/v1/blobs/{'0' * 64}"
    for query in ("", f"?expires=4102444800&signature={'0' * 64}"):
        answer = system.http.get(system.url("queue") + path + query)
        assert answer.status_code == (403 if query else 422), answer.text


def test_the_rte_crowd_plays(system: System, data: Path) -> None:
    files = {name: str(data / "rte" / f"{name}.csv") for name in ("votes", "items", "gold")}
    started = time.monotonic()
    done = system.cli("replay", *(w for n, f in files.items() for w in (f"--{n}", f)), "--json")

    assert done.returncode == 0, done.stderr[-3000:]
    report = json.loads(done.stdout.splitlines()[-1])
    assert report["decided"] + report["adjudicated"] + report["contested"] == report["items"]
    assert report["accuracy"]["with_expert"] > report["accuracy"]["majority"]
    assert report["accuracy"]["undisputed"] > report["accuracy"]["single"]
    assert report["seconds"] <= time.monotonic() - started
    assert system.cli("verify", report["version"]).returncode == 0


@pytest.fixture(scope="module", autouse=True)
def _nothing_was_put_aside(system: System) -> Any:
    yield
    for service in ("ingest", "queue", "consensus", "quality", "dataset-store"):
        text = system.metrics(service)
        letters = [
            line for line in text.splitlines() if line.startswith("labelwright_dead_letters_total{")
        ]
        assert letters == [], service
