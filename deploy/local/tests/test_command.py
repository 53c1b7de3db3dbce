"""A stack that cannot start prints one line with the reason, and exits with code 1."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from labelwright_local import ports
from labelwright_local.command import replica_counts, selected_parts
from labelwright_local.refusal import CannotStart

UP = [sys.executable, "-m", "labelwright_local", "up"]


def refusal(home: Path, *words: str, **settings: str) -> str:
    """Return the message of a start that fails."""
    base = str(ports.some_free(1)[0])
    environment = {"LABELWRIGHT_HOME": str(home), "LABELWRIGHT_PORT_BASE": base, **settings}
    run = subprocess.run(
        [*UP, *words],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 1, run.stderr
    assert run.stderr.startswith("labelwright: ")
    assert run.stderr.count("\n") == 1
    return run.stderr


def test_a_port_in_use(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", ports.some_free(1)[0])) as other:
        port = other.getsockname()[1]

        output = refusal(tmp_path, LABELWRIGHT_PORT_BASE=str(port - ports.STEPS["quality"]))

    assert f"Port {port}, which quality needs, is in use by another program" in output
    assert "set LABELWRIGHT_PORT_BASE" in output
    assert not (tmp_path / "postgres").exists()


def test_the_port_of_a_services_metrics_in_use(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", ports.some_free(1)[0])) as other:
        port = other.getsockname()[1]
        base = port - ports.METRICS_STEP - ports.STEPS["quality"]

        output = refusal(tmp_path, LABELWRIGHT_PORT_BASE=str(base))

    assert f"Port {port}, which quality (metrics) needs, is in use by another program" in output


def test_a_base_that_is_not_a_number(tmp_path: Path) -> None:
    assert "it must be a number from 1024 to" in refusal(tmp_path, LABELWRIGHT_PORT_BASE="high")


def test_a_home_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    assert "set LABELWRIGHT_HOME to a writable folder" in refusal(tmp_path / "file" / "home")


def test_a_part_that_does_not_exist(tmp_path: Path) -> None:
    assert "no part called qeue: choose from" in refusal(tmp_path, "--only", "qeue")


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--replicas", "qeue=2"], "no service called qeue: choose from ingest, queue"),
        (["--replicas", "postgres=2"], "no service called postgres: choose from"),
        (
            ["--replicas", "queue=0"],
            "--replicas queue=0 must give a number from 1 to 9, such as queue=2",
        ),
        (["--replicas", "queue=-1"], "must give a number from 1 to 9"),
        (["--replicas", "queue"], "must give a number from 1 to 9"),
        (["--replicas", "queue=10"], "must give a number from 1 to 9"),
        (["--replicas", "queue=2", "--replicas", "quality=two"], "such as quality=2"),
        (["--only", "queue", "--replicas", "ingest=2"], "a service that --only leaves out"),
    ],
)
def test_invalid_replicas(tmp_path: Path, words: list[str], why: str) -> None:
    assert why in refusal(tmp_path, *words)


def test_the_port_of_a_further_replica_in_use(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", ports.some_free(1)[0])) as other:
        port = other.getsockname()[1]
        base = port - ports.STEPS["queue"] - ports.REPLICA_STEP
        words = ["--only", "queue", "--replicas", "queue=2"]

        output = refusal(tmp_path, *words, LABELWRIGHT_PORT_BASE=str(base))

    assert f"Port {port}, which queue-2 needs, is in use by another program" in output


def test_a_java_that_is_too_old(tmp_path: Path) -> None:
    java = tmp_path / "java"
    java.write_text("#!/bin/sh\necho 'openjdk version \"11.0.2\"' >&2\n")
    java.chmod(0o755)

    output = refusal(tmp_path / "home", LABELWRIGHT_JAVA=str(java))

    assert "names Java 11.0.2, but Kafka needs Java 17 or newer" in output


def test_a_download_that_fails(tmp_path: Path) -> None:
    output = refusal(
        tmp_path / "home",
        LABELWRIGHT_CACHE=str(tmp_path / "cache"),
        LABELWRIGHT_MAVEN_URL=f"file://{tmp_path}/missing",
    )

    assert "could not be fetched from file://" in output


@pytest.mark.skipif(sys.platform != "linux", reason="a disk of no size is made on Linux")
def test_a_full_disk(tmp_path: Path) -> None:
    namespace = ["unshare", "--mount", "--map-root-user"]
    script = f'mount -t tmpfs -o size=8m none {tmp_path} && exec "$@"'
    environment = {**os.environ, "LABELWRIGHT_HOME": str(tmp_path / "home")}

    run = subprocess.run(
        [*namespace, "sh", "-c", script, "sh", *UP, "--only", "postgres"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 1
    assert run.stderr.startswith("labelwright: The disk is full: 8 MB are free")
    assert run.stderr.count("\n") == 1


def test_ctrl_c_during_a_download_ends_at_once(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", ports.some_free(1)[0])) as silent:
        settings = {
            "LABELWRIGHT_HOME": str(tmp_path / "home"),
            "LABELWRIGHT_CACHE": str(tmp_path / "cache"),
            "LABELWRIGHT_MAVEN_URL": f"http://127.0.0.1:{silent.getsockname()[1]}",
            "LABELWRIGHT_PORT_BASE": str(ports.some_free(1)[0]),
            "no_proxy": "127.0.0.1",
        }
        with subprocess.Popen(
            [*UP, "--only", "kafka"],
            env={**os.environ, **settings},
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            connection, _ = silent.accept()

            process.send_signal(signal.SIGINT)

            output, _ = process.communicate(timeout=10)
            connection.close()

    assert process.returncode == 130
    assert "fetching Kafka" in output


def test_the_number_of_replicas_is_that_of_the_option_and_one_by_default() -> None:
    parts = selected_parts("")

    assert replica_counts([], parts) == {}
    assert replica_counts(["queue=2", "dataset-store=3"], parts) == {"queue": 2, "dataset-store": 3}
    assert replica_counts(["queue=2", "queue=1"], parts) == {"queue": 1}


def test_a_service_is_started_with_the_parts_that_it_needs() -> None:
    assert selected_parts("queue") == {"queue", "postgres", "kafka"}
    assert selected_parts("postgres, kafka") == {"postgres", "kafka"}
    assert len(selected_parts("")) == 7
    with pytest.raises(CannotStart):
        selected_parts("postgres,kafak")
