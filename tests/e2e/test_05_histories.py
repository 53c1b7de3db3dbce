"""Two replicas of the queue keep their promises with 32 clients while parts are killed."""

import asyncio
import json
import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from chaos import REDUNDANCY, Database, Killer, Publisher
from history import History, account
from invariants import violations
from load import Client, Load
from readback import read_final_state, wait_until_idle

from labelwright_client import tokens

System = Any
WriteLine = Callable[[str], None]
CLIENTS, PEOPLE, FRESH = 32, 24, 8
PARTS = ("queue", "queue-2", "postgres")
EXPECTED = {"unknown", "200", "201", "204", "lease-expired", "already-answered", "superseded"}


@dataclass(frozen=True)
class Scale:
    """The length of a load test. `rounds`: the number of kills of each part."""

    operations: int
    items: int
    versions: int
    think_seconds: float
    rounds: int
    seed: int = 5


BRIEF = Scale(operations=2_000, items=120, versions=2, think_seconds=0.35, rounds=1)
LONG = Scale(operations=50_000, items=1_500, versions=4, think_seconds=0.05, rounds=6)


def test_two_thousand_operations_keep_every_promise(
    two_queues: System, write_line: WriteLine, tmp_path: Path
) -> None:
    check(two_queues, BRIEF, write_line, tmp_path)


@pytest.mark.long
def test_fifty_thousand_operations_keep_every_promise(
    two_queues: System, write_line: WriteLine, tmp_path: Path
) -> None:
    check(two_queues, LONG, write_line, tmp_path)


def check(system: System, scale: Scale, write_line: WriteLine, folder: Path) -> None:
    load = Load(
        {name: system.url(name) for name in ("queue", "queue-2")}, "load", scale.seed,
        scale.think_seconds,
    )  # fmt: skip
    started = time.monotonic()

    history, killed = asyncio.run(play(system, load, scale))
    seconds = time.monotonic() - started
    found = violations(history)

    write_line(report(load, history, killed, seconds))
    assert load.operations >= scale.operations
    assert set(killed) == set(PARTS)
    assert {call.outcome for call in history.calls} >= EXPECTED, (
        "some outcomes did not occur: the load was too small"
    )
    if found:
        file = folder / "history.json"
        seen = {"calls": [asdict(one) for one in history.calls], "final": asdict(history.final)}
        file.write_text(json.dumps({**seen, "events": [asdict(one) for one in history.events]}))
        pytest.fail(f"{account(history, found)}\n\nthe whole history: {file}", pytrace=False)


async def play(system: System, load: Load, scale: Scale) -> tuple[History, list[str]]:
    """Run the load, wait until the queue is idle, and read the final state."""
    names = [f"p{number}" for number in range(PEOPLE)]
    people = [tokens.pseudonym(system.home, name) for name in names]
    publisher = Publisher(system, load, Database(system), scale.items, people)
    killer = Killer(system, load, order(scale))
    await publisher.publish_spec()
    async with httpx.AsyncClient(limits=httpx.Limits(max_connections=CLIENTS)) as http:
        clients = [client(system, load, http, n, names[n % PEOPLE]) for n in range(CLIENTS)]
        async with asyncio.TaskGroup() as running:
            for one in clients:
                running.create_task(one.run())
            async with asyncio.TaskGroup() as disturbing:
                disturbing.create_task(script(publisher, scale))
                disturbing.create_task(killer.run(moments(scale), publisher))
            load.is_over = True
        await wait_until_idle(publisher.database)
        fresh = [client(system, load, http, n, f"f{n}") for n in range(CLIENTS, CLIENTS + FRESH)]
        await asyncio.gather(*(take_all(one) for one in fresh))
    await wait_until_idle(publisher.database)
    final = await read_final_state(publisher)
    history = History(REDUNDANCY, load.calls, publisher.events, final)
    return history, [part for part, _ in killer.killed]


def client(system: System, load: Load, http: httpx.AsyncClient, number: int, name: str) -> Client:
    who = tokens.pseudonym(system.home, name)
    return Client(load, http, number, who, system.bearer(name, "annotator"))


def order(scale: Scale) -> list[str]:
    """Return the parts to kill in random order, each equally often."""
    chance = random.Random(f"{scale.seed} kills")
    return [part for _ in range(scale.rounds) for part in chance.sample(PARTS, len(PARTS))]


def moments(scale: Scale) -> list[float]:
    """Return the numbers of operations at which a part is killed, from 10 % to 90 % of all."""
    chance, count = random.Random(f"{scale.seed} moments"), scale.rounds * len(PARTS)
    step = 0.8 * scale.operations / count
    return [0.1 * scale.operations + step * (n + chance.random()) for n in range(count)]


async def script(publisher: Publisher, scale: Scale) -> None:
    """Publish the events of ingest, consensus and quality under each spec version."""
    span = scale.operations / scale.versions
    for number in range(scale.versions):
        begin = number * span
        if number:
            await publisher.wait_for_operations(begin)
            await publisher.publish_spec()
        await publisher.wait_for_operations(begin + 0.15 * span)
        await publisher.raise_some(scale.items // 8)
        await publisher.suspend(PEOPLE // 4)
        await publisher.wait_for_operations(publisher.load.operations + 0.1 * span)
        await publisher.restore()
    await publisher.wait_for_operations(scale.operations)


async def take_all(one: Client) -> None:
    """Lease and annotate until no more work is leased."""
    empty = 0
    while empty < 2:
        call = await one.lease_some(20)
        empty = 0 if call.grants or call.is_unknown else empty + 1
        for grant in list(one.held.values()):
            await one.answer_one(grant)


def report(load: Load, history: History, killed: list[str], seconds: float) -> str:
    """Return a summary of the load in a few lines."""
    calls = Counter(call.what for call in history.calls)
    outcomes = Counter(call.outcome for call in history.calls)
    final = history.final
    return (
        f"\n{load.operations} operations in {seconds:.1f} s, {len(history.calls)} calls"
        f" ({outcomes['unknown']} without an outcome), {len(history.traces)} leases,"
        f" {len(final.submitted)} answers; killed: {', '.join(killed)}"
        f"\n  calls: {dict(calls.most_common())}\n  outcomes: {dict(outcomes.most_common())}"
    )
