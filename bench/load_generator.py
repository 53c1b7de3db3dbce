"""Generates load on the queue: annotators lease and annotate, while CPU time is measured.

The CPU time of the servers is that of the queue, PostgreSQL and Kafka, from /proc; the CPU time of
this client is separate.
"""

import asyncio
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from cpu_time import cpu_seconds, own_cpu_seconds
from http_client import Connection, request, run
from stack import Stack, percentile

PARTS = ("queue", "postgres", "kafka")
LABEL = b'{"label":{"mood":"good"}}'
_LEASE_ID = b'"lease_id":"'
_ID_LENGTH = 36


@dataclass(frozen=True, slots=True)
class Crowd:
    """The annotators of a load, and their project."""

    project: str
    names: tuple[str, ...]

    @classmethod
    def of(cls, project: str, count: int) -> "Crowd":
        """Return `count` annotators of a project."""
        return cls(project, tuple(f"annotator-{n}" for n in range(count)))


class Cycle(NamedTuple):
    """The duration of one lease with its annotation, and of the lease alone."""

    annotator: str
    seconds: float
    lease_seconds: float


class Annotator:
    """Leases and annotates one task after the other."""

    def __init__(self, stack: Stack, crowd: Crowd, name: str, replica: str) -> None:
        """Prepare the requests of `name` to `replica`."""
        self._name = name
        self._url = stack.url(replica)
        headers = stack.bearer(name, "annotator")
        body = f'{{"projects":["{crowd.project}"]}}'.encode()
        self._lease = request("POST", "/v1/leases", headers, body)
        annotate = request("PUT", "/v1/leases/LEASE/annotation", headers, LABEL)
        self._before, self._after = annotate.split(b"LEASE")

    async def work(self, until: float, done: list[Cycle], cycles_max: int) -> None:
        """Work until the time `until`, or until `done` has `cycles_max` cycles; append each."""
        connection = await Connection.open(self._url)
        try:
            while (started := time.monotonic()) < until and len(done) < cycles_max:
                leases = await connection.call(self._lease)
                leased = time.monotonic()
                start = leases.find(_LEASE_ID) + len(_LEASE_ID)
                if start < len(_LEASE_ID):
                    raise RuntimeError("no work is left: the benchmark has too few tasks")
                lease_id = leases[start : start + _ID_LENGTH]
                await connection.call(self._before + lease_id + self._after)
                done.append(Cycle(self._name, time.monotonic() - started, leased - started))
        finally:
            connection.close()


@dataclass(frozen=True, slots=True)
class LoadResult:
    """The cycles of a load, its duration, and the CPU seconds by part; results can be added."""

    cycles: list[Cycle] = field(default_factory=list)
    seconds: float = 0.0
    cpu: dict[str, float] = field(default_factory=dict)

    def __add__(self, other: "LoadResult") -> "LoadResult":
        """Return the sum of both."""
        names = self.cpu.keys() | other.cpu.keys()
        cpu = {name: self.cpu.get(name, 0) + other.cpu.get(name, 0) for name in names}
        return LoadResult(self.cycles + other.cycles, self.seconds + other.seconds, cpu)

    def cpu_ms(self, *parts: str) -> float:
        """Return the CPU milliseconds per cycle of `parts`, by default of all servers."""
        return 1000 * sum(self.cpu[part] for part in parts or PARTS) / len(self.cycles)

    def ms(self, share: float) -> float:
        """Return a percentile of the duration of cycles, in milliseconds."""
        return 1000 * percentile([cycle.seconds for cycle in self.cycles], share)

    def lease_ms(self, share: float) -> float:
        """Return a percentile of the duration of leases, in milliseconds."""
        return 1000 * percentile([cycle.lease_seconds for cycle in self.cycles], share)

    def of(self, name: str) -> "LoadResult":
        """Return the cycles of one annotator, without CPU time, which is not known."""
        return LoadResult([cycle for cycle in self.cycles if cycle.annotator == name], self.seconds)

    def figures(self) -> dict[str, object]:
        """Return the figures for a report."""
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


def cpu_by_part(stack: Stack) -> dict[str, float]:
    """Return the CPU seconds so far of the servers and of this process."""
    cpu = {part: cpu_seconds(stack.pid(part)) for part in ("postgres", "kafka")}
    cpu["queue"] = sum(map(cpu_seconds, stack.pids("queue")))
    return {**cpu, "client": own_cpu_seconds(os.getpid()) or 0.0}


def run_load(
    stack: Stack,
    crowd: Crowd,
    seconds: float,
    *,
    cycles_max: int = sys.maxsize,
    replicas: Sequence[str] = ("queue",),
) -> LoadResult:
    """Let all annotators work for `seconds` or `cycles_max` cycles, spread over the replicas."""
    done: list[Cycle] = []
    annotators = [
        Annotator(stack, crowd, name, replicas[n % len(replicas)])
        for n, name in enumerate(crowd.names)
    ]

    async def work() -> None:
        until = time.monotonic() + seconds
        await asyncio.gather(*(one.work(until, done, cycles_max) for one in annotators))

    before, started = cpu_by_part(stack), time.monotonic()
    run(work())
    duration, after = time.monotonic() - started, cpu_by_part(stack)
    return LoadResult(done, duration, {part: after[part] - before[part] for part in before})
