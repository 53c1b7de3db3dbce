"""The running stack of a benchmark: its processes, projects, tokens; percentiles and reports."""

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
from labelwright_local.testing import UP, read_json
from labelwright_local.testing import running_stack as local_stack
from schemas.envelope import Event

sys.path.insert(0, str(Path(__file__).parent))
from producer import publish, spec_published, tasks_created

PORT_BASE = int(os.environ.get("LABELWRIGHT_PORT_BASE", "27300"))
RESTART_SECONDS = 60.0
FIELDS = [{"name": "mood", "kind": "choice", "options": ["good", "bad"]}]


@dataclass(frozen=True, slots=True)
class Stack:
    """A running stack, with the keys to sign tokens."""

    home: Path
    ready: dict[str, Any]

    def url(self, service: str) -> str:
        """Return the address of a service."""
        address: str = self.ready["services"][service]["url"]
        return address

    def pid(self, part: str) -> int:
        """Return the process id of a service, of `postgres` or of `kafka`."""
        parts = self.ready if part in ("postgres", "kafka") else self.ready["services"]
        number: int = parts[part]["pid"]
        return number

    def pids(self, service: str) -> list[int]:
        """Return the process ids of the replicas of a service."""
        parts = self.ready["services"]
        return [parts[name]["pid"] for name in self.replicas(service)]

    def replicas(self, service: str) -> list[str]:
        """Return the names of the replicas of a service."""
        own = re.compile(rf"{service}(-[0-9]+)?")
        return [name for name in self.ready["services"] if own.fullmatch(name)]

    def database(self, name: str) -> str:
        """Return the address of a service's database, for asyncpg."""
        server: str = self.ready["postgres"]["url"].rsplit("/", 1)[0]
        return f"{server}/{name}"

    def query(self, statement: str, *arguments: Any) -> list[asyncpg.Record]:  # noqa: ANN401
        """Return the rows of one statement on the queue's database."""

        async def fetch() -> list[asyncpg.Record]:
            connection = await asyncpg.connect(self.database("queue"))
            try:
                return list(await connection.fetch(statement, *arguments))
            finally:
                await connection.close()

        return asyncio.run(fetch())

    def settle(self, *, vacuum: bool = True) -> None:
        """Wait until the queue's outbox is empty, and write all dirty pages of the database.

        `vacuum` does now what autovacuum would do later.
        """
        while self.query("SELECT 1 FROM outbox LIMIT 1"):
            time.sleep(0.2)
        if vacuum:
            self.query("VACUUM (ANALYZE)")
        self.query("CHECKPOINT")

    def restart(self, service: str) -> None:
        """Terminate a service, and wait until its supervisor has restarted it."""
        old = self.pid(service)
        os.kill(old, signal.SIGTERM)
        deadline = time.monotonic() + RESTART_SECONDS
        while self.pid(service) in {old, None}:
            if time.monotonic() > deadline:
                raise RuntimeError(f"{service} was not restarted within {RESTART_SECONDS:.0f} s")
            time.sleep(0.05)
            self.ready.update(read_json(self.home / READY_FILE))

    def bearer(self, name: str, *roles: str, kind: str = "human") -> dict[str, str]:
        """Return the authorization header with a token for `name`."""
        token = tokens.sign(self.home, name=name, roles=roles, kind=kind)
        return {"authorization": f"Bearer {token}"}

    def project(self, name: str, items: int, **policy: Any) -> None:  # noqa: ANN401
        """Create a project with `items` tasks through the API."""
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
        """Create a project with `items` tasks by publishing the events of ingest."""
        spec = spec_published(name, FIELDS, policy)
        self.publish([spec, *tasks_created(spec, (uuid4() for _ in range(items)))])

    def publish(self, events: Iterable[Event]) -> None:
        """Publish events of services that do not run."""
        asyncio.run(publish(self.ready["kafka"]["bootstrap"], events))


@contextlib.contextmanager
def running_stack(
    *, only: str = "", replicas: Sequence[str] = (), port_base: int = PORT_BASE
) -> Iterator[Stack]:
    """Run a stack: all services, or `only` one, with PostgreSQL and Kafka."""
    with tempfile.TemporaryDirectory(prefix="labelwright-bench-") as folder:
        home = Path(folder) / "home"
        words = [*UP, *(["--only", only] if only else [])]
        for count in replicas:
            words += ["--replicas", count]
        with local_stack(home, port_base, command=words) as stack:
            yield Stack(home, stack.ready)


def wait_for_tasks(stack: Stack, slots: int) -> None:
    """Wait until the queue has `slots` open slots."""
    while (stack.query("SELECT coalesce(sum(slots), 0) AS n FROM ready"))[0]["n"] < slots:
        time.sleep(0.5)


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that `share` of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def report(title: str, figures: dict[str, Any]) -> None:
    """Print a small table, and the same as one line of JSON."""
    print(f"\n{title}")
    for name, value in figures.items():
        print(f"  {name:<42} {value:.3f}" if isinstance(value, float) else f"  {name:<42} {value}")
    print(json.dumps({"bench": title, **figures}))
