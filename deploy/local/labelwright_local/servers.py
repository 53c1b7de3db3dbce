"""Real servers that may be stopped, killed and started again: for tests and tools."""

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
from labelwright_local.leash import Leash, RunAs
from labelwright_local.object_store import ObjectStore
from labelwright_local.postgres import Postgres

START_SECONDS = 120.0
STOP_SECONDS = 30.0
POLL_SECONDS = 0.02

T = TypeVar("T")


class Program(Protocol):
    """What these programs have in common for those who run them."""

    @property
    def folder(self) -> Path:
        """Where its state lies."""

    @property
    def stop_signal(self) -> signal.Signals:
        """What makes it stop in order."""

    def accepts(self) -> bool:
        """Whether clients are answered."""


class Server:
    """A program that a test may stop, kill and start again, from any thread."""

    def __init__(self, program: Program, command: list[str], leash: Leash) -> None:
        """Take what is to be run, without running it."""
        self._program = program
        self._command = command
        self._leash = leash
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        """What the program printed."""
        return self._program.folder / "test.log"

    @property
    def pid(self) -> int:
        """The process id of the running program."""
        if self._process is None:
            raise RuntimeError("the server is not running")
        return self._process.pid

    def start(self) -> None:
        """Run it, and return when it answers."""
        if self._process is not None:
            raise RuntimeError("the server is running already")
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                pass_fds=[self._leash.pipe],
                start_new_session=True,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd="/",
            )
        self._wait_until_it_answers(self._process)

    def stop(self) -> None:
        """Stop it in order, and return when it has ended. Nothing happens if it does not run."""
        self._end(self._program.stop_signal)

    def kill(self) -> None:
        """End it as `kill -9` does, with all its children."""
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
            self._leash.forget(self._process.pid)
            self._process = None

    def _wait_until_it_answers(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not self._program.accepts():
            if process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise RuntimeError(f"the server did not start: {self.log.read_text()[-2000:]}")
            time.sleep(POLL_SECONDS)


class PostgresServer(Server):
    """A PostgreSQL of the tests' own."""

    def __init__(self, postgres: Postgres, leash: Leash) -> None:
        """Make its files."""
        who: RunAs = postgres.prepare(leash)
        super().__init__(postgres, postgres.command(leash, who), leash)
        self._postgres = postgres
        self.port = postgres.port
        self.admin_dsn = postgres.admin_dsn

    def url(self, database: str) -> str:
        """The address of a database, for SQLAlchemy."""
        return self._postgres.url(database)

    def kill(self) -> None:
        """End the postmaster and all its backends as `kill -9` does."""
        super().kill()
        self._postgres.end_orphans()

    def create_database(self, name: str | None = None, template: str | None = None) -> str:
        """Create a database, empty or as a copy of `template` (nobody may be in that); its name."""
        name = name or f"test_{uuid.uuid4().hex[:12]}"
        self.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template or "template0"}"')
        return name

    def drop_database(self, name: str) -> None:
        """Drop a database, whoever is still in it."""
        self.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def execute(self, statement: str) -> None:
        """Run one statement in the database `postgres`."""
        in_a_loop_of_its_own(self._execute(statement))

    async def _execute(self, statement: str) -> None:
        connection = await asyncpg.connect(self.admin_dsn)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


class KafkaServer(Server):
    """A Kafka of the tests' own."""

    def __init__(self, kafka: Kafka, leash: Leash) -> None:
        """Make its files; fetch Kafka if this user has none."""
        if absent := jars.missing(kafka.jars):
            jars.fetch(kafka.jars, absent, lambda size: None)  # noqa: ARG005
        kafka.prepare()
        super().__init__(kafka, kafka.command(leash, java.find()), leash)
        self.kafka = kafka
        self.port = kafka.port
        self.bootstrap = kafka.bootstrap


class ObjectStoreServer(Server):
    """An S3-compatible object store of the tests' own."""

    def __init__(self, store: ObjectStore, leash: Leash) -> None:
        """Make its files."""
        store.prepare()
        super().__init__(store, leash.command(store.command()), leash)
        self._store = store
        self.endpoint = store.endpoint
        self.access = store.access

    def start(self) -> None:
        """Run it, and return when it writes."""
        super().start()
        in_a_loop_of_its_own(object_store.take_first_write(self._store))


def in_a_loop_of_its_own(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end, also where a loop runs already."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, coroutine).result()


@contextlib.contextmanager
def leashed() -> Iterator[Leash]:
    """A leash that is closed at the end. Not by the kernel's way: tests start from any thread."""
    leash = Leash(kernel=False)
    try:
        yield leash
    finally:
        leash.close()


@contextlib.contextmanager
def running_postgres(folder: Path, *, durable: bool = False) -> Iterator[PostgresServer]:
    """A PostgreSQL in `folder`; `durable` if it shall really write to the disk."""
    with leashed() as leash:
        server = PostgresServer(Postgres(folder, ports.some_free(1)[0], durable=durable), leash)
        server.start()
        try:
            yield server
        finally:
            server.stop()


@contextlib.contextmanager
def running_kafka(folder: Path) -> Iterator[KafkaServer]:
    """A Kafka in `folder`."""
    with leashed() as leash:
        port, controller = ports.some_free(2)
        server = KafkaServer(Kafka(folder, port, controller, cache_from_environment()), leash)
        server.start()
        try:
            yield server
        finally:
            server.stop()


@contextlib.contextmanager
def running_object_store(folder: Path) -> Iterator[ObjectStoreServer]:
    """An S3-compatible object store in `folder`."""
    with leashed() as leash:
        server = ObjectStoreServer(object_store.on_free_ports(folder), leash)
        server.start()
        try:
            yield server
        finally:
            server.stop()
