"""Annotators who lease and answer for a while, and what that cost the servers.

CPU is the sum over the queue, PostgreSQL and the broker, from /proc; the client is told apart.
"""

import asyncio
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from calling import Connection, request, run
from processes import cpu_seconds, own_cpu_seconds
from scene import Scene, percentile

PARTS = ("queue", "postgres", "kafka")
LABEL = b'{"label":{"mood":"good"}}'
_LEASE_ID = b'"lease_id":"'
_ID_LENGTH = 36


@dataclass(frozen=True, slots=True)
class Crowd:
    """Who works, and on what."""

    project: str
    names: tuple[str, ...]

    @classmethod
    def of(cls, project: str, count: int) -> "Crowd":
        """So many annotators of a project."""
        return cls(project, tuple(f"annotator-{n}" for n in range(count)))


class Cycle(NamedTuple):
    """One lease and its answer, in seconds."""

    who: str
    took: float
    lease_took: float


class Annotator:
    """Leases a task and answers it, again and again."""

    def __init__(self, scene: Scene, crowd: Crowd, name: str, replica: str) -> None:
        """Prepare what will be said."""
        self._name = name
        self._url = scene.url(replica)
        who = scene.bearer(name, "annotator")
        wanted = f'{{"projects":["{crowd.project}"]}}'.encode()
        self._lease = request("POST", "/v1/leases", who, wanted)
        answer = request("PUT", "/v1/leases/LEASE/annotation", who, LABEL)
        self._before, self._after = answer.split(b"LEASE")

    async def work(self, until: float, done: list[Cycle], cycles_max: int) -> None:
        """Work until the clock says `until` or all have done so many cycles; write each down."""
        connection = await Connection.to(self._url)
        try:
            while (started := time.monotonic()) < until and len(done) < cycles_max:
                leases = await connection.call(self._lease)
                leased = time.monotonic()
                found = leases.find(_LEASE_ID) + len(_LEASE_ID)
                if found < len(_LEASE_ID):
                    raise RuntimeError("there is no more work: the bench has too few tasks")
                lease_id = leases[found : found + _ID_LENGTH]
                await connection.call(self._before + lease_id + self._after)
                done.append(Cycle(self._name, time.monotonic() - started, leased - started))
        finally:
            connection.close()


@dataclass(frozen=True, slots=True)
class Driven:
    """What was done, in which time, for how much. Two of the same kind can be added."""

    cycles: list[Cycle] = field(default_factory=list)
    seconds: float = 0.0
    cpu: dict[str, float] = field(default_factory=dict)

    def __add__(self, other: "Driven") -> "Driven":
        """Both together."""
        names = self.cpu.keys() | other.cpu.keys()
        cpu = {name: self.cpu.get(name, 0) + other.cpu.get(name, 0) for name in names}
        return Driven(self.cycles + other.cycles, self.seconds + other.seconds, cpu)

    def cpu_ms(self, *parts: str) -> float:
        """What a cycle cost these parts, all servers if none is named."""
        return 1000 * sum(self.cpu[part] for part in parts or PARTS) / len(self.cycles)

    def ms(self, share: float) -> float:
        """How long a cycle took, at a percentile."""
        return 1000 * percentile([cycle.took for cycle in self.cycles], share)

    def lease_ms(self, share: float) -> float:
        """How long a lease took, at a percentile."""
        return 1000 * percentile([cycle.lease_took for cycle in self.cycles], share)

    def of(self, name: str) -> "Driven":
        """The cycles of one annotator; what they cost is not known apart."""
        return Driven([cycle for cycle in self.cycles if cycle.who == name], self.seconds)

    def figures(self) -> dict[str, object]:
        """What a table says."""
        return {
            "cycles": len(self.cycles),
            "cycles_per_second": len(self.cycles) / self.seconds,
            "cpu_ms_per_cycle": self.cpu_ms(),
            **{f"cpu_ms_{part}": self.cpu_ms(part) for part in PARTS},
            "cpu_ms_client": self.cpu_ms("client"),
            "cycle_ms_p50": self.ms(0.5),
            "cycle_ms_p99": self.ms(0.99),
            "lease_ms_p50": self.lease_ms(0.5),
            "lease_ms_p99": self.lease_ms(0.99),
        }


def spent(scene: Scene) -> dict[str, float]:
    """Processor seconds so far of the servers, and of this process."""
    cpu = {part: cpu_seconds(scene.pid(part)) for part in ("postgres", "kafka")}
    cpu["queue"] = sum(map(cpu_seconds, scene.pids("queue")))
    return {**cpu, "client": own_cpu_seconds(os.getpid()) or 0.0}


def drive(
    scene: Scene,
    crowd: Crowd,
    seconds: float,
    *,
    cycles_max: int = sys.maxsize,
    replicas: Sequence[str] = ("queue",),
) -> Driven:
    """Let all of them work for so long, or so much; in turns they call the replicas."""
    done: list[Cycle] = []
    people = [
        Annotator(scene, crowd, name, replicas[n % len(replicas)])
        for n, name in enumerate(crowd.names)
    ]

    async def all_of_them() -> None:
        until = time.monotonic() + seconds
        await asyncio.gather(*(one.work(until, done, cycles_max) for one in people))

    before, started = spent(scene), time.monotonic()
    run(all_of_them())
    lasted, after = time.monotonic() - started, spent(scene)
    return Driven(done, lasted, {part: after[part] - before[part] for part in before})
