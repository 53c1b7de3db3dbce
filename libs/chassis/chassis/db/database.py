"""The database of a service, and its transactions.

A transaction has its own asyncpg connection, which it takes at its first statement. SQLAlchemy
describes the tables and migrates them; statements are written in SQL and passed to the driver,
because a session of SQLAlchemy was measured to cost more than a quarter of a process's time.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Annotated

import asyncpg
import orjson
import sqlalchemy as sa
from asyncpg import Connection, Pool
from fastapi import Depends, Request

from chassis.broadcast import BroadcastEvent
from chassis.settings import ServiceSettings

_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "pk": "pk_%(table_name)s",
}
AWAY = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)
"""All classes of errors that a database that is away can raise. They have other causes too:
`is_transient` decides about one error. TimeoutError is an OSError."""
READ_ONLY_SQLSTATE = "25006"
_TRANSIENT_SQLSTATES = {
    *("40001", "40P01", "57P01", "57P02", "57P03", "53100", "53200", "53300"),
    READ_ONLY_SQLSTATE,
}


def new_metadata() -> sa.MetaData:
    """Return a MetaData whose constraints have names, so that migrations can change them."""
    return sa.MetaData(naming_convention=_NAMES)


metadata = new_metadata()
"""The tables of the chassis, which every service's database has."""


async def create_pool(settings: ServiceSettings) -> Pool:
    """Return a pool that opens connections to the service's database when they are needed.

    Values of JSON columns are read as Python objects and written as JSON text.
    """
    pool: Pool = await asyncpg.create_pool(
        driver_url(settings.database_url),
        min_size=0,
        max_size=settings.database_pool,
        init=_set_json_codecs,
        reset=_skip_reset,
        server_settings={"jit": "off", **settings.planner},
    )
    return pool


def driver_url(database_url: str) -> str:
    """Return the address in the settings in the form that the driver accepts."""
    return database_url.replace("+asyncpg", "")


async def _set_json_codecs(connection: Connection) -> None:
    for kind in ("json", "jsonb"):
        await connection.set_type_codec(
            kind, encoder=str, decoder=orjson.loads, schema="pg_catalog"
        )


async def _skip_reset(connection: Connection) -> None:
    """Skip asyncpg's RESET ALL: transactions change no setting of their connection."""


class Transaction:
    """A transaction on its own connection. Only the code that opened it ends it.

    `service` and `outbox_grew` are those of its Database.
    """

    __slots__ = ("_actions", "_connection", "_pool", "outbox_grew", "service")

    def __init__(self, database: "Database") -> None:
        """Prepare a transaction; the first statement takes a connection."""
        self.service = database.service
        self.outbox_grew = database.outbox_grew
        self._connection: Connection | None = None
        self._pool = database.pool
        self._actions: dict[Callable[[], None], None] = {}

    async def connection(self, first: str = "") -> Connection:
        """Return the connection, in the transaction, after executing `first` without values."""
        if self._connection is None:
            self._connection = await self._pool.acquire()
            first = "BEGIN;" + first  # One round trip costs more than either statement.
        if first:
            await self._connection.execute(first)
        return self._connection

    def after_commit(self, action: Callable[[], None]) -> None:
        """Call `action` after the commit, once even if it is added again; not after a rollback."""
        self._actions[action] = None

    async def end(self, *, keep: bool) -> None:
        """Commit if `keep`, else roll back; then release the connection."""
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                done = await connection.execute("COMMIT" if keep else "ROLLBACK")
            finally:
                await self._pool.release(connection)
            if keep and done != "COMMIT":
                raise RuntimeError("The commit rolled back, because a statement had failed.")
        if keep:
            for action in self._actions:
                action()


class Database:
    """The database of one service, which opens its transactions.

    `outbox_grew` is notified when a transaction of this process that added events has committed.
    """

    def __init__(self, pool: Pool, service: str) -> None:
        """Take connections from `pool`; `service` is the source of the events that are added."""
        self.pool = pool
        self.service = service
        self.outbox_grew = BroadcastEvent()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """Open a transaction that commits at the end and rolls back on an exception."""
        transaction = Transaction(self)
        try:
            yield transaction
        except BaseException as error:
            if not is_transient(error):
                await transaction.end(keep=False)
                raise
            # The connection may be lost: an error of the rollback must not hide the first one.
            try:
                await transaction.end(keep=False)
            except AWAY:
                raise error from None
            raise
        await transaction.end(keep=True)


async def _request_transaction(request: Request) -> AsyncIterator[Transaction]:
    async with request.app.state.database.transaction() as transaction:
        yield transaction


RequestTransaction = Annotated[Transaction, Depends(_request_transaction, scope="function")]
"""The transaction of a request, which commits *before* the response is sent."""


async def _request_database(request: Request) -> Database:
    database: Database = request.app.state.database
    return database


RequestDatabase = Annotated[Database, Depends(_request_database)]
"""The database, for requests that wait: they open short transactions and hold none in between."""


def as_json(value: object) -> str:
    """Return `value` as the text of a JSON column; ids become strings."""
    return orjson.dumps(value, default=str).decode()


def is_transient(error: BaseException | None) -> bool:
    """Return True if the same work can succeed later: a lost connection, a restart, a deadlock."""
    if error is None:
        return False
    state = str(getattr(error, "sqlstate", None) or "")
    if state:
        return state in _TRANSIENT_SQLSTATES or state.startswith("08")
    if isinstance(error, asyncpg.InterfaceError):
        return "closed" in str(error)
    if isinstance(error, asyncpg.InternalClientError):
        # The server announced its shutdown, and the driver has not yet seen the connection close.
        return "cannot switch to" in str(error)
    return isinstance(error, OSError | TimeoutError) or is_transient(error.__cause__)
