import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from labelwright_local import supervisor
from labelwright_local.output import Screen
from labelwright_local.process_guard import ProcessGuard
from labelwright_local.refusal import CannotStart
from labelwright_local.supervisor import Child, Supervisor

Alive = Callable[[int], bool]
Soon = Callable[[Callable[[], bool]], bool]


@pytest.fixture
async def supervised(guard: ProcessGuard, tmp_path: Path) -> AsyncIterator[Supervisor]:
    made = Supervisor(guard, Screen(), tmp_path / "logs")
    yield made
    made.kill()
    await made.stop(["child"])


def child(guard: ProcessGuard, tmp_path: Path, program: str, stop_seconds: float = 5.0) -> Child:
    """Return a Python program that is ready once it has created the file `ready`."""
    command = guard.command([sys.executable, "-c", program])
    ready = tmp_path / "ready"
    return Child(
        "child", command, ready.exists, stop_seconds=stop_seconds, clean_up=lambda: clean(ready)
    )


def clean(file: Path) -> None:
    file.unlink(missing_ok=True)


def program(tmp_path: Path, then: str = "time.sleep(1000)") -> str:
    ready = tmp_path / "ready"
    return f"import os, pathlib, signal, sys, time\npathlib.Path({str(ready)!r}).touch()\n{then}\n"


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.02)


async def test_a_child_that_is_killed_is_started_again_and_reported(
    supervised: Supervisor, guard: ProcessGuard, tmp_path: Path
) -> None:
    pids: list[int | None] = []
    await supervised.start(child(guard, tmp_path, program(tmp_path)))
    supervised.changed = lambda: pids.append(supervised.pid("child"))
    before = supervised.pid("child")
    assert before

    os.kill(before, signal.SIGKILL)
    await until(lambda: bool(pids))

    assert pids == [supervised.pid("child")]
    assert pids[0] not in {before, None}


async def test_grandchildren_of_a_killed_child_end_before_it_starts_again(
    supervised: Supervisor, guard: ProcessGuard, tmp_path: Path, alive: Alive
) -> None:
    noted = tmp_path / "grandchild"
    fork = (
        "pid = os.fork() or time.sleep(1000)\n"
        f"pathlib.Path({str(noted)!r}).write_text(str(pid))\n"
        "time.sleep(1000)"
    )
    await supervised.start(child(guard, tmp_path, program(tmp_path, fork)))
    await until(lambda: noted.exists() and bool(noted.read_text()))
    grandchild = int(noted.read_text())
    assert alive(grandchild)

    os.kill(supervised.pid("child") or 0, signal.SIGKILL)

    await until(lambda: not alive(grandchild))


async def test_a_child_that_keeps_exiting_is_not_restarted_and_its_last_line_is_reported(
    supervised: Supervisor, guard: ProcessGuard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "PAUSE_SECONDS", 0.01)
    dying = "print('no such table', flush=True)\nsys.exit(3)"
    never_ready = child(guard, tmp_path, f"import sys\n{dying}")

    with pytest.raises(
        CannotStart, match=r'child exited 5 times .* ended with code 3.* "no such table"\.'
    ):
        await supervised.start(never_ready)

    assert (tmp_path / "logs" / "child.log").read_text() == "no such table\n" * 5
    assert supervised.failure.exception()


async def test_a_child_that_exits_too_often_later_fails_the_stack(
    supervised: Supervisor, guard: ProcessGuard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "PAUSE_SECONDS", 0.01)
    await supervised.start(
        child(guard, tmp_path, program(tmp_path, "time.sleep(0.2)\nsys.exit(1)"))
    )

    with pytest.raises(CannotStart, match="child exited 5 times"):
        await asyncio.wait_for(asyncio.shield(supervised.failure), 20)


async def test_exits_do_not_count_while_a_needed_child_is_down_or_has_just_returned(
    supervised: Supervisor, guard: ProcessGuard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "PAUSE_SECONDS", 0.01)
    sleeping = guard.command([sys.executable, "-c", "import time; time.sleep(1000)"])
    await supervised.start(Child("below", sleeping, lambda: True))
    dying = guard.command(["sh", "-c", "echo died; exit 1"])
    log = tmp_path / "logs" / "child.log"

    above = asyncio.create_task(
        supervised.start(Child("child", dying, lambda: False, needs=("below",)))
    )
    await until(lambda: log.exists() and log.read_text().count("died") > supervisor.EXITS_MAX + 2)

    assert not above.done()
    monkeypatch.setattr(supervisor, "SETTLED_SECONDS", 0.0)
    with pytest.raises(CannotStart, match="child exited 5 times"):
        await above
    await supervised.stop(["below"])


async def test_routine_lines_are_only_in_the_log_file(
    supervised: Supervisor, guard: ProcessGuard, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = ['{"level": "info", "event": "a"}', '{"level": "warning", "event": "b"}', "plain"]
    log = tmp_path / "logs" / "child.log"
    printing = f"print({chr(10).join(lines)!r}, flush=True)\ntime.sleep(1000)"

    await supervised.start(child(guard, tmp_path, program(tmp_path, printing)))
    await until(lambda: log.exists() and "plain" in log.read_text())
    await asyncio.sleep(0.1)

    screen = capsys.readouterr().out
    assert log.read_text().splitlines() == lines
    assert lines[0] not in screen
    assert lines[1] in screen
    assert "| plain" in screen


async def test_a_child_that_waits_while_blocked_is_started_again_afterwards(
    supervised: Supervisor, guard: ProcessGuard, tmp_path: Path
) -> None:
    blocked = [True]
    waiting = child(guard, tmp_path, program(tmp_path))
    waiting = replace(waiting, is_blocked=lambda: blocked[0], waits_while_blocked=True)
    await supervised.start(waiting)

    os.kill(supervised.pid("child") or 0, signal.SIGKILL)
    await asyncio.sleep(4 * supervisor.PAUSE_SECONDS)
    while_blocked = supervised.pid("child")
    blocked[0] = False
    await until(lambda: supervised.pid("child") is not None)

    assert while_blocked is None
    assert not supervised.failure.done()


async def test_the_exits_of_a_blocked_child_do_not_count(
    supervised: Supervisor, guard: ProcessGuard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "PAUSE_SECONDS", 0.01)
    log = tmp_path / "logs" / "child.log"
    dying = guard.command(["sh", "-c", "echo died; exit 1"])

    start = asyncio.create_task(
        supervised.start(Child("child", dying, lambda: False, is_blocked=lambda: True))
    )
    await until(lambda: log.exists() and log.read_text().count("died") > supervisor.EXITS_MAX + 2)

    assert not start.done()
    start.cancel()


async def test_a_child_that_does_not_become_ready_is_reported(
    supervised: Supervisor, guard: ProcessGuard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "READY_SECONDS", 0.3)

    with pytest.raises(CannotStart, match="was not ready within"):
        await supervised.start(child(guard, tmp_path, "import time; time.sleep(1000)"))


async def test_a_child_stops_in_order_and_is_not_started_again(
    supervised: Supervisor, guard: ProcessGuard, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    polite = (
        "signal.signal(15, lambda *_: (print('bye', flush=True), sys.exit(0)))\ntime.sleep(1000)"
    )
    await supervised.start(child(guard, tmp_path, program(tmp_path, polite)))
    pid = supervised.pid("child")
    await asyncio.sleep(0.2)

    await supervised.stop(["child"])

    assert pid
    assert supervised.pid("child") is None
    assert "bye" in capsys.readouterr().out


async def test_a_child_that_does_not_stop_is_killed(
    supervised: Supervisor, guard: ProcessGuard, tmp_path: Path, alive: Alive
) -> None:
    stubborn = "import signal\nsignal.signal(15, signal.SIG_IGN)\n" + program(tmp_path)
    await supervised.start(child(guard, tmp_path, stubborn, stop_seconds=0.3))
    pid = supervised.pid("child")
    assert pid

    await supervised.stop(["child"])

    assert not alive(pid)


async def test_a_stop_during_the_pause_before_a_restart_is_quick(
    supervised: Supervisor, guard: ProcessGuard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "PAUSE_SECONDS", 60.0)
    monkeypatch.setattr(supervisor, "PAUSE_SECONDS_MAX", 60.0)
    await supervised.start(child(guard, tmp_path, program(tmp_path)))
    os.kill(supervised.pid("child") or 0, signal.SIGKILL)
    await until(lambda: supervised.pid("child") is None)

    async with asyncio.timeout(5):
        await supervised.stop(["child"])

    assert supervised.pid("child") is None


async def test_a_very_long_line_is_forwarded_whole(
    supervised: Supervisor, guard: ProcessGuard, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    endless = (
        "sys.stdout.write('x' * 5_000_000 + '\\nend\\n')\nsys.stdout.flush()\ntime.sleep(1000)"
    )

    await supervised.start(child(guard, tmp_path, program(tmp_path, endless)))
    log = tmp_path / "logs" / "child.log"
    await until(lambda: log.exists() and log.read_bytes().endswith(b"\nend\n"))

    assert log.read_bytes().count(b"x") == 5_000_000
    assert capsys.readouterr().out.count("x") == 5_000_000
