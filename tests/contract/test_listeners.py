"""Every service handles the golden events that it subscribes to, in any order."""

import asyncio
import importlib
import random
from pathlib import Path
from typing import Any

import pytest

from chassis import migrations, testing
from schemas.envelope import Envelope, Event
from schemas.events import EVENTS

GOLDEN = Path(__file__).parents[2] / "libs" / "schemas" / "tests" / "golden"
SERVICES = ("ingest", "queue", "consensus", "quality", "dataset_store")


def golden() -> list[Event]:
    found = []
    for path in sorted(GOLDEN.glob("*.json")):
        envelope = Envelope.read(path.read_bytes())
        event = envelope.event(EVENTS[envelope.kind])
        # The files share one id, which an inbox would take for one event.
        own = {"event_id": event.event_id.__class__(int=1000 + len(found))}
        found.append(event.model_copy(update=own))
    return found


@pytest.mark.parametrize("order", ["forwards", "backwards", "shuffled"])
@pytest.mark.parametrize("service", SERVICES)
async def test_every_listener_understands_every_golden_event(
    service: str, order: str, fresh_database: Any, tokens: testing.Tokens, tmp_path: Path
) -> None:
    package = f"{service}_service"
    url = fresh_database()
    await asyncio.to_thread(migrations.upgrade, package, url)
    settings = importlib.import_module(f"{package}.settings").Settings
    subscriptions = importlib.import_module(f"{package}.events").SUBSCRIPTIONS
    app = importlib.import_module(f"{package}.app").create_app(
        testing.settings(settings, tokens, url, state_dir=tmp_path)
    )
    events = golden()
    if order == "backwards":
        events.reverse()
    if order == "shuffled":
        random.Random(7).shuffle(events)

    async with testing.serving(app):
        database = app.state.database
        for event in events:
            await testing.deliver(database, subscriptions, event)
        once = await rows(database)
        for event in events:
            await testing.deliver(database, subscriptions, event)

        assert await rows(database) == once
        kinds = {one.kind for one in subscriptions}
        subscribed = {event.event_id for event in events if type(event) in kinds}
        assert once["inbox"] == len(subscribed) > 0


async def rows(database: Any) -> dict[str, int]:
    """Return the number of rows of each table."""
    async with database.transaction() as transaction:
        connection = await transaction.connection()
        named = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        tables = [row["tablename"] for row in await connection.fetch(named)]
        return {t: await connection.fetchval(f'SELECT count(*) FROM "{t}"') for t in tables}


@pytest.mark.parametrize("service", SERVICES)
async def test_tables_and_migrations_say_the_same(service: str, fresh_database: Any) -> None:
    url = fresh_database()
    await asyncio.to_thread(migrations.upgrade, f"{service}_service", url)

    await asyncio.to_thread(migrations.check, f"{service}_service", url)
