"""What makes a queue slow as it grows: each line beside a base of 10,000 ready tasks.

    python bench/queue_depth.py [LINE[=SIZE] ...] [seconds=10]

runs all lines, or those that are named, at their full size or at another: `a d`, `e=20000`.

a  1,000,000 ready tasks                      f  answers of models, in bulk
b  an annotator who has seen 100,000 of them  g  tasks from Kafka to leasable
c  2,000 leases held ahead of it              h  two replicas beside one
d  a project with 50 pools                    i  what the process takes when nothing happens
e  after 500,000 cycles, never vacuumed by hand

Two stacks run at a time, the base and the line's own. Tables are filled by the service's own code,
see `inside`; the first few tasks and answers come through Kafka and HTTP, and are compared.
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
from calling import Connection, request, run
from comparing import Effort, Pair, in_turns, tell, two_stacks
from driving import Crowd, drive
from holding import hold
from inside import inside, same_rows
from queue_flow import bulk, idle, intake, replicas
from saying import spec_published, tasks_created
from scene import FIELDS, Scene, report, wait_for_tasks

from chassis.clock import utc_now
from labelwright_client import tokens
from schemas.events import SkillChanged, SpecPublished, TaskCreated

BASE_TASKS, REDUNDANCY = 10_000, 3
POLICY = {"redundancy": REDUNDANCY, "honeypots": {"first_rate": 0.0, "rate": 0.0}}
CROWD = Crowd.of("bench", 8)
VETERAN = "veteran"
ALONE_CYCLES_MAX = 7000
"""Of one annotator: nobody gets a task twice."""
RESTARTS = 3
CHURNERS, CHURN_AT_ONCE = 32, 2
FILLED = "by the queue's own operations, without HTTP or Kafka"
TABLES = ("ready", "work", "leases", "answers", "seen", "annotators", "outbox")
_SIZES = """
SELECT relname, round(pg_relation_size(relid) / 1e6, 1)::float8 AS mb,
    round(pg_indexes_size(relid) / 1e6, 1)::float8 AS indexes_mb, n_dead_tup, autovacuum_count
FROM pg_stat_user_tables WHERE relname = ANY($1) ORDER BY relname
"""


def spec() -> SpecPublished:
    """What all of them label."""
    return spec_published("bench", FIELDS, POLICY)


def tasks(of: SpecPublished, count: int) -> list[TaskCreated]:
    """So many tasks."""
    return list(tasks_created(of, (uuid4() for _ in range(count))))


def through_kafka(stack: Scene, count: int) -> SpecPublished:
    """Tasks taken in as ever; return when they can be leased."""
    found = spec()
    stack.say([found, *tasks(found, count)])
    wait_for_tasks(stack, REDUNDANCY * count)
    return found


def fill(stack: Scene, count: int) -> None:
    """Tasks taken in by the queue's own code."""
    known = through_kafka(stack, 1)
    events = tasks_created(known, (uuid4() for _ in range(count)))

    async def work() -> None:
        async with inside(stack) as queue:
            await queue.take_in(events)

    asyncio.run(work())


def answer(stack: Scene, names: list[str], cycles: int, *, at_once: int) -> None:
    """Leases and answers by the queue's own code."""

    async def work() -> None:
        async with inside(stack) as queue:
            await queue.answer("bench", names, cycles, at_once=at_once)

    asyncio.run(work())


def settle(pair: Pair) -> None:
    """Both come to rest."""
    for stack in pair:
        stack.settle()


def ready(size: int, effort: Effort) -> None:
    """Line a."""
    with two_stacks() as pair:
        through_kafka(pair.base, BASE_TASKS)
        fill(pair.other, size)
        compared = same_rows(*pair, "bench", answers=0)
        settle(pair)
        base, deep = in_turns(pair, CROWD, effort)
        counting = {f"{name}_depths_ms": depths_ms(stack) for name, stack in pair._asdict().items()}
        tell(
            f"a: {size:,} ready tasks",
            base,
            deep,
            filled=FILLED,
            rows_compared=compared,
            **counting,
        )


def depths_ms(stack: Scene) -> float:
    """How long it takes to count what waits; the queue does so every 30 s for its metrics."""
    who = stack.bearer("watcher", "sre")

    async def ask() -> float:
        connection = await Connection.to(stack.url("queue"))
        started = time.monotonic()
        await connection.call(request("GET", "/v1/queues", who))
        connection.close()
        return 1000 * (time.monotonic() - started)

    return median(run(ask()) for _ in range(3))


def seen(size: int, effort: Effort) -> None:
    """Line b: the veteran has answered what is closest to completion, and so stands first."""
    with two_stacks() as pair:
        through_kafka(pair.base, BASE_TASKS)
        fill(pair.other, size + BASE_TASKS)
        answer(pair.other, [VETERAN], size, at_once=400)
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
        base, deep = in_turns(pair, alone, effort, cycles_max=ALONE_CYCLES_MAX)
        compared = same_rows(*pair, "bench", answers=1)
        tell(f"{title}: alone", base, deep, filled=FILLED, rows_compared=compared)
        among = Crowd("bench", (VETERAN, *CROWD.names[1:]))
        base, deep = in_turns(pair, among, effort, cycles_max=ALONE_CYCLES_MAX)
        tell(
            f"{title}: among seven others",
            base,
            deep,
            veteran_ms_p50=deep.of(VETERAN).ms(0.5),
            veteran_ms_p99=deep.of(VETERAN).ms(0.99),
            base_veteran_ms_p50=base.of(VETERAN).ms(0.5),
            base_veteran_ms_p99=base.of(VETERAN).ms(0.99),
        )


def first_cycle(stack: Scene) -> float:
    """How long the veteran waits, in ms, when the queue remembers nothing."""
    took = []
    for _ in range(RESTARTS):
        stack.restart("queue")
        took.append(drive(stack, Crowd("bench", (VETERAN,)), 60.0, cycles_max=1).ms(0.5))
    return median(took)


def held(size: int, effort: Effort) -> None:
    """Line c: half of the leases leave no slot free, half leave some."""
    with two_stacks() as pair:
        for stack in pair:
            known = spec()
            singles = size // 2
            events = tasks(known, singles + BASE_TASKS)
            only_one = {"redundancy": 1}
            stack.say([known, *(e.model_copy(update=only_one) for e in events[:singles])])
            stack.say(events[singles:])
            wait_for_tasks(stack, singles + REDUNDANCY * BASE_TASKS)
        hold(pair.other, "bench", size)
        settle(pair)
        tell(f"c: {size:,} leases held ahead", *in_turns(pair, CROWD, effort))


def pools(size: int, effort: Effort) -> None:
    """Line d: each pool needs a skill of its own, and everybody has them all."""
    with two_stacks() as pair:
        through_kafka(pair.base, BASE_TASKS)
        known, stack = spec(), pair.other
        stack.say(
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
        events = enumerate(tasks(known, BASE_TASKS))
        while stack.asked("SELECT count(*) AS n FROM skills")[0]["n"] < size * len(CROWD.names):
            time.sleep(0.5)
        stack.say([known])
        stack.say(one.model_copy(update={"skills": [f"skill-{n % size}"]}) for n, one in events)
        wait_for_tasks(stack, REDUNDANCY * BASE_TASKS)
        settle(pair)
        found = stack.asked("SELECT count(*) AS n FROM pools")[0]["n"]
        tell(f"d: {size} pools", *in_turns(pair, CROWD, effort), pools=found)


def worn(size: int, effort: Effort) -> None:
    """Line e: the cycles are leases and answers by the queue's own code, of 32 people at a time.

    Autovacuum is as the stack and the tables set it; nothing is vacuumed by hand.
    """
    with two_stacks() as pair:
        through_kafka(pair.base, BASE_TASKS)
        fill(pair.other, size // REDUNDANCY + BASE_TASKS)
        names = [f"churner-{n}" for n in range(CHURNERS)]
        answer(pair.other, names, size, at_once=CHURN_AT_ONCE)
        pair.base.settle(vacuum=False)
        pair.other.settle(vacuum=False)
        rows = pair.other.asked(_SIZES, TABLES)
        tables = {row["relname"]: dict(list(row.items())[1:]) for row in rows}
        waiting = pair.other.asked("SELECT count(*) AS n FROM ready")[0]["n"]
        base, deep = in_turns(pair, CROWD, effort)
        how = f"{FILLED}: {CHURNERS} people, {CHURN_AT_ONCE} tasks a lease"
        tell(f"e: after {size:,} cycles", base, deep, ready_tasks=waiting, filled=how, **tables)


Line = Callable[[int, Effort], None]
LINES: dict[str, tuple[Line, int]] = {
    "a": (ready, 1_000_000),
    "b": (seen, 100_000),
    "c": (held, 2000),
    "d": (pools, 50),
    "e": (worn, 500_000),
    "f": (bulk, 20_000),
    "g": (intake, 50_000),
    "h": (replicas, 32),
    "i": (idle, 30),
}


def main() -> None:
    """Measure and print the lines that are asked for."""
    asked = dict(word.partition("=")[::2] for word in sys.argv[1:])
    effort = Effort(seconds=float(asked.pop("seconds", Effort().seconds)))
    for name in asked or LINES:
        line, size = LINES[name]
        line(int(asked.get(name) or size), effort)


if __name__ == "__main__":
    main()
