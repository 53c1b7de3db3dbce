"""Measures the queue under conditions that could slow it down, compared with 10,000 ready tasks.

    python bench/queue_depth.py [LINE[=SIZE] ...] [seconds=10]

runs all lines, or the named ones, at their full size or at another: `a d`, `e=20000`.

a  1,000,000 ready tasks                      f  bulk annotations of models
b  an annotator who has seen 100,000 of them  g  tasks from Kafka to leasable
c  2,000 open leases before them              h  two replicas compared with one
d  a project with 50 pools                    i  consumption of the idle process
e  after 500,000 cycles, with autovacuum only

Two stacks run at a time, the base and that of the line. Tables are filled by the service's own
code, see `in_process`; some tasks and annotations come through Kafka and HTTP, and are compared.
"""

import asyncio
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from uuid import uuid4

sys.path.insert(0, str(Path(__file__).parent))
from ab_comparison import Pair, RunLength, report_comparison, run_alternately, two_stacks
from http_client import Connection, request, run
from in_process import queue_operations, same_rows
from lease_load import hold_leases
from load_generator import Crowd, run_load
from producer import spec_published, tasks_created
from queue_flow import bulk, idle, intake, replicas
from stack import FIELDS, Stack, report, wait_for_tasks

from chassis.clock import utc_now
from labelwright_client import tokens
from schemas.events import SkillChanged, SpecPublished, TaskCreated

BASE_TASKS, REDUNDANCY = 10_000, 3
POLICY = {"redundancy": REDUNDANCY, "honeypots": {"first_rate": 0.0, "rate": 0.0}}
CROWD = Crowd.of("bench", 8)
VETERAN = "veteran"
ALONE_CYCLES_MAX = 7000
"""Limit of one annotator, who gets each task once."""
RESTARTS = 3
CHURNERS, CHURN_AT_ONCE = 32, 2
FILLED = "by the queue's own operations, without HTTP or Kafka"
TABLES = ("ready", "work", "leases", "answers", "seen", "annotators", "outbox")
_SIZES = """
SELECT relname, round(pg_relation_size(relid) / 1e6, 1)::float8 AS mb,
    round(pg_indexes_size(relid) / 1e6, 1)::float8 AS indexes_mb, n_dead_tup, autovacuum_count
FROM pg_stat_user_tables WHERE relname = ANY($1) ORDER BY relname
"""


def new_spec() -> SpecPublished:
    """Return a spec version of the project `bench`."""
    return spec_published("bench", FIELDS, POLICY)


def new_tasks(spec: SpecPublished, count: int) -> list[TaskCreated]:
    """Return `count` new tasks under `spec`."""
    return list(tasks_created(spec, (uuid4() for _ in range(count))))


def add_tasks_through_kafka(stack: Stack, count: int) -> SpecPublished:
    """Add `count` tasks through Kafka; return their spec once they can be leased."""
    spec = new_spec()
    stack.publish([spec, *new_tasks(spec, count)])
    wait_for_tasks(stack, REDUNDANCY * count)
    return spec


def add_tasks_directly(stack: Stack, count: int) -> None:
    """Add `count` tasks by the queue's own code."""
    spec = add_tasks_through_kafka(stack, 1)
    events = tasks_created(spec, (uuid4() for _ in range(count)))

    async def work() -> None:
        async with queue_operations(stack) as queue:
            await queue.add_tasks(events)

    asyncio.run(work())


def annotate_directly(stack: Stack, names: list[str], cycles: int, *, at_once: int) -> None:
    """Lease and annotate `cycles` tasks by the queue's own code."""

    async def work() -> None:
        async with queue_operations(stack) as queue:
            await queue.annotate("bench", names, cycles, at_once=at_once)

    asyncio.run(work())


def settle(pair: Pair) -> None:
    """Wait until both stacks have settled."""
    for stack in pair:
        stack.settle()


def many_ready_tasks(size: int, run_length: RunLength) -> None:
    """Measure line a."""
    with two_stacks() as pair:
        add_tasks_through_kafka(pair.base, BASE_TASKS)
        add_tasks_directly(pair.other, size)
        compared = same_rows(*pair, "bench", answers=0)
        settle(pair)
        base, other = run_alternately(pair, CROWD, run_length)
        counting = {f"{name}_depths_ms": depths_ms(stack) for name, stack in pair._asdict().items()}
        report_comparison(
            f"a: {size:,} ready tasks",
            base,
            other,
            filled=FILLED,
            rows_compared=compared,
            **counting,
        )


def depths_ms(stack: Stack) -> float:
    """Return the milliseconds of counting open slots, which the queue does every 30 s."""
    headers = stack.bearer("watcher", "sre")

    async def count() -> float:
        connection = await Connection.open(stack.url("queue"))
        started = time.monotonic()
        await connection.call(request("GET", "/v1/queues", headers))
        connection.close()
        return 1000 * (time.monotonic() - started)

    return median(run(count()) for _ in range(3))


def many_seen_tasks(size: int, run_length: RunLength) -> None:
    """Measure line b: the veteran has annotated the most urgent tasks."""
    with two_stacks() as pair:
        add_tasks_through_kafka(pair.base, BASE_TASKS)
        add_tasks_directly(pair.other, size + BASE_TASKS)
        annotate_directly(pair.other, [VETERAN], size, at_once=400)
        settle(pair)
        first = {name: first_cycle(stack) for name, stack in pair._asdict().items()}
        title = f"b: an annotator who has seen {size:,} tasks that wait"
        report(
            f"{title}: the first cycle after a restart",
            {
                "cycle_ms": first["other"],
                "base_cycle_ms": first["base"],
                "restarts_median_of": RESTARTS,
                "load_average": round(os.getloadavg()[0], 2),
            },
        )
        alone = Crowd("bench", (VETERAN,))
        base, other = run_alternately(pair, alone, run_length, cycles_max=ALONE_CYCLES_MAX)
        compared = same_rows(*pair, "bench", answers=1)
        report_comparison(f"{title}: alone", base, other, filled=FILLED, rows_compared=compared)
        among = Crowd("bench", (VETERAN, *CROWD.names[1:]))
        base, other = run_alternately(pair, among, run_length, cycles_max=ALONE_CYCLES_MAX)
        report_comparison(
            f"{title}: among seven others",
            base,
            other,
            veteran_ms_p50=other.of(VETERAN).ms(0.5),
            veteran_ms_p99=other.of(VETERAN).ms(0.99),
            base_veteran_ms_p50=base.of(VETERAN).ms(0.5),
            base_veteran_ms_p99=base.of(VETERAN).ms(0.99),
        )


def first_cycle(stack: Stack) -> float:
    """Return the milliseconds of the veteran's first cycle after a restart of the queue."""
    durations = []
    for _ in range(RESTARTS):
        stack.restart("queue")
        durations.append(run_load(stack, Crowd("bench", (VETERAN,)), 60.0, cycles_max=1).ms(0.5))
    return median(durations)


def many_leases(size: int, run_length: RunLength) -> None:
    """Measure line c: half of the leases leave no slot of their task open, half leave some."""
    with two_stacks() as pair:
        for stack in pair:
            spec = new_spec()
            singles = size // 2
            events = new_tasks(spec, singles + BASE_TASKS)
            one_slot = {"redundancy": 1}
            stack.publish([spec, *(e.model_copy(update=one_slot) for e in events[:singles])])
            stack.publish(events[singles:])
            wait_for_tasks(stack, singles + REDUNDANCY * BASE_TASKS)
        hold_leases(pair.other, "bench", size)
        settle(pair)
        report_comparison(
            f"c: {size:,} leases held ahead", *run_alternately(pair, CROWD, run_length)
        )


def many_pools(size: int, run_length: RunLength) -> None:
    """Measure line d: each pool needs a skill of its own, and every annotator has all skills."""
    with two_stacks() as pair:
        add_tasks_through_kafka(pair.base, BASE_TASKS)
        spec, stack = new_spec(), pair.other
        stack.publish(
            SkillChanged(
                occurred_at=utc_now(),
                project="bench",
                annotator=tokens.pseudonym(stack.home, name),
                skill=f"skill-{n}",
                level=1,
            )
            for name in CROWD.names
            for n in range(size)
        )
        events = enumerate(new_tasks(spec, BASE_TASKS))
        while stack.query("SELECT count(*) AS n FROM skills")[0]["n"] < size * len(CROWD.names):
            time.sleep(0.5)
        stack.publish([spec])
        stack.publish(e.model_copy(update={"skills": [f"skill-{n % size}"]}) for n, e in events)
        wait_for_tasks(stack, REDUNDANCY * BASE_TASKS)
        settle(pair)
        found = stack.query("SELECT count(*) AS n FROM pools")[0]["n"]
        report_comparison(
            f"d: {size} shards", *run_alternately(pair, CROWD, run_length), shards=found
        )


def many_cycles(size: int, run_length: RunLength) -> None:
    """Measure line e: 32 annotators run `size` cycles by the queue's own code.

    Autovacuum runs with the settings of the stack and the tables; there is no manual vacuum.
    """
    with two_stacks() as pair:
        add_tasks_through_kafka(pair.base, BASE_TASKS)
        add_tasks_directly(pair.other, size // REDUNDANCY + BASE_TASKS)
        names = [f"churner-{n}" for n in range(CHURNERS)]
        annotate_directly(pair.other, names, size, at_once=CHURN_AT_ONCE)
        pair.base.settle(vacuum=False)
        pair.other.settle(vacuum=False)
        rows = pair.other.query(_SIZES, TABLES)
        tables = {row["relname"]: dict(list(row.items())[1:]) for row in rows}
        waiting = pair.other.query("SELECT count(*) AS n FROM ready")[0]["n"]
        base, other = run_alternately(pair, CROWD, run_length)
        how = f"{FILLED}: {CHURNERS} people, {CHURN_AT_ONCE} tasks a lease"
        report_comparison(
            f"e: after {size:,} cycles", base, other, ready_tasks=waiting, filled=how, **tables
        )


Line = Callable[[int, RunLength], None]
LINES: dict[str, tuple[Line, int]] = {
    "a": (many_ready_tasks, 1_000_000),
    "b": (many_seen_tasks, 100_000),
    "c": (many_leases, 2000),
    "d": (many_pools, 50),
    "e": (many_cycles, 500_000),
    "f": (bulk, 20_000),
    "g": (intake, 50_000),
    "h": (replicas, 32),
    "i": (idle, 30),
}


def main() -> None:
    """Measure and print the lines named on the command line, or all."""
    sizes = dict(word.partition("=")[::2] for word in sys.argv[1:])
    run_length = RunLength(seconds=float(sizes.pop("seconds", RunLength().seconds)))
    for name in sizes or LINES:
        line, size = LINES[name]
        line(int(sizes.get(name) or size), run_length)


if __name__ == "__main__":
    main()
