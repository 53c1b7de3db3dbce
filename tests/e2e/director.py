"""What happens around the clients of a storm: events are said, parts are killed, all goes quiet."""

import asyncio
import random
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import asyncpg
from history import Said, Task
from producer import publish, spec_published, tasks_created
from storm import Storm

from chassis.clock import utc_now
from schemas.envelope import Event
from schemas.events import AnnotatorStandingChanged, RedundancyRaised
from schemas.vocabulary import Accuracy, Standing

System = Any
POLL_SECONDS = 0.1
HEARD_SECONDS = 90.0
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
CUT_OFF = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
"""What asyncpg raises when the server dies under it."""
KILLS_A_MINUTE = 3
"""Of one part. Below what makes the supervisor give up."""


class Database:
    """The queue's database, asked anew where a question was cut off by a kill."""

    def __init__(self, system: System) -> None:
        self._address = system.ready["postgres"]["url"].rsplit("/", 1)[0] + "/queue"

    async def ask(self, question: str, *about: object) -> list[Any]:
        ends = time.monotonic() + HEARD_SECONDS
        while True:
            try:
                connection = await asyncpg.connect(self._address)
                try:
                    return list(await connection.fetch(question, *about))
                finally:
                    await connection.close()
            except CUT_OFF:
                if time.monotonic() > ends:
                    raise
                await asyncio.sleep(POLL_SECONDS)

    async def until(self, question: str, *about: object, seconds: float = HEARD_SECONDS) -> float:
        """The time at which `question` was first seen to be true."""
        ends = time.monotonic() + seconds
        while not (await self.ask(question, *about))[0][0]:
            if time.monotonic() > ends:
                raise TimeoutError(f"not within {seconds:g} s: {question} {about}")
            await asyncio.sleep(POLL_SECONDS)
        return time.time()


@dataclass
class Director:
    """Says events in the place of ingest, consensus and quality, and knows what was said."""

    system: System
    storm: Storm
    database: Database
    items: int
    people: list[str]
    said: list[Said] = field(default_factory=list)
    tasks: dict[UUID, Task] = field(default_factory=dict)
    version: int = 0
    suspended: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.chance = random.Random(f"{self.storm.seed} director")

    async def publish(self) -> None:
        """The next spec version, with a task for every item."""
        self.version += 1
        spec = spec_published(self.storm.project, FIELDS, POLICY, version=self.version)
        made = list(tasks_created(spec, (uuid4() for _ in range(self.items))))
        self.tasks |= {
            one.task_id: (str((one.payload or {})["text"]), self.version) for one in made
        }
        began = time.time()
        await self.say([spec], "ingest")
        newest = "SELECT count(*) > 0 FROM projects WHERE newest_version = $1"
        heard = await self.database.until(newest, self.version)
        self.said.append(Said("published", began, heard, version=self.version))
        await self.say(made, "ingest")
        there = "SELECT count(*) = $1 FROM work WHERE spec_version = $2"
        await self.database.until(there, self.items, self.version)

    async def raise_some(self, count: int) -> None:
        """Some tasks of the newest version need more answers."""
        now = [task_id for task_id, task in self.tasks.items() if task[1] == self.version]
        chosen = self.chance.sample(now, count)
        targets = {task_id: REDUNDANCY + self.chance.randint(1, 2) for task_id in chosen}
        began = time.time()
        await self.say(map(self.raised, targets, targets.values()), "consensus")
        at_least = "SELECT count(*) = 0 FROM work WHERE task_id = $1 AND target < $2"
        for task_id, target in targets.items():
            heard = await self.database.until(at_least, task_id, target)
            task = self.tasks[task_id]
            self.said.append(Said("raised", began, heard, task=task, target=target))

    def raised(self, task_id: UUID, target: int) -> RedundancyRaised:
        return RedundancyRaised(
            occurred_at=utc_now(), project=self.storm.project, task_id=task_id, target=target,
            why="they disagree",
        )  # fmt: skip

    async def suspend(self, count: int) -> None:
        """Some people may not work."""
        self.suspended = self.chance.sample(self.people, count)
        await self.change(self.suspended, "suspended")

    async def restore(self) -> None:
        """They may again."""
        await self.change(self.suspended, "good")

    async def change(self, people: list[str], standing: Standing) -> None:
        nothing = Accuracy(value=None, low=None, high=None, n=0)
        began = time.time()
        await self.say(
            (
                AnnotatorStandingChanged(
                    occurred_at=utc_now(), project=self.storm.project, annotator=who,
                    standing=standing, reason="a test", accuracy=nothing,
                )
                for who in people
            ),
            "quality",
        )  # fmt: skip
        has = "SELECT count(*) = 1 FROM annotators WHERE annotator = $1 AND standing = $2"
        for who in people:
            heard = await self.database.until(has, who, standing)
            is_over = standing != "suspended"
            self.said.append(Said("restored" if is_over else "suspended", began, heard, who=who))

    async def say(self, events: Iterable[Event], source: str) -> None:
        await publish(self.system.ready["kafka"]["bootstrap"], events, source=source)

    async def reach(self, operations: float) -> None:
        """Return once the clients have done so many."""
        while self.storm.operations < operations:
            await asyncio.sleep(0.02)


@dataclass
class Killer:
    """kill -9 of one part after the other, whoever is at it."""

    system: System
    storm: Storm
    parts: list[str]
    killed: list[tuple[str, float]] = field(default_factory=list)

    async def at(self, moments: Iterable[float], director: Director) -> None:
        """Kill the next part each time the clients have done so many operations."""
        for part, operations in zip(self.parts, moments, strict=True):
            await director.reach(operations)
            await self.spare(part)
            while not self.kill(part):  # It is dead already, and about to come back.
                await asyncio.sleep(POLL_SECONDS)

    async def spare(self, part: str) -> None:
        """Wait while `part` was killed too often of late."""
        while (
            sum(at > time.time() - 60 for one, at in self.killed if one == part) >= KILLS_A_MINUTE
        ):
            await asyncio.sleep(POLL_SECONDS)

    def kill(self, part: str) -> bool:
        try:
            self.system.kill(part)
        except (ProcessLookupError, TypeError):
            return False
        self.killed.append((part, time.time()))
        return True
