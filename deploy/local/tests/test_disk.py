import asyncio
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import asyncpg
import pytest

from labelwright_local.disk import FULL_BYTES, RESERVE_BYTES, ROOM_BYTES, DiskGuard
from labelwright_local.output import Screen
from labelwright_local.testing import PostgresServer

SetFree = Callable[[int], None]


@pytest.fixture
def free(monkeypatch: pytest.MonkeyPatch) -> SetFree:
    """A function that sets the number of free bytes."""
    usage = SimpleNamespace(free=ROOM_BYTES)
    monkeypatch.setattr("labelwright_local.disk.shutil.disk_usage", lambda _: usage)
    return lambda count: setattr(usage, "free", count)


def guard(home: Path, postgres: Any = None) -> DiskGuard:
    return DiskGuard(home, postgres, Screen())


async def until(connection: asyncpg.Connection, value: str) -> None:
    """Wait until this session has the setting: it is read before each statement."""
    async with asyncio.timeout(20):
        while await connection.fetchval("SHOW default_transaction_read_only") != value:
            await asyncio.sleep(0.02)


def test_a_full_disk_stays_full_until_there_is_enough_room_and_changes_are_printed_once(
    tmp_path: Path, free: SetFree, capsys: pytest.CaptureFixture[str]
) -> None:
    watched = guard(tmp_path)
    seen = []
    for count in (FULL_BYTES, FULL_BYTES - 1, FULL_BYTES - 1, ROOM_BYTES - 1, ROOM_BYTES):
        free(count)
        seen.append(watched.is_full())

    output = capsys.readouterr().out
    assert seen == [False, True, True, True, False]
    assert output.count("the disk is full: 99 MB are free") == 1
    assert output.count("there is room on the disk again") == 1


def test_the_reserve_is_deleted_while_the_disk_is_full(tmp_path: Path, free: SetFree) -> None:
    watched = guard(tmp_path)
    watched.reserve()
    before = (tmp_path / "reserve").stat()
    free(0)
    watched.is_full()
    while_full = (tmp_path / "reserve").exists()
    free(ROOM_BYTES)
    watched.is_full()

    assert before.st_blocks * 512 >= RESERVE_BYTES
    assert not while_full
    assert (tmp_path / "reserve").stat().st_size == RESERVE_BYTES


async def test_open_connections_are_read_only_while_the_disk_is_full(
    tmp_path: Path, free: SetFree, postgres_server: PostgresServer
) -> None:
    watched = guard(tmp_path, postgres_server)
    connection = await asyncpg.connect(postgres_server.admin_dsn)
    try:
        free(0)
        await watched.apply()
        await until(connection, "on")
        with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
            await connection.execute("CREATE TABLE refused ()")
        free(ROOM_BYTES)
        await watched.apply()
        await until(connection, "off")
        await connection.execute("CREATE TEMPORARY TABLE taken ()")
    finally:
        await connection.execute("ALTER SYSTEM RESET default_transaction_read_only")
        await connection.execute("SELECT pg_reload_conf()")
        await connection.close()


async def test_the_next_start_after_a_kill_on_a_full_disk_allows_writes(
    tmp_path: Path, free: SetFree, postgres_server: PostgresServer
) -> None:
    free(0)
    await guard(tmp_path, postgres_server).apply()
    free(ROOM_BYTES)

    await guard(tmp_path, postgres_server).apply()

    connection = await asyncpg.connect(postgres_server.admin_dsn)
    try:
        await until(connection, "off")
    finally:
        await connection.close()
