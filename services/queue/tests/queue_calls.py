"""What can be done to the queue: by people, by models, by the clock and by other services."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from queue_model import Lease, Person
from queue_replicas import Replicas

from schemas.envelope import Event

WORDS = {"annotate": "annotation", "adjudicate": "adjudication", "review": "review"}
MORE: dict[str, dict[str, str]] = {
    "annotate": {},
    "adjudicate": {"rationale": "clear", "cause": "slip"},
    "review": {"verdict": "fix"},
}


class Call(Protocol):
    """Something that is done to the queue."""

    async def run(self, queue: Replicas) -> Any:
        """Do it, and return what came back."""


@dataclass(frozen=True)
class Ask:
    """Somebody asks for work."""

    who: Person
    count: int = 1

    async def run(self, queue: Replicas) -> Any:
        return await queue.send(self.who, "POST", "/v1/leases", {"count": self.count})


@dataclass(frozen=True)
class Answer:
    """Somebody answers."""

    lease: Lease
    mood: str

    async def run(self, queue: Replicas) -> Any:
        stage = self.lease.key[1]
        body = {"label": {"mood": self.mood}, **MORE[stage]}
        path = f"/v1/leases/{self.lease.lease_id}/{WORDS[stage]}"
        return await queue.send(self.lease.who, "PUT", path, body)


@dataclass(frozen=True)
class Skip:
    """Somebody passes a task on."""

    lease: Lease

    async def run(self, queue: Replicas) -> Any:
        path = f"/v1/leases/{self.lease.lease_id}/skip"
        return await queue.send(self.lease.who, "POST", path, {"reason": "bad_data"})


@dataclass(frozen=True)
class Release:
    """Somebody gives a lease back."""

    lease: Lease

    async def run(self, queue: Replicas) -> Any:
        return await queue.send(self.lease.who, "DELETE", f"/v1/leases/{self.lease.lease_id}")


@dataclass(frozen=True)
class Beat:
    """Somebody wants more time."""

    lease: Lease

    async def run(self, queue: Replicas) -> Any:
        path = f"/v1/leases/{self.lease.lease_id}/heartbeat"
        return await queue.send(self.lease.who, "POST", path)


@dataclass(frozen=True)
class Look:
    """Somebody asks what it holds."""

    who: Person

    async def run(self, queue: Replicas) -> Any:
        return await queue.send(self.who, "GET", "/v1/leases")


@dataclass(frozen=True)
class Bulk:
    """A model answers many items at once."""

    who: Person
    project: str
    external_ids: tuple[str, ...]
    mood: str

    async def run(self, queue: Replicas) -> Any:
        label = {"mood": self.mood}
        answers = [{"external_id": one, "label": label} for one in self.external_ids]
        body = {"project": self.project, "annotations": answers}
        return await queue.send(self.who, "POST", "/v1/annotations/bulk", body)


@dataclass(frozen=True)
class Hear:
    """Other services say something: in one transaction, or in one after the other."""

    events: tuple[Event, ...]
    one_by_one: bool = False

    def __repr__(self) -> str:
        """The kinds of events, and what they are about."""
        return f"Hear({', '.join(f'{event.kind()} {event.key}' for event in self.events)})"

    async def run(self, queue: Replicas) -> Any:
        if not self.one_by_one:
            await queue.hear(self.events)
            return
        for event in self.events:
            await queue.hear([event])


@dataclass(frozen=True)
class Expire:
    """It is `now` for those who hold leases."""

    now: datetime

    async def run(self, queue: Replicas) -> Any:
        await queue.expire(self.now)


@dataclass(frozen=True)
class Publish:
    """It is `now` for the answers that are held."""

    now: datetime

    async def run(self, queue: Replicas) -> Any:
        await queue.publish(self.now)
