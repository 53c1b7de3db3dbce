"""A pytest plugin: real servers and whole stacks, started when a test needs them.

No process is left behind, even if pytest is killed: see `process_guard`. The fixtures are ordinary
functions, so that tests that are coroutines and others can use them.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from labelwright_local.home import READY_FILE
from labelwright_local.servers import (
    KafkaServer,
    ObjectStoreServer,
    PostgresServer,
    Server,
    guarded,
    run_in_new_loop,
    running_kafka,
    running_object_store,
    running_postgres,
)

__all__ = [
    "FreshDatabase",
    "KafkaServer",
    "ObjectStoreServer",
    "PostgresServer",
    "RunningStack",
    "Server",
    "run_in_new_loop",
    "running_kafka",
    "running_object_store",
    "running_postgres",
    "running_stack",
]

STACK_SECONDS = 240.0
STOP_SECONDS = 40.0
POLL_SECONDS = 0.02
UP = (sys.executable, "-m", "labelwright_local", "up")

FreshDatabase = Callable[..., str]


class RunningStack(NamedTuple):
    """A running stack in a process of its own."""

    ready: dict[str, Any]
    process: subprocess.Popen[bytes]
    ready_file: Path

    def reread(self) -> dict[str, Any]:
        """Return the current ready file: a restarted child has another process id."""
        return read_json(self.ready_file)


def read_json(file: Path) -> dict[str, Any]:
    """Return the JSON object in a file."""
    value: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return value


@contextlib.contextmanager
def running_stack(
    home: Path, port_base: int, *, command: Sequence[str] = UP
) -> Iterator[RunningStack]:
    """Run a whole stack in `home`, as `labelwright up` does; stop it in order at the end."""
    home.mkdir(parents=True, exist_ok=True)
    ready_file, log = home / READY_FILE, home / "up.log"
    ready_file.unlink(missing_ok=True)
    settings = {"LABELWRIGHT_HOME": str(home), "LABELWRIGHT_PORT_BASE": str(port_base)}
    arguments = [*command, "--ready-file", str(ready_file)]
    with guarded() as guard, log.open("ab") as output:
        process = subprocess.Popen(
            guard.command(arguments, last=signal.SIGTERM),
            pass_fds=[guard.pipe],
            start_new_session=True,
            env={**os.environ, **settings},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            yield RunningStack(wait_for_json(ready_file, process, log), process, ready_file)
        finally:
            end_stack(process)
            guard.forget(process.pid)


def wait_for_json(file: Path, process: subprocess.Popen[bytes], log: Path) -> dict[str, Any]:
    """Wait until `file` exists, and return the JSON object in it."""
    deadline = time.monotonic() + STACK_SECONDS
    while not file.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"the stack did not become ready: {log.read_text('utf-8')[-4000:]}")
        time.sleep(POLL_SECONDS)
    return read_json(file)


def end_stack(process: subprocess.Popen[bytes]) -> None:
    """Stop a stack; kill it if that takes too long (its reaper then ends its children)."""
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    """A PostgreSQL for the whole session; fast, not durable."""
    with running_postgres(tmp_path_factory.mktemp("postgres")) as server:
        yield server


@pytest.fixture(scope="session")
def kafka_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaServer]:
    """A Kafka for the whole session."""
    with running_kafka(tmp_path_factory.mktemp("kafka")) as server:
        yield server


@pytest.fixture(scope="session")
def object_store_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectStoreServer]:
    """An S3-compatible object store for the whole session."""
    with running_object_store(tmp_path_factory.mktemp("object-store")) as server:
        yield server


@pytest.fixture
def fresh_database(postgres_server: PostgresServer) -> Iterator[FreshDatabase]:
    """A function that creates a database, empty or a copy of `template`, and returns its address.

    The databases are dropped when the test ends.
    """
    names: list[str] = []

    def make(template: str | None = None) -> str:
        names.append(postgres_server.create_database(template=template))
        return postgres_server.url(names[-1])

    yield make
    for name in names:
        postgres_server.drop_database(name)
