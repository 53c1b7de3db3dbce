"""Keeps a stack up, and readable, while its disk is full.

PostgreSQL panics when its log cannot grow, and Kafka halts. So before the disk is really full
PostgreSQL takes no changes any more, and a reserve of disk space is given up for what it still
writes: ends of transactions, and the recovery after a crash. Once there is room all goes on.
"""

import os
import shutil
from pathlib import Path

import asyncpg

from labelwright_local.output import Screen
from labelwright_local.postgres import Postgres

FULL_BYTES, ROOM_BYTES = 100_000_000, 300_000_000
"""Below the first the disk counts as full, until the second is free: nothing flickers between."""
RESERVE_BYTES = 64 << 20
CHUNK_BYTES = 1 << 20
LOOK_SECONDS = 1.0
ANSWER_SECONDS = 5.0
SETTING = "default_transaction_read_only"


class DiskGuard:
    """Looks at the disk below `home`, and makes `postgres` read-only while that is full."""

    def __init__(self, home: Path, postgres: Postgres, screen: Screen) -> None:
        """Nothing is looked at yet."""
        self._home = home
        self._postgres = postgres
        self._screen = screen
        self._is_full = False
        self._applied: bool | None = None

    def is_full(self) -> bool:
        """Look whether the disk is full; say so when that changes."""
        free = shutil.disk_usage(self._home).free
        if not self._is_full and free < FULL_BYTES:
            self._reserve.unlink(missing_ok=True)
            self._screen.say(
                f"the disk is full: {megabytes(free)} are free where {self._home} lies. All can be"
                f" read, and nothing is changed until {megabytes(ROOM_BYTES)} are free: make room"
            )
            self._is_full = True
        elif self._is_full and free >= ROOM_BYTES:
            self._screen.say(f"there is room on the disk again: {megabytes(free)} are free")
            self._is_full = False
            self.reserve()
        return self._is_full

    def reserve(self) -> None:
        """Take the disk space that is given up when the disk is full."""
        if self._reserve.exists() and self._reserve.stat().st_size == RESERVE_BYTES:
            return
        with self._reserve.open("wb") as file:
            for _ in range(RESERVE_BYTES // CHUNK_BYTES):
                file.write(os.urandom(CHUNK_BYTES))  # What a file system can't compress.

    async def apply(self) -> None:
        """Make PostgreSQL read-only, or no longer, as the disk is now.

        It keeps that over a restart. Raises what asyncpg does if it does not answer.
        """
        wanted = self.is_full()
        if wanted == self._applied:
            return
        connection = await asyncpg.connect(self._postgres.admin_dsn, timeout=ANSWER_SECONDS)
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
    """A number of bytes for people."""
    return f"{count // 1_000_000} MB"
