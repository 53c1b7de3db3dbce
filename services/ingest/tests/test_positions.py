"""Items have the order in which they came, and their tasks say it."""

import asyncio
from typing import Any

import asyncpg
import pytest
from alembic import command

from chassis import migrations
from chassis.db.database import driver_url
from ingest_service import schedules
from ingest_service.operations import specs
from schemas.events import TaskCreated

GOOD = {"mood": "good"}


def item(name: str, text: str = "", **more: Any) -> dict[str, Any]:
    return {"external_id": name, "payload": {"text": text or name}, **more}


async def positions(ingest: Any) -> dict[str, int]:
    """The position that the newest task of each item says."""
    tasks = await ingest.published(TaskCreated)
    return {task.external_id: task.position for task in tasks if task.purpose == "work"}


async def order(ingest: Any) -> list[str]:
    """The items of the tasks made since the last look, by position."""
    found = await positions(ingest)
    assert len(set(found.values())) == len(found)
    return sorted(found, key=lambda name: found[name])


async def test_tasks_say_the_order_in_which_their_items_came(ingest: Any) -> None:
    await ingest.publish()
    names = [f"{n * 7919 % 2500:04}" for n in range(2500)]
    await ingest.post_ok("/items", [item(name) for name in names])
    await ingest.post_ok("/items", [item(name) for name in ("z", "a", names[5], "m")])

    assert await order(ingest) == [*names, "z", "a", "m"]


async def test_an_item_keeps_its_place_after_every_change(ingest: Any, decided: Any) -> None:
    await ingest.publish()
    await ingest.post_ok("/items", [item("b"), item("a"), item("c")])
    tasks = {task.external_id: task for task in await ingest.published(TaskCreated)}

    await ingest.post_ok("/items", [item("c"), item("b", "changed"), item("a", priority=9)])
    changed = await positions(ingest)
    await ingest.deliver(decided(tasks["a"]))
    await ingest.publish([{"name": "tone", "kind": "text"}], relabel="all")
    await ingest.roll_out()

    assert changed == {"b": tasks["b"].position}
    assert await order(ingest) == ["b", "a", "c"]


async def test_gold_that_becomes_work_has_its_place_among_the_work_it_came_with(
    ingest: Any,
) -> None:
    await ingest.publish()
    await ingest.post_ok("/gold", [item("b", label=GOOD)])
    await ingest.post_ok("/items", [item("a"), item("b"), item("c")])

    assert await order(ingest) == ["a", "b", "c"]


async def test_an_item_that_a_signal_brings_has_its_place_and_gets_a_task_once_there_is_a_spec(
    ingest: Any,
) -> None:
    await ingest.post_ok("/items", [item("b")])
    signal = {"kind": "low_confidence", "score": 0.2}
    await ingest.post_ok("/signals", [{**item("a"), **signal}, {**item("c"), **signal}])
    await ingest.publish()
    await ingest.roll_out()

    assert await order(ingest) == ["b", "a", "c"]


async def test_a_specification_reaches_the_items_in_their_order_step_by_step(
    ingest: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(specs, "STEP_ITEMS", 4)
    names = [f"{n * 7 % 10}" for n in range(10)]
    await ingest.post_ok("/items", [item(name) for name in names])
    await ingest.publish()

    steps, waiting = [], []
    for _ in range(3):
        async with ingest.database.transaction() as transaction:
            await schedules.roll_out(transaction, "p")
        steps.append(await order(ingest))
        waiting.append((await ingest.view())["rolling_out"])

    assert steps == [names[:4], names[4:8], names[8:]]
    assert waiting == [6, 2, 0]


OLD = """
INSERT INTO projects VALUES ('p', 'P', now(), 'key', 1);
INSERT INTO rollouts VALUES ('p', 1, false, 'ffffffff-0000-4000-8000-000000000000', 5);
INSERT INTO items (item_id, project, external_id, revision, payload_sha256, metadata, priority,
    skills, signals, prelabels, is_work, created_at)
SELECT md5(n::text)::uuid, 'p', n::text, 1, 'x', '{}', 5, '{}', '[]', '[]', true,
    now() - n % 2 * interval '1 hour'
FROM generate_series(1, 6) n
"""
NEW = "SELECT external_id FROM items ORDER BY position"


async def test_items_that_were_there_before_are_numbered_as_they_came(fresh_database: Any) -> None:
    url = fresh_database()
    await asyncio.to_thread(command.upgrade, migrations.config("ingest_service", url), "0003")
    connection = await asyncpg.connect(driver_url(url))
    await connection.execute(OLD)

    await asyncio.to_thread(migrations.upgrade, "ingest_service", url)

    found = [row["external_id"] for row in await connection.fetch(NEW)]
    following = await connection.fetchval("SELECT nextval('item_positions')")
    begins_again = await connection.fetchval("SELECT after FROM rollouts")
    await connection.close()
    assert found == ["1", "3", "5", "2", "4", "6"]
    assert (following, begins_again) == (7, 0)
