"""Real servers that can be stopped, killed and started again, for tests and tools."""

import asyncio
import contextlib
import os
import signal
import subprocess
import time
import uuid
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol, TypeVar

import asyncpg

from labelwright_local import jars, java, object_store, ports
from labelwright_local.home import cache_from_environment
from labelwright_local.kafka import Kafka
from labelwright_local.object_store import ObjectStore
from labelwright_local.postgres import Postgres
from labelwright_local.process_guard import ProcessGuard, RunAs

START_SECONDS = 120.0
STOP_SECONDS = 30.0
POLL_SECONDS = 0.02

T = TypeVar("T")


class Program(Protocol):
    """A server program that `Server` can run."""

    @property
    def folder(self) -> Path:
        """The folder of its state."""

    @property
    def stop_signal(self) -> signal.Signals:
        """The signal for an orderly stop."""

    def accepts(self) -> bool:
        """Return True if it answers clients."""


class Server:
    """A program that tests can stop, kill and start again, from any thread."""

    def __init__(self, program: Program, command: list[str], guard: ProcessGuard) -> None:
        """Start nothing yet. `command` is guarded already."""
        self._program = program
        self._command = command
        self._guard = guard
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        """The file with the output of the program."""
        return self._program.folder / "test.log"

    @property
    def pid(self) -> int:
        """The process id of the running program."""
        if self._process is None:
            raise RuntimeError("the server is not running")
        return self._process.pid

    def start(self) -> None:
        """Start it, and return when it answers."""
        if self._process is not None:
            raise RuntimeError("the server is running already")
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                pass_fds=[self._guard.pipe],
                start_new_session=True,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd="/",
            )
        self._wait_until_it_accepts(self._process)

    def stop(self) -> None:
        """Stop it in order, and return when it has ended. Do nothing if it does not run."""
        self._end(self._program.stop_signal)

    def kill(self) -> None:
        """Kill it with SIGKILL, with all its children."""
        self._end(signal.SIGKILL)

    def _end(self, signum: signal.Signals) -> None:
        if self._process is None:
            return
        self._process.send_signal(signum)
        try:
            self._process.wait(STOP_SECONDS)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._guard.forget(self._process.pid)
            self._process = None

    def _wait_until_it_accepts(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not self._program.accepts():
            if process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise RuntimeError(f"the server did not start: {self.log.read_text()[-2000:]}")
            time.sleep(POLL_SECONDS)


class PostgresServer(Server):
    """A PostgreSQL for tests."""

    def __init__(self, postgres: Postgres, guard: ProcessGuard) -> None:
        """Create its files."""
        run_as: RunAs = postgres.prepare(guard)
        super().__init__(postgres, postgres.command(guard, run_as), guard)
        self._postgres = postgres
        self.port = postgres.port
        self.admin_dsn = postgres.admin_dsn

    def url(self, database: str) -> str:
        """Return the address of a database, for SQLAlchemy."""
        return self._postgres.url(database)

    def kill(self) -> None:
        """Kill the postmaster and all its backends with SIGKILL."""
        super().kill()
        self._postgres.end_orphans()

    def create_database(self, name: str | None = None, template: str | None = None) -> str:
        """Create a database, empty or a copy of `template`, and return its name.

        The template must have no open connections.
        """
        name = name or f"test_{uuid.uuid4().hex[:12]}"
        self.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template or "template0"}"')
        return name

    def drop_database(self, name: str) -> None:
        """Drop a database, and close all connections to it."""
        self.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def execute(self, statement: str) -> None:
        """Run one statement in the database `postgres`."""
        run_in_new_loop(self._execute(statement))

    async def _execute(self, statement: str) -> None:
        connection = await asyncpg.connect(self.admin_dsn)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


class KafkaServer(Server):
    """A Kafka for tests."""

    def __init__(self, kafka: Kafka, guard: ProcessGuard) -> None:
        """Create its files; fetch Kafka if it is not in the cache."""
        if absent := jars.missing(kafka.jars):
            jars.fetch(kafka.jars, absent, lambda size: None)  # noqa: ARG005
        kafka.prepare()
        super().__init__(kafka, kafka.command(guard, java.find()), guard)
        self.kafka = kafka
        self.port = kafka.port
        self.bootstrap = kafka.bootstrap


class ObjectStoreServer(Server):
    """An S3-compatible object store for tests."""

    def __init__(self, store: ObjectStore, guard: ProcessGuard) -> None:
        """Create its files."""
        store.prepare()
        super().__init__(store, guard.command(store.command()), guard)
        self._store = store
        self.endpoint = store.endpoint
        self.access = store.access

    def start(self) -> None:
        """Start it, and return when it can write."""
        super().start()
        run_in_new_loop(object_store.wait_until_writable(self._store))


def run_in_new_loop(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine in a new event loop, also if one runs in this thread; return its result."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, coroutine).result()


@contextlib.contextmanager
def guarded() -> Iterator[ProcessGuard]:
    """Yield a guard, and close it at the end. It works from any thread: see `ProcessGuard`."""
    guard = ProcessGuard(kernel=False)
    try:
        yield guard
    finally:
        guard.close()


@contextlib.contextmanager
def running_postgres(folder: Path, *, durable: bool = False) -> Iterator[PostgresServer]:
    """Run a PostgreSQL in `folder`. `durable`: flush its writes to the disk."""
    with guarded() as guard:
        server = PostgresServer(Postgres(folder, ports.some_free(1)[0], durable=durable), guard)
        server.start()
        try:
            yield server
        finally:
            server.stop()


@contextlib.contextmanager
def running_kafka(folder: Path) -> Iterator[KafkaServer]:
    """Run a Kafka in `folder`."""
    with guarded() as guard:
        port, controller = ports.some_free(2)
        server = KafkaServer(Kafka(folder, port, controller, cache_from_environment()), guard)
        server.start()
        try:
            yield server
        finally:
            server.stop()


@contextlib.contextmanager
def running_object_store(folder: Path) -> Iterator[ObjectStoreServer]:
    """Run an S3-compatible object store in `folder`."""
    with guarded() as guard:
        server = ObjectStoreServer(object_store.on_free_ports(folder), guard)
        server.start()
        try:
            yield server
        finally:
            server.stop()
