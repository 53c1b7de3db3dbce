"""Two replicas of the queue over one database, for tests that are not coroutines."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import httpx
from queue_model import OPEN_LEASES_MAX, Caller, Key

from chassis import testing
from chassis.db.database import Database, Transaction, is_transient
from queue_service import events as subscriptions
from queue_service.app import create_app
from queue_service.operations import annotations
from queue_service.operations import leases as lease_operations
from queue_service.settings import Settings
from queue_service.store import answers
from schemas.envelope import Event
from schemas.events import EVENTS

_TABLES = """
SELECT string_agg(quote_ident(tablename), ', ') FROM pg_tables
WHERE schemaname = 'public' AND tablename <> 'alembic_version'
"""
_WORK = """
SELECT work_id, task_id, stage, target, answered, leased, state, purpose FROM work ORDER BY work_id
"""
_LEASES = """
SELECT l.lease_id, l.work_id, l.annotator, l.kind, l.ended, l.expires_at, a.release_at,
    a.lease_id IS NOT NULL AS answered, s.annotator IS NOT NULL AS seen
FROM leases l JOIN work w USING (work_id) LEFT JOIN answers a USING (lease_id)
    LEFT JOIN seen s ON s.annotator = l.annotator AND s.item_id = w.item_id
        AND s.spec_version = w.spec_version
ORDER BY l.expires_at, l.lease_id
"""


@dataclass(frozen=True)
class Facts:
    """The content of the database, and the events published since the last call."""

    works: dict[Key, Any]
    keys: dict[int, Key]
    leases: list[Any]
    ready: dict[int, int]
    published: list[Any]


class Replicas:
    """Two replicas of the service that get the calls in turn."""

    def __init__(self, url: str, tokens: testing.Tokens) -> None:
        self.tokens = tokens
        self.jam_seconds = 0.06
        self.lost = 0
        """The number of retries of events and schedules after a conflict of transactions."""
        self._own = testing.settings(Settings, tokens, url, open_leases_max=OPEN_LEASES_MAX)
        self._loop = asyncio.new_event_loop()
        self._stack = AsyncExitStack()
        self._bearers: dict[Caller, dict[str, str]] = {}
        self._calls = 0
        self._loop.run_until_complete(self._connect())

    async def _connect(self) -> None:
        served = [create_app(self._own), create_app(self._own)]
        self._https = [await self._stack.enter_async_context(testing.serving(a)) for a in served]
        self._sessions: list[Database] = [app.state.database for app in served]

    def restart(self) -> None:
        """Replace both applications and clear the database."""
        self._loop.run_until_complete(self._restart())

    async def _restart(self) -> None:
        for http in self._https:
            await http.aclose()
        apps = [create_app(self._own) for _ in self._sessions]
        for app, database in zip(apps, self._sessions, strict=True):
            app.state.database = database
        self._https = [
            httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test")
            for app in apps
        ]
        async with self._sessions[0].transaction() as transaction:
            connection = await transaction.connection()
            await connection.execute(f"TRUNCATE {await connection.fetchval(_TABLES)}")

    def close(self) -> None:
        """Stop the replicas and their event loop."""
        self._loop.run_until_complete(self._stack.aclose())
        self._loop.close()

    def together(self, *coroutines: Awaitable[Any], jam: str | None = None) -> list[Any]:
        """Run coroutines concurrently on an event loop of its own; raise their first exception.

        `jam`: a table of which all rows are locked until all coroutines have started.
        """
        results = self._loop.run_until_complete(self._at_once(coroutines, jam))
        for one in results:
            if isinstance(one, BaseException):
                raise one
        return results

    async def _at_once(self, coroutines: Sequence[Awaitable[Any]], jam: str | None) -> list[Any]:
        if jam is None:
            return await asyncio.gather(*coroutines, return_exceptions=True)
        started = []
        async with self._sessions[0].transaction() as transaction:
            await (await transaction.connection()).fetch(f"SELECT 1 FROM {jam} FOR UPDATE")
            for one in coroutines:
                started.append(asyncio.ensure_future(one))
                await asyncio.sleep(self.jam_seconds / len(coroutines))
        return await asyncio.gather(*started, return_exceptions=True)

    async def send(self, who: Caller, method: str, path: str, body: Any = None) -> httpx.Response:
        """Call the API as `who`."""
        if who not in self._bearers:
            claims: dict[str, Any] = {"kind": who.kind, "projects": list(who.projects)}
            self._bearers[who] = self.tokens.bearer(who.name, *who.roles, **claims)
        self._calls += 1
        http = self._https[self._calls % 2]
        return await http.request(method, path, json=body, headers=self._bearers[who])

    async def deliver(self, events: Sequence[Event]) -> None:
        """Deliver events of other services."""
        database = self._sessions[self._calls % 2]
        await self._until_done(
            lambda: testing.deliver(database, subscriptions.SUBSCRIPTIONS, *events)
        )

    async def expire(self, now: datetime) -> None:
        """Expire leases as of `now`."""
        await self._until_done(lambda: self._at(now, lease_operations.expire_leases))

    async def publish(self, now: datetime) -> None:
        """Publish the annotations whose undo period ended before `now`."""
        await self._until_done(lambda: self._at(now, _publish_due))

    async def _at(
        self, now: datetime, job: Callable[[Transaction, datetime], Awaitable[None]]
    ) -> None:
        async with self._sessions[0].transaction() as transaction:
            await job(transaction, now)

    async def _until_done(self, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                return await work()
            except Exception as error:
                if not is_transient(error):
                    raise
            self.lost += 1

    def facts(self) -> Facts:
        """Return the content of the database."""
        found: Facts = self.together(self._facts())[0]
        return found

    async def _facts(self) -> Facts:
        database = self._sessions[0]
        async with database.transaction() as transaction:
            keys, works = await _works(transaction)
            connection = await transaction.connection()
            leases = await connection.fetch(_LEASES)
            ready = await connection.fetch("SELECT work_id, slots FROM ready WHERE pool <> 0")
        published = await testing.take_published(database, EVENTS)
        return Facts(
            works, keys, leases, {row["work_id"]: row["slots"] for row in ready}, published
        )


async def _works(transaction: Transaction) -> tuple[dict[int, Key], dict[Key, Any]]:
    keys: dict[int, Key] = {}
    works: dict[Key, Any] = {}
    seen: Counter[tuple[UUID, str]] = Counter()
    for row in await (await transaction.connection()).fetch(_WORK):
        at = (row["task_id"], row["stage"])
        keys[row["work_id"]] = key = (*at, seen[at])
        works[key] = row
        seen[at] += 1
    return keys, works


async def _publish_due(transaction: Transaction, now: datetime) -> None:
    for project in await answers.projects_due(transaction, now):
        await annotations.publish_due(transaction, project, now)
