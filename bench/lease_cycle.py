"""Measures one cycle of leasing and annotating, through HTTP with real tokens.

Measured are: the queue alone with PostgreSQL and Kafka, for few and for many annotators, and with
honeypots at the default policy; a honeypot in place of every second task, compared with none; all
five services, where the CPU time of PostgreSQL for the queue is separate. CPU time is from /proc,
and that of the client is separate.
"""

import asyncio
import os
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from uuid import uuid4

import asyncpg

sys.path.insert(0, str(Path(__file__).parent))
from ab_comparison import RunLength, report_comparison, run_alternately, two_stacks
from cpu_time import own_cpu_seconds, resident_mb
from load_generator import Crowd, LoadResult, run_load
from producer import spec_published, tasks_created
from stack import FIELDS, Stack, report, running_stack, wait_for_tasks

TASKS, HONEYPOTS, REDUNDANCY = 20_000, 1000, 3
SECONDS, WARM_SECONDS = 20.0, 3.0
NO_HONEYPOTS = {"first_rate": 0.0, "rate": 0.0}
POLICY = {"redundancy": REDUNDANCY, "honeypots": NO_HONEYPOTS}
MIXED_ANNOTATORS = 48
MIXED = {"first_rate": 0.5, "rate": 0.5}
STATISTICS_SECONDS = 2.0
"""Time after which PostgreSQL's processes have published their statistics."""
_DEADLOCKS = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
_BACKENDS = "SELECT pid, coalesce(datname, 'background') AS works_for FROM pg_stat_activity"
_HONEYPOTS = """
SELECT avg((purpose = 'honeypot')::int)::float8 AS share
FROM leases JOIN work USING (work_id)
"""


def main() -> None:
    """Measure and print each comparison."""
    for annotators in (8, 32):
        with running_stack(only="queue") as stack:
            stack.project_in_kafka("bench", TASKS, **POLICY)
            report("lease + submit, queue alone", measure(stack, annotators))
    with running_stack(only="queue") as stack:
        create_project_with_honeypots(stack)
        figures = measure(stack, 8)
        figures["honeypot_share"] = stack.query(_HONEYPOTS)[0]["share"]
        report("lease + submit, queue alone, honeypots at the default policy", figures)
    honeypots_beside_none(MIXED_ANNOTATORS, RunLength())
    with running_stack() as stack:
        stack.project("bench", TASKS, **POLICY)
        report("lease + submit, all five services up", measure_among_all(stack, 8))


def honeypots_beside_none(annotators: int, run_length: RunLength) -> None:
    """Compare a project in which every second task is a honeypot with one without honeypots."""
    with two_stacks() as pair:
        pair.base.project_in_kafka("bench", TASKS, **POLICY)
        create_project_with_honeypots(pair.other, honeypots=MIXED)
        for stack in pair:
            wait_for_tasks(stack, REDUNDANCY * TASKS)
            stack.settle()
        base, mixed = run_alternately(pair, Crowd.of("bench", annotators), run_length)
        time.sleep(STATISTICS_SECONDS)
        report_comparison(
            "lease + submit, queue alone, every second task a honeypot",
            base,
            mixed,
            annotators=annotators,
            base_deadlocks=pair.base.query(_DEADLOCKS)[0]["deadlocks"],
            deadlocks=pair.other.query(_DEADLOCKS)[0]["deadlocks"],
            honeypot_share=pair.other.query(_HONEYPOTS)[0]["share"],
        )


def create_project_with_honeypots(stack: Stack, **policy: object) -> None:
    """Create a project with gold; the default policy or `policy` says how many are mixed in."""
    spec = spec_published("bench", FIELDS, {"redundancy": REDUNDANCY, **policy})
    tasks = tasks_created(spec, (uuid4() for _ in range(TASKS + HONEYPOTS)))
    stack.publish([spec])
    stack.publish(
        task.model_copy(update={"purpose": "honeypot"}) if n >= TASKS else task
        for n, task in enumerate(tasks)
    )


def measure(stack: Stack, annotators: int) -> dict[str, object]:
    """Return the CPU time of the servers and the duration of a cycle, after a warm-up."""
    return figures_of(stack, annotators, warm_up_and_run(stack, annotators))


def warm_up_and_run(stack: Stack, annotators: int) -> LoadResult:
    """Wait for all tasks, warm up, and return the result of the load."""
    wait_for_tasks(stack, REDUNDANCY * TASKS)
    crowd = Crowd.of("bench", annotators)
    run_load(stack, crowd, WARM_SECONDS)
    return run_load(stack, crowd, SECONDS)


def figures_of(stack: Stack, annotators: int, result: LoadResult) -> dict[str, object]:
    """Return the figures for the report."""
    [queue] = stack.pids("queue")
    return {
        "annotators": annotators,
        **result.figures(),
        "queue_resident_mb": resident_mb(queue),
        "load_average": round(os.getloadavg()[0], 2),
    }


def measure_among_all(stack: Stack, annotators: int) -> dict[str, object]:
    """Return the figures, and the CPU time of PostgreSQL by database.

    The CPU time of processes that ended meanwhile, mostly vacuums, is only in the total.
    """
    wait_for_tasks(stack, REDUNDANCY * TASKS)
    crowd = Crowd.of("bench", annotators)
    run_load(stack, crowd, WARM_SECONDS)
    before = asyncio.run(backends(stack))
    result = run_load(stack, crowd, SECONDS)
    after = asyncio.run(backends(stack))
    shares: dict[str, float] = dict.fromkeys(("queue", "other_databases", "background"), 0.0)
    for pid, (works_for, seconds) in after.items():
        known = works_for in ("queue", "background")
        shares[works_for if known else "other_databases"] += seconds - before.get(pid, ("", 0))[1]
    ended = result.cpu["postgres"] - sum(shares.values())
    per_cycle = {
        f"cpu_ms_postgres_{name}": 1000 * seconds / len(result.cycles)
        for name, seconds in {**shares, "ended": max(0.0, ended)}.items()
    }
    queue_s = result.cpu["queue"] + shares["queue"]
    per_cycle["cpu_ms_queue_and_its_backends"] = 1000 * queue_s / len(result.cycles)
    return {**figures_of(stack, annotators, result), **per_cycle}


async def backends(stack: Stack) -> dict[int, tuple[str, float]]:
    """Return the database and the CPU seconds so far of each process of PostgreSQL."""
    connection = await asyncpg.connect(stack.ready["postgres"]["url"])
    try:
        rows: Iterable[asyncpg.Record] = await connection.fetch(_BACKENDS)
    finally:
        await connection.close()
    found = {row["pid"]: (row["works_for"], own_cpu_seconds(row["pid"])) for row in rows}
    return {pid: (database, cpu) for pid, (database, cpu) in found.items() if cpu is not None}


if __name__ == "__main__":
    main()
