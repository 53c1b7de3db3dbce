"""Simulated annotators that complete leases over HTTP and record everything that they see."""

import random
import time
from typing import Any

import httpx
from blindness import Reply, Sight
from fastapi import FastAPI
from queue_events import OtherServices

from chassis import testing
from chassis.clock import utc_now
from queue_service.events import SUBSCRIPTIONS
from schemas.envelope import Event
from schemas.vocabulary import Prelabel

PEOPLE = 10
ENDS = ("answered", "skipped", "released")
WITHOUT_PRELABEL = 0.1
"""The share of items without a pre-label."""
BATCH = 500
"""The number of events delivered in one transaction."""


class Crowd:
    """Annotators that complete leases, one call after the other, and record what they see."""

    def __init__(self, app: FastAPI, http: httpx.AsyncClient, tokens: testing.Tokens) -> None:
        self.database, self._http = app.state.database, http
        self._bearers = [tokens.bearer(f"a{n}", "annotator") for n in range(PEOPLE)]
        self.chance = random.Random(7)
        self.sights: list[Sight] = []
        self._calls = 0

    async def deliver(self, *events: Event) -> None:
        for n in range(0, len(events), BATCH):
            await testing.deliver(self.database, SUBSCRIPTIONS, *events[n : n + BATCH])

    async def call(self, who: int, method: str, path: str, body: Any = None) -> Reply:
        at, began = utc_now(), time.perf_counter()
        answer = await self._http.request(
            method, f"/v1/{path}", json=body, headers=self._bearers[who]
        )
        took = (time.perf_counter() - began) * 1000
        assert answer.is_success, answer.text
        return Reply.of(answer, took, at)

    async def lease(self, who: int, count: int) -> list[Sight]:
        self._calls += 1
        reply = await self.call(who, "POST", "leases", {"count": count})
        granted = reply.body["leases"]
        found = [
            Sight(self._calls, n, lease, {"asked": reply}, who=who)
            for n, lease in enumerate(granted)
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
        """Let the annotators work in turn until `leases` leases were given."""
        while len(self.sights) < leases:
            who = self._calls % PEOPLE
            for sight in await self.lease(who, self.chance.randint(1, 3)):
                if self.chance.random() < 0.1:
                    sight.replies["looked"] = await self.call(who, "GET", "leases")
                if self.chance.random() < 0.1:
                    url = f"leases/{sight.shown['lease_id']}/heartbeat"
                    sight.replies["beat"] = await self.call(who, "POST", url)
                await self.end(who, sight, self.chance.choices(ENDS, (6, 3, 1))[0])

    async def honeypots(self) -> list[bool]:
        """Return which of the sights were honeypots, and set their items."""
        async with self.database.transaction() as transaction:
            rows = await (await transaction.connection()).fetch(
                "SELECT lease_id, item_id, purpose FROM leases JOIN work USING (work_id)"
            )
        leases = {str(row["lease_id"]): row for row in rows}
        for sight in self.sights:
            sight.item = str(leases[sight.shown["lease_id"]]["item_id"])
        return [leases[sight.shown["lease_id"]]["purpose"] == "honeypot" for sight in self.sights]


def project(
    chance: random.Random, work: int, gold: int, *, redundancy: int = 1, **pots: Any
) -> list[Event]:
    """Return events of work and gold items with the same distribution."""
    services = OtherServices()
    purposes = ["work"] * work + ["honeypot"] * gold
    chance.shuffle(purposes)
    tasks = [
        services.task(
            "p",
            1,
            purpose=purpose,
            redundancy=redundancy,
            priority=chance.randint(0, 9),
            payload={"text": "word " * chance.randint(1, 200), "n": n},
            prelabels=prelabels(chance),
        )
        for n, purpose in enumerate(purposes)
    ]
    return [services.spec("p", 1, redundancy=redundancy, honeypots=pots), *tasks]


def prelabels(chance: random.Random) -> list[Prelabel]:
    """Return the pre-labels of an item; some items have none."""
    if chance.random() < WITHOUT_PRELABEL:
        return []
    mood = chance.choice(("good", "bad"))
    return [Prelabel(model="m", value={"mood": mood}, score=round(chance.random(), 3))]
