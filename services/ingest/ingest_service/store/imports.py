"""Verdicts that are remembered, so that a retry hears the same."""

from datetime import datetime
from typing import Any

from chassis.database import Session, raw
from ingest_service.store import as_json

_KEPT = "SELECT body_sha256, verdict FROM imports WHERE project = $1 AND key = $2"
_KEEP = """
INSERT INTO imports (project, key, body_sha256, verdict, created_at)
VALUES ($1, $2, $3, $4::json, $5)
"""
_FORGET = "DELETE FROM imports WHERE created_at < $1"


async def verdict(session: Session, project: str, key: str) -> tuple[str, dict[str, Any]] | None:
    """The hash of the body that came with `key`, and what was said to it."""
    connection = await raw(session)
    row = await connection.fetchrow(_KEPT, project, key)
    return None if row is None else (row["body_sha256"], row["verdict"])


async def keep_verdict(
    session: Session, project: str, key: str, body_sha256: str, said: dict[str, Any], now: datetime
) -> None:
    """Remember what was said to a batch."""
    connection = await raw(session)
    await connection.execute(_KEEP, project, key, body_sha256, as_json(said), now)


async def forget_verdicts(session: Session, before: datetime) -> None:
    """Drop verdicts that nobody will ask for again."""
    connection = await raw(session)
    await connection.execute(_FORGET, before)
