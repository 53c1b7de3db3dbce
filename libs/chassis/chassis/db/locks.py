"""Advisory locks of PostgreSQL by name, held until the transaction ends, in any replica."""

from collections.abc import Iterable
from hashlib import blake2b

from chassis.db.database import Transaction


async def serialize(transaction: Transaction, names: Iterable[str]) -> None:
    """Let one transaction at a time go on for each of `names`, in any replica."""
    keys = sorted(map(_key, names))
    locks = ", ".join(f"pg_advisory_xact_lock({key})" for key in keys)
    await transaction.connection(f"SELECT {locks}")


async def try_lock(transaction: Transaction, name: str) -> bool:
    """Lock `name` unless another transaction has it; return True if this one has it now."""
    connection = await transaction.connection()
    return bool(await connection.fetchval("SELECT pg_try_advisory_xact_lock($1)", _key(name)))


def _key(name: str) -> int:
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "big", signed=True)
