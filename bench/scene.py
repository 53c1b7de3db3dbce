"""What every bench of the running system needs: a stack, a project, tokens, percentiles."""

import asyncio
import contextlib
import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from aiokafka import AIOKafkaProducer

from chassis.clock import utc_now
from labelwright_client import tokens
from labelwright_local.testing import UP, running_stack
from schemas.canonical import digest
from schemas.envelope import Event
from schemas.events import SpecPublished, TaskCreated
from schemas.vocabulary import SpecDocument

PORT_BASE = 27300
FIELDS = [{"name": "mood", "kind": "choice", "options": ["good", "bad"]}]


@dataclass(frozen=True, slots=True)
class Scene:
    """A running stack and who may use it."""

    home: Path
    ready: dict[str, Any]

    def url(self, service: str) -> str:
        """Where a service answers."""
        address: str = self.ready["services"][service]["url"]
        return address

    def pid(self, part: str) -> int:
        """The process of a service, of `postgres` or of `kafka`."""
        one = self.ready[part] if part in ("postgres", "kafka") else self.ready["services"][part]
        number: int = one["pid"]
        return number

    def bearer(self, name: str, *roles: str) -> dict[str, str]:
        """The header of a token for `name`."""
        return {"authorization": f"Bearer {tokens.sign(self.home, name=name, roles=roles)}"}

    def project(self, name: str, items: int, **policy: Any) -> None:  # noqa: ANN401
        """A project with `items` tasks, imported through the API."""
        admin = self.bearer("bench", "admin", "pipeline", "spec_owner")
        with httpx.Client(base_url=self.url("ingest"), headers=admin, timeout=120) as http:
            http.post("/v1/projects", json={"name": name, "title": name}).raise_for_status()
            spec = {"task_type": "mood", "fields": FIELDS, "guidelines": [], "policy": policy}
            http.post(f"/v1/projects/{name}/specs", json=spec).raise_for_status()
            for start in range(0, items, 5000):
                part = range(start, min(start + 5000, items))
                rows = [{"external_id": f"x{n}", "payload": {"text": f"text {n}"}} for n in part]
                http.post(f"/v1/projects/{name}/items", json=rows).raise_for_status()

    def project_in_kafka(self, name: str, items: int, **policy: Any) -> None:  # noqa: ANN401
        """The same where no ingest runs: its events are said in its place."""
        asyncio.run(_say(self.ready["kafka"]["bootstrap"], _events(name, items, policy)))


@contextlib.contextmanager
def scene(*, only: str = "") -> Iterator[Scene]:
    """A stack of its own: all services, or `only` some with PostgreSQL and Kafka."""
    with tempfile.TemporaryDirectory(prefix="labelwright-bench-") as folder:
        home = Path(folder) / "home"
        words = [*UP, "--only", only] if only else UP
        with running_stack(home, PORT_BASE, command=words) as stack:
            yield Scene(home, stack.ready)


def _events(project: str, items: int, policy: dict[str, Any]) -> Iterator[Event]:
    document = SpecDocument.model_validate(
        {"task_type": "mood", "fields": FIELDS, "policy": policy}
    )
    content = document.model_dump(mode="json")
    now = utc_now()
    yield SpecPublished(
        occurred_at=now,
        project=project,
        spec_version=1,
        spec_hash=digest(content),
        document=content,
    )
    for n in range(items):
        yield TaskCreated(
            occurred_at=now,
            project=project,
            task_id=uuid4(),
            item_id=uuid4(),
            external_id=f"x{n}",
            revision=1,
            spec_version=1,
            task_type="mood",
            payload={"text": f"text {n}"},
            payload_sha256="0" * 64,
            priority=5,
            purpose="work",
            redundancy=document.policy.redundancy,
            redundancy_max=document.policy.redundancy_max,
            overlap="all",
        )


async def _say(bootstrap: str, events: Iterator[Event]) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, linger_ms=20)
    await producer.start()
    for event in events:
        head = [("kind", event.kind().encode()), ("traceparent", b"")]
        body = event.to_wire("ingest")
        await producer.send(event.topic.name, body, key=event.key.encode(), headers=head)
    await producer.flush()
    await producer.stop()


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that `share` of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def report(title: str, figures: dict[str, Any]) -> None:
    """A small table, and the same as one line of JSON."""
    print(f"\n{title}")
    for name, value in figures.items():
        print(f"  {name:<42} {value:.3f}" if isinstance(value, float) else f"  {name:<42} {value}")
    print(json.dumps({"bench": title, **figures}))
