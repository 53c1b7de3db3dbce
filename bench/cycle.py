"""What one cycle of lease and submit costs, through HTTP with real tokens.

The queue alone with PostgreSQL and Kafka, for few and for many annotators, and with honeypots at
the default policy; with a honeypot in place of every second task beside the same without, in turns;
then among all five services, where the share of PostgreSQL that works for the queue is told apart.
CPU is from /proc; the client is apart.
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
from comparing import Effort, in_turns, tell, two_stacks
from driving import Crowd, Driven, drive
from processes import own_cpu_seconds, resident_mb
from saying import spec_published, tasks_created
from scene import FIELDS, Scene, report, scene, wait_for_tasks

TASKS, HONEYPOTS, REDUNDANCY = 20_000, 1000, 3
SECONDS, WARM_SECONDS = 20.0, 3.0
NO_HONEYPOTS = {"first_rate": 0.0, "rate": 0.0}
POLICY = {"redundancy": REDUNDANCY, "honeypots": NO_HONEYPOTS}
MIXED_ANNOTATORS = 48
MIXED = {"first_rate": 0.5, "rate": 0.5}
STATISTICS_SECONDS = 2.0
"""After so long PostgreSQL's processes have said what they count."""
_DEADLOCKS = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
_BACKENDS = "SELECT pid, coalesce(datname, 'background') AS works_for FROM pg_stat_activity"
_HONEYPOTS = """
SELECT avg((purpose = 'honeypot')::int)::float8 AS share
FROM leases JOIN work USING (work_id)
"""


def main() -> None:
    """Measure and print each line."""
    for annotators in (8, 32):
        with scene(only="queue") as stack:
            stack.project_in_kafka("bench", TASKS, **POLICY)
            report("lease + submit, queue alone", measure(stack, annotators))
    with scene(only="queue") as stack:
        with_honeypots(stack)
        figures = measure(stack, 8)
        figures["honeypot_share"] = stack.asked(_HONEYPOTS)[0]["share"]
        report("lease + submit, queue alone, honeypots at the default policy", figures)
    honeypots_beside_none(MIXED_ANNOTATORS, Effort())
    with scene() as stack:
        stack.project("bench", TASKS, **POLICY)
        report("lease + submit, all five services up", measure_among_all(stack, 8))


def honeypots_beside_none(annotators: int, effort: Effort) -> None:
    """What many annotators meet where every second task is a honeypot, beside the same without."""
    with two_stacks() as pair:
        pair.base.project_in_kafka("bench", TASKS, **POLICY)
        with_honeypots(pair.other, honeypots=MIXED)
        for stack in pair:
            wait_for_tasks(stack, REDUNDANCY * TASKS)
            stack.settle()
        base, mixed = in_turns(pair, Crowd.of("bench", annotators), effort)
        time.sleep(STATISTICS_SECONDS)
        tell(
            "lease + submit, queue alone, every second task a honeypot",
            base,
            mixed,
            annotators=annotators,
            base_deadlocks=pair.base.asked(_DEADLOCKS)[0]["deadlocks"],
            deadlocks=pair.other.asked(_DEADLOCKS)[0]["deadlocks"],
            honeypot_share=pair.other.asked(_HONEYPOTS)[0]["share"],
        )


def with_honeypots(stack: Scene, **policy: object) -> None:
    """A project and the gold items that it mixes in, as the default policy or `policy` says."""
    spec = spec_published("bench", FIELDS, {"redundancy": REDUNDANCY, **policy})
    tasks = tasks_created(spec, (uuid4() for _ in range(TASKS + HONEYPOTS)))
    stack.say([spec])
    stack.say(
        one.model_copy(update={"purpose": "honeypot"}) if n >= TASKS else one
        for n, one in enumerate(tasks)
    )


def measure(stack: Scene, annotators: int) -> dict[str, object]:
    """CPU of the servers and duration of a cycle, once caches and statements are warm."""
    return told(stack, annotators, warm_and_drive(stack, annotators))


def warm_and_drive(stack: Scene, annotators: int) -> Driven:
    """What the annotators did once everything was in and warm."""
    wait_for_tasks(stack, REDUNDANCY * TASKS)
    crowd = Crowd.of("bench", annotators)
    drive(stack, crowd, WARM_SECONDS)
    return drive(stack, crowd, SECONDS)


def told(stack: Scene, annotators: int, driven: Driven) -> dict[str, object]:
    """The figures of a line."""
    [queue] = stack.pids("queue")
    return {
        "annotators": annotators,
        **driven.figures(),
        "queue_resident_mb": resident_mb(queue),
        "load_average": round(os.getloadavg()[0], 2),
    }


def measure_among_all(stack: Scene, annotators: int) -> dict[str, object]:
    """The same, and whom PostgreSQL worked for.

    What a process used that ended meanwhile, a vacuum mostly, is in nobody's share but the total's.
    """
    wait_for_tasks(stack, REDUNDANCY * TASKS)
    crowd = Crowd.of("bench", annotators)
    drive(stack, crowd, WARM_SECONDS)
    before = asyncio.run(backends(stack))
    driven = drive(stack, crowd, SECONDS)
    after = asyncio.run(backends(stack))
    shares: dict[str, float] = dict.fromkeys(("queue", "other_databases", "background"), 0.0)
    for pid, (works_for, seconds) in after.items():
        known = works_for in ("queue", "background")
        shares[works_for if known else "other_databases"] += seconds - before.get(pid, ("", 0))[1]
    ended = driven.cpu["postgres"] - sum(shares.values())
    per_cycle = {
        f"cpu_ms_postgres_{name}": 1000 * seconds / len(driven.cycles)
        for name, seconds in {**shares, "ended": max(0.0, ended)}.items()
    }
    queue_s = driven.cpu["queue"] + shares["queue"]
    per_cycle["cpu_ms_queue_and_its_backends"] = 1000 * queue_s / len(driven.cycles)
    return {**told(stack, annotators, driven), **per_cycle}


async def backends(stack: Scene) -> dict[int, tuple[str, float]]:
    """Whom each process of PostgreSQL works for, and its processor seconds so far."""
    connection = await asyncpg.connect(stack.ready["postgres"]["url"])
    try:
        rows: Iterable[asyncpg.Record] = await connection.fetch(_BACKENDS)
    finally:
        await connection.close()
    found = {row["pid"]: (row["works_for"], own_cpu_seconds(row["pid"])) for row in rows}
    return {pid: (whom, cpu) for pid, (whom, cpu) in found.items() if cpu is not None}


if __name__ == "__main__":
    main()
