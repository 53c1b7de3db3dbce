"""Parking: what tells of something not known yet waits for it, and nothing is lost.

Order holds within a topic, never across: a vote may arrive before its task. The handler writes
the event down under what it waits for, and the handler that makes that known takes it up. A lock
closes the gap between the two: whoever takes up holds it shared, whoever parks waits for those
that hold it, looks again, and so finds what a concurrent transaction has just made known.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import sqlalchemy as sa

from chassis.db.database import Transaction, metadata
from schemas.envelope import Envelope, Event

Found = TypeVar("Found")

parked = sa.Table(
    "parked",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("awaits", sa.Text, nullable=False, index=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
)

_LOCK = "SELECT pg_advisory_xact_lock(7)"
_LOCK_SHARED = "SELECT pg_advisory_xact_lock_shared(7)"
_PARK = "INSERT INTO parked (awaits, kind, body) VALUES ($1, $2, $3)"
_TAKE = """
WITH taken AS (DELETE FROM parked WHERE awaits = ANY($1) RETURNING id, body)
SELECT body FROM taken ORDER BY id
"""


async def find_or_defer(
    transaction: Transaction,
    event: Event,
    awaits: str,
    look_up: Callable[[], Awaitable[Found | None]],
) -> Found | None:
    """What `look_up` finds; or None, and `event` is parked under `awaits`."""
    found = await look_up()
    if found is not None:
        return found
    connection = await transaction.connection()
    await connection.execute(_LOCK)
    found = await look_up()
    if found is None:
        await connection.execute(_PARK, awaits, event.kind(), event.to_wire("parking"))
    return found


async def take_deferred(
    transaction: Transaction, awaits: str, kinds: dict[str, type[Event]]
) -> list[Event]:
    """The events that waited for `awaits`, in the order in which they came. They wait no more."""
    return await take_all_deferred(transaction, [awaits], kinds)


async def take_all_deferred(
    transaction: Transaction, awaits: Sequence[str], kinds: dict[str, type[Event]]
) -> list[Event]:
    """The events that waited for one of `awaits`. Call it after writing what they waited for."""
    connection = await transaction.connection()
    await connection.execute(_LOCK_SHARED)
    rows = await connection.fetch(_TAKE, awaits)
    envelopes = [Envelope.read(row["body"]) for row in rows]
    return [envelope.event(kinds[envelope.kind]) for envelope in envelopes]
