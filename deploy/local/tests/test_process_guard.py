import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from labelwright_local import identity
from labelwright_local.process_guard import CURRENT_USER, ProcessGuard, RunAs

HOLDER = Path(__file__).with_name("holder.py")
Alive = Callable[[int], bool]
Soon = Callable[[Callable[[], bool]], bool]

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="a promise of Linux")
root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root changes its user")


def users() -> list[RunAs]:
    if os.geteuid() != 0:
        return [CURRENT_USER]
    user = identity.unprivileged_user()
    ways = [RunAs("setuid", user.pw_uid, user.pw_gid)]
    ways += [RunAs("namespace", user.pw_uid, user.pw_gid)]
    guard = ProcessGuard(kernel=False)
    possible = [way for way in ways if identity.can_run(guard, ["true"], way)]
    guard.close()
    return [CURRENT_USER, *possible]


@contextmanager
def holding(kernel: bool, run_as: RunAs) -> Iterator[tuple[int, int, int, int]]:
    """Run a process with a child and a grandchild; yield its id, the reaper's, and theirs."""
    words = [str(int(kernel)), run_as.how, str(run_as.uid), str(run_as.gid)]
    with subprocess.Popen([sys.executable, str(HOLDER), *words], stdout=subprocess.PIPE) as process:
        assert process.stdout
        reaper, child, grandchild = map(int, process.stdout.readline().split())
        try:
            yield process.pid, reaper, child, grandchild
        finally:
            for pid in (process.pid, child, grandchild):
                if pid == process.pid or os.path.exists(f"/proc/{pid}"):
                    os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize("run_as", users(), ids=lambda run_as: run_as.how)
def test_the_reaper_ends_children_and_grandchildren_of_a_killed_process(
    run_as: RunAs, alive: Alive, soon: Soon
) -> None:
    with holding(kernel=False, run_as=run_as) as (holder, reaper, child, grandchild):
        assert alive(child)
        assert alive(grandchild)

        os.kill(holder, signal.SIGKILL)

        assert soon(lambda: not alive(child) and not alive(grandchild) and not alive(reaper))


@linux_only
@pytest.mark.parametrize("run_as", users(), ids=lambda run_as: run_as.how)
def test_the_kernel_ends_the_child_of_a_killed_process_without_the_reaper(
    run_as: RunAs, alive: Alive, soon: Soon
) -> None:
    with holding(kernel=True, run_as=run_as) as (holder, reaper, child, _):
        os.kill(reaper, signal.SIGKILL)
        assert soon(lambda: not alive(reaper))
        assert alive(child)

        os.kill(holder, signal.SIGKILL)

        assert soon(lambda: not alive(child))


def test_a_closed_guard_ends_its_children() -> None:
    other = ProcessGuard(kernel=False)
    child = start(other, ["sleep", "1000"])

    other.close()

    assert child.wait(5) == -signal.SIGKILL


def test_a_forgotten_child_is_not_ended(alive: Alive) -> None:
    guard = ProcessGuard(kernel=False)
    child = start(guard, ["sleep", "1000"])
    guard.forget(child.pid)

    guard.close()

    assert alive(child.pid)
    child.kill()
    child.wait()


def test_a_child_that_ends_at_its_last_signal_is_not_killed(tmp_path: Path) -> None:
    other = ProcessGuard(kernel=False)
    obeyed = tmp_path / "obeyed"
    script = f"trap 'echo obeyed > {obeyed}; exit 7' TERM; echo up; while :; do sleep 0.05; done"
    command = other.command(["sh", "-c", script], last=signal.SIGTERM)
    child = subprocess.Popen(
        command, pass_fds=[other.pipe], start_new_session=True, stdout=subprocess.PIPE
    )
    assert child.stdout
    assert child.stdout.readline() == b"up\n"

    other.close()

    child.communicate()
    assert (child.returncode, obeyed.read_text()) == (7, "obeyed\n")


def test_a_missing_program_is_reported(guard: ProcessGuard) -> None:
    command = guard.command(["/no/such/program"])

    run = subprocess.run(
        command, pass_fds=[guard.pipe], capture_output=True, text=True, check=False
    )

    assert run.returncode == 127
    assert "cannot run /no/such/program" in run.stderr


def start(guard: ProcessGuard, command: list[str]) -> subprocess.Popen[bytes]:
    child = subprocess.Popen(guard.command(command), pass_fds=[guard.pipe], start_new_session=True)
    # Registered once it has become the program.
    while b"sleep" not in Path(f"/proc/{child.pid}/cmdline").read_bytes().split(b"\0")[0]:
        pass
    return child
