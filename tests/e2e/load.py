"""Concurrent clients of a queue whose parts are killed; their calls are recorded for a history.

A client behaves like a real one. A call without an outcome is repeated at any replica, and after a
lost response to a lease request the client reads its leases, as a reloaded page does. The choices
of a client follow a seed; their results do not, since the timing cannot be repeated.
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
"""The pause before a call without an outcome is repeated, and its maximum."""
HELD_MAX = 8
WEIGHTS = {
    "lease": 26, "answer": 24, "repeat_answer": 6, "change_answer": 6, "skip": 5, "release": 5,
    "heartbeat": 6, "draft": 5, "abandon": 4, "act_late": 8, "resume": 5,
}  # fmt: skip


class Request(NamedTuple):
    """A request, which a client repeats until it has an outcome."""

    what: What
    method: str
    path: str
    body: dict[str, Any] | None = None
    lease_id: str = ""
    mark: str = ""


@dataclass
class Load:
    """The state that the clients share: the replicas, the recorded calls and the end."""

    urls: dict[str, str]
    project: str
    seed: int
    think_seconds: float
    calls: list[Call] = field(default_factory=list)
    operations: int = 0
    is_over: bool = False


class Client:
    """One page of an annotator, who can have several."""

    def __init__(
        self, load: Load, http: httpx.AsyncClient, number: int, who: str, bearer: dict[str, str]
    ) -> None:
        self.load, self.http, self.number = load, http, number
        self.who, self.bearer = who, bearer
        self.chance = random.Random(f"{load.seed} {number}")
        self.held: dict[str, Grant] = {}
        self.abandoned: dict[str, Grant] = {}
        self.answered: list[Request] = []
        self.marks = 0

    async def run(self) -> None:
        """Perform operations until the load is over."""
        while not self.load.is_over:
            await self.step()
            await asyncio.sleep(self.chance.expovariate(1 / self.load.think_seconds))

    async def step(self) -> None:
        """Perform one operation that is possible in the present state."""
        has_expired = any(grant.expires_at < time.time() for grant in self.abandoned.values())
        has_room = len(self.held) < HELD_MAX
        possible = {
            "lease": has_room, "answer": self.held, "repeat_answer": self.answered,
            "change_answer": self.answered, "skip": self.held, "release": self.held,
            "heartbeat": self.held, "draft": self.held, "abandon": self.held,
            "act_late": has_expired, "resume": True,
        }  # fmt: skip
        names = [name for name in WEIGHTS if possible[name]]
        [name] = self.chance.choices(names, [WEIGHTS[name] for name in names])
        await getattr(self, name)()

    async def lease(self) -> None:
        """Request leases; if the response is lost, read the leases that exist."""
        count = self.chance.randint(1, 3)
        await self.lease_some(count, wait_seconds=self.chance.choice([0, 0, 0.3]))

    async def lease_some(self, count: int, wait_seconds: float = 0) -> Call:
        body = {"projects": [self.load.project], "count": count, "wait_seconds": wait_seconds}
        call = await self.do(Request("lease", "POST", "/v1/leases", body))
        self.held |= {grant.lease_id: grant for grant in call.grants}
        if call.is_unknown:
            await self.resume()
        return call

    async def resume(self) -> None:
        """Read all leases of the annotator, including those of the annotator's other pages."""
        call = await self.do(Request("resume", "GET", "/v1/leases"))
        known = {*self.abandoned}
        self.held |= {one.lease_id: one for one in call.grants if one.lease_id not in known}

    async def answer(self) -> None:
        await self.answer_one(self.any_held())

    async def answer_one(self, grant: Grant) -> None:
        request = self.answer_to(grant.lease_id)
        call = await self.do(request)
        self.held.pop(grant.lease_id, None)
        if call.took_effect:
            self.answered.append(request)

    def answer_to(self, lease_id: str) -> Request:
        """Return an annotation with a unique text in its label."""
        self.marks += 1
        mark = f"m{self.number}-{self.marks}"
        label = {"mood": self.chance.choice(["good", "bad"]), "why": mark}
        path = f"/v1/leases/{lease_id}/annotation"
        return Request("answer", "PUT", path, {"label": label}, lease_id, mark)

    async def repeat_answer(self) -> None:
        """Send an accepted annotation again."""
        await self.do(self.chance.choice(self.answered[-20:]))

    async def change_answer(self) -> None:
        """Send a different annotation for a lease that was answered."""
        await self.do(self.answer_to(self.chance.choice(self.answered[-20:]).lease_id))

    async def skip(self) -> None:
        lease_id = self.any_held().lease_id
        await self.do(skip_of(lease_id))
        self.held.pop(lease_id, None)

    async def release(self) -> None:
        lease_id = self.any_held().lease_id
        await self.do(Request("release", "DELETE", f"/v1/leases/{lease_id}", None, lease_id))
        self.held.pop(lease_id, None)

    async def heartbeat(self) -> None:
        call = await self.do(heartbeat_of(self.any_held().lease_id))
        if not call.took_effect:
            self.held.pop(call.lease_id, None)

    async def draft(self) -> None:
        lease_id, body = self.any_held().lease_id, {"draft": {"mood": "good"}}
        await self.do(Request("draft", "PUT", f"/v1/leases/{lease_id}/draft", body, lease_id))

    async def abandon(self) -> None:
        """Stop using a lease, so that it expires."""
        grant = self.any_held()
        del self.held[grant.lease_id]
        self.abandoned[grant.lease_id] = grant

    async def act_late(self) -> None:
        """Use an abandoned lease that has expired."""
        now = time.time()
        grant = next(one for one in self.abandoned.values() if one.expires_at < now)
        del self.abandoned[grant.lease_id]
        how = self.chance.choice([self.answer_to, self.answer_to, skip_of, heartbeat_of])
        await self.do(how(grant.lease_id))

    def any_held(self) -> Grant:
        return self.chance.choice(list(self.held.values()))

    async def do(self, request: Request) -> Call:
        """Repeat a request until it has an outcome; never repeat one for leases."""
        self.load.operations += 1
        gives_up, pause = time.monotonic() + GIVE_UP_SECONDS, PAUSE_SECONDS
        while True:
            call = await self.attempt(request)
            self.load.calls.append(call)
            arrived = call.status != NEVER_ARRIVED
            if arrived and not (call.is_unknown and request.what != "lease"):
                return call
            if time.monotonic() > gives_up:
                raise TimeoutError(f"{request} had no outcome within {GIVE_UP_SECONDS:g} s")
            await asyncio.sleep(pause * self.chance.uniform(0.5, 1.5))
            pause = min(2 * pause, PAUSE_SECONDS_MAX)

    async def attempt(self, request: Request) -> Call:
        """Send a request once, to a random replica."""
        where = self.chance.choice(list(self.load.urls))
        url = self.load.urls[where] + request.path
        began, body = time.time(), dict[str, Any]()
        status: int | None = None
        try:
            answer = await self.http.request(
                request.method, url, json=request.body, headers=self.bearer, timeout=CALL_SECONDS
            )
            # After a 503 the outcome is unknown: the commit may have been acknowledged too late.
            status = None if answer.status_code == 503 else answer.status_code
            body = answer.json() if answer.content and status else {}
        except httpx.ConnectError:
            status = NEVER_ARRIVED
        except httpx.TransportError:
            pass
        return Call(
            self.number, self.who, request.what, began, time.time(), status,
            problem=str(body.get("type", "")).removeprefix("urn:problem:"), where=where,
            lease_id=request.lease_id, mark=request.mark,
            annotation_id=body.get("annotation_id", ""), expires_at=seconds(body.get("expires_at")),
            grants=tuple(grant_of(lease) for lease in body.get("leases", ())),
        )  # fmt: skip


def skip_of(lease_id: str) -> Request:
    return Request("skip", "POST", f"/v1/leases/{lease_id}/skip", {"reason": "other"}, lease_id)


def heartbeat_of(lease_id: str) -> Request:
    return Request("heartbeat", "POST", f"/v1/leases/{lease_id}/heartbeat", None, lease_id)


def grant_of(lease: dict[str, Any]) -> Grant:
    task = (lease["payload"]["text"], lease["spec_version"])
    return Grant(lease["lease_id"], task, seconds(lease["expires_at"]))


def seconds(moment: str | None) -> float:
    return datetime.fromisoformat(moment).timestamp() if moment else 0.0
