"""Two stacks side by side, one of them with something that could slow the queue down.

They work in turns, so that whatever else the machine does hits both alike. What counts is the
ratio between the two; each has the same annotators, the same warming up and the same limits.
"""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from driving import Crowd, Driven, drive
from scene import PORT_BASE, Scene, report, scene

from labelwright_local.ports import SPAN

WARM_CYCLES = 1000
RATIO_MAX = 1.3


@dataclass(frozen=True, slots=True)
class Effort:
    """How long is measured. In all one period of the queue's rarest job of weight (30 s)."""

    seconds: float = 10.0
    rounds: int = 3
    cycles_max: int = 20_000
    """In all rounds together: the base has 30,000 free slots."""


class Pair(NamedTuple):
    """The stack to compare with, and the other."""

    base: Scene
    other: Scene


@contextlib.contextmanager
def two_stacks() -> Iterator[Pair]:
    """Two queues, each with a PostgreSQL and a Kafka of its own."""
    with scene(only="queue") as base, scene(only="queue", port_base=PORT_BASE + SPAN) as two:
        yield Pair(base, two)


def in_turns(pair: Pair, crowd: Crowd, effort: Effort, *, cycles_max: int = 0) -> list[Driven]:
    """What the crowd did in each stack, once that was warm."""
    most = (cycles_max or effort.cycles_max) // effort.rounds
    found = [Driven(), Driven()]
    for stack in pair:
        drive(stack, crowd, effort.seconds, cycles_max=min(WARM_CYCLES, most))
    for _ in range(effort.rounds):
        for n, stack in enumerate(pair):
            found[n] += drive(stack, crowd, effort.seconds, cycles_max=most)
    return found


def tell(title: str, base: Driven, other: Driven, **more: object) -> None:
    """Print a line: what a cycle cost, and by how much more than in the base."""
    report(
        title,
        {
            **other.figures(),
            "base_cpu_ms_per_cycle": base.cpu_ms(),
            "base_cpu_ms_queue": base.cpu_ms("queue"),
            "base_cpu_ms_postgres": base.cpu_ms("postgres"),
            "base_cycle_ms_p50": base.ms(0.5),
            "base_cycle_ms_p99": base.ms(0.99),
            "cpu_ratio": other.cpu_ms() / base.cpu_ms(),
            "cpu_ratio_asked_max": RATIO_MAX,
            "p50_ratio": other.ms(0.5) / base.ms(0.5),
            "p99_ratio": other.ms(0.99) / base.ms(0.99),
            **more,
            "load_average": round(os.getloadavg()[0], 2),
        },
    )
