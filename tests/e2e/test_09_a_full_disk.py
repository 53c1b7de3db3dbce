"""A full disk below PostgreSQL and Kafka: writes are refused, reads continue."""

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from labelwright_local.testing import UP, RunningStack, running_stack

System = Any
PORT_BASE = 28900
DISK_BYTES = 800_000_000
MOUNT = f'mount -t tmpfs -o size={DISK_BYTES} none "$1" && shift && exec "$@"'

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0, reason="only root makes a small disk, and looks into it from outside"
)


class SmallDisk:
    """A disk that is mounted for the stack only; tests reach it through one of its processes."""

    def __init__(self, home: Path, stack: RunningStack) -> None:
        self._home, self._stack = home, stack

    @property
    def path(self) -> Path:
        return Path(f"/proc/{self._stack.process.pid}/root{self._home}")

    def fill(self) -> None:
        with (self.path / "fill").open("wb", buffering=0) as file:
            for size in (1 << 20, 1 << 12):
                try:
                    while file.write(bytes(size)):
                        pass
                except OSError:
                    continue

    def free(self) -> None:
        (self.path / "fill").unlink()


@pytest.fixture
def disk_and_system(tmp_path: Path, connect: Any) -> Iterator[tuple[SmallDisk, System]]:
    home = tmp_path / "disk"
    home.mkdir()
    mount = ["unshare", "--mount", "sh", "-c", MOUNT, "sh", str(home)]
    command = [*mount, "env", f"LABELWRIGHT_HOME={home}", *UP]
    with running_stack(tmp_path, PORT_BASE, command=command) as stack:
        disk = SmallDisk(home, stack)
        system = connect(disk.path, stack)
        yield disk, system
        system.http.close()


async def write_until_it_fails(bootstrap: str) -> None:
    """Write more to Kafka than its disk can hold, in events that no service subscribes to."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", request_timeout_ms=3000)
    await producer.start()
    try:
        async with asyncio.timeout(60):
            while True:
                await producer.send_and_wait(
                    "tasks.dead", bytes(1 << 19), headers=[("kind", b"nothing")]
                )
    except (KafkaError, TimeoutError):
        pass
    finally:
        await producer.stop()


def check_reads(system: System, project: str) -> None:
    """Check that everything can be read, and that every service refuses writes."""
    for service, path in [
        ("ingest", f"/v1/projects/{project}"),
        ("queue", "/v1/queues"),
        ("consensus", f"/v1/projects/{project}/agreement"),
        ("quality", f"/v1/projects/{project}/spec-issues"),
        ("dataset-store", f"/v1/projects/{project}/labels/summary"),
    ]:
        read = system.call(service, "GET", path)
        assert read.status_code == 200, f"{service}: {read.text}"
        ready = system.http.get(system.url(service) + "/health/ready")
        assert ready.status_code == 200
        assert "read-only" in ready.json()["writes"]


def test_on_a_full_disk_writes_are_refused_reads_go_on_and_nothing_acknowledged_is_lost(
    disk_and_system: tuple[SmallDisk, System], wait: Any, tmp_path: Path
) -> None:
    disk, system = disk_and_system
    screen = tmp_path / "up.log"
    system.project("disk", 6, redundancy=1)
    held = wait(lambda: found if len(found := system.lease("ada", "disk", count=6)) == 6 else None)
    answered: list[dict[str, Any]] = []
    refused: list[dict[str, Any]] = []

    def try_to_answer(lease: dict[str, Any]) -> bool:
        answer = system.answer("ada", lease, "good")
        if answer.status_code in (200, 201):
            answered.append(lease)
            return True
        assert answer.status_code in (503, 507), answer.text
        refused.append(answer.json())
        return False

    assert try_to_answer(held[0])
    disk.fill()
    wait(lambda: "the disk is full" in screen.read_text())
    wait(lambda: not try_to_answer(held[1]) and refused[-1]["type"] == "urn:problem:read-only")
    asyncio.run(write_until_it_fails(system.ready["kafka"]["bootstrap"]))
    wait(lambda: "starting it again once there is room on the disk" in screen.read_text())

    assert not try_to_answer(held[2])
    assert "disk is full" in refused[-1]["detail"]
    assert system.stack.process.poll() is None
    check_reads(system, "disk")
    own = system.call("queue", "GET", "/v1/leases", name="ada", roles=("annotator",))
    assert len(own.json()["leases"]) == 6 - sum(one in answered for one in held)

    disk.free()
    wait(lambda: "there is room on the disk again" in screen.read_text())
    for lease in held:
        wait(lambda lease=lease: system.answer("ada", lease, "good").status_code in (200, 201))
    wait(lambda: sum(system.summary("disk").get("decided", {}).values()) == 6, 120)
