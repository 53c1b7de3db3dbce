"""What every bench of the running system needs: a stack, a project, tokens, percentiles."""

import asyncio
import contextlib
import json
import os
import re
import signal
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import httpx

from labelwright_client import tokens
from labelwright_local.home import READY_FILE
from labelwright_local.testing import UP, read_json, running_stack
from schemas.envelope import Event

sys.path.insert(0, str(Path(__file__).parent))
from saying import say, spec_published, tasks_created

PORT_BASE = int(os.environ.get("LABELWRIGHT_PORT_BASE", "27300"))
RESTART_SECONDS = 60.0
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

    def pids(self, service: str) -> list[int]:
        """The processes of a service: one each replica."""
        parts = self.ready["services"]
        return [parts[name]["pid"] for name in self.replicas(service)]

    def replicas(self, service: str) -> list[str]:
        """The names of a service's replicas."""
        own = re.compile(rf"{service}(-[0-9]+)?")
        return [name for name in self.ready["services"] if own.fullmatch(name)]

    def database(self, name: str) -> str:
        """The address of a service's database, for asyncpg."""
        server: str = self.ready["postgres"]["url"].rsplit("/", 1)[0]
        return f"{server}/{name}"

    def asked(self, question: str, *about: Any) -> list[asyncpg.Record]:  # noqa: ANN401
        """The rows with which the queue's database answers one statement."""

        async def ask() -> list[asyncpg.Record]:
            connection = await asyncpg.connect(self.database("queue"))
            try:
                return list(await connection.fetch(question, *about))
            finally:
                await connection.close()

        return asyncio.run(ask())

    def settle(self, *, vacuum: bool = True) -> None:
        """Return once all events have left the queue, and no filling of tables has an aftermath.

        `vacuum`: have done now what autovacuum would do in a while.
        """
        while self.asked("SELECT 1 FROM outbox LIMIT 1"):
            time.sleep(0.2)
        if vacuum:
            self.asked("VACUUM (ANALYZE)")
        self.asked("CHECKPOINT")

    def restart(self, service: str) -> None:
        """End a service in order; return when its supervisor has it up again."""
        old = self.pid(service)
        os.kill(old, signal.SIGTERM)
        ends = time.monotonic() + RESTART_SECONDS
        while self.pid(service) in {old, None}:
            if time.monotonic() > ends:
                raise RuntimeError(f"{service} did not come back")
            time.sleep(0.05)
            self.ready.update(read_json(self.home / READY_FILE))

    def bearer(self, name: str, *roles: str, kind: str = "human") -> dict[str, str]:
        """The header of a token for `name`."""
        token = tokens.sign(self.home, name=name, roles=roles, kind=kind)
        return {"authorization": f"Bearer {token}"}

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
        spec = spec_published(name, FIELDS, policy)
        self.say([spec, *tasks_created(spec, (uuid4() for _ in range(items)))])

    def say(self, events: Iterable[Event]) -> None:
        """Say events in the place of services that do not run."""
        asyncio.run(say(self.ready["kafka"]["bootstrap"], events))


@contextlib.contextmanager
def scene(
    *, only: str = "", replicas: Sequence[str] = (), port_base: int = PORT_BASE
) -> Iterator[Scene]:
    """A stack of its own: all services, or `only` some with PostgreSQL and Kafka."""
    with tempfile.TemporaryDirectory(prefix="labelwright-bench-") as folder:
        home = Path(folder) / "home"
        words = [*UP, *(["--only", only] if only else [])]
        for one in replicas:
            words += ["--replicas", one]
        with running_stack(home, port_base, command=words) as stack:
            yield Scene(home, stack.ready)


def wait_for_tasks(scene: Scene, slots: int) -> None:
    """Return once the queue has taken in so much work that this many answers are wanted."""
    while (scene.asked("SELECT coalesce(sum(slots), 0) AS n FROM ready"))[0]["n"] < slots:
        time.sleep(0.5)


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
