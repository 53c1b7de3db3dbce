"""What tells a honeypot is found, however it tells: each of five ways is planted, and told.

Between the service and the crowd stands a transport that changes what comes back for some items,
drawn anew for each way. That takes the way of a real tell: the crowd notes what it sees, and the
classifier gets what the crowd noted. A sixth draw changes nothing, and must not be told.
"""

import asyncio
import random
from collections.abc import AsyncIterator
from typing import Any

import httpx
import orjson
import pytest
from blindness import SEED, Sight, tell
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
    """Return True if the item of a lease is among those that are told in this way."""
    return random.Random(f"{SEED} {way} {lease['payload']['n']}").random() < SHARE


class Telling(httpx.ASGITransport):
    """Calls the service and changes its answers."""

    def __init__(self, app: Any) -> None:
        super().__init__(app)
        self._slow: set[str] = set()
        """Leases that take longer to end."""
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
async def told_crowd(
    fresh_database: Any, migrated: str, tokens: testing.Tokens
) -> AsyncIterator[Crowd]:
    app = create_app(testing.settings(Settings, tokens, fresh_database(template=migrated)))
    async with (
        testing.serving(app),
        httpx.AsyncClient(transport=Telling(app), base_url="http://test") as http,
    ):
        yield Crowd(app, http, tokens)


async def count_of(crowd: Crowd, who: int) -> float:
    """The number in the last sentence that explains what comes."""
    told = (await crowd.call(who, "GET", "explain?project=p")).body["sentences"]
    return float(told[-1].split()[0])


async def work(crowd: Crowd, n: int) -> Sight:
    """One lease, and what is read around it; then it is answered, skipped or given back."""
    who = n % PEOPLE
    before = await count_of(crowd, who)
    [sight] = await crowd.ask(who, 1)
    sight.more = {"counted": await count_of(crowd, who) - before}
    if drawn("one request more", sight.shown):
        sight.replies["looked"] = await crowd.call(who, "GET", "leases")
    await crowd.end(who, sight, crowd.chance.choice(ENDS))
    return sight


async def test_each_planted_tell_is_found_and_where_none_is_none_is_found(
    told_crowd: Crowd,
) -> None:
    await told_crowd.hear(*project(told_crowd.chance, WORK, 0, first_rate=0.0, rate=0.0))
    sights = [await work(told_crowd, n) for n in range(LEASES)]
    await told_crowd.honeypots()  # Now they know which item each is about.

    found = {
        way: tell(sights, [drawn(way, sight.shown) for sight in sights]) for way in (*WAYS, NOTHING)
    }

    print(found)  # noqa: T201
    nothing = found.pop(NOTHING)
    assert nothing.low <= 0.5 <= nothing.high, nothing
    assert all(one.auc >= AUC_MIN and one.low > 0.5 for one in found.values()), found
