"""Stored verdicts on batches, with which retries are answered."""

from datetime import datetime
from typing import Any

from chassis.db.database import Transaction, as_json

_VERDICT = "SELECT body_sha256, verdict FROM imports WHERE project = $1 AND key = $2"
_ADD = """
INSERT INTO imports (project, key, body_sha256, verdict, created_at)
VALUES ($1, $2, $3, $4::json, $5)
"""
_DELETE = "DELETE FROM imports WHERE created_at < $1"


async def verdict(
    transaction: Transaction, project: str, key: str
) -> tuple[str, dict[str, Any]] | None:
    """Return the hash of the body that came with `key`, and its verdict; None if unknown."""
    connection = await transaction.connection()
    row = await connection.fetchrow(_VERDICT, project, key)
    return None if row is None else (row["body_sha256"], row["verdict"])


async def add_verdict(
    transaction: Transaction,
    project: str,
    key: str,
    body_sha256: str,
    verdict: dict[str, Any],
    now: datetime,
) -> None:
    """Store the verdict on a batch."""
    connection = await transaction.connection()
    await connection.execute(_ADD, project, key, body_sha256, as_json(verdict), now)


async def delete_verdicts(transaction: Transaction, before: datetime) -> None:
    """Delete the verdicts stored before a time."""
    connection = await transaction.connection()
    await connection.execute(_DELETE, before)
