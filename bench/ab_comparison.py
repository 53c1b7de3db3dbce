"""Compares two stacks, one of which has a condition that could slow the queue down.

They run alternately, so that other load on the machine affects both. The result is the ratio of the
two; both have the same annotators, the same warm-up and the same limits.
"""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from load_generator import Crowd, LoadResult, run_load
from stack import PORT_BASE, Stack, report, running_stack

from labelwright_local.ports import SPAN

WARM_CYCLES = 1000
RATIO_MAX = 1.3


@dataclass(frozen=True, slots=True)
class RunLength:
    """The length of a measurement: in all one period of the queue's slowest job (30 s)."""

    seconds: float = 10.0
    rounds: int = 3
    cycles_max: int = 20_000
    """Limit of all rounds together, since the base has 30,000 open slots."""


class Pair(NamedTuple):
    """The base of a comparison, and the other stack."""

    base: Stack
    other: Stack


@contextlib.contextmanager
def two_stacks() -> Iterator[Pair]:
    """Run two queues, each with its own PostgreSQL and Kafka."""
    with (
        running_stack(only="queue") as base,
        running_stack(only="queue", port_base=PORT_BASE + SPAN) as other,
    ):
        yield Pair(base, other)


def run_alternately(
    pair: Pair, crowd: Crowd, run_length: RunLength, *, cycles_max: int = 0
) -> list[LoadResult]:
    """Run the load on each stack alternately, after a warm-up; return both results."""
    limit = (cycles_max or run_length.cycles_max) // run_length.rounds
    results = [LoadResult(), LoadResult()]
    for stack in pair:
        run_load(stack, crowd, run_length.seconds, cycles_max=min(WARM_CYCLES, limit))
    for _ in range(run_length.rounds):
        for n, stack in enumerate(pair):
            results[n] += run_load(stack, crowd, run_length.seconds, cycles_max=limit)
    return results


def report_comparison(title: str, base: LoadResult, other: LoadResult, **more: object) -> None:
    """Print the figures of a cycle, and their ratios to those of the base."""
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
