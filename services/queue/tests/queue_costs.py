"""The cost of calls to the database: their statements, and the bytes that it writes."""

from collections import Counter
from collections.abc import Callable
from statistics import mean
from typing import Any

import asyncpg
import pytest
from blindness_crowd import Crowd

APART_MAX = 120
"""The tolerance in bytes, since numbers differ in length; another row has three times as many."""
WRITTEN = "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint"
STATEMENTS = ("execute", "executemany", "fetch", "fetchrow", "fetchval")


def count_statements(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Count the statements of all connections."""
    found: Counter[str] = Counter()

    def counted(name: str, send: Callable[..., Any]) -> Callable[..., Any]:
        def count(*words: Any, **more: Any) -> Any:
            found[name] += 1
            return send(*words, **more)

        return count

    for name in STATEMENTS:
        sends = getattr(asyncpg.Connection, name)
        monkeypatch.setattr(asyncpg.Connection, name, counted(name, sends))
    return found


async def written(crowd: Crowd) -> int:
    """Return the bytes that PostgreSQL has written to its write-ahead log."""
    async with crowd.database.transaction() as transaction:
        found: int = await (await transaction.connection()).fetchval(WRITTEN)
    return found


def typical(sizes: list[int]) -> float:
    """Return the mean without the largest tenth."""
    return mean(sorted(sizes)[: len(sizes) * 9 // 10])
