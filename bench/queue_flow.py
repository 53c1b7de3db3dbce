"""Lines f to i of `queue_depth`: what flows through the queue, and what it takes when idle."""

import asyncio
import os
import signal
import time
from uuid import uuid4

import asyncpg
import orjson
from calling import Connection, request, run
from comparing import WARM_CYCLES, Effort
from driving import PARTS, Crowd, Driven, drive, spent
from processes import loaded, resident_mb
from rationing import CannotRation, rationed
from saying import as_record, send, spec_published, tasks_created
from scene import FIELDS, Scene, percentile, report, scene, wait_for_tasks

TASKS, REDUNDANCY = 20_000, 3
POLICY = {"redundancy": REDUNDANCY, "honeypots": {"first_rate": 0.0, "rate": 0.0}}
BULK, BULK_ASKED = 1000, 5000
INTAKE_ASKED = 8000
RATION = 0.35
POLL_SECONDS = 0.01
# What may never be: more people at a task than it has places for, or one person twice.
_WRONG = """
SELECT (SELECT count(*) FROM work WHERE answered + leased > target) AS beyond_target,
    (SELECT count(*) FROM work w WHERE purpose = 'work' AND answered <>
        (SELECT count(*) FROM answers a WHERE a.work_id = w.work_id)) AS miscounted,
    (SELECT count(*) FROM (SELECT 1 FROM leases JOIN work USING (work_id)
        GROUP BY annotator, item_id HAVING count(*) > 1) t) AS twice
"""


def bulk(size: int, effort: Effort) -> None:  # noqa: ARG001 (all lines are called alike)
    """Line f: one model, then two at a time, each answers every item."""
    with scene(only="queue") as stack:
        stack.project_in_kafka("bench", size, **POLICY)
        wait_for_tasks(stack, REDUNDANCY * size)
        answer_in_bulk(stack, "model-warm", min(size, 5 * BULK))
        stack.settle()
        for models in (1, 2):
            names = [f"model-{models}-{n}" for n in range(models)]
            before, started = spent(stack), time.monotonic()
            took = run(together(stack, names, size))
            seconds = time.monotonic() - started
            stack.settle(vacuum=False)
            after, answers = spent(stack), models * size
            cpu = {part: 1000 * (after[part] - before[part]) / answers for part in PARTS}
            figures = {
                "answers": answers,
                "accepted_per_second": answers / seconds,
                "accepted_per_second_asked_min": BULK_ASKED,
                "cpu_ms_per_answer": sum(cpu.values()),
                **{f"cpu_ms_{part}": ms for part, ms in cpu.items()},
                "call_ms_p50": 1000 * percentile(took, 0.5),
                "call_ms_max": 1000 * max(took),
                "load_average": round(os.getloadavg()[0], 2),
            }
            report(f"f: answers in bulk, {BULK} a call, {models} at a time", figures)


def answer_in_bulk(stack: Scene, model: str, items: int) -> None:
    """One model answers the first items."""
    run(together(stack, [model], items))


async def together(stack: Scene, models: list[str], items: int) -> list[float]:
    """Each of `models` answers every item; how long each call took."""
    took: list[float] = []

    async def one(name: str) -> None:
        who = stack.bearer(name, "annotator", kind="model")
        calls = [
            _bulk_call(who, start, min(start + BULK, items)) for start in range(0, items, BULK)
        ]
        connection = await Connection.to(stack.url("queue"))
        accepted = 0
        for call in calls:
            started = time.monotonic()
            accepted += orjson.loads(await connection.call(call))["accepted"]
            took.append(time.monotonic() - started)
        connection.close()
        if accepted != items:
            raise RuntimeError(f"{accepted} of {items} answers were accepted")

    await asyncio.gather(*map(one, models))
    return took


def _bulk_call(who: dict[str, str], start: int, end: int) -> bytes:
    answers = [{"external_id": f"x{n}", "label": {"mood": "good"}} for n in range(start, end)]
    body = orjson.dumps({"project": "bench", "annotations": answers})
    return request("POST", "/v1/annotations/bulk", who, body)


def intake(size: int, effort: Effort) -> None:  # noqa: ARG001
    """Line g: while the tasks are said into Kafka the queue stands still; then it takes them in."""
    with scene(only="queue") as stack:
        spec = spec_published("bench", FIELDS, POLICY)
        stack.say([spec, *tasks_created(spec, (uuid4() for _ in range(2000)))])
        wait_for_tasks(stack, REDUNDANCY * 2000)
        time.sleep(1.0)
        events = tasks_created(spec, (uuid4() for _ in range(size)))
        records = [as_record(event) for event in events]
        [queue] = stack.pids("queue")
        os.kill(queue, signal.SIGSTOP)
        try:
            asyncio.run(send(stack.ready["kafka"]["bootstrap"], records))
            before = spent(stack)
        finally:
            os.kill(queue, signal.SIGCONT)
        woken = time.monotonic()
        came = asyncio.run(watch(stack, 2000, size))
        after = spent(stack)
        (first, had), (last, _) = came[0], came[-1]
        cpu = {part: 1000 * (after[part] - before[part]) / size for part in PARTS}
        figures = {
            "tasks": size,
            "tasks_per_second": (size - had) / (last - first),
            "tasks_per_second_asked_min": INTAKE_ASKED,
            "seconds_from_first_to_last": last - first,
            "seconds_from_waking_to_first": first - woken,
            "cpu_ms_per_task": sum(cpu.values()),
            **{f"cpu_ms_{part}": ms for part, ms in cpu.items()},
            "load_average": round(os.getloadavg()[0], 2),
        }
        report("g: tasks from Kafka to leasable", figures)


async def watch(stack: Scene, there: int, more: int) -> list[tuple[float, int]]:
    """When how many more tasks than `there` could be leased, until all could.

    Tasks are numbered as they come in, so the newest tells how many there are; the last time they
    are counted.
    """
    came: list[tuple[float, int]] = []
    connection = await asyncpg.connect(stack.database("queue"))
    newest = "SELECT max(work_id) FROM ready"
    begin: int = await connection.fetchval(newest)
    while True:
        count = await connection.fetchval(newest) - begin
        if count > (came[-1][1] if came else 0):
            came.append((time.monotonic(), count))
        if count >= more:
            count = await connection.fetchval("SELECT count(*) FROM ready") - there
            if count == more:
                await connection.close()
                return came
        await asyncio.sleep(POLL_SECONDS)


def replicas(size: int, effort: Effort) -> None:
    """Line h: all call one replica, or half of them each of two, in turns.

    Once as the machine has it, and once with a ration of a core for each replica, as if it had one
    of its own that is slower: so PostgreSQL and the callers have what they need.
    """
    crowd = Crowd.of("bench", size)
    with scene(only="queue", replicas=("queue=2",)) as stack:
        stack.project_in_kafka("bench", TASKS, **POLICY)
        wait_for_tasks(stack, REDUNDANCY * TASKS)
        stack.settle()
        ways = (stack.replicas("queue")[:1], stack.replicas("queue"))
        for way in ways:
            drive(stack, crowd, effort.seconds, cycles_max=WARM_CYCLES, replicas=way)
        most = (REDUNDANCY * TASKS - 10_000) // (2 * len(ways) * effort.rounds)

        def compare(title: str) -> None:
            done = [Driven() for _ in ways]
            for _ in range(effort.rounds):
                for n, way in enumerate(ways):
                    done[n] += drive(stack, crowd, effort.seconds, cycles_max=most, replicas=way)
            wrong = dict(stack.asked(_WRONG)[0])
            tell_replicas(title, size, *done, **wrong)
            if any(wrong.values()):
                raise RuntimeError(f"the queue was not exact: {wrong}")

        compare("h: two replicas beside one")
        title = f"h: two replicas beside one, {RATION} of a core for each"
        try:
            with rationed(stack.pids("queue"), RATION):
                compare(title)
        except CannotRation as error:
            report(title, {"not_measured": f"this machine does not let us: {error}"})


def tell_replicas(title: str, annotators: int, one: Driven, two: Driven, **wrong: int) -> None:
    """Print the line."""
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
            **wrong,
            "load_average": round(os.getloadavg()[0], 2),
        },
    )


def idle(size: int, effort: Effort) -> None:
    """Line i: after some work, for so many seconds."""
    with scene(only="queue") as stack:
        stack.project_in_kafka("bench", TASKS // 2, **POLICY)
        wait_for_tasks(stack, REDUNDANCY * TASKS // 2)
        drive(stack, Crowd.of("bench", 8), effort.seconds / 2)
        stack.settle()
        before, started = spent(stack), time.monotonic()
        time.sleep(size)
        seconds, after = time.monotonic() - started, spent(stack)
        [queue] = stack.pids("queue")
        figures = {
            "seconds": seconds,
            "resident_mb": resident_mb(queue),
            **{f"share_of_a_core_{p}": (after[p] - before[p]) / seconds for p in PARTS},
            "numpy_or_scipy_loaded": loaded(queue, "numpy", "scipy") or "neither",
            "load_average": round(os.getloadavg()[0], 2),
        }
        report("i: nothing happens", figures)
