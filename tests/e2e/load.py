"""Many clients at once against a queue whose parts are killed: what they did goes to a history.

A client does what a real one would: what has no outcome is tried again, at whichever replica, and
after a call for work whose answer was lost the page is loaded anew. Choices follow a seed; what
comes of them does not, since nobody can repeat the timing.
"""

import asyncio
import random
import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

import httpx
from history import NEVER_ARRIVED, Call, Grant, What

GIVE_UP_SECONDS = 90.0
CALL_SECONDS = 10.0
PAUSE_SECONDS, PAUSE_SECONDS_MAX = 0.1, 1.0
"""Before a call without an outcome is tried again."""
HELD_MAX = 8
WEIGHTS = {
    "lease": 26, "answer": 24, "again": 6, "differently": 6, "skip": 5, "release": 5,
    "heartbeat": 6, "draft": 5, "forget": 4, "late": 8, "resume": 5,
}  # fmt: skip


class Asked(NamedTuple):
    """What a client asks: one call, as often as it takes."""

    what: What
    method: str
    path: str
    body: dict[str, Any] | None = None
    lease_id: str = ""
    mark: str = ""


@dataclass
class Storm:
    """What the clients share: where the replicas are, what happened, and whether it is over."""

    urls: dict[str, str]
    project: str
    seed: int
    think_seconds: float
    calls: list[Call] = field(default_factory=list)
    operations: int = 0
    is_over: bool = False


class Client:
    """One page, or one script, of an annotator."""

    def __init__(
        self, storm: Storm, http: httpx.AsyncClient, number: int, who: str, bearer: dict[str, str]
    ) -> None:
        self.storm, self.http, self.number = storm, http, number
        self.who, self.bearer = who, bearer
        self.chance = random.Random(f"{storm.seed} {number}")
        self.held: dict[str, Grant] = {}
        self.lying: dict[str, Grant] = {}
        self.given: list[Asked] = []
        self.marks = 0

    async def live(self) -> None:
        """Do this and that until the storm is over."""
        while not self.storm.is_over:
            await self.step()
            await asyncio.sleep(self.chance.expovariate(1 / self.storm.think_seconds))

    async def step(self) -> None:
        """One operation that makes sense now."""
        late = any(grant.expires_at < time.time() for grant in self.lying.values())
        room = len(self.held) < HELD_MAX
        possible = {
            "lease": room, "answer": self.held, "again": self.given, "differently": self.given,
            "skip": self.held, "release": self.held, "heartbeat": self.held, "draft": self.held,
            "forget": self.held, "late": late, "resume": True,
        }  # fmt: skip
        names = [name for name in WEIGHTS if possible[name]]
        [name] = self.chance.choices(names, [WEIGHTS[name] for name in names])
        await getattr(self, name)()

    async def lease(self) -> None:
        """Ask for work; if the answer is lost, see what came of it."""
        count = self.chance.randint(1, 3)
        await self.lease_some(count, wait_seconds=self.chance.choice([0, 0, 0.3]))

    async def lease_some(self, count: int, wait_seconds: float = 0) -> Call:
        body = {"projects": [self.storm.project], "count": count, "wait_seconds": wait_seconds}
        call = await self.do(Asked("lease", "POST", "/v1/leases", body))
        self.held |= {grant.lease_id: grant for grant in call.grants}
        if call.is_unknown:
            await self.resume()
        return call

    async def resume(self) -> None:
        """Load the page anew: what another page of this annotator got is now here too."""
        call = await self.do(Asked("resume", "GET", "/v1/leases"))
        known = {*self.lying}
        self.held |= {one.lease_id: one for one in call.grants if one.lease_id not in known}

    async def answer(self) -> None:
        await self.answer_one(self.any_held())

    async def answer_one(self, grant: Grant) -> None:
        asked = self.answer_to(grant.lease_id)
        call = await self.do(asked)
        self.held.pop(grant.lease_id, None)
        if call.took_effect:
            self.given.append(asked)

    def answer_to(self, lease_id: str) -> Asked:
        """An answer that nobody else gives: its label has a text of its own."""
        self.marks += 1
        mark = f"m{self.number}-{self.marks}"
        label = {"mood": self.chance.choice(["good", "bad"]), "why": mark}
        path = f"/v1/leases/{lease_id}/annotation"
        return Asked("answer", "PUT", path, {"label": label}, lease_id, mark)

    async def again(self) -> None:
        """The same answer once more."""
        await self.do(self.chance.choice(self.given[-20:]))

    async def differently(self) -> None:
        """Another answer to what was answered."""
        await self.do(self.answer_to(self.chance.choice(self.given[-20:]).lease_id))

    async def skip(self) -> None:
        lease_id = self.any_held().lease_id
        await self.do(skip_of(lease_id))
        self.held.pop(lease_id, None)

    async def release(self) -> None:
        lease_id = self.any_held().lease_id
        await self.do(Asked("release", "DELETE", f"/v1/leases/{lease_id}", None, lease_id))
        self.held.pop(lease_id, None)

    async def heartbeat(self) -> None:
        call = await self.do(heartbeat_of(self.any_held().lease_id))
        if not call.took_effect:
            self.held.pop(call.lease_id, None)

    async def draft(self) -> None:
        lease_id, body = self.any_held().lease_id, {"draft": {"mood": "good"}}
        await self.do(Asked("draft", "PUT", f"/v1/leases/{lease_id}/draft", body, lease_id))

    async def forget(self) -> None:
        """Let a lease lie until it has expired."""
        grant = self.any_held()
        del self.held[grant.lease_id]
        self.lying[grant.lease_id] = grant

    async def late(self) -> None:
        """Come back too late to a lease that was left lying."""
        now = time.time()
        grant = next(one for one in self.lying.values() if one.expires_at < now)
        del self.lying[grant.lease_id]
        how = self.chance.choice([self.answer_to, self.answer_to, skip_of, heartbeat_of])
        await self.do(how(grant.lease_id))

    def any_held(self) -> Grant:
        return self.chance.choice(list(self.held.values()))

    async def do(self, asked: Asked) -> Call:
        """Ask until there is an outcome, but ask for work no second time."""
        self.storm.operations += 1
        gives_up, pause = time.monotonic() + GIVE_UP_SECONDS, PAUSE_SECONDS
        while True:
            call = await self.attempt(asked)
            self.storm.calls.append(call)
            arrived = call.status != NEVER_ARRIVED
            if arrived and not (call.is_unknown and asked.what != "lease"):
                return call
            if time.monotonic() > gives_up:
                raise TimeoutError(f"{asked} had no outcome within {GIVE_UP_SECONDS:g} s")
            await asyncio.sleep(pause * self.chance.uniform(0.5, 1.5))
            pause = min(2 * pause, PAUSE_SECONDS_MAX)

    async def attempt(self, asked: Asked) -> Call:
        """One call, at any of the replicas."""
        where = self.chance.choice(list(self.storm.urls))
        url = self.storm.urls[where] + asked.path
        began, told = time.time(), dict[str, Any]()
        status: int | None = None
        try:
            answer = await self.http.request(
                asked.method, url, json=asked.body, headers=self.bearer, timeout=CALL_SECONDS
            )
            # After a 503 nobody knows: the commit itself may be what got no answer.
            status = None if answer.status_code == 503 else answer.status_code
            told = answer.json() if answer.content and status else {}
        except httpx.ConnectError:
            status = NEVER_ARRIVED
        except httpx.TransportError:
            pass
        return Call(
            self.number, self.who, asked.what, began, time.time(), status,
            problem=str(told.get("type", "")).removeprefix("urn:problem:"), where=where,
            lease_id=asked.lease_id, mark=asked.mark,
            annotation_id=told.get("annotation_id", ""), expires_at=seconds(told.get("expires_at")),
            grants=tuple(grant_of(lease) for lease in told.get("leases", ())),
        )  # fmt: skip


def skip_of(lease_id: str) -> Asked:
    return Asked("skip", "POST", f"/v1/leases/{lease_id}/skip", {"reason": "other"}, lease_id)


def heartbeat_of(lease_id: str) -> Asked:
    return Asked("heartbeat", "POST", f"/v1/leases/{lease_id}/heartbeat", None, lease_id)


def grant_of(lease: dict[str, Any]) -> Grant:
    task = (lease["payload"]["text"], lease["spec_version"])
    return Grant(lease["lease_id"], task, seconds(lease["expires_at"]))


def seconds(moment: str | None) -> float:
    return datetime.fromisoformat(moment).timestamp() if moment else 0.0
