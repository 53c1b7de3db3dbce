"""Keeps children running: starts them, tells their lines, starts them again, stops them."""

import asyncio
import math
import os
import signal
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from io import FileIO
from pathlib import Path

from labelwright_local.leash import Leash
from labelwright_local.output import LogFile, Screen
from labelwright_local.refusal import CannotStart
from labelwright_local.together import first

READY_SECONDS = 120.0
POLL_SECONDS = 0.05
DEATHS_MAX = 5
DEATHS_WITHIN_SECONDS = 60.0
PAUSE_SECONDS = 0.25
PAUSE_SECONDS_MAX = 5.0
SETTLED_SECONDS = 15.0
LINE_BYTES_MAX = 1 << 20
CHUNK_BYTES = 1 << 16


def nothing_to_clean() -> None:
    """Most children leave nothing behind."""


def no_excuse() -> bool:
    """Most children have nothing but each other to blame for their death."""
    return False


@dataclass(frozen=True)
class Child:
    """A program to be kept running. `command` is leashed already.

    It may die as often as it likes while one of those that it `needs` is down or just back, and
    while it has an `excuse`; if it `waits`, it is not started again before that has passed.
    """

    name: str
    command: list[str]
    is_ready: Callable[[], bool]
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = 20.0
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    folder: Path = Path("/")
    clean_up: Callable[[], None] = nothing_to_clean
    needs: tuple[str, ...] = ()
    excuse: Callable[[], bool] = no_excuse
    waits: bool = False


class Keeper:
    """Keeps one child running until it is stopped or has died too often."""

    def __init__(self, child: Child, leash: Leash, screen: Screen, log: LogFile) -> None:
        """Take what is to be kept, without starting it."""
        self.child = child
        self.ready = asyncio.Event()
        self.ready_since = math.inf
        self._leash = leash
        self._screen = screen
        self._log = log
        self._stopping = asyncio.Event()
        self._process: asyncio.subprocess.Process | None = None
        self._deaths: deque[float] = deque()
        self._last_line = ""

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        return self._process.pid if self._process else None

    async def keep(self, changed: Callable[[], None], excused: Callable[[], bool]) -> None:
        """Run the child, again and again.

        `changed` is called each time it has become ready, `excused` to know whether it is not to
        blame for its death.
        """
        try:
            while not self._stopping.is_set():
                ended = await self._live(changed)
                if not self._stopping.is_set():
                    await self._pause(ended, excused())
        finally:
            self._log.close()

    async def stop(self, task: asyncio.Task[None]) -> None:
        """Stop the child in order, or by force when that takes too long; `task` is its `keep`."""
        self._stopping.set()
        self._signal(self.child.stop_signal)
        done, _ = await asyncio.wait({task}, timeout=self.child.stop_seconds)
        if not done:
            self._say(f"did not stop within {self.child.stop_seconds:g} s: killed")
            self.kill()
        await asyncio.wait({task})

    def kill(self) -> None:
        """End the child and all in its group at once."""
        if self._process:
            kill_group(self._process.pid)

    async def _live(self, changed: Callable[[], None]) -> int:
        """Run it once, from its start to its end."""
        lines, its_end = pipe()
        try:
            self._process = process = await self._spawn(its_end)
        finally:
            os.close(its_end)
        if self._stopping.is_set():
            self._signal(self.child.stop_signal)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._tell_lines(lines))
                readiness = tasks.create_task(self._wait_until_ready(changed))
                ended = await process.wait()
                readiness.cancel()
                kill_group(process.pid)
                await asyncio.to_thread(self.child.clean_up)
        except ExceptionGroup as errors:
            raise first(errors) from errors
        finally:
            self._process = None
            self.ready.clear()
            self.ready_since = math.inf
        self._leash.forget(process.pid)
        return ended

    async def _spawn(self, output: int) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *self.child.command,
            pass_fds=[self._leash.pipe],
            start_new_session=True,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=dict(self.child.environment),
            cwd=self.child.folder,
        )

    async def _tell_lines(self, lines: FileIO) -> None:
        """Pass on what comes out of this pipe. By pieces: a line may be longer than expected.

        The pipe is our own: with one of asyncio's, a child would count as running as long as its
        orphans keep the pipe open.
        """
        stream = asyncio.StreamReader()
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(stream), lines
        )
        rest = b""
        try:
            while piece := await stream.read(CHUNK_BYTES):
                *whole, rest = (rest + piece).split(b"\n")
                if len(rest) > LINE_BYTES_MAX:
                    whole, rest = [*whole, rest], b""
                for line in whole:
                    self._tell(line)
        finally:
            transport.close()
        if rest:
            self._tell(rest)

    def _tell(self, line: bytes) -> None:
        text = line.decode(errors="replace").rstrip()
        self._last_line = text or self._last_line
        self._log.write(line)
        if not is_routine(text):
            self._say(text)

    def _say(self, text: str) -> None:
        self._screen.say(text, self.child.name)

    async def _wait_until_ready(self, changed: Callable[[], None]) -> None:
        while not await asyncio.to_thread(self.child.is_ready):  # noqa: ASYNC110 (nobody calls us)
            await asyncio.sleep(POLL_SECONDS)
        self.ready.set()
        self.ready_since = time.monotonic()
        self._say("ready")
        changed()

    async def _pause(self, ended: int, excused: bool) -> None:
        """Wait before the next start, the longer the more often it died; give up in the end."""
        if self.child.waits and self.child.excuse():
            await self._wait_out_excuse(ended)
            return
        now = time.monotonic()
        if excused or self.child.excuse():
            self._deaths.clear()
        self._deaths.append(now)
        while now - self._deaths[0] > DEATHS_WITHIN_SECONDS:
            self._deaths.popleft()
        if len(self._deaths) >= DEATHS_MAX:
            raise CannotStart(self._obituary(ended))
        pause = min(PAUSE_SECONDS * 2 ** (len(self._deaths) - 1), PAUSE_SECONDS_MAX)
        self._say(f"{how_it_ended(ended)}; starting it again in {pause:g} s")
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), pause)

    async def _wait_out_excuse(self, ended: int) -> None:
        self._say(f"{how_it_ended(ended)}; starting it again once there is room on the disk")
        while self.child.excuse() and not self._stopping.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), PAUSE_SECONDS)

    def _obituary(self, ended: int) -> str:
        last = f' Its last line was "{self._last_line}".' if self._last_line else ""
        return (
            f"{self.child.name} died {len(self._deaths)} times within {DEATHS_WITHIN_SECONDS:g} s"
            f" (the last time it {how_it_ended(ended)}): given up, see {self._log.path}.{last}"
        )

    def _signal(self, signum: signal.Signals) -> None:
        if self._process:
            with suppress(ProcessLookupError):
                self._process.send_signal(signum)


class Supervisor:
    """All keepers of a stack."""

    def __init__(self, leash: Leash, screen: Screen, logs: Path) -> None:
        """Start with no child. Their lines go to `screen` and to files in `logs`."""
        self._leash = leash
        self._screen = screen
        self._logs = logs
        self._keepers: dict[str, Keeper] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self.failure: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.changed: Callable[[], None] = nothing_to_clean

    def pid(self, name: str) -> int | None:
        """The process id of a child while it runs."""
        return self._keepers[name].pid

    def is_ready(self, name: str) -> bool:
        """Whether a child was started and is ready."""
        return name in self._keepers and self._keepers[name].ready.is_set()

    async def start(self, child: Child) -> None:
        """Start a child, keep it from now on, and return when it is ready for the first time."""
        log = LogFile(self._logs / f"{child.name}.log")
        keeper = Keeper(child, self._leash, self._screen, log)
        task = asyncio.create_task(
            keeper.keep(self._tell_changed, lambda: not self._are_settled(child.needs))
        )
        task.add_done_callback(self._note_end)
        self._keepers[child.name], self._tasks[child.name] = keeper, task
        ready = asyncio.create_task(keeper.ready.wait())
        await asyncio.wait(
            {ready, task}, timeout=READY_SECONDS, return_when=asyncio.FIRST_COMPLETED
        )
        if task.done():
            task.result()
        if not ready.done():
            ready.cancel()
            raise CannotStart(
                f"{child.name} did not get ready within {READY_SECONDS:g} s: see {log.path}."
            )

    async def stop(self, names: list[str]) -> None:
        """Stop these children together; those that were never started are passed over."""
        started = [name for name in names if name in self._keepers]
        await asyncio.gather(*(self._keepers[name].stop(self._tasks[name]) for name in started))

    def kill(self) -> None:
        """End all children at once."""
        for keeper in self._keepers.values():
            keeper.kill()

    def _are_settled(self, names: tuple[str, ...]) -> bool:
        """Whether all of these have been ready for a while."""
        since = time.monotonic() - SETTLED_SECONDS
        return all(self._keepers[name].ready_since < since for name in names)

    def _tell_changed(self) -> None:
        self.changed()

    def _note_end(self, task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        if error and not self.failure.done():
            self.failure.set_exception(error)
            self.failure.exception()  # Heard: who starts the child gets the same reason raised.


def pipe() -> tuple[FileIO, int]:
    """The two ends of a pipe: ours to read, and a child's to write."""
    ours, its = os.pipe()
    return FileIO(ours), its


def kill_group(pid: int) -> None:
    """End whoever is in the group that `pid` leads or led."""
    # On macOS a group of zombies answers PermissionError.
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def is_routine(line: str) -> bool:
    """Whether a line is one of a log in JSON that asks nobody to do anything: its file has it."""
    return line.startswith("{") and ('"level": "info"' in line or '"level": "debug"' in line)


def how_it_ended(code: int) -> str:
    """An exit code in words."""
    if code >= 0:
        return f"ended with code {code}"
    return f"was ended by {signal.Signals(-code).name}"
