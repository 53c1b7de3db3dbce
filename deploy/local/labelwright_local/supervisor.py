"""Supervises child processes: starts, restarts and stops them, and forwards their output."""

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

from labelwright_local.output import LogFile, Screen
from labelwright_local.process_guard import ProcessGuard
from labelwright_local.refusal import CannotStart
from labelwright_local.tasks import first_error

READY_SECONDS = 120.0
POLL_SECONDS = 0.05
EXITS_MAX = 5
EXITS_WITHIN_SECONDS = 60.0
PAUSE_SECONDS = 0.25
PAUSE_SECONDS_MAX = 5.0
SETTLED_SECONDS = 15.0
LINE_BYTES_MAX = 1 << 20
CHUNK_BYTES = 1 << 16


def do_nothing() -> None:
    """Do nothing."""


def never_blocked() -> bool:
    """Return False."""
    return False


@dataclass(frozen=True)
class Child:
    """A program to be kept running. `command` is guarded already.

    Its exits do not count while one of those that it `needs` is down or has just returned, and
    while `is_blocked` returns True, such as for a full disk. If `waits_while_blocked`, it is not
    started again until `is_blocked` returns False.
    """

    name: str
    command: list[str]
    is_ready: Callable[[], bool]
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = 20.0
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    folder: Path = Path("/")
    clean_up: Callable[[], None] = do_nothing
    needs: tuple[str, ...] = ()
    is_blocked: Callable[[], bool] = never_blocked
    waits_while_blocked: bool = False


class ProcessRunner:
    """Runs one child until it is stopped or has exited too often."""

    def __init__(self, child: Child, guard: ProcessGuard, screen: Screen, log: LogFile) -> None:
        """Start nothing yet. The output of the child goes to `screen` and `log`."""
        self.child = child
        self.ready = asyncio.Event()
        self.ready_since = math.inf
        self._guard = guard
        self._screen = screen
        self._log = log
        self._stopping = asyncio.Event()
        self._process: asyncio.subprocess.Process | None = None
        self._exits: deque[float] = deque()
        self._last_line = ""

    @property
    def pid(self) -> int | None:
        """The process id; None if the child does not run."""
        return self._process.pid if self._process else None

    async def run(self, changed: Callable[[], None], needs_are_down: Callable[[], bool]) -> None:
        """Run the child, and restart it when it ends, until it is stopped.

        Raise CannotStart if it exits too often. `changed` is called each time it is ready;
        `needs_are_down` returns True if an exit does not count.
        """
        try:
            while not self._stopping.is_set():
                code = await self._run_once(changed)
                if not self._stopping.is_set():
                    await self._pause(code, needs_are_down())
        finally:
            self._log.close()

    async def stop(self, task: asyncio.Task[None]) -> None:
        """Stop the child, by SIGKILL if that takes too long. `task`: the task of its `run`."""
        self._stopping.set()
        self._signal(self.child.stop_signal)
        done, _ = await asyncio.wait({task}, timeout=self.child.stop_seconds)
        if not done:
            self._say(f"did not stop within {self.child.stop_seconds:g} s and was killed")
            self.kill()
        await asyncio.wait({task})

    def kill(self) -> None:
        """Kill the child and its process group."""
        if self._process:
            kill_group(self._process.pid)

    async def _run_once(self, changed: Callable[[], None]) -> int:
        """Run the child until it ends; return its exit code."""
        lines, write_end = pipe()
        try:
            self._process = process = await self._spawn(write_end)
        finally:
            os.close(write_end)
        if self._stopping.is_set():
            self._signal(self.child.stop_signal)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._forward_lines(lines))
                readiness = tasks.create_task(self._wait_until_ready(changed))
                code = await process.wait()
                readiness.cancel()
                kill_group(process.pid)
                await asyncio.to_thread(self.child.clean_up)
        except ExceptionGroup as errors:
            raise first_error(errors) from errors
        finally:
            self._process = None
            self.ready.clear()
            self.ready_since = math.inf
        self._guard.forget(process.pid)
        return code

    async def _spawn(self, output: int) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *self.child.command,
            pass_fds=[self._guard.pipe],
            start_new_session=True,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=dict(self.child.environment),
            cwd=self.child.folder,
        )

    async def _forward_lines(self, lines: FileIO) -> None:
        """Forward the lines from this pipe. They are read in chunks, since lines may be very long.

        It is not a pipe of asyncio, with which a child would count as running while its orphans
        keep the pipe open.
        """
        stream = asyncio.StreamReader()
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(stream), lines
        )
        rest = b""
        try:
            while chunk := await stream.read(CHUNK_BYTES):
                *complete, rest = (rest + chunk).split(b"\n")
                if len(rest) > LINE_BYTES_MAX:
                    complete, rest = [*complete, rest], b""
                for line in complete:
                    self._forward(line)
        finally:
            transport.close()
        if rest:
            self._forward(rest)

    def _forward(self, line: bytes) -> None:
        text = line.decode(errors="replace").rstrip()
        self._last_line = text or self._last_line
        self._log.write(line)
        if not is_routine(text):
            self._say(text)

    def _say(self, text: str) -> None:
        self._screen.say(text, self.child.name)

    async def _wait_until_ready(self, changed: Callable[[], None]) -> None:
        while not await asyncio.to_thread(self.child.is_ready):  # noqa: ASYNC110 (no event)
            await asyncio.sleep(POLL_SECONDS)
        self.ready.set()
        self.ready_since = time.monotonic()
        self._say("ready")
        changed()

    async def _pause(self, code: int, needs_are_down: bool) -> None:
        """Wait before the next start, longer after each exit. Raise CannotStart after too many."""
        if self.child.waits_while_blocked and self.child.is_blocked():
            await self._wait_until_unblocked(code)
            return
        now = time.monotonic()
        if needs_are_down or self.child.is_blocked():
            self._exits.clear()
        self._exits.append(now)
        while now - self._exits[0] > EXITS_WITHIN_SECONDS:
            self._exits.popleft()
        if len(self._exits) >= EXITS_MAX:
            raise CannotStart(self._exit_summary(code))
        pause = min(PAUSE_SECONDS * 2 ** (len(self._exits) - 1), PAUSE_SECONDS_MAX)
        self._say(f"{exit_description(code)}; starting it again in {pause:g} s")
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), pause)

    async def _wait_until_unblocked(self, code: int) -> None:
        self._say(f"{exit_description(code)}; starting it again once there is room on the disk")
        while self.child.is_blocked() and not self._stopping.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), PAUSE_SECONDS)

    def _exit_summary(self, code: int) -> str:
        last = f' Its last line was "{self._last_line}".' if self._last_line else ""
        return (
            f"{self.child.name} exited {len(self._exits)} times within {EXITS_WITHIN_SECONDS:g} s"
            f" (the last time it {exit_description(code)}), so it is not started again:"
            f" see {self._log.path}.{last}"
        )

    def _signal(self, signum: signal.Signals) -> None:
        if self._process:
            with suppress(ProcessLookupError):
                self._process.send_signal(signum)


class Supervisor:
    """The runners of all children of a stack."""

    def __init__(self, guard: ProcessGuard, screen: Screen, logs: Path) -> None:
        """Start without children. Their output goes to `screen` and to files in `logs`."""
        self._guard = guard
        self._screen = screen
        self._logs = logs
        self._runners: dict[str, ProcessRunner] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self.failure: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.changed: Callable[[], None] = do_nothing

    def pid(self, name: str) -> int | None:
        """Return the process id of a child; None if it does not run."""
        return self._runners[name].pid

    def is_ready(self, name: str) -> bool:
        """Return True if a child was started and is ready."""
        return name in self._runners and self._runners[name].ready.is_set()

    async def start(self, child: Child) -> None:
        """Start a child and supervise it; return when it is ready for the first time."""
        log = LogFile(self._logs / f"{child.name}.log")
        runner = ProcessRunner(child, self._guard, self._screen, log)
        task = asyncio.create_task(
            runner.run(self._notify_changed, lambda: not self._are_settled(child.needs))
        )
        task.add_done_callback(self._note_end)
        self._runners[child.name], self._tasks[child.name] = runner, task
        ready = asyncio.create_task(runner.ready.wait())
        await asyncio.wait(
            {ready, task}, timeout=READY_SECONDS, return_when=asyncio.FIRST_COMPLETED
        )
        if task.done():
            task.result()
        if not ready.done():
            ready.cancel()
            raise CannotStart(
                f"{child.name} was not ready within {READY_SECONDS:g} s: see {log.path}."
            )

    async def stop(self, names: list[str]) -> None:
        """Stop those of these children that were started, concurrently."""
        started = [name for name in names if name in self._runners]
        await asyncio.gather(*(self._runners[name].stop(self._tasks[name]) for name in started))

    def kill(self) -> None:
        """Kill all children."""
        for runner in self._runners.values():
            runner.kill()

    def _are_settled(self, names: tuple[str, ...]) -> bool:
        """Return True if all of these have been ready for a while."""
        since = time.monotonic() - SETTLED_SECONDS
        return all(self._runners[name].ready_since < since for name in names)

    def _notify_changed(self) -> None:
        self.changed()

    def _note_end(self, task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        if error and not self.failure.done():
            self.failure.set_exception(error)
            self.failure.exception()  # Marks it as retrieved: `start` raises it too.


def pipe() -> tuple[FileIO, int]:
    """Return a new pipe: its read end as a file, and the descriptor of its write end."""
    read_end, write_end = os.pipe()
    return FileIO(read_end), write_end


def kill_group(pid: int) -> None:
    """Kill all processes in the group that `pid` leads or led."""
    # On macOS a group of zombies answers PermissionError.
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def is_routine(line: str) -> bool:
    """Return True for a JSON log line of level info or debug, which is only in the log file."""
    return line.startswith("{") and ('"level": "info"' in line or '"level": "debug"' in line)


def exit_description(code: int) -> str:
    """Return an exit code in words."""
    if code >= 0:
        return f"ended with code {code}"
    return f"was ended by {signal.Signals(-code).name}"
