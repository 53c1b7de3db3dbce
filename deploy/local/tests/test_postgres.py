import asyncio
import os
import re
import socket
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import asyncpg
import pytest

from labelwright_local import identity
from labelwright_local.ports import some_free
from labelwright_local.postgres import Postgres
from labelwright_local.process_guard import ProcessGuard, RunAs
from labelwright_local.testing import (
    FreshDatabase,
    PostgresServer,
    Server,
    run_in_new_loop,
    running_postgres,
)

HERE = Path(__file__).parent
root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root must change its user")
Alive = Callable[[int], bool]
Soon = Callable[[Callable[[], bool]], bool]


def plain(url: str) -> str:
    return url.replace("+asyncpg", "")


async def query(url: str, statement: str) -> object:
    connection = await asyncpg.connect(plain(url))
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


async def test_it_is_version_18_with_the_expected_settings(
    fresh_database: FreshDatabase,
) -> None:
    url = fresh_database()

    version = await query(url, "SHOW server_version")
    settings = [
        await query(url, f"SHOW {name}")
        for name in ("synchronous_commit", "max_connections", "listen_addresses", "jit")
    ]

    assert str(version).startswith("18.")
    assert settings == ["on", "200", "127.0.0.1", "off"]


async def test_its_log_lines_have_time_process_and_database(
    postgres_server: PostgresServer, fresh_database: FreshDatabase
) -> None:
    url = fresh_database()
    database = url.rsplit("/", 1)[1]

    with pytest.raises(asyncpg.UndefinedTableError):
        await query(url, "SELECT * FROM not_a_table")

    lines = postgres_server.log.read_text().splitlines()
    (line,) = [
        text for text in lines if "not_a_table" in text and database in text and "ERROR" in text
    ]
    assert re.match(rf"\d{{4}}-\d\d-\d\d [\d:.]+ UTC \[\d+\] {database} ERROR:", line)


def test_a_start_and_a_stop_log_nothing_that_looks_like_a_failure(tmp_path: Path) -> None:
    with running_postgres(tmp_path) as server:
        server.stop()
        server.start()

    output = server.log.read_text()
    assert "ready to accept connections" in output
    assert not re.search("FATAL|ERROR|WARNING|exit code", output), output


async def test_a_wrong_password_is_refused(postgres_server: PostgresServer) -> None:
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(
            host="127.0.0.1", port=postgres_server.port, user="postgres", password="guessed"
        )


def test_it_listens_only_on_the_loopback_address(postgres_server: PostgresServer) -> None:
    with socket.socket() as elsewhere:
        elsewhere.settimeout(1)

        refused = elsewhere.connect_ex(("127.0.0.2", postgres_server.port))

    assert refused != 0


def test_the_password_is_closed_to_others(tmp_path: Path) -> None:
    with running_postgres(tmp_path / "pg"):
        mode = stat.S_IMODE((tmp_path / "pg" / "password").stat().st_mode)

    assert mode == 0o600


async def test_a_kill_ends_busy_backends_and_loses_nothing_acknowledged(
    tmp_path: Path, alive: Alive
) -> None:
    with running_postgres(tmp_path / "pg", durable=True) as server:
        url = server.url("postgres")
        connection = await asyncpg.connect(plain(url))
        await connection.execute("CREATE TABLE kept (n int)")
        await connection.execute("INSERT INTO kept VALUES (1)")
        backend = connection.get_server_pid()
        busy = asyncio.create_task(
            connection.execute("SELECT count(*) FROM generate_series(1, 1e12)")
        )
        await asyncio.sleep(0.2)

        await asyncio.to_thread(server.kill)

        assert not alive(backend)
        with pytest.raises((asyncpg.PostgresConnectionError, ConnectionError)):
            await busy
        await asyncio.to_thread(server.start)
        assert await query(url, "SELECT count(*) FROM kept") == 1


async def test_it_stops_in_order_while_clients_are_connected(tmp_path: Path) -> None:
    with running_postgres(tmp_path / "pg") as server:
        connection = await asyncpg.connect(plain(server.url("postgres")))

        await asyncio.to_thread(server.stop)

        assert "database system is shut down" in server.log.read_text()
        connection.terminate()


async def test_a_fresh_database_is_a_copy_of_its_template(
    postgres_server: PostgresServer, fresh_database: FreshDatabase
) -> None:
    template = postgres_server.create_database()
    connection = await asyncpg.connect(plain(postgres_server.url(template)))
    await connection.execute("CREATE TABLE copied AS SELECT 7 AS n")
    await connection.close()

    copy = fresh_database(template=template)

    assert await query(copy, "SELECT n FROM copied") == 7
    postgres_server.drop_database(template)


def test_unfinished_files_of_an_interrupted_start_are_created_again(
    tmp_path: Path, guard: ProcessGuard
) -> None:
    folder = tmp_path / "pg"
    (folder / "data.new" / "base").mkdir(parents=True)
    (folder / "password").write_text("old\n")

    run_as = Postgres(folder, 20000, durable=False).prepare(guard)

    assert run_as.how in {"self", "namespace", "setuid"}
    assert (folder / "data" / "PG_VERSION").read_text() == "18\n"
    assert (folder / "password").read_text() != "old\n"


@pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="a disk of no size is made on Linux")
def test_a_full_disk_is_reported_in_one_line(tmp_path: Path) -> None:
    script = (
        f"mount -t tmpfs -o size=8m none {tmp_path}"
        f" && exec {sys.executable} {HERE / 'one_postgres.py'} {tmp_path}/pg"
    )
    namespace = ["--mount", *([] if os.geteuid() == 0 else ["--map-root-user"])]

    run = subprocess.run(
        ["unshare", *namespace, "sh", "-c", script], capture_output=True, text=True, check=False
    )

    last = run.stderr.strip().splitlines()[-1]
    assert "CannotStart: PostgreSQL could not create its files" in last
    assert "No space left on device" in last


@root_only
def test_root_runs_it_in_a_namespace_below_a_closed_folder(
    closed_folder: Path, guard: ProcessGuard
) -> None:
    postgres = Postgres(closed_folder / "pg", some_free(1)[0], durable=False)

    run_as = postgres.prepare(guard)

    assert run_as.how == "namespace"
    assert postgres.data.stat().st_uid == 0
    assert answers(postgres, run_as, guard)


@root_only
def test_root_changes_its_user_for_data_of_another_user_below_a_closed_folder(
    closed_folder: Path, guard: ProcessGuard
) -> None:
    postgres = Postgres(closed_folder / "pg", some_free(1)[0], durable=False)
    postgres.prepare(guard)
    user = identity.unprivileged_user()
    identity.chown(postgres.data, RunAs("setuid", user.pw_uid, user.pw_gid))

    run_as = postgres.prepare(guard)

    assert (run_as.how, run_as.uid) == ("setuid", user.pw_uid)
    assert answers(postgres, run_as, guard)


@root_only
@pytest.mark.parametrize("began_with_namespaces", [False, True])
def test_root_can_run_it_without_user_namespaces_below_a_closed_folder(
    began_with_namespaces: bool, closed_folder: Path
) -> None:
    program = [sys.executable, str(HERE / "one_postgres.py"), str(closed_folder)]
    if began_with_namespaces:
        subprocess.run(program, check=True)

    run = subprocess.run(
        [sys.executable, str(HERE / "without_namespaces.py"), *program],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (run.stderr, run.stdout) == ("", f"owner {identity.unprivileged_user().pw_uid}\n")


def answers(postgres: Postgres, run_as: RunAs, guard: ProcessGuard) -> bool:
    """Start it, run a query as a client, and stop it; return True."""
    server = Server(postgres, postgres.command(guard, run_as), guard)
    server.start()
    try:
        run_in_new_loop(query(postgres.url("postgres"), "SELECT 1"))
    finally:
        server.stop()
    return True
