"""A whole stack with stand-ins for the services, in a process of its own."""

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from labelwright_local import ports
from labelwright_local.home import cache_from_environment
from labelwright_local.kafka import Kafka
from labelwright_local.testing import RunningStack, running_stack

Alive = Callable[[int], bool]
Soon = Callable[[Callable[[], bool]], bool]
Context = AbstractContextManager[RunningStack]
Start = Callable[..., Context]

SERVICES = ["ingest", "queue", "consensus", "quality", "dataset-store"]
PARTS = [*SERVICES, "postgres", "kafka"]
OWN = {"QUEUE_METRICS_PORT", "QUEUE_CONSUMER_INSTANCE", "QUEUE_PUBLIC_URL"}
"""The settings that differ between the replicas of a service."""


@pytest.fixture(scope="module")
def start(stand_in: Path) -> Start:
    """A function that starts a stack of stand-ins in a home, with a port base."""

    def begin(
        home: Path, base: int, only: str = "", replicas: str = "", **settings: str
    ) -> Context:
        command = ["env", *(f"{name}={value}" for name, value in settings.items())]
        command += [f"PYTHONPATH={stand_in}", sys.executable, str(stand_in / "up.py")]
        command += [only, replicas]
        return running_stack(home, base, command=command)

    return begin


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("stack") / "home"


@pytest.fixture(scope="module")
def base() -> int:
    return free_base()


@pytest.fixture(scope="module")
def stack(start: Start, home: Path, base: int) -> Iterator[RunningStack]:
    with start(home, base) as running:
        yield running


def free_base() -> int:
    """Return a port base for which all ports of a stack are free."""
    for base in range(ports.some_free(1)[0], ports.FREE_RANGE.stop):
        found = ports.Ports(base)
        replicas = [*SERVICES, "queue-2"]
        wanted = [found.of(name) for name in [*ports.STEPS, "queue-2"]]
        if all(map(ports.is_free, [*wanted, *map(found.metrics_of, replicas)])):
            return base
    return free_base()


def pid_of(ready: dict[str, Any], part: str) -> int:
    entry = ready[part] if part in ready else ready["services"][part]
    return int(entry["pid"])


def pids(ready: dict[str, Any]) -> list[int]:
    parts = [part for part in PARTS if part in ready or part in ready["services"]]
    return [pid_of(ready, part) for part in parts]


def settings_of(ready: dict[str, Any], service: str) -> dict[str, str]:
    """Return the environment of a stand-in, which is its answer."""
    with urllib.request.urlopen(ready["services"][service]["url"]) as answer:
        settings: dict[str, str] = json.load(answer)
    return settings


def test_the_ready_file_names_all_parts_and_is_closed_to_others(
    stack: RunningStack, base: int, alive: Alive
) -> None:
    ready = stack.ready

    assert list(ready["services"]) == SERVICES
    assert ready["services"]["queue"]["url"] == f"http://127.0.0.1:{base + 2}"
    for n, name in enumerate(SERVICES, start=1):
        metrics = f"http://127.0.0.1:{base + 100 + n}/metrics"
        assert ready["services"][name]["metrics_url"] == metrics
    assert ready["kafka"]["bootstrap"] == f"127.0.0.1:{base + 7}"
    assert f"@127.0.0.1:{base + 6}/" in ready["postgres"]["url"]
    assert all(alive(pid) for pid in pids(ready))
    assert stat.S_IMODE(stack.ready_file.stat().st_mode) == 0o600


def test_the_ready_file_has_a_token_of_an_admin(stack: RunningStack, home: Path) -> None:
    public = KeySet.import_key_set(json.loads((home / "keys" / "jwks.json").read_text()))

    claims = jwt.decode(stack.ready["admin_token"], public, algorithms=["Ed25519"]).claims

    assert (claims["iss"], claims["roles"], claims["projects"]) == (
        "labelwright-local",
        ["admin"],
        ["*"],
    )


def test_a_service_gets_its_settings_under_its_own_prefix(
    stack: RunningStack, home: Path, base: int
) -> None:
    settings = settings_of(stack.ready, "dataset-store")

    assert settings["DATASET_STORE_DATABASE_URL"].endswith("/dataset_store")
    assert settings["DATASET_STORE_DATABASE_URL"].startswith("postgresql+asyncpg://")
    assert settings["DATASET_STORE_KAFKA_BOOTSTRAP"] == stack.ready["kafka"]["bootstrap"]
    assert settings["DATASET_STORE_JWKS_FILE"] == str(home / "keys" / "jwks.json")
    assert settings["DATASET_STORE_ISSUER"] == "labelwright-local"
    assert settings["DATASET_STORE_PSEUDONYM_KEY"] == (home / "keys/pseudonym").read_text().strip()
    assert settings["DATASET_STORE_PAGE_KEY"] == (home / "keys/page").read_text().strip()
    assert settings["DATASET_STORE_STATE_DIR"] == str(home / "dataset-store")
    assert settings["DATASET_STORE_METRICS_PORT"] == str(base + 105)
    assert settings["DATASET_STORE_LOG_LEVEL"] == "INFO"
    assert json.loads(settings["DATASET_STORE_ALLOWED_ORIGINS"]) == [
        f"http://127.0.0.1:{base + 2}",
        f"http://localhost:{base + 2}",
    ]
    assert not any(name.startswith("QUEUE_") for name in settings)


@pytest.mark.parametrize("name", ["ingest", "queue", "consensus", "quality", "dataset_store"])
async def test_every_service_has_a_migrated_database(stack: RunningStack, name: str) -> None:
    address = stack.ready["postgres"]["url"].rpartition("/")[0] + f"/{name}"
    connection = await asyncpg.connect(address)

    tables = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")

    await connection.close()
    assert "stood_in" in {row["tablename"] for row in tables}


@pytest.mark.parametrize("part", PARTS)
def test_a_killed_part_is_restarted_and_the_ready_file_updated(
    part: str, stack: RunningStack, soon: Soon, alive: Alive
) -> None:
    before = stack.reread()

    os.kill(pid_of(before, part), signal.SIGKILL)

    assert soon(lambda: pid_of(stack.reread(), part) != pid_of(before, part))
    after = stack.reread()
    assert alive(pid_of(after, part))
    assert {other for other in PARTS if pid_of(after, other) != pid_of(before, other)} == {part}


def test_the_home_holds_the_same_ready_file(stack: RunningStack, home: Path) -> None:
    assert json.loads((home / "ready.json").read_text())["services"] == stack.reread()["services"]


def test_a_second_start_in_the_same_home_is_refused(
    stack: RunningStack, home: Path, base: int
) -> None:
    run = up({"LABELWRIGHT_HOME": str(home), "LABELWRIGHT_PORT_BASE": str(base)})

    assert run.returncode == 1
    assert run.stderr.count("\n") == 1
    assert f"already running in {home} (process {stack.process.pid})" in run.stderr
    assert stack.ready_file.exists()


def test_a_start_at_the_same_ports_is_refused_before_anything_is_started(
    stack: RunningStack, base: int, tmp_path: Path
) -> None:
    settings = {"LABELWRIGHT_HOME": str(tmp_path / "other"), "LABELWRIGHT_PORT_BASE": str(base)}

    run = up(settings)

    assert stack.process.poll() is None
    assert run.returncode == 1
    assert run.stderr.startswith(f"labelwright: Port {base + 1}, which ingest needs, is in use")
    assert run.stderr.count("\n") == 1
    assert not (tmp_path / "other" / "postgres").exists()


def test_two_stacks_run_side_by_side(stack: RunningStack, start: Start, tmp_path: Path) -> None:
    with start(tmp_path / "other", free_base(), only="queue") as other:
        settings = settings_of(other.ready, "queue")

        assert set(pids(other.ready)).isdisjoint(pids(stack.reread()))
        assert settings["QUEUE_KAFKA_BOOTSTRAP"] == other.ready["kafka"]["bootstrap"]
        assert other.ready["kafka"] != stack.ready["kafka"]


@pytest.fixture(scope="module")
def doubled(start: Start, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    """A stack with two replicas of one service."""
    home = tmp_path_factory.mktemp("doubled")
    with start(home, free_base(), only="queue", replicas="queue=2") as running:
        yield running


def test_replicas_differ_only_in_ports_and_instance(
    doubled: RunningStack,
) -> None:
    first, second = doubled.ready["services"].values()
    settings, second_settings = (settings_of(doubled.ready, name) for name in ("queue", "queue-2"))

    assert list(doubled.ready["services"]) == ["queue", "queue-2"]
    assert port_of(second) == port_of(first) + ports.REPLICA_STEP
    assert first["pid"] != second["pid"]
    assert {
        name
        for name in settings | second_settings
        if settings.get(name) != second_settings.get(name)
    } == OWN
    assert int(second_settings["QUEUE_METRICS_PORT"]) == port_of(second) + ports.METRICS_STEP
    assert second_settings["QUEUE_PUBLIC_URL"] == second["url"]


def test_a_second_replica_has_a_log_and_a_name_of_its_own(doubled: RunningStack) -> None:
    home = doubled.ready_file.parent
    lines = (home / "up.log").read_text().splitlines()

    assert (home / "logs" / "queue-2.log").read_text() == "stand-in: startup\n"
    assert {line.split(" |")[0].strip() for line in lines if line.endswith("| ready")} >= {
        "queue",
        "queue-2",
    }
    assert len([line for line in lines if "migrating the databases" in line]) == 1


def test_a_killed_replica_is_restarted_on_its_port_and_the_other_runs_on(
    doubled: RunningStack, soon: Soon
) -> None:
    before = doubled.reread()

    os.kill(pid_of(before, "queue-2"), signal.SIGKILL)

    assert soon(lambda: pid_of(doubled.reread(), "queue-2") != pid_of(before, "queue-2"))
    after = doubled.reread()
    assert after["services"]["queue-2"]["url"] == before["services"]["queue-2"]["url"]
    assert after["services"]["queue"] == before["services"]["queue"]


def test_both_replicas_are_stopped(start: Start, tmp_path: Path, alive: Alive) -> None:
    with start(tmp_path, free_base(), only="queue", replicas="queue=2") as running:
        running.process.terminate()
        code = running.process.wait(30)

    output = (tmp_path / "up.log").read_text()
    assert code == 0
    assert output.count("stand-in: shutdown") == 2
    assert not any(alive(pid_of(running.ready, name)) for name in ("queue", "queue-2"))


def port_of(entry: dict[str, Any]) -> int:
    return int(entry["url"].rpartition(":")[2])


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_a_stop_is_in_order_and_complete(
    signum: signal.Signals, start: Start, tmp_path: Path, alive: Alive
) -> None:
    with start(tmp_path, free_base(), only="queue") as running:
        running.process.send_signal(signum)
        code = running.process.wait(30)

    output = (tmp_path / "up.log").read_text()
    assert code == 0
    assert not any(alive(pid) for pid in pids(running.ready))
    assert output.index("stand-in: shutdown") < output.index("received fast shutdown request")
    assert output.rstrip().endswith("stopped")
    assert not running.ready_file.exists()


def test_a_stack_can_start_right_after_another_was_killed(
    start: Start, tmp_path: Path, alive: Alive
) -> None:
    base = free_base()
    with start(tmp_path, base, only="queue") as killed:
        secret = settings_of(killed.ready, "queue")["QUEUE_PSEUDONYM_KEY"]
        killed.process.kill()
        killed.process.wait()
        with start(tmp_path, base, only="queue") as again:
            secret_again = settings_of(again.ready, "queue")["QUEUE_PSEUDONYM_KEY"]

            assert len(pids(killed.ready)) == 3
            assert not any(alive(pid) for pid in pids(killed.ready))
            assert secret_again == secret


def test_the_ready_file_of_a_killed_stack_is_removed(
    start: Start, tmp_path: Path, soon: Soon
) -> None:
    with start(tmp_path, free_base(), only="postgres") as killed:
        assert killed.ready_file.exists()
        killed.process.kill()
        killed.process.wait()

        assert soon(lambda: not killed.ready_file.exists())


def test_a_service_that_cannot_start_is_reported_in_one_line(start: Start, tmp_path: Path) -> None:
    with (
        pytest.raises(RuntimeError) as failure,
        start(tmp_path, free_base(), only="queue", STAND_IN_FAILS="yes"),
    ):
        pass

    last = str(failure.value).strip().splitlines()[-1]
    assert "exited 5 times within 60 s" in last
    assert 'Its last line was "RuntimeError: STAND_IN_FAILS is set"' in last


def test_a_migration_that_fails_is_reported_in_one_line(start: Start, tmp_path: Path) -> None:
    with (
        pytest.raises(RuntimeError) as failure,
        start(tmp_path, free_base(), only="queue", STAND_IN_MIGRATION_FAILS="yes"),
    ):
        pass

    last = str(failure.value).strip().splitlines()[-1]
    assert last.startswith("labelwright: The databases could not be migrated")
    assert "RuntimeError: STAND_IN_MIGRATION_FAILS is set" in last


def up(settings: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    """Run `labelwright up`, which is expected to fail."""
    return subprocess.run(
        [sys.executable, "-m", "labelwright_local", "up", *words],
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_stop_ends_the_training_of_the_start_cache(
    start: Start, tmp_path: Path, soon: Soon, alive: Alive
) -> None:
    cache, folder = tmp_path / "cache", Kafka(tmp_path, 0, 0, tmp_path / "cache").jars
    own = Kafka(tmp_path, 0, 0, cache_from_environment()).jars
    shutil.copytree(own, folder, ignore=shutil.ignore_patterns("*.aot", "training"))
    trained = folder / "training" / "data" / "meta.properties"

    with start(tmp_path / "home", free_base(), "kafka", LABELWRIGHT_CACHE=str(cache)) as running:
        assert soon(trained.exists)
        trainees = [
            pid for pid in children(running.process.pid) if pid != pid_of(running.ready, "kafka")
        ]
        running.process.terminate()
        running.process.wait(30)

    assert trainees
    assert soon(lambda: not any(alive(pid) for pid in trainees))
    assert not trained.exists()
    assert not list(folder.glob("*.aot"))


def children(pid: int) -> list[int]:
    """Return the children of a process."""
    listed = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=True
    )
    return [int(word) for word in listed.stdout.split()]
