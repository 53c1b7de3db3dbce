"""Lines f to i of `queue_depth`: throughput of the queue, and its consumption when idle."""

import asyncio
import os
import signal
import time
from uuid import uuid4

import asyncpg
import orjson
from ab_comparison import WARM_CYCLES, RunLength
from cpu_quota import CpuQuotaUnavailable, limit_cpu
from cpu_time import loaded_packages, resident_mb
from http_client import Connection, request, run
from load_generator import PARTS, Crowd, LoadResult, cpu_by_part, run_load
from producer import as_record, send, spec_published, tasks_created
from stack import FIELDS, Stack, percentile, report, running_stack, wait_for_tasks

TASKS, REDUNDANCY = 20_000, 3
POLICY = {"redundancy": REDUNDANCY, "honeypots": {"first_rate": 0.0, "rate": 0.0}}
BULK, BULK_ASKED = 1000, 5000
INTAKE_ASKED = 8000
QUOTA = 0.35
POLL_SECONDS = 0.01
# Forbidden states: more annotators of a task than slots, or one annotator twice.
_VIOLATIONS = """
SELECT (SELECT count(*) FROM work WHERE answered + leased > target) AS beyond_target,
    (SELECT count(*) FROM work w WHERE purpose = 'work' AND answered <>
        (SELECT count(*) FROM answers a WHERE a.work_id = w.work_id)) AS miscounted,
    (SELECT count(*) FROM (SELECT 1 FROM leases JOIN work USING (work_id)
        GROUP BY annotator, item_id HAVING count(*) > 1) t) AS twice
"""


def bulk(size: int, run_length: RunLength) -> None:  # noqa: ARG001 (all lines have the same parameters)
    """Measure line f: one model, then two in parallel, each annotate every item."""
    with running_stack(only="queue") as stack:
        stack.project_in_kafka("bench", size, **POLICY)
        wait_for_tasks(stack, REDUNDANCY * size)
        annotate_in_bulk(stack, "model-warm", min(size, 5 * BULK))
        stack.settle()
        for models in (1, 2):
            names = [f"model-{models}-{n}" for n in range(models)]
            before, started = cpu_by_part(stack), time.monotonic()
            durations = run(annotate_in_parallel(stack, names, size))
            seconds = time.monotonic() - started
            stack.settle(vacuum=False)
            after, answers = cpu_by_part(stack), models * size
            cpu = {part: 1000 * (after[part] - before[part]) / answers for part in PARTS}
            figures = {
                "answers": answers,
                "accepted_per_second": answers / seconds,
                "accepted_per_second_asked_min": BULK_ASKED,
                "cpu_ms_per_answer": sum(cpu.values()),
                **{f"cpu_ms_{part}": ms for part, ms in cpu.items()},
                "call_ms_p50": 1000 * percentile(durations, 0.5),
                "call_ms_max": 1000 * max(durations),
                "load_average": round(os.getloadavg()[0], 2),
            }
            report(f"f: answers in bulk, {BULK} a call, {models} at a time", figures)


def annotate_in_bulk(stack: Stack, model: str, items: int) -> None:
    """Let one model annotate the first `items` items."""
    run(annotate_in_parallel(stack, [model], items))


async def annotate_in_parallel(stack: Stack, models: list[str], items: int) -> list[float]:
    """Let each of `models` annotate every item; return the seconds of each call."""
    durations: list[float] = []

    async def annotate(name: str) -> None:
        headers = stack.bearer(name, "annotator", kind="model")
        calls = [
            _bulk_call(headers, start, min(start + BULK, items)) for start in range(0, items, BULK)
        ]
        connection = await Connection.open(stack.url("queue"))
        accepted = 0
        for call in calls:
            started = time.monotonic()
            accepted += orjson.loads(await connection.call(call))["accepted"]
            durations.append(time.monotonic() - started)
        connection.close()
        if accepted != items:
            raise RuntimeError(f"{accepted} of {items} annotations were accepted")

    await asyncio.gather(*map(annotate, models))
    return durations


def _bulk_call(headers: dict[str, str], start: int, end: int) -> bytes:
    answers = [{"external_id": f"x{n}", "label": {"mood": "good"}} for n in range(start, end)]
    body = orjson.dumps({"project": "bench", "annotations": answers})
    return request("POST", "/v1/annotations/bulk", headers, body)


def intake(size: int, run_length: RunLength) -> None:  # noqa: ARG001
    """Measure line g: the queue is stopped while tasks are published; then it handles them."""
    with running_stack(only="queue") as stack:
        spec = spec_published("bench", FIELDS, POLICY)
        stack.publish([spec, *tasks_created(spec, (uuid4() for _ in range(2000)))])
        wait_for_tasks(stack, REDUNDANCY * 2000)
        time.sleep(1.0)
        events = tasks_created(spec, (uuid4() for _ in range(size)))
        records = [as_record(event) for event in events]
        [queue] = stack.pids("queue")
        os.kill(queue, signal.SIGSTOP)
        try:
            asyncio.run(send(stack.ready["kafka"]["bootstrap"], records))
            before = cpu_by_part(stack)
        finally:
            os.kill(queue, signal.SIGCONT)
        resumed = time.monotonic()
        counts = asyncio.run(count_until(stack, 2000, size))
        after = cpu_by_part(stack)
        (first, had), (last, _) = counts[0], counts[-1]
        cpu = {part: 1000 * (after[part] - before[part]) / size for part in PARTS}
        figures = {
            "tasks": size,
            "tasks_per_second": (size - had) / (last - first),
            "tasks_per_second_asked_min": INTAKE_ASKED,
            "seconds_from_first_to_last": last - first,
            "seconds_from_waking_to_first": first - resumed,
            "cpu_ms_per_task": sum(cpu.values()),
            **{f"cpu_ms_{part}": ms for part, ms in cpu.items()},
            "load_average": round(os.getloadavg()[0], 2),
        }
        report("g: tasks from Kafka to leasable", figures)


async def count_until(stack: Stack, present: int, more: int) -> list[tuple[float, int]]:
    """Count the tasks in addition to `present` until there are `more`; return times and counts.

    Tasks are numbered as they arrive, so the newest number gives their count; at the end they are
    counted.
    """
    counts: list[tuple[float, int]] = []
    connection = await asyncpg.connect(stack.database("queue"))
    newest = "SELECT max(work_id) FROM ready"
    start: int = await connection.fetchval(newest)
    while True:
        count = await connection.fetchval(newest) - start
        if count > (counts[-1][1] if counts else 0):
            counts.append((time.monotonic(), count))
        if count >= more:
            count = await connection.fetchval("SELECT count(*) FROM ready") - present
            if count == more:
                await connection.close()
                return counts
        await asyncio.sleep(POLL_SECONDS)


def replicas(size: int, run_length: RunLength) -> None:
    """Measure line h: all annotators call one replica, or half of them each of two, alternately.

    Once without limits, and once with a CPU quota for each replica, as on slower cores of their
    own, so that PostgreSQL and the annotators have the CPU time that they need.
    """
    crowd = Crowd.of("bench", size)
    with running_stack(only="queue", replicas=("queue=2",)) as stack:
        stack.project_in_kafka("bench", TASKS, **POLICY)
        wait_for_tasks(stack, REDUNDANCY * TASKS)
        stack.settle()
        ways = (stack.replicas("queue")[:1], stack.replicas("queue"))
        for way in ways:
            run_load(stack, crowd, run_length.seconds, cycles_max=WARM_CYCLES, replicas=way)
        limit = (REDUNDANCY * TASKS - 10_000) // (2 * len(ways) * run_length.rounds)

        def compare(title: str) -> None:
            done = [LoadResult() for _ in ways]
            for _ in range(run_length.rounds):
                for n, way in enumerate(ways):
                    done[n] += run_load(
                        stack, crowd, run_length.seconds, cycles_max=limit, replicas=way
                    )
            violations = dict(stack.query(_VIOLATIONS)[0])
            report_replicas(title, size, *done, **violations)
            if any(violations.values()):
                raise RuntimeError(f"the queue broke its promises: {violations}")

        compare("h: two replicas beside one")
        title = f"h: two replicas beside one, {QUOTA} of a core for each"
        try:
            with limit_cpu(stack.pids("queue"), QUOTA):
                compare(title)
        except CpuQuotaUnavailable as error:
            report(title, {"not_measured": f"this machine does not allow CPU quotas: {error}"})


def report_replicas(
    title: str, annotators: int, one: LoadResult, two: LoadResult, **violations: int
) -> None:
    """Print the figures of both, and their ratio."""
    figures = one.figures(), two.figures()
    report(
        title,
        {
            "annotators": annotators,
            **{f"one_{name}": value for name, value in figures[0].items()},
            **{f"two_{name}": value for name, value in figures[1].items()},
            "throughput_ratio": len(two.cycles) / two.seconds * one.seconds / len(one.cycles),
            "cores": os.cpu_count(),
            "cores_busy_one": sum(one.cpu.values()) / one.seconds,
            "cores_busy_two": sum(two.cpu.values()) / two.seconds,
            "cores_are_shared_with": "PostgreSQL, Kafka and the client",
            **violations,
            "load_average": round(os.getloadavg()[0], 2),
        },
    )


def idle(size: int, run_length: RunLength) -> None:
    """Measure line i: the queue is idle for `size` seconds after some work."""
    with running_stack(only="queue") as stack:
        stack.project_in_kafka("bench", TASKS // 2, **POLICY)
        wait_for_tasks(stack, REDUNDANCY * TASKS // 2)
        run_load(stack, Crowd.of("bench", 8), run_length.seconds / 2)
        stack.settle()
        before, started = cpu_by_part(stack), time.monotonic()
        time.sleep(size)
        seconds, after = time.monotonic() - started, cpu_by_part(stack)
        [queue] = stack.pids("queue")
        figures = {
            "seconds": seconds,
            "resident_mb": resident_mb(queue),
            **{f"share_of_a_core_{p}": (after[p] - before[p]) / seconds for p in PARTS},
            "numpy_or_scipy_loaded": loaded_packages(queue, "numpy", "scipy") or "neither",
            "load_average": round(os.getloadavg()[0], 2),
        }
        report("i: nothing happens", figures)
