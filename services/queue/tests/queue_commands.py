"""The commands of the state machine: calls of people and models, events, and the clock."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from queue_model import Caller, Lease
from queue_replicas import Replicas

from schemas.envelope import Event

WORDS = {"annotate": "annotation", "adjudicate": "adjudication", "review": "review"}
MORE: dict[str, dict[str, str]] = {
    "annotate": {},
    "adjudicate": {"rationale": "clear", "cause": "slip"},
    "review": {"verdict": "fix"},
}


class Call(Protocol):
    """A command that can be run on the queue."""

    async def run(self, queue: Replicas) -> Any:
        """Run the command and return its result."""


@dataclass(frozen=True)
class RequestWork:
    """Request leases."""

    who: Caller
    count: int = 1

    async def run(self, queue: Replicas) -> Any:
        return await queue.send(self.who, "POST", "/v1/leases", {"count": self.count})


@dataclass(frozen=True)
class Answer:
    """Submit with a lease."""

    lease: Lease
    mood: str

    async def run(self, queue: Replicas) -> Any:
        stage = self.lease.key[1]
        body = {"label": {"mood": self.mood}, **MORE[stage]}
        path = f"/v1/leases/{self.lease.lease_id}/{WORDS[stage]}"
        return await queue.send(self.lease.who, "PUT", path, body)


@dataclass(frozen=True)
class Skip:
    """Skip a task."""

    lease: Lease

    async def run(self, queue: Replicas) -> Any:
        path = f"/v1/leases/{self.lease.lease_id}/skip"
        return await queue.send(self.lease.who, "POST", path, {"reason": "bad_data"})


@dataclass(frozen=True)
class Release:
    """Release a lease."""

    lease: Lease

    async def run(self, queue: Replicas) -> Any:
        return await queue.send(self.lease.who, "DELETE", f"/v1/leases/{self.lease.lease_id}")


@dataclass(frozen=True)
class Extend:
    """Extend a lease."""

    lease: Lease

    async def run(self, queue: Replicas) -> Any:
        path = f"/v1/leases/{self.lease.lease_id}/heartbeat"
        return await queue.send(self.lease.who, "POST", path)


@dataclass(frozen=True)
class ListLeases:
    """List the leases of a caller."""

    who: Caller

    async def run(self, queue: Replicas) -> Any:
        return await queue.send(self.who, "GET", "/v1/leases")


@dataclass(frozen=True)
class Bulk:
    """Submit annotations of a model for many items."""

    who: Caller
    project: str
    external_ids: tuple[str, ...]
    mood: str

    async def run(self, queue: Replicas) -> Any:
        label = {"mood": self.mood}
        answers = [{"external_id": one, "label": label} for one in self.external_ids]
        body = {"project": self.project, "annotations": answers}
        return await queue.send(self.who, "POST", "/v1/annotations/bulk", body)


@dataclass(frozen=True)
class Deliver:
    """Deliver events in one transaction, or each in its own."""

    events: tuple[Event, ...]
    one_by_one: bool = False

    def __repr__(self) -> str:
        """Return the kinds and keys of the events."""
        return f"Deliver({', '.join(f'{event.kind()} {event.key}' for event in self.events)})"

    async def run(self, queue: Replicas) -> Any:
        if not self.one_by_one:
            await queue.deliver(self.events)
            return
        for event in self.events:
            await queue.deliver([event])


@dataclass(frozen=True)
class Expire:
    """Expire leases as of `now`."""

    now: datetime

    async def run(self, queue: Replicas) -> Any:
        await queue.expire(self.now)


@dataclass(frozen=True)
class Publish:
    """Publish the annotations whose undo period ended before `now`."""

    now: datetime

    async def run(self, queue: Replicas) -> Any:
        await queue.publish(self.now)
