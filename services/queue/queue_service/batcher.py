"""Batching of requests: those that arrive during a transaction share the next one.

A transaction costs the database and this process about the same for one request as for ten. An idle
batcher starts at once, so no request waits for others. A result is returned only after the commit.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from chassis.db.database import Database, Transaction, is_transient
from chassis.db.retries import retry

SIZE_MAX = 64

Request = TypeVar("Request")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Again:
    """A result that requests another attempt: `request` is handled again in a later transaction."""

    request: Any


Handle = Callable[[Transaction, Sequence[Request]], Awaitable[Sequence[Result | Exception | Again]]]
"""Returns a result for each request, in order. An exception is raised to its own request only."""


class Batcher(Generic[Request, Result]):
    """Handles requests in batches, one batch at a time."""

    def __init__(
        self, handle: Handle[Request, Result], key: Callable[[Request], Hashable] = id
    ) -> None:
        """Call `handle` for each batch. Requests with equal keys never share a batch."""
        self._handle = handle
        self._key = key
        self._waiting: list[tuple[Request, asyncio.Future[Result]]] = []
        self._running: asyncio.Task[None] | None = None

    async def submit(self, database: Database, request: Request) -> Result:
        """Return the result of `request` after its transaction was committed."""
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((request, future))
        if self._running is None:
            self._running = asyncio.create_task(self._run(database))
        return await future

    async def _run(self, database: Database) -> None:
        try:
            while self._waiting:
                batch = self._next()
                if batch:
                    await self._run_batch(database, batch)
        finally:
            self._running = None

    def _next(self) -> list[tuple[Request, asyncio.Future[Result]]]:
        """Return the oldest requests with different keys, without those that were cancelled."""
        batch: dict[Hashable, tuple[Request, asyncio.Future[Result]]] = {}
        rest: list[tuple[Request, asyncio.Future[Result]]] = []
        for request, future in self._waiting:
            if future.done():
                continue
            key = self._key(request)
            if key in batch or len(batch) == SIZE_MAX:
                rest.append((request, future))
            else:
                batch[key] = (request, future)
        self._waiting = rest
        return list(batch.values())

    async def _run_batch(
        self, database: Database, batch: Sequence[tuple[Request, asyncio.Future[Result]]]
    ) -> None:
        requests = [request for request, _ in batch]
        try:
            results = await retry(database, lambda transaction: self._handle(transaction, requests))
        except Exception as error:  # Raised to the callers of `submit`.
            await self._retry_singly(database, batch, error)
        else:
            again = []
            for (_, future), result in zip(batch, results, strict=True):
                if isinstance(result, Again):
                    again.append((result.request, future))
                else:
                    _resolve(future, result)
            self._waiting[:0] = again

    async def _retry_singly(
        self,
        database: Database,
        batch: Sequence[tuple[Request, asyncio.Future[Result]]],
        error: Exception,
    ) -> None:
        """Handle each request in a transaction of its own, so that only the faulty one fails."""
        if len(batch) > 1 and not is_transient(error):
            for entry in batch:
                await self._run_batch(database, [entry])
        else:
            for _, future in batch:
                _resolve(future, error)


def _resolve(future: "asyncio.Future[Result]", result: Result | Exception) -> None:
    if future.done():  # The caller was cancelled.
        return
    if isinstance(result, Exception):
        future.set_exception(result)
    else:
        future.set_result(result)
