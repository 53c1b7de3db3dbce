"""The order in which everything starts and stops."""

import asyncio
import json
import signal
import sys
import time
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import asyncpg

from labelwright_local import aot, databases, demo, keys, ready, services, topics
from labelwright_local.disk import LOOK_SECONDS, DiskGuard
from labelwright_local.java import Java
from labelwright_local.leash import Leash
from labelwright_local.output import Screen
from labelwright_local.plan import KAFKA, POSTGRES, Plan
from labelwright_local.postgres import reason
from labelwright_local.refusal import CannotStart
from labelwright_local.services import Replica
from labelwright_local.supervisor import Child, Supervisor, kill_group
from labelwright_local.together import first, together

SERVICE_STOP_SECONDS = services.DRAIN_SECONDS + 5.0
SERVER_STOP_SECONDS = 30.0
DOES_NOT_ANSWER = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError)
STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stack:
    """One stack from its start to its stop. `java` is there if Kafka is to run."""

    def __init__(self, plan: Plan, leash: Leash, screen: Screen, java: Java | None) -> None:
        """Take what to run, without running it. A loop must run."""
        self._plan = plan
        self._leash = leash
        self._screen = screen
        self._java = java
        self._supervisor = Supervisor(leash, screen, plan.home.logs)
        self._asked_to_stop = asyncio.Event()
        self._postgres = plan.postgres
        self._kafka = plan.kafka
        self._disk = DiskGuard(plan.home.path, plan.postgres, screen)

    async def run(self) -> int:
        """Start everything, keep it running until asked to stop, stop it. Raises CannotStart.

        Returns the exit code: the demo's if there was to be nothing but the demo, else 0.
        """
        self._listen_to_signals()
        work = asyncio.create_task(self._start_and_watch())
        asked = asyncio.create_task(self._asked_to_stop.wait())
        failure = self._supervisor.failure
        ends: set[asyncio.Future[Any]] = {work, asked, failure}
        try:
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (work, asked):
                task.cancel()
            await asyncio.wait({work, asked})
            await self._stop()
        if failure.done():
            failure.result()
        return 0 if work.cancelled() else work.result()

    def _listen_to_signals(self) -> None:
        for signum in STOPS:
            asyncio.get_running_loop().add_signal_handler(signum, self._hear_stop)

    def _hear_stop(self) -> None:
        """The first time: stop in order. Asked again: at once."""
        if self._asked_to_stop.is_set():
            self._supervisor.kill()
        self._asked_to_stop.set()

    async def _start_and_watch(self) -> int:
        try:
            async with asyncio.TaskGroup() as tasks:
                watch = tasks.create_task(self._watch_disk())
                code = await self._start_and_keep()
                watch.cancel()
        except ExceptionGroup as errors:
            raise first(errors) from errors
        return code

    async def _watch_disk(self) -> None:
        """Do what the disk asks for, from when PostgreSQL has started."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            if POSTGRES in self._plan.parts and self._supervisor.is_ready(POSTGRES):
                with suppress(*DOES_NOT_ANSWER):  # Once it does, it is told.
                    await self._disk.apply()

    async def _start_and_keep(self) -> int:
        started = time.monotonic()
        self._disk.reserve()
        await together(self._start_postgres(), self._start_kafka())
        await together(*map(self._start_replica, self._plan.replicas))
        self._supervisor.changed = self._write_ready_file
        self._write_ready_file()
        self._tell_addresses(time.monotonic() - started)
        if self._plan.plays_demo:
            code = await demo.play(self._plan.home, self._leash)
            if self._plan.stops_after_it:
                return code
        if self._java:
            told = await aot.make_if_missing(self._kafka, self._java, self._leash)
            if told:
                self._screen.say(told)
        await asyncio.Event().wait()
        return 0

    async def _start_postgres(self) -> None:
        if POSTGRES not in self._plan.parts:
            return
        postgres = self._postgres
        if not postgres.data.exists():
            self._screen.say("making the files of PostgreSQL")
        who = await asyncio.to_thread(postgres.prepare, self._leash)
        child = Child(
            POSTGRES,
            postgres.command(self._leash, who),
            postgres.accepts,
            stop_signal=postgres.stop_signal,
            stop_seconds=SERVER_STOP_SECONDS,
            clean_up=postgres.end_orphans,
            excuse=self._disk.is_full,
        )
        self._screen.say("starting PostgreSQL")
        await self._supervisor.start(child)
        await self._disk.apply()
        names = [one.database for one in self._plan.known_services]
        await databases.create(postgres.admin_dsn, names)
        await self._migrate()

    async def _migrate(self) -> None:
        """Bring the databases of the services that are to run up to date."""
        wanted = [one for one in self._plan.services if one.has_migrations]
        if not wanted:
            return
        self._screen.say("bringing the databases up to date")
        process = await asyncio.create_subprocess_exec(
            *self._leash.command([sys.executable, "-P", "-m", "labelwright_local.migrate"]),
            pass_fds=[self._leash.pipe],
            start_new_session=True,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        pairs = [[one.package, self._postgres.url(one.database)] for one in wanted]
        try:
            output, _ = await process.communicate(json.dumps(pairs).encode())
        finally:
            kill_group(process.pid)
            await process.wait()
            self._leash.forget(process.pid)
        if process.returncode != 0:
            log = self._plan.home.logs / "migrate.log"
            log.write_bytes(output)
            why = reason("\n".join(reversed(output.decode(errors="replace").splitlines())))
            raise CannotStart(f"The databases could not be brought up to date: {why} (see {log})")

    async def _start_kafka(self) -> None:
        if self._java is None:
            return
        self._kafka.prepare()
        child = Child(
            KAFKA,
            self._kafka.command(self._leash, self._java),
            self._kafka.accepts,
            stop_signal=self._kafka.stop_signal,
            stop_seconds=SERVER_STOP_SECONDS,
            excuse=self._disk.is_full,
            waits=True,
        )
        self._screen.say("starting Kafka")
        await self._supervisor.start(child)
        self._screen.say("making the topics")
        from schemas.topics import TOPICS  # noqa: PLC0415

        await topics.create(self._kafka.bootstrap, TOPICS)

    async def _start_replica(self, one: Replica) -> None:
        port = self._plan.ports.of(one.name)
        folder = self._plan.home.of(one.service.name)
        folder.mkdir(exist_ok=True)
        self._screen.say(f"starting {one.name}")
        child = Child(
            one.name,
            self._leash.command(services.command(one.service, port)),
            partial(services.is_ready, port),
            stop_seconds=SERVICE_STOP_SECONDS,
            environment=services.environment(
                one.service, self._settings(one, folder), self._plan.page_settings
            ),
            folder=folder,
            needs=(POSTGRES, KAFKA),
        )
        await self._supervisor.start(child)

    def _settings(self, one: Replica, folder: Path) -> dict[str, str]:
        """What this stack tells a replica of a service."""
        secrets = self._plan.home.keys
        return {
            "DATABASE_URL": self._postgres.url(one.service.database),
            "CONSUMER_INSTANCE": str(one.number),
            "METRICS_PORT": str(self._plan.ports.metrics_of(one.name)),
            "KAFKA_BOOTSTRAP": self._kafka.bootstrap,
            "JWKS_FILE": str(secrets / "jwks.json"),
            "ISSUER": services.ISSUER,
            "PSEUDONYM_KEY": keys.read(secrets, "pseudonym"),
            "PAGE_KEY": keys.read(secrets, "page"),
            "STATE_DIR": str(folder),
            "BLOB_STORE_URL": (self._plan.home.of("ingest") / "blobs").as_uri(),
            "PUBLIC_URL": self._plan.url(one),
        }

    def _write_ready_file(self) -> None:
        if not self._asked_to_stop.is_set():
            ready.write(self._plan, self._supervisor.pid)

    def _tell_addresses(self, seconds: float) -> None:
        self._screen.say(f"all ready after {seconds:.1f} s; Ctrl-C stops it")
        for one in self._plan.replicas:
            self._screen.say(f"  {one.name:<14} {self._plan.url(one)}")
        if POSTGRES in self._plan.parts:
            self._screen.say(f"  {POSTGRES:<14} 127.0.0.1:{self._postgres.port}")
        if KAFKA in self._plan.parts:
            self._screen.say(f"  {KAFKA:<14} {self._kafka.bootstrap}")

    async def _stop(self) -> None:
        """Services first: what they have in flight still needs the two below them."""
        ready.remove(self._plan)
        self._screen.say("stopping")
        await self._supervisor.stop([one.name for one in self._plan.replicas])
        await self._supervisor.stop([POSTGRES, KAFKA])
        self._screen.say("stopped")
