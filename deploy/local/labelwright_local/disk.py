"""Keeps a stack running and readable while its disk is full.

PostgreSQL crashes when its log cannot grow, and Kafka halts. So before the disk is really full,
PostgreSQL becomes read-only, and a reserved file is deleted to leave space for what it still
writes: ends of transactions, and the recovery after a crash. Once there is room, writes go on.
"""

import os
import shutil
from pathlib import Path

import asyncpg

from labelwright_local.output import Screen
from labelwright_local.postgres import Postgres

FULL_BYTES, ROOM_BYTES = 100_000_000, 300_000_000
"""The disk is full below the first, until the second is free: so the state does not flicker."""
RESERVE_BYTES = 64 << 20
CHUNK_BYTES = 1 << 20
CHECK_SECONDS = 1.0
CONNECT_SECONDS = 5.0
SETTING = "default_transaction_read_only"


class DiskGuard:
    """Watches the disk of `home`, and makes `postgres` read-only while it is full."""

    def __init__(self, home: Path, postgres: Postgres, screen: Screen) -> None:
        """Start with the assumption that the disk is not full; nothing is checked yet."""
        self._home = home
        self._postgres = postgres
        self._screen = screen
        self._is_full = False
        self._applied: bool | None = None

    def is_full(self) -> bool:
        """Check if the disk is full; print a line if that has changed since the last check."""
        free = shutil.disk_usage(self._home).free
        if not self._is_full and free < FULL_BYTES:
            self._reserve.unlink(missing_ok=True)
            self._screen.say(
                f"the disk is full: {megabytes(free)} are free on the disk of {self._home}."
                f" Reads go on, writes are refused until {megabytes(ROOM_BYTES)} are free:"
                " delete some files"
            )
            self._is_full = True
        elif self._is_full and free >= ROOM_BYTES:
            self._screen.say(f"there is room on the disk again: {megabytes(free)} are free")
            self._is_full = False
            self.reserve()
        return self._is_full

    def reserve(self) -> None:
        """Write the file that is deleted when the disk is full."""
        if self._reserve.exists() and self._reserve.stat().st_size == RESERVE_BYTES:
            return
        with self._reserve.open("wb") as file:
            for _ in range(RESERVE_BYTES // CHUNK_BYTES):
                file.write(os.urandom(CHUNK_BYTES))  # Random, so that no file system compresses it.

    async def apply(self) -> None:
        """Make PostgreSQL read-only if the disk is full, else writable; a restart keeps that.

        Raise an error of asyncpg if PostgreSQL does not answer.
        """
        wanted = self.is_full()
        if wanted == self._applied:
            return
        connection = await asyncpg.connect(self._postgres.admin_dsn, timeout=CONNECT_SECONDS)
        try:
            value = "on" if wanted else "off"
            if await connection.fetchval(f"SHOW {SETTING}") != value:
                await connection.execute(f"ALTER SYSTEM SET {SETTING} = {value}")
                await connection.execute("SELECT pg_reload_conf()")
        finally:
            connection.terminate()
        self._applied = wanted

    @property
    def _reserve(self) -> Path:
        return self._home / "reserve"


def megabytes(count: int) -> str:
    """Return a number of bytes as text in MB."""
    return f"{count // 1_000_000} MB"
