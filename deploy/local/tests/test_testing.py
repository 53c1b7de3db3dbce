"""The servers and fixtures of the pytest plugin."""

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from labelwright_local.testing import FreshDatabase, KafkaServer, PostgresServer

Alive = Callable[[int], bool]
Soon = Callable[[Callable[[], bool]], bool]

KILLED = """
import os, time
def test_that_is_killed(postgres_server, kafka_server):
    print(postgres_server.pid, kafka_server.pid, flush=True)
    time.sleep(1000)
"""


def test_the_servers_of_a_killed_pytest_end(tmp_path: Path, alive: Alive, soon: Soon) -> None:
    (tmp_path / "test_killed.py").write_text(KILLED)
    options = ["-p", "labelwright_local.testing", "-q", "-s", f"--basetemp={tmp_path / 'tmp'}"]
    with subprocess.Popen(
        [sys.executable, "-m", "pytest", *options, str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
    ) as process:
        assert process.stdout
        lines = (line.split() for line in process.stdout)
        pids = next([int(word) for word in words] for words in lines if len(words) == 2)
        assert all(alive(pid) for pid in pids)

        process.send_signal(signal.SIGKILL)

        assert soon(lambda: not any(alive(pid) for pid in pids))


def test_a_server_can_be_stopped_killed_and_started_by_a_test(
    postgres_server: PostgresServer, kafka_server: KafkaServer
) -> None:
    for server in (postgres_server, kafka_server):
        before = server.pid
        server.kill()
        with pytest.raises(RuntimeError, match="not running"):
            assert server.pid
        server.start()

        assert server.pid != before
        with pytest.raises(RuntimeError, match="running already"):
            server.start()


def test_a_stopped_server_can_be_stopped_again(postgres_server: PostgresServer) -> None:
    postgres_server.stop()
    postgres_server.stop()

    postgres_server.start()

    assert postgres_server.pid


def test_fresh_databases_have_different_names(fresh_database: FreshDatabase) -> None:
    first, second = fresh_database(), fresh_database()

    assert first != second
    assert first.startswith("postgresql+asyncpg://postgres:")
