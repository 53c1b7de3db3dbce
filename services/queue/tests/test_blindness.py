"""Nobody can tell a honeypot: a classifier over everything that the API shows stays at chance.

Annotators work through thousands of leases over HTTP, with honeypots among them, and note all
that can be seen, down to the milliseconds. How often honeypots come is public, and that they come
more often at first: so only leases after that are compared. Durations are real, so no seed fixes
them; but whether a lease is a honeypot is decided by a keyed hash, which no noise of the machine
knows. What remains of false alarms is what the interval grants, about two runs in a thousand.
"""

import random
import re
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from typing import Any

import httpx
import pytest
from blindness import PLANTS, Reply, Sight, durations, tell
from fastapi import FastAPI
from queue_says import Others

from chassis import testing
from chassis.clock import utc_now
from chassis.database import raw, transaction
from queue_service import events as door
from queue_service.app import create_app
from queue_service.settings import Settings
from schemas.envelope import Event
from schemas.vocabulary import Prelabel

LEASES = 5_120
PEOPLE = 10
FIRST = 10
RATE = 0.2
"""More than a policy has, so that fewer leases tell as much."""
WORK, GOLD = 5_000, 1_200
"""Enough for most items to come once: many leases of one item tell no more than one."""
ENDS = ("answered", "skipped", "released")
BATCH = 500
"""How many events are delivered at once."""


class Crowd:
    """People who work off leases, one call after the other, and note what they see."""

    def __init__(self, app: FastAPI, http: httpx.AsyncClient, tokens: testing.Tokens) -> None:
        self._sessions, self._http = app.state.sessions, http
        self._bearers = [tokens.bearer(f"a{n}", "annotator") for n in range(PEOPLE)]
        self.chance = random.Random(7)
        self.sights: list[Sight] = []
        self._calls = 0

    async def hear(self, *events: Event) -> None:
        for n in range(0, len(events), BATCH):
            await testing.hear(self._sessions, door.SUBSCRIPTIONS, *events[n : n + BATCH])

    async def call(self, who: int, method: str, path: str, body: Any = None) -> Reply:
        at, began = utc_now(), time.perf_counter()
        answer = await self._http.request(
            method, f"/v1/{path}", json=body, headers=self._bearers[who]
        )
        took = (time.perf_counter() - began) * 1000
        assert answer.is_success, answer.text
        return Reply.of(answer, took, at)

    async def ask(self, who: int, count: int) -> list[Sight]:
        self._calls += 1
        asked = await self.call(who, "POST", "leases", {"count": count})
        given = asked.body["leases"]
        found = [
            Sight(self._calls, n, lease, {"asked": asked}, who=who) for n, lease in enumerate(given)
        ]
        self.sights += found
        return found

    async def end(self, who: int, sight: Sight, how: str) -> None:
        url = f"leases/{sight.shown['lease_id']}"
        if how == "released":
            sight.replies[how] = await self.call(who, "DELETE", url)
        elif how == "skipped":
            reason = {"reason": "bad_data"}
            sight.replies[how] = await self.call(who, "POST", f"{url}/skip", reason)
        else:
            label = {"label": {"mood": self.chance.choice(("good", "bad"))}}
            sight.replies[how] = await self.call(who, "PUT", f"{url}/annotation", label)

    async def work(self, leases: int) -> None:
        """Everybody in turn, until so many leases were given."""
        while len(self.sights) < leases:
            who = self._calls % PEOPLE
            for sight in await self.ask(who, self.chance.randint(1, 3)):
                if self.chance.random() < 0.1:
                    sight.replies["looked"] = await self.call(who, "GET", "leases")
                if self.chance.random() < 0.1:
                    url = f"leases/{sight.shown['lease_id']}/heartbeat"
                    sight.replies["beat"] = await self.call(who, "POST", url)
                await self.end(who, sight, self.chance.choices(ENDS, (6, 3, 1))[0])

    async def honeypots(self) -> list[bool]:
        """Which of the sights were honeypots. Now they know what they are about, too."""
        async with transaction(self._sessions) as session:
            rows = await (await raw(session)).fetch(
                "SELECT lease_id, item_id, purpose FROM leases JOIN work USING (work_id)"
            )
        told = {str(row["lease_id"]): row for row in rows}
        for sight in self.sights:
            sight.item = str(told[sight.shown["lease_id"]]["item_id"])
        return [told[sight.shown["lease_id"]]["purpose"] == "honeypot" for sight in self.sights]


@pytest.fixture
async def crowd(fresh_database: Any, migrated: str, tokens: testing.Tokens) -> AsyncIterator[Crowd]:
    app = create_app(testing.settings(Settings, tokens, fresh_database(template=migrated)))
    async with testing.serving(app) as http:
        yield Crowd(app, http, tokens)


def project(chance: random.Random, work: int, gold: int, **pots: Any) -> list[Event]:
    """Work and gold of the same kind, as one is drawn from the other."""
    others = Others()
    purposes = ["work"] * work + ["honeypot"] * gold
    chance.shuffle(purposes)
    tasks = [
        others.task(
            "p",
            1,
            purpose=purpose,
            priority=chance.randint(0, 9),
            payload={"text": "word " * chance.randint(1, 200), "n": n},
            prelabels=prelabels(chance),
        )
        for n, purpose in enumerate(purposes)
    ]
    return [others.spec("p", 1, redundancy=1, honeypots=pots), *tasks]


def prelabels(chance: random.Random) -> list[Prelabel]:
    """What a model suggests; for some items it does not."""
    if chance.random() < 0.3:
        return []
    mood = chance.choice(("good", "bad"))
    return [Prelabel(model="m", value={"mood": mood}, score=round(chance.random(), 3))]


def steady(sights: Sequence[Sight], truth: Sequence[bool]) -> tuple[list[Sight], list[bool]]:
    """Those that came when honeypots no longer come more often."""
    had: Counter[int] = Counter()
    kept = []
    for sight, is_true in zip(sights, truth, strict=True):
        had[sight.who] += 1
        if had[sight.who] > FIRST:
            kept.append((sight, is_true))
    return [sight for sight, _ in kept], [is_true for _, is_true in kept]


def drawn(sights: Sequence[Sight]) -> list[bool]:
    """For some items at random, that they were something else: what nothing can tell."""
    chance = random.Random(7)
    others = {item for item in sorted({one.item for one in sights}) if chance.random() < RATE}
    return [one.item in others for one in sights]


async def test_nobody_can_tell_a_honeypot(crowd: Crowd) -> None:
    pots = {"first": FIRST, "first_rate": 0.5, "rate": RATE}
    await crowd.hear(*project(crowd.chance, WORK, GOLD, **pots))
    await crowd.work(LEASES)
    sights, truth = steady(crowd.sights, await crowd.honeypots())
    untold = drawn(sights)

    found = {"honeypots": tell(sights, truth), "nothing": tell(sights, untold)}
    took = durations(sights, truth)
    planted = {name: tell(plant(sights, untold), untold) for name, plant in PLANTS.items()}

    print(f"{len(sights)} leases, {sum(truth)} of them honeypots:", found, took, planted)  # noqa: T201
    assert len(sights) >= 5_000
    assert sum(truth) >= 800
    assert all(one.low <= 0.5 <= one.high for one in [*found.values(), *took.values()]), (
        found | took
    )
    assert all(one.low > 0.5 for one in planted.values()), planted


async def test_asking_what_waits_before_and_after_does_not_tell_it(crowd: Crowd) -> None:
    await crowd.hear(*project(crowd.chance, 600, 400, first_rate=0.5, rate=0.5))
    for n in range(500):
        who, before = n % PEOPLE, await crowd.call(n % PEOPLE, "GET", "explain?project=p")
        [sight] = await crowd.ask(who, 1)
        after = await crowd.call(who, "GET", "explain?project=p")
        await crowd.end(who, sight, "answered")
        sight.more = changes(before.body["sentences"], after.body["sentences"])

    found = tell(crowd.sights, await crowd.honeypots())

    assert found.low <= 0.5 <= found.high, found


def changes(before: list[str], after: list[str]) -> dict[str, float]:
    """By how much the numbers in what was told differ."""
    numbers = [
        [float(x) for x in re.findall(r"[0-9]+", " ".join(told))] for told in (before, after)
    ]
    pairs = enumerate(zip(*numbers, strict=False))
    return {f"change {n}": now - then for n, (then, now) in pairs}


async def test_giving_it_back_and_asking_again_does_not_tell_it(crowd: Crowd) -> None:
    await crowd.hear(*project(crowd.chance, 900, 600, first_rate=0.5, rate=0.5))
    for n in range(500):
        [sight] = await crowd.ask(n % PEOPLE, 1)
        await crowd.end(n % PEOPLE, sight, "released")
        [again] = await crowd.ask(n % PEOPLE, 1)
        await crowd.end(n % PEOPLE, again, "answered")
        sight.more = {"again": float(again.shown["payload"] == sight.shown["payload"])}

    both = zip(crowd.sights, await crowd.honeypots(), strict=True)
    first = [(sight, is_true) for sight, is_true in both if sight.more]
    found = tell([sight for sight, _ in first], [is_true for _, is_true in first])

    assert found.low <= 0.5 <= found.high, found
