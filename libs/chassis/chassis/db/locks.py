"""Advisory locks of PostgreSQL, which exclude transactions of all replicas of a service.

A lock is held until its transaction ends. Each service has its own database, so locks of different
services never meet; their numbers differ all the same, so that a number in `pg_locks` has one
meaning. There are three forms:

- a lock with one of the numbers below as its key;
- a lock for each project or version, whose key is `hashtextextended(name, number)`;
- a lock for each of any names, by `lock_names` and `try_lock`, whose key is a 64-bit hash of the
  name.
"""

from collections.abc import Iterable
from hashlib import blake2b

from chassis.db.database import Transaction

OUTBOX_RELAY = 1
"""Held by the replica that sends the outbox."""
QUEUE_POOLS = 4
"""Held while pools are created."""
QUEUE_PROJECT = 5
"""Held for a project while a spec version is stored, and shared while work becomes ready."""
DEFERRED_EVENTS = 7
"""Held while an event is deferred, and shared while deferred events are replayed."""
QUALITY_PROJECT = 8
"""Held for a project while its facts are stored and evaluated."""
PUBLISHED_VERSION = 11
"""Held for a version while it is published."""


async def lock_names(transaction: Transaction, names: Iterable[str]) -> None:
    """Lock `names`, waiting for other transactions that hold one of them.

    The keys are locked in ascending order, so that two transactions cannot deadlock.
    """
    keys = sorted(map(_key, names))
    locks = ", ".join(f"pg_advisory_xact_lock({key})" for key in keys)
    await transaction.connection(f"SELECT {locks}")


async def try_lock(transaction: Transaction, name: str) -> bool:
    """Lock `name` and return True, or return False if another transaction holds it."""
    connection = await transaction.connection()
    return bool(await connection.fetchval("SELECT pg_try_advisory_xact_lock($1)", _key(name)))


def _key(name: str) -> int:
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "big", signed=True)
