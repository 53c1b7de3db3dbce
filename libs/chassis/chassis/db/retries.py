"""Retries of transactions that failed for a transient reason.

PostgreSQL rolls back one of the transactions of a deadlock, and all transactions when it restarts.
Such a transaction had no effect, so it can run again. Each retry is counted by SQLSTATE and logged,
so that retries do not hide a fault.
"""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from prometheus_client import Counter

from chassis import logs
from chassis.db.database import Database, Transaction, is_transient

TRIES_MAX = 3
CONFLICT_SQLSTATES = {"40001", "40P01"}
"""Serialization failure and deadlock: the transaction conflicted with another one."""

RETRIES = Counter(
    "labelwright_transaction_retries_total",
    "Transactions that failed and ran again, by SQLSTATE and by what ran (request, job, event). "
    "Any 40P01 is a deadlock: two statements lock rows in different orders, look in the logs.",
    ["sqlstate", "ran"],
)

Result = TypeVar("Result")


async def retry(
    database: Database, operation: Callable[[Transaction], Awaitable[Result]]
) -> Result:
    """Run `operation` in a transaction, again after a transient failure; return its result.

    The result is returned after the commit. `operation` must be idempotent, since the connection
    can be lost after the commit and before its acknowledgement. Raises the last error after
    `TRIES_MAX` tries, and every error that is not transient at once.
    """
    for _ in range(TRIES_MAX - 1):
        try:
            return await _run(database, operation)
        except Exception as error:
            if not is_transient(error):
                raise
            count_retry(error, "request")
    return await _run(database, operation)


async def _run(database: Database, operation: Callable[[Transaction], Awaitable[Result]]) -> Result:
    async with database.transaction() as transaction:
        return await operation(transaction)


def count_retry(error: BaseException, ran: str) -> None:
    """Count and log that a transaction of a request, job or event (`ran`) failed and runs again."""
    state = sqlstate(error) or "none"
    RETRIES.labels(state, ran).inc()
    logs.get("retries").warning(
        "a transaction failed and runs again", sqlstate=state, ran=ran, error=str(error)
    )


def is_conflict(error: BaseException | None) -> bool:
    """Return True for a deadlock or a serialization failure."""
    return sqlstate(error) in CONFLICT_SQLSTATES


def sqlstate(error: BaseException | None) -> str | None:
    """Return the SQLSTATE of `error` or of its cause; None if PostgreSQL sent none."""
    while error is not None:
        state = getattr(error, "sqlstate", None)
        if state:
            return str(state)
        error = error.__cause__
    return None
