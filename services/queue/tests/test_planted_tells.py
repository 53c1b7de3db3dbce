"""The classifier of `test_blindness` finds each of five artificial differences of honeypots.

A transport between the service and the crowd changes the responses about some items, chosen anew
for each kind of difference. So the difference reaches the classifier like a real one: through the
records of the crowd. A sixth choice of items without a change must not be found.
"""

import asyncio
import random
from collections.abc import AsyncIterator
from typing import Any

import httpx
import orjson
import pytest
from blindness import SEED, Sight, classifier_area
from blindness_crowd import ENDS, PEOPLE, Crowd, project

from chassis import testing
from queue_service.app import create_app
from queue_service.settings import Settings

WAYS = ("30 ms more", "one attribute more", "one request more", "one counter", "no pre-label")
NOTHING = "nothing"
LEASES, WORK = 1_000, 1_300
SHARE = 0.3
LONGER_SECONDS = 0.030
AUC_MIN = 0.9


def drawn(way: str, lease: dict[str, Any]) -> bool:
    """Return True if the item of a lease is among those with this difference."""
    return random.Random(f"{SEED} {way} {lease['payload']['n']}").random() < SHARE


class Telling(httpx.ASGITransport):
    """A transport that calls the service and changes its responses."""

    def __init__(self, app: Any) -> None:
        super().__init__(app)
        self._slow: set[str] = set()
        """The leases that take longer to end."""
        self._given = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await super().handle_async_request(request)
        if request.url.path == "/v1/leases":
            return self._changed(answer, orjson.loads(await answer.aread()), request.method)
        if request.url.path == "/v1/explain":
            body = orjson.loads(await answer.aread())
            sentences = [*body["sentences"], f"{self._given} were given."]
            return httpx.Response(answer.status_code, json={**body, "sentences": sentences})
        if not self._slow.isdisjoint(request.url.path.split("/")):
            await asyncio.sleep(LONGER_SECONDS)
        return answer

    def _changed(self, answer: httpx.Response, body: Any, method: str) -> httpx.Response:
        for lease in body["leases"]:
            if drawn("30 ms more", lease):
                self._slow.add(lease["lease_id"])
            if drawn("one attribute more", lease):
                lease["seen_by"] = 7
            if drawn("no pre-label", lease):
                lease["prelabel"] = None
            if method == "POST":
                self._given += not drawn("one counter", lease)
        return httpx.Response(answer.status_code, json=body)


@pytest.fixture
async def marking_crowd(
    fresh_database: Any, migrated: str, tokens: testing.Tokens
) -> AsyncIterator[Crowd]:
    app = create_app(testing.settings(Settings, tokens, fresh_database(template=migrated)))
    async with (
        testing.serving(app),
        httpx.AsyncClient(transport=Telling(app), base_url="http://test") as http,
    ):
        yield Crowd(app, http, tokens)


async def count_of(crowd: Crowd, who: int) -> float:
    """Return the number in the last sentence of an explanation."""
    sentences = (await crowd.call(who, "GET", "explain?project=p")).body["sentences"]
    return float(sentences[-1].split()[0])


async def work(crowd: Crowd, n: int) -> Sight:
    """Get one lease, read what is around it, then annotate, skip or release it."""
    who = n % PEOPLE
    before = await count_of(crowd, who)
    [sight] = await crowd.lease(who, 1)
    sight.more = {"counted": await count_of(crowd, who) - before}
    if drawn("one request more", sight.shown):
        sight.replies["looked"] = await crowd.call(who, "GET", "leases")
    await crowd.end(who, sight, crowd.chance.choice(ENDS))
    return sight


async def test_each_planted_tell_is_found_and_where_none_is_none_is_found(
    marking_crowd: Crowd,
) -> None:
    await marking_crowd.deliver(*project(marking_crowd.chance, WORK, 0, first_rate=0.0, rate=0.0))
    sights = [await work(marking_crowd, n) for n in range(LEASES)]
    await marking_crowd.honeypots()  # Sets the item of each sight.

    found = {
        way: classifier_area(sights, [drawn(way, sight.shown) for sight in sights])
        for way in (*WAYS, NOTHING)
    }

    print(found)  # noqa: T201
    nothing = found.pop(NOTHING)
    assert nothing.low <= 0.5 <= nothing.high, nothing
    assert all(one.auc >= AUC_MIN and one.low > 0.5 for one in found.values()), found
