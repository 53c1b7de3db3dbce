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


class Session:
    """One transaction. Operations pass it on; only the door that opened it ends it."""

    __slots__ = ("_actions", "_pool", "connection", "service")

    def __init__(self, pool: Pool, service: str) -> None:
        """Nothing is asked of the database yet."""
        self.service = service
        self.connection: Connection | None = None
        self._pool = pool
        self._actions: dict[Callable[[], None], None] = {}

    async def begin(self, first: str = "") -> Connection:
        """The connection, inside the transaction, after the statement `first` (without values)."""
        if self.connection is None:
            self.connection = await self._pool.acquire()
            first = "BEGIN;" + first  # In one go: going there and back costs more than either.
        if first:
            await self.connection.execute(first)
        return self.connection

    def after_commit(self, action: Callable[[], None]) -> None:
        """Call `action` once after the commit; never if there is none."""
        self._actions[action] = None

    async def end(self, *, keep: bool) -> None:
        """Commit or roll back, and give the connection back."""
        connection, self.connection = self.connection, None
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


class Sessions:
    """What opens sessions of a service."""

    def __init__(self, pool: Pool, service: str) -> None:
        """They take their connections from `pool`."""
        self.pool = pool
        self._service = service

    def open(self) -> Session:
        """A session that has not begun."""
        return Session(self.pool, self._service)


def after_commit(session: Session, action: Callable[[], None]) -> None:
    """Call `action` once the transaction of `session` has committed; never if it does not."""
    session.after_commit(action)


@asynccontextmanager
async def transaction(sessions: Sessions) -> AsyncIterator[Session]:
    """One transaction: commits at the end, rolls back on an exception."""
    session = sessions.open()
    try:
        yield session
    except BaseException as error:
        if not is_transient(error):
            await session.end(keep=False)
            raise
        # The connection may be gone; that the rollback fails too must not hide why.
        try:
            await session.end(keep=False)
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
            raise error from None
        raise
    await session.end(keep=True)


async def _transaction(request: Request) -> AsyncIterator[Session]:
    async with transaction(request.app.state.sessions) as session:
        yield session


Transaction = Annotated[Session, Depends(_transaction, scope="function")]
"""The request's transaction. `scope="function"` commits *before* the response is sent."""


async def _sessions(request: Request) -> Sessions:
    sessions: Sessions = request.app.state.sessions
    return sessions


OpenSessions = Annotated[Sessions, Depends(_sessions)]
"""For requests that wait: they open short transactions, and hold none while they wait."""


async def raw(session: Session) -> Connection:
    """The driver's connection, inside the transaction of `session`, which this begins."""
    return await session.begin()


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
