"""Two replicas of the queue, 32 clients, parts killed in the middle: the promises hold."""

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
from aftermath import quiet, read
from director import REDUNDANCY, Database, Director, Killer
from history import History, account
from rules import violations
from storm import Client, Storm

from labelwright_client import tokens

System = Any
Tell = Callable[[str], None]
CLIENTS, PEOPLE, FRESH = 32, 24, 8
PARTS = ("queue", "queue-2", "postgres")
EXPECTED = {"unknown", "200", "201", "204", "lease-expired", "already-answered", "superseded"}


@dataclass(frozen=True)
class Scale:
    """How long a storm is. `rounds`: how often each part is killed."""

    operations: int
    items: int
    versions: int
    think_seconds: float
    rounds: int
    seed: int = 5


SHORT = Scale(operations=2_000, items=120, versions=2, think_seconds=0.35, rounds=1)
LONG = Scale(operations=50_000, items=1_500, versions=4, think_seconds=0.05, rounds=6)


def test_two_thousand_operations_keep_every_promise(
    two_queues: System, tell: Tell, tmp_path: Path
) -> None:
    check(two_queues, SHORT, tell, tmp_path)


@pytest.mark.long
def test_fifty_thousand_operations_keep_every_promise(
    two_queues: System, tell: Tell, tmp_path: Path
) -> None:
    check(two_queues, LONG, tell, tmp_path)


def check(system: System, scale: Scale, tell: Tell, folder: Path) -> None:
    storm = Storm(
        {name: system.url(name) for name in ("queue", "queue-2")}, "storm", scale.seed,
        scale.think_seconds,
    )  # fmt: skip
    started = time.monotonic()

    history, killed = asyncio.run(play(system, storm, scale))
    seconds = time.monotonic() - started
    found = violations(history)

    tell(report(storm, history, killed, seconds))
    assert storm.operations >= scale.operations
    assert set(killed) == set(PARTS)
    assert {call.outcome for call in history.calls} >= EXPECTED, "it was no storm"
    if found:
        file = folder / "history.json"
        seen = {"calls": [asdict(one) for one in history.calls], "left": asdict(history.aftermath)}
        file.write_text(json.dumps({**seen, "said": [asdict(one) for one in history.said]}))
        pytest.fail(f"{account(history, found)}\n\nthe whole history: {file}", pytrace=False)


async def play(system: System, storm: Storm, scale: Scale) -> tuple[History, list[str]]:
    """The storm, the quiet after it, and what is left."""
    names = [f"p{number}" for number in range(PEOPLE)]
    people = [tokens.pseudonym(system.home, name) for name in names]
    director = Director(system, storm, Database(system), scale.items, people)
    killer = Killer(system, storm, order(scale))
    await director.publish()
    async with httpx.AsyncClient(limits=httpx.Limits(max_connections=CLIENTS)) as http:
        clients = [client(system, storm, http, n, names[n % PEOPLE]) for n in range(CLIENTS)]
        async with asyncio.TaskGroup() as living:
            for one in clients:
                living.create_task(one.live())
            async with asyncio.TaskGroup() as around:
                around.create_task(script(director, scale))
                around.create_task(killer.at(moments(scale), director))
            storm.is_over = True
        await quiet(director.database)
        fresh = [client(system, storm, http, n, f"f{n}") for n in range(CLIENTS, CLIENTS + FRESH)]
        await asyncio.gather(*(take_all(one) for one in fresh))
    await quiet(director.database)
    left = await read(director)
    history = History(REDUNDANCY, storm.calls, director.said, left)
    return history, [part for part, _ in killer.killed]


def client(system: System, storm: Storm, http: httpx.AsyncClient, number: int, name: str) -> Client:
    who = tokens.pseudonym(system.home, name)
    return Client(storm, http, number, who, system.bearer(name, "annotator"))


def order(scale: Scale) -> list[str]:
    """Which part is killed when: each as often, in an order of chance."""
    chance = random.Random(f"{scale.seed} kills")
    return [part for _ in range(scale.rounds) for part in chance.sample(PARTS, len(PARTS))]


def moments(scale: Scale) -> list[float]:
    """After how many operations something is killed: from a tenth on to nine tenths."""
    chance, count = random.Random(f"{scale.seed} moments"), scale.rounds * len(PARTS)
    step = 0.8 * scale.operations / count
    return [0.1 * scale.operations + step * (n + chance.random()) for n in range(count)]


async def script(director: Director, scale: Scale) -> None:
    """What consensus, quality and ingest say in the meantime, under each spec version."""
    span = scale.operations / scale.versions
    for number in range(scale.versions):
        begin = number * span
        if number:
            await director.reach(begin)
            await director.publish()
        await director.reach(begin + 0.15 * span)
        await director.raise_some(scale.items // 8)
        await director.suspend(PEOPLE // 4)
        await director.reach(director.storm.operations + 0.1 * span)
        await director.restore()
    await director.reach(scale.operations)


async def take_all(one: Client) -> None:
    """Lease and answer until nothing comes."""
    empty = 0
    while empty < 2:
        call = await one.lease_some(20)
        empty = 0 if call.grants or call.is_unknown else empty + 1
        for grant in list(one.held.values()):
            await one.answer_one(grant)


def report(storm: Storm, history: History, killed: list[str], seconds: float) -> str:
    """What was done, in a few lines."""
    calls = Counter(call.what for call in history.calls)
    outcomes = Counter(call.outcome for call in history.calls)
    left = history.aftermath
    return (
        f"\n{storm.operations} operations in {seconds:.1f} s, {len(history.calls)} calls"
        f" ({outcomes['unknown']} without an outcome), {len(history.stories)} leases,"
        f" {len(left.submitted)} answers; killed: {', '.join(killed)}"
        f"\n  calls: {dict(calls.most_common())}\n  outcomes: {dict(outcomes.most_common())}"
    )
