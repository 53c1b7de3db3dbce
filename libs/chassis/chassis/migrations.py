"""Migrations of a service's database. Each service has the migrations of its own tables."""

import asyncio
import importlib
from pathlib import Path

import sqlalchemy as sa
from alembic import command, context
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from chassis.db.database import metadata
from chassis.events import deferred, inbox, outbox
from chassis.http import revocations

OWN_TABLES = (
    inbox.inbox,
    outbox.outbox,
    deferred.deferred_events,
    revocations.revoked_tokens,
)
"""The tables of the chassis. Importing their modules adds them to `metadata`."""


def config(package: str, database_url: str) -> Config:
    """Return the Alembic configuration of the service whose package is `package`."""
    home = Path(str(importlib.import_module(package).__file__)).parents[1]
    settings = Config()
    settings.set_main_option("script_location", str(home / "migrations"))
    settings.attributes["database_url"] = database_url
    return settings


def upgrade(package: str, database_url: str) -> None:
    """Upgrade the database of `package` to its newest revision."""
    command.upgrade(config(package, database_url), "head")


def revise(package: str, database_url: str, message: str) -> None:
    """Write the next revision of `package` from the difference of its tables and the database."""
    settings = config(package, database_url)
    newest = ScriptDirectory.from_config(settings).get_current_head() or "0000"
    number = f"{int(newest) + 1:04}"
    command.revision(settings, message, autogenerate=True, rev_id=number)


def check(package: str, database_url: str) -> None:
    """Raise alembic's CommandError if the tables differ from the result of the migrations."""
    command.check(config(package, database_url))


def run(tables: sa.MetaData) -> None:
    """Migrate a service's tables and those of the chassis. `migrations/env.py` calls this."""
    asyncio.run(_run([metadata, tables]))


async def _run(targets: list[sa.MetaData]) -> None:
    engine = create_async_engine(context.config.attributes["database_url"], poolclass=NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(_migrate, targets)
    await engine.dispose()


def _migrate(connection: sa.Connection, targets: list[sa.MetaData]) -> None:
    context.configure(connection=connection, target_metadata=targets)
    with context.begin_transaction():
        context.run_migrations()
