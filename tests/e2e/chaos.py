"""The disturbances of a load test: events of other services are published, and parts are killed."""

import asyncio
import random
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import asyncpg
from history import PublishedEvent, Task
from load import Load
from producer import publish, spec_published, tasks_created

from chassis.clock import utc_now
from chassis.db.database import AWAY
from schemas.envelope import Event
from schemas.events import AnnotatorStandingChanged, RedundancyRaised
from schemas.vocabulary import Accuracy, Standing

System = Any
POLL_SECONDS = 0.1
APPLIED_SECONDS = 90.0
FIELDS: list[dict[str, Any]] = [
    {"name": "mood", "kind": "choice", "options": ["good", "bad"]},
    {"name": "why", "kind": "text", "required": False, "max_length": 100},
]
REDUNDANCY, LEASE_SECONDS = 3, 5
POLICY = {
    "redundancy": REDUNDANCY,
    "redundancy_max": REDUNDANCY + 2,
    "lease_seconds": LEASE_SECONDS,
    "honeypots": {"first_rate": 0.0, "rate": 0.0},
}
KILLS_PER_MINUTE_MAX = 3
"""The maximum for one part, so that the supervisor does not give up."""


class Database:
    """The queue's database. A query that a kill interrupts is repeated."""

    def __init__(self, system: System) -> None:
        self._address = system.ready["postgres"]["url"].rsplit("/", 1)[0] + "/queue"

    async def fetch(self, query: str, *values: object) -> list[Any]:
        ends = time.monotonic() + APPLIED_SECONDS
        while True:
            try:
                connection = await asyncpg.connect(self._address)
                try:
                    return list(await connection.fetch(query, *values))
                finally:
                    await connection.close()
            except AWAY:
                if time.monotonic() > ends:
                    raise
                await asyncio.sleep(POLL_SECONDS)

    async def until(self, query: str, *values: object, seconds: float = APPLIED_SECONDS) -> float:
        """Wait until `query` returns true; return the time."""
        ends = time.monotonic() + seconds
        while not (await self.fetch(query, *values))[0][0]:
            if time.monotonic() > ends:
                raise TimeoutError(f"not within {seconds:g} s: {query} {values}")
            await asyncio.sleep(POLL_SECONDS)
        return time.time()


@dataclass
class Publisher:
    """Publishes events in place of ingest, consensus and quality, and records them."""

    system: System
    load: Load
    database: Database
    items: int
    people: list[str]
    events: list[PublishedEvent] = field(default_factory=list)
    tasks: dict[UUID, Task] = field(default_factory=dict)
    version: int = 0
    suspended: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.chance = random.Random(f"{self.load.seed} publisher")

    async def publish_spec(self) -> None:
        """Publish the next spec version, and a task for every item."""
        self.version += 1
        spec = spec_published(self.load.project, FIELDS, POLICY, version=self.version)
        made = list(tasks_created(spec, (uuid4() for _ in range(self.items))))
        self.tasks |= {
            one.task_id: (str((one.payload or {})["text"]), self.version) for one in made
        }
        began = time.time()
        await self.publish([spec], "ingest")
        newest = "SELECT count(*) > 0 FROM projects WHERE newest_version = $1"
        applied = await self.database.until(newest, self.version)
        self.events.append(PublishedEvent("published", began, applied, version=self.version))
        await self.publish(made, "ingest")
        has_tasks = "SELECT count(*) = $1 FROM work WHERE spec_version = $2"
        await self.database.until(has_tasks, self.items, self.version)

    async def raise_some(self, count: int) -> None:
        """Raise the redundancy of some tasks of the newest version."""
        current = [task_id for task_id, task in self.tasks.items() if task[1] == self.version]
        chosen = self.chance.sample(current, count)
        targets = {task_id: REDUNDANCY + self.chance.randint(1, 2) for task_id in chosen}
        began = time.time()
        await self.publish(map(self.raised, targets, targets.values()), "consensus")
        at_least = "SELECT count(*) = 0 FROM work WHERE task_id = $1 AND target < $2"
        for task_id, target in targets.items():
            applied = await self.database.until(at_least, task_id, target)
            task = self.tasks[task_id]
            self.events.append(PublishedEvent("raised", began, applied, task=task, target=target))

    def raised(self, task_id: UUID, target: int) -> RedundancyRaised:
        return RedundancyRaised(
            occurred_at=utc_now(), project=self.load.project, task_id=task_id, target=target,
            why="they disagree",
        )  # fmt: skip

    async def suspend(self, count: int) -> None:
        """Suspend some annotators."""
        self.suspended = self.chance.sample(self.people, count)
        await self.change(self.suspended, "suspended")

    async def restore(self) -> None:
        """Restore the suspended annotators."""
        await self.change(self.suspended, "good")

    async def change(self, people: list[str], standing: Standing) -> None:
        nothing = Accuracy(value=None, low=None, high=None, n=0)
        began = time.time()
        await self.publish(
            (
                AnnotatorStandingChanged(
                    occurred_at=utc_now(), project=self.load.project, annotator=who,
                    standing=standing, reason="a test", accuracy=nothing,
                )
                for who in people
            ),
            "quality",
        )  # fmt: skip
        has = "SELECT count(*) = 1 FROM annotators WHERE annotator = $1 AND standing = $2"
        for who in people:
            applied = await self.database.until(has, who, standing)
            is_over = standing != "suspended"
            self.events.append(
                PublishedEvent("restored" if is_over else "suspended", began, applied, who=who)
            )

    async def publish(self, events: Iterable[Event], source: str) -> None:
        await publish(self.system.ready["kafka"]["bootstrap"], events, source=source)

    async def wait_for_operations(self, operations: float) -> None:
        """Return when the clients have performed this number of operations."""
        while self.load.operations < operations:
            await asyncio.sleep(0.02)


@dataclass
class Killer:
    """Kills one part after the other by SIGKILL."""

    system: System
    load: Load
    parts: list[str]
    killed: list[tuple[str, float]] = field(default_factory=list)

    async def run(self, moments: Iterable[float], publisher: Publisher) -> None:
        """Kill the next part at each of `moments`, which are numbers of operations."""
        for part, operations in zip(self.parts, moments, strict=True):
            await publisher.wait_for_operations(operations)
            await self.spare(part)
            while not self.kill(part):  # It is dead, and the supervisor is about to restart it.
                await asyncio.sleep(POLL_SECONDS)

    async def spare(self, part: str) -> None:
        """Wait while `part` was killed too often in the last minute."""
        while self.kills_in_last_minute(part) >= KILLS_PER_MINUTE_MAX:
            await asyncio.sleep(POLL_SECONDS)

    def kills_in_last_minute(self, part: str) -> int:
        return sum(at > time.time() - 60 for name, at in self.killed if name == part)

    def kill(self, part: str) -> bool:
        try:
            self.system.kill(part)
        except (ProcessLookupError, TypeError):
            return False
        self.killed.append((part, time.time()))
        return True
