"""Many requests, one transaction: what comes in while one is under way shares the next.

A commit and its statements cost the database and this process much the same for one request as
for ten. Nobody waits for company: an idle batcher starts at once. The answers are given after
the commit, each to its own request, so that what was promised is kept.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from chassis.db.database import Database, Transaction, is_transient
from chassis.db.retries import retry

SIZE_MAX = 64

Request = TypeVar("Request")
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Again:
    """In place of an answer: `request` has to be handled once more, in a later transaction."""

    request: Any


Handle = Callable[[Transaction, Sequence[Request]], Awaitable[Sequence[Answer | Exception | Again]]]
"""Answers each request, in order; an exception among the answers is raised to its asker alone."""


class Batcher(Generic[Request, Answer]):
    """Gives requests to `handle` in batches, one batch at a time."""

    def __init__(
        self, handle: Handle[Request, Answer], key: Callable[[Request], Hashable] = id
    ) -> None:
        """Two requests of one `key` never share a batch: the second sees what the first did."""
        self._handle = handle
        self._key = key
        self._waiting: list[tuple[Request, asyncio.Future[Answer]]] = []
        self._running: asyncio.Task[None] | None = None

    async def ask(self, database: Database, request: Request) -> Answer:
        """The answer to `request`, once the transaction that made it true has committed."""
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((request, future))
        if self._running is None:
            self._running = asyncio.create_task(self._run(database))
        return await future

    async def _run(self, database: Database) -> None:
        try:
            while self._waiting:
                batch = self._next()
                if batch:
                    await self._answer(database, batch)
        finally:
            self._running = None

    def _next(self) -> list[tuple[Request, asyncio.Future[Answer]]]:
        """The oldest requests, each key once; those whose asker has gone are left out."""
        batch: dict[Hashable, tuple[Request, asyncio.Future[Answer]]] = {}
        rest: list[tuple[Request, asyncio.Future[Answer]]] = []
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

    async def _answer(
        self, database: Database, batch: Sequence[tuple[Request, asyncio.Future[Answer]]]
    ) -> None:
        requests = [request for request, _ in batch]
        try:
            answers = await retry(database, lambda transaction: self._handle(transaction, requests))
        except Exception as error:  # Given to whoever asked.
            await self._retry_singly(database, batch, error)
        else:
            again = []
            for (_, future), answer in zip(batch, answers, strict=True):
                if isinstance(answer, Again):
                    again.append((answer.request, future))
                else:
                    _tell(future, answer)
            self._waiting[:0] = again

    async def _retry_singly(
        self,
        database: Database,
        batch: Sequence[tuple[Request, asyncio.Future[Answer]]],
        error: Exception,
    ) -> None:
        """One request must not fail for another's sake: each is tried again on its own."""
        if len(batch) > 1 and not is_transient(error):
            for one in batch:
                await self._answer(database, [one])
        else:
            for _, future in batch:
                _tell(future, error)


def _tell(future: "asyncio.Future[Answer]", answer: Answer | Exception) -> None:
    if future.done():  # Whoever asked has gone.
        return
    if isinstance(answer, Exception):
        future.set_exception(answer)
    else:
        future.set_result(answer)
