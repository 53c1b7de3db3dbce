"""The service's own database: sessions, and transactions that commit before the response."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Annotated, Any

import asyncpg
import orjson
import sqlalchemy as sa
from fastapi import Depends, Request
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)

from chassis.settings import ServiceSettings

Session = AsyncSession
Sessions = async_sessionmaker[AsyncSession]
Connection = asyncpg.Connection
"""A raw asyncpg connection; stores get one from `raw` and name its type by this."""

_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
_TRANSIENT_SQLSTATES = {"40001", "40P01", "57P01", "57P02", "57P03", "53300"}


def new_metadata() -> sa.MetaData:
    """A MetaData whose constraints have names, so that migrations can speak of them."""
    return sa.MetaData(naming_convention=_NAMES)


metadata = new_metadata()
"""The chassis' own tables, in every service's database."""


def create_engine(settings: ServiceSettings) -> AsyncEngine:
    """An engine for the service's database; JSON passes through orjson."""
    engine = create_async_engine(
        settings.database_url,
        pool_size=settings.database_pool,
        max_overflow=0,
        pool_pre_ping=False,
        json_serializer=lambda value: orjson.dumps(value).decode(),
        json_deserializer=orjson.loads,
        connect_args={"server_settings": {"jit": "off"}},
    )
    sa.event.listen(engine.sync_engine, "checkout", _refuse_closed)
    return engine


def _refuse_closed(connection: Any, _record: object, _proxy: object) -> None:  # noqa: ANN401
    """Have the pool replace a connection that the server has closed.

    Raw statements go past SQLAlchemy, which therefore does not hear of a server that restarted.
    """
    if connection.driver_connection.is_closed():
        raise sa.exc.DisconnectionError


def create_sessions(engine: AsyncEngine, service: str) -> Sessions:
    """What opens sessions; each knows the service's name and what to do after its commit."""
    return async_sessionmaker(engine, expire_on_commit=False, info={"service": service})


def after_commit(session: AsyncSession, action: Callable[[], None]) -> None:
    """Call `action` once the transaction of `session` has committed; never if it does not."""
    session.info.setdefault("after_commit", {})[action] = None


@asynccontextmanager
async def transaction(sessions: Sessions) -> AsyncIterator[AsyncSession]:
    """One transaction: commits at the end, rolls back on an exception."""
    async with sessions() as session:
        async with session.begin():
            yield session
        for action in session.info.pop("after_commit", {}):
            action()


async def _transaction(request: Request) -> AsyncIterator[AsyncSession]:
    async with transaction(request.app.state.sessions) as session:
        yield session


Transaction = Annotated[AsyncSession, Depends(_transaction, scope="function")]
"""The request's transaction. `scope="function"` commits *before* the response is sent."""


async def _sessions(request: Request) -> Sessions:
    sessions: Sessions = request.app.state.sessions
    return sessions


OpenSessions = Annotated[Sessions, Depends(_sessions)]
"""For requests that wait: they open short transactions, and hold none while they wait."""


async def raw(session: AsyncSession) -> "asyncpg.Connection[Any]":
    """The asyncpg connection under `session`, inside its transaction.

    SQLAlchemy sends BEGIN with its first statement only. A raw statement before that would
    commit by itself, so the transaction is begun here; `test_database` rolls one back. JSON
    columns come back parsed; what goes into one is JSON text.
    """
    connection = await session.connection()
    pooled = await connection.get_raw_connection()
    adapter: Any = pooled.dbapi_connection
    if adapter._transaction is None:
        await adapter._start_transaction()
    return pooled.driver_connection


def as_json(value: object) -> str:
    """`value` as the text of a JSON column; ids become text."""
    return orjson.dumps(value, default=str).decode()


def is_transient(error: BaseException | None) -> bool:
    """Whether the same work may well succeed later: a lost connection, a restart, a deadlock."""
    if error is None:
        return False
    if isinstance(error, DBAPIError):
        return error.connection_invalidated or is_transient(error.orig)
    state = str(getattr(error, "sqlstate", None) or "")
    if state:
        return state in _TRANSIENT_SQLSTATES or state.startswith("08")
    if isinstance(error, asyncpg.InterfaceError):
        return "closed" in str(error)
    return isinstance(error, OSError | TimeoutError) or is_transient(error.__cause__)
