"""Deferred events: events that refer to something not known yet wait for it in the database.

Events are ordered within a topic and not between topics, so an event about a task can arrive before
the event that creates the task. A handler defers such an event under the key of what it needs. The
handler that stores what was needed is followed by a replay of the events under that key. A lock
prevents that a concurrent transaction misses an event: a replay holds it shared; a transaction that
defers an event waits for the replays that hold it, and then looks again for what was just stored.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from itertools import groupby
from typing import Any, TypeVar

import sqlalchemy as sa

from chassis.db.database import Transaction, metadata
from chassis.db.locks import DEFERRED_EVENTS
from schemas.envelope import Envelope, Event

Found = TypeVar("Found")
Handler = Callable[[Transaction, Sequence[Any]], Awaitable[None]]
"""Handles an unbroken run of events of one kind, in the order in which they arrived."""

deferred_events = sa.Table(
    "parked",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("awaits", sa.Text, nullable=False, index=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
)

_LOCK = f"SELECT pg_advisory_xact_lock({DEFERRED_EVENTS})"
_LOCK_SHARED = f"SELECT pg_advisory_xact_lock_shared({DEFERRED_EVENTS})"
_DEFER = "INSERT INTO parked (awaits, kind, body) VALUES ($1, $2, $3)"
_TAKE = """
WITH taken AS (DELETE FROM parked WHERE awaits = ANY($1) RETURNING id, body)
SELECT body FROM taken ORDER BY id
"""


async def find_or_defer(
    transaction: Transaction,
    event: Event,
    key: str,
    look_up: Callable[[], Awaitable[Found | None]],
) -> Found | None:
    """Return the result of `look_up`; if that is None, defer `event` under `key`."""
    found = await look_up()
    if found is not None:
        return found
    connection = await transaction.connection()
    await connection.execute(_LOCK)
    found = await look_up()
    if found is None:
        await connection.execute(_DEFER, key, event.kind(), event.to_wire(transaction.service))
    return found


async def replay(
    transaction: Transaction, keys: Collection[str], handlers: Mapping[type[Event], Handler]
) -> None:
    """Handle the events deferred under `keys`, in the order in which they arrived.

    Call this after storing what the events wait for. `handlers` must have all kinds of events that
    are deferred under such keys.
    """
    if not keys:
        return
    kinds = {kind.kind(): kind for kind in handlers}
    events = await _take(transaction, list(keys), kinds)
    for kind, run in groupby(events, key=type):
        await handlers[kind](transaction, list(run))


async def _take(
    transaction: Transaction, keys: Sequence[str], kinds: Mapping[str, type[Event]]
) -> list[Event]:
    """Delete and return the events deferred under `keys`, in the order in which they arrived."""
    connection = await transaction.connection()
    await connection.execute(_LOCK_SHARED)
    rows = await connection.fetch(_TAKE, keys)
    envelopes = [Envelope.read(row["body"]) for row in rows]
    return [envelope.event(kinds[envelope.kind]) for envelope in envelopes]
