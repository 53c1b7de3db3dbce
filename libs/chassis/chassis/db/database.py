"""The service's own database: transactions that commit before the response.

A session is one transaction on one asyncpg connection, begun by the first statement. SQLAlchemy
describes the tables and migrates them; statements are written in SQL and go straight to the
driver: its own session was measured to cost more than a quarter of a process's time.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Annotated

import asyncpg
import orjson
import sqlalchemy as sa
from asyncpg import Connection, Pool
from fastapi import Depends, Request

from chassis.settings import ServiceSettings

_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "pk": "pk_%(table_name)s",
}
AWAY = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)
"""What a database that is away may raise, among other things: see `is_transient`."""
READ_ONLY_SQLSTATE = "25006"
_TRANSIENT_SQLSTATES = {
    *("40001", "40P01", "57P01", "57P02", "57P03", "53100", "53200", "53300"),
    READ_ONLY_SQLSTATE,
}


def new_metadata() -> sa.MetaData:
    """A MetaData whose constraints have names, so that migrations can speak of them."""
    return sa.MetaData(naming_convention=_NAMES)


metadata = new_metadata()
"""The chassis' own tables, in every service's database."""


async def create_pool(settings: ServiceSettings) -> Pool:
    """Connections to the service's database, made as they are needed.

    JSON columns come back parsed; what goes into one is JSON text.
    """
    pool: Pool = await asyncpg.create_pool(
        driver_url(settings.database_url),
        min_size=0,
        max_size=settings.database_pool,
        init=_speak_json,
        reset=_leave_as_is,
        server_settings={"jit": "off", **settings.planner},
    )
    return pool


def driver_url(database_url: str) -> str:
    """The address of the settings as the driver takes it."""
    return database_url.replace("+asyncpg", "")


async def _speak_json(connection: Connection) -> None:
    for kind in ("json", "jsonb"):
        await connection.set_type_codec(
            kind, encoder=str, decoder=orjson.loads, schema="pg_catalog"
        )


async def _leave_as_is(connection: Connection) -> None:
    """A session leaves nothing behind that a reset would clear."""


class Transaction:
    """A transaction on a connection of its own. Only the code that opened it ends it."""

    __slots__ = ("_actions", "_connection", "_pool", "service")

    def __init__(self, pool: Pool, service: str) -> None:
        """Take no connection yet: the first statement does."""
        self.service = service
        self._connection: Connection | None = None
        self._pool = pool
        self._actions: dict[Callable[[], None], None] = {}

    async def connection(self, first: str = "") -> Connection:
        """Return the connection, inside the transaction, after executing `first` (no values)."""
        if self._connection is None:
            self._connection = await self._pool.acquire()
            first = "BEGIN;" + first  # One round trip costs more than either statement.
        if first:
            await self._connection.execute(first)
        return self._connection

    def after_commit(self, action: Callable[[], None]) -> None:
        """Call `action` once after the commit; never if there is none."""
        self._actions[action] = None

    async def end(self, *, keep: bool) -> None:
        """Commit or roll back, and give the connection back."""
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                done = await connection.execute("COMMIT" if keep else "ROLLBACK")
            finally:
                await self._pool.release(connection)
            if keep and done != "COMMIT":
                raise RuntimeError("A statement had failed, so nothing was kept.")
        if keep:
            for action in self._actions:
                action()


class Database:
    """The database of one service: opens its transactions."""

    def __init__(self, pool: Pool, service: str) -> None:
        """Take connections from `pool`; `service` names the sender of the events."""
        self.pool = pool
        self._service = service

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """Open a transaction that commits at the end and rolls back on an exception."""
        transaction = Transaction(self.pool, self._service)
        try:
            yield transaction
        except BaseException as error:
            if not is_transient(error):
                await transaction.end(keep=False)
                raise
            # The connection may be gone; a rollback that fails too must not hide the first error.
            try:
                await transaction.end(keep=False)
            except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
                raise error from None
            raise
        await transaction.end(keep=True)


async def _request_transaction(request: Request) -> AsyncIterator[Transaction]:
    async with request.app.state.database.transaction() as transaction:
        yield transaction


RequestTransaction = Annotated[Transaction, Depends(_request_transaction, scope="function")]
"""The request's transaction. `scope="function"` commits *before* the response is sent."""


async def _request_database(request: Request) -> Database:
    database: Database = request.app.state.database
    return database


RequestDatabase = Annotated[Database, Depends(_request_database)]
"""For requests that wait: they open short transactions, and hold none while they wait."""


def as_json(value: object) -> str:
    """`value` as the text of a JSON column; ids become text."""
    return orjson.dumps(value, default=str).decode()


def is_transient(error: BaseException | None) -> bool:
    """Whether the same work may well succeed later: a lost connection, a restart, a deadlock."""
    if error is None:
        return False
    state = str(getattr(error, "sqlstate", None) or "")
    if state:
        return state in _TRANSIENT_SQLSTATES or state.startswith("08")
    if isinstance(error, asyncpg.InterfaceError):
        return "closed" in str(error)
    if isinstance(error, asyncpg.InternalClientError):
        # The server has said that it goes, and the driver has not seen it go yet.
        return "cannot switch to" in str(error)
    return isinstance(error, OSError | TimeoutError) or is_transient(error.__cause__)
