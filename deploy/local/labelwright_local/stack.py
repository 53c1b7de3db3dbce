"""Starts and stops all parts of a stack in the right order."""

import asyncio
import json
import os
import signal
import sys
import time
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import asyncpg

from labelwright_local import aot, databases, demo, gateway, keys, ready, services, topics
from labelwright_local.disk import CHECK_SECONDS, DiskGuard
from labelwright_local.java import Java
from labelwright_local.output import Screen
from labelwright_local.plan import GATEWAY, KAFKA, POSTGRES, Plan
from labelwright_local.postgres import error_line
from labelwright_local.process_guard import ProcessGuard
from labelwright_local.refusal import CannotStart
from labelwright_local.services import Replica
from labelwright_local.supervisor import Child, Supervisor, kill_group
from labelwright_local.tasks import first_error, run_all

SERVICE_STOP_SECONDS = services.DRAIN_SECONDS + 5.0
SERVER_STOP_SECONDS = 30.0
UNREACHABLE = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError)
STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stack:
    """One stack, from its start to its stop. `java` is None if Kafka does not run."""

    def __init__(self, plan: Plan, guard: ProcessGuard, screen: Screen, java: Java | None) -> None:
        """Start nothing yet. An event loop must run."""
        self._plan = plan
        self._guard = guard
        self._screen = screen
        self._java = java
        self._supervisor = Supervisor(guard, screen, plan.home.logs)
        self._stop_requested = asyncio.Event()
        self._postgres = plan.postgres
        self._kafka = plan.kafka
        self._disk = DiskGuard(plan.home.path, plan.postgres, screen)

    async def run(self) -> int:
        """Start all parts, run until a stop signal, and stop them. Raise CannotStart on failure.

        Return the exit code: that of the demo if the stack stops after it, else 0.
        """
        self._handle_signals()
        work = asyncio.create_task(self._start_and_watch())
        stop = asyncio.create_task(self._stop_requested.wait())
        failure = self._supervisor.failure
        ends: set[asyncio.Future[Any]] = {work, stop, failure}
        try:
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (work, stop):
                task.cancel()
            await asyncio.wait({work, stop})
            await self._stop()
        if failure.done():
            failure.result()
        return 0 if work.cancelled() else work.result()

    def _handle_signals(self) -> None:
        for signum in STOPS:
            asyncio.get_running_loop().add_signal_handler(signum, self._on_stop_signal)

    def _on_stop_signal(self) -> None:
        """Stop in order at the first signal; kill all children at the second."""
        if self._stop_requested.is_set():
            self._supervisor.kill()
        self._stop_requested.set()

    async def _start_and_watch(self) -> int:
        try:
            async with asyncio.TaskGroup() as tasks:
                watch = tasks.create_task(self._watch_disk())
                code = await self._start_and_keep()
                watch.cancel()
        except ExceptionGroup as errors:
            raise first_error(errors) from errors
        return code

    async def _watch_disk(self) -> None:
        """Switch PostgreSQL to read-only while the disk is full, from when it has started."""
        while True:
            await asyncio.sleep(CHECK_SECONDS)
            if POSTGRES in self._plan.parts and self._supervisor.is_ready(POSTGRES):
                with suppress(*UNREACHABLE):  # Tried again at the next check.
                    await self._disk.apply()

    async def _start_and_keep(self) -> int:
        started = time.monotonic()
        self._disk.reserve()
        await run_all(self._start_postgres(), self._start_kafka())
        await run_all(*map(self._start_replica, self._plan.replicas))
        await self._start_gateway()
        self._supervisor.changed = self._write_ready_file
        self._write_ready_file()
        self._print_addresses(time.monotonic() - started)
        if self._plan.plays_demo:
            stays_up = not self._plan.stops_after_demo
            code = await demo.run_demo(self._plan.home, self._guard, makes_links=stays_up)
            if self._plan.stops_after_demo:
                return code
        if self._java:
            result = await aot.make_if_missing(self._kafka, self._java, self._guard)
            if result:
                self._screen.say(result)
        await asyncio.Event().wait()
        return 0

    async def _start_postgres(self) -> None:
        if POSTGRES not in self._plan.parts:
            return
        postgres = self._postgres
        if not postgres.data.exists():
            self._screen.say("creating the data files of PostgreSQL")
        run_as = await asyncio.to_thread(postgres.prepare, self._guard)
        child = Child(
            POSTGRES,
            postgres.command(self._guard, run_as),
            postgres.accepts,
            stop_signal=postgres.stop_signal,
            stop_seconds=SERVER_STOP_SECONDS,
            clean_up=postgres.end_orphans,
            is_blocked=self._disk.is_full,
        )
        self._screen.say("starting PostgreSQL")
        await self._supervisor.start(child)
        await self._disk.apply()
        names = [service.database for service in self._plan.known_services]
        await databases.create(postgres.admin_dsn, names)
        await self._migrate()

    async def _migrate(self) -> None:
        """Migrate the databases of the services that run."""
        migrated = [service for service in self._plan.services if service.has_migrations]
        if not migrated:
            return
        self._screen.say("migrating the databases")
        process = await asyncio.create_subprocess_exec(
            *self._guard.command([sys.executable, "-P", "-m", "labelwright_local.migrate"]),
            pass_fds=[self._guard.pipe],
            start_new_session=True,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        pairs = [[service.package, self._postgres.url(service.database)] for service in migrated]
        try:
            output, _ = await process.communicate(json.dumps(pairs).encode())
        finally:
            kill_group(process.pid)
            await process.wait()
            self._guard.forget(process.pid)
        if process.returncode != 0:
            log = self._plan.home.logs / "migrate.log"
            log.write_bytes(output)
            why = error_line("\n".join(reversed(output.decode(errors="replace").splitlines())))
            raise CannotStart(f"The databases could not be migrated: {why} (see {log}).")

    async def _start_kafka(self) -> None:
        if self._java is None:
            return
        self._kafka.prepare()
        child = Child(
            KAFKA,
            self._kafka.command(self._guard, self._java),
            self._kafka.accepts,
            stop_signal=self._kafka.stop_signal,
            stop_seconds=SERVER_STOP_SECONDS,
            is_blocked=self._disk.is_full,
            waits_while_blocked=True,
        )
        self._screen.say("starting Kafka")
        await self._supervisor.start(child)
        self._screen.say("creating the topics")
        from schemas.topics import TOPICS  # noqa: PLC0415

        await topics.create(self._kafka.bootstrap, TOPICS)

    async def _start_replica(self, replica: Replica) -> None:
        port = self._plan.ports.of(replica.name)
        folder = self._plan.home.of(replica.service.name)
        folder.mkdir(exist_ok=True)
        self._screen.say(f"starting {replica.name}")
        child = Child(
            replica.name,
            self._guard.command(services.command(replica.service, port)),
            partial(services.is_ready, port),
            stop_seconds=SERVICE_STOP_SECONDS,
            environment=services.environment(
                replica.service, self._settings(replica, folder), self._plan.page_settings
            ),
            folder=folder,
            needs=(POSTGRES, KAFKA),
        )
        await self._supervisor.start(child)

    async def _start_gateway(self) -> None:
        listener = self._plan.listener
        if listener is None:
            return
        self._screen.say(f"starting {GATEWAY}")
        addresses = json.dumps(self._plan.gateway_addresses)
        child = Child(
            GATEWAY,
            self._guard.command(listener.command()),
            listener.accepts,
            environment={**os.environ, gateway.ADDRESSES: addresses},
        )
        await self._supervisor.start(child)

    def _settings(self, replica: Replica, folder: Path) -> dict[str, str]:
        """Return the settings of a replica that this stack determines."""
        secrets = self._plan.home.keys
        return {
            "DATABASE_URL": self._postgres.url(replica.service.database),
            "CONSUMER_INSTANCE": str(replica.number),
            "METRICS_PORT": str(self._plan.ports.metrics_of(replica.name)),
            "KAFKA_BOOTSTRAP": self._kafka.bootstrap,
            "JWKS_FILE": str(secrets / "jwks.json"),
            "ISSUER": services.ISSUER,
            "SIGNING_KEY_FILE": str(secrets / "signing.json"),
            "PSEUDONYM_KEY": keys.read(secrets, "pseudonym"),
            "PAGE_KEY": keys.read(secrets, "page"),
            "STATE_DIR": str(folder),
            "BLOB_STORE_URL": (self._plan.home.of("ingest") / "blobs").as_uri(),
            "PUBLIC_URL": self._plan.public_url(replica),
        }

    def _write_ready_file(self) -> None:
        if not self._stop_requested.is_set():
            ready.write(self._plan, self._supervisor.pid)

    def _print_addresses(self, seconds: float) -> None:
        self._screen.say(f"ready after {seconds:.1f} s; press Ctrl-C to stop")
        for replica in self._plan.replicas:
            self._screen.say(f"  {replica.name:<14} {self._plan.url(replica)}")
        if self._plan.listener:
            self._screen.say(f"  {GATEWAY:<14} {self._plan.listener.public_url}")
        if POSTGRES in self._plan.parts:
            self._screen.say(f"  {POSTGRES:<14} 127.0.0.1:{self._postgres.port}")
        if KAFKA in self._plan.parts:
            self._screen.say(f"  {KAFKA:<14} {self._kafka.bootstrap}")

    async def _stop(self) -> None:
        """Stop the services first: requests in progress still need PostgreSQL and Kafka."""
        ready.remove(self._plan)
        self._screen.say("stopping")
        await self._supervisor.stop([GATEWAY] if self._plan.listener else [])
        await self._supervisor.stop([replica.name for replica in self._plan.replicas])
        await self._supervisor.stop([POSTGRES, KAFKA])
        self._screen.say("stopped")
