"""Measures the flow of items from POST to leasable, of bulk annotations to labels in the ledger,
and the delay of people in one project, alone and while models flood another.

CPU time is from /proc, by service, and by database for PostgreSQL; that of this driver is separate.
The measurement ends when every service is idle again, so that it includes later work.
"""

import argparse
import asyncio
import os
import sys
import time
from collections import Counter
from collections.abc import Coroutine, Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import orjson

sys.path.insert(0, str(Path(__file__).parent))
from cpu_time import cpu_by_database, cpu_seconds, own_cpu_seconds
from http_client import Connection, Refused, request, run
from stack import FIELDS, Stack, percentile, report, running_stack

from schemas.vocabulary import item_id

ITEMS, ANSWERS, FLOOD = 20_000, 20_000, 50_000
ITEMS_A_CALL, ANSWERS_A_CALL, FLOOD_A_CALL = 5000, 1000, 5000
BACKLOG_PAUSE_SECONDS = 0.2
PEOPLE_TASKS, PEOPLE_PAUSE_SECONDS = 300, 0.1
QUIET_SECONDS = 15.0
POLICY = {
    "redundancy": 1,
    "deciders": ["human", "model"],
    "honeypots": {"first_rate": 0.0, "rate": 0.0},
}
ITEMS_PER_SECOND, ITEM_CPU_MS = 8000, 0.22
ANSWERS_PER_SECOND, ANSWER_CPU_MS = 1500, 1.2
PEOPLE_P95_SECONDS = 2.0
POLL_SECONDS, IDLE_SAMPLE_SECONDS, IDLE_SHARE, IDLE_SAMPLES = 0.02, 0.5, 0.12, 3
"""The services are idle after this many samples with less than this share of a core each."""


def cpu_by_part(stack: Stack) -> Counter[str]:
    """Return the CPU seconds so far of each service, Kafka, PostgreSQL by database, this driver."""
    cpu = Counter({name: cpu_seconds(stack.pid(name)) for name in stack.ready["services"]})
    cpu["kafka"] = cpu_seconds(stack.pid("kafka"))
    by_database = cpu_by_database(stack.pid("postgres"))
    cpu.update({f"postgres_{name}": seconds for name, seconds in by_database.items()})
    cpu["driver"] = own_cpu_seconds(os.getpid()) or 0.0
    return cpu


def wait_until_idle(stack: Stack) -> None:
    """Wait until the services are idle."""
    samples = 0
    names = list(stack.ready["services"])
    last = sum(cpu_seconds(stack.pid(name)) for name in names)
    while samples < IDLE_SAMPLES:
        time.sleep(IDLE_SAMPLE_SECONDS)
        now = sum(cpu_seconds(stack.pid(name)) for name in names)
        samples = (
            samples + 1 if now - last < IDLE_SHARE * IDLE_SAMPLE_SECONDS * len(names) / 2 else 0
        )
        last = now


def cpu_figures(before: Counter[str], after: Counter[str], count: int) -> dict[str, float]:
    """Return the CPU milliseconds per item of `count` items: of all servers, and of each part."""
    parts = {name: 1000 * (after[name] - before[name]) / count for name in sorted(after)}
    driver = parts.pop("driver")
    servers = {f"cpu_ms_{name}": ms for name, ms in parts.items()}
    return {"cpu_ms": sum(parts.values()), **servers, "cpu_ms_driver": driver}


def create_project(stack: Stack, name: str) -> None:
    """Create a project with a spec and no items."""
    run(_create_project(stack, name))


async def _create_project(stack: Stack, name: str) -> None:
    headers = stack.bearer("bench", "admin", "pipeline", "spec_owner")
    spec = {"task_type": "mood", "fields": FIELDS, "guidelines": [], "policy": POLICY}
    connection = await Connection.open(stack.url("ingest"))
    project = orjson.dumps({"name": name, "title": name})
    await connection.call(request("POST", "/v1/projects", headers, project))
    path = f"/v1/projects/{name}/specs"
    await connection.call(request("POST", path, headers, orjson.dumps(spec)))
    connection.close()


async def post_items(stack: Stack, project: str, count: int) -> float:
    """Import `count` items; return the seconds of the calls."""
    headers = stack.bearer("bench", "admin", "pipeline")
    calls = []
    for start in range(0, count, ITEMS_A_CALL):
        part = range(start, min(start + ITEMS_A_CALL, count))
        rows = [{"external_id": f"x{n}", "payload": {"text": f"text {n}", "n": n}} for n in part]
        calls.append(request("POST", f"/v1/projects/{project}/items", headers, orjson.dumps(rows)))
    connection = await Connection.open(stack.url("ingest"))
    started = time.monotonic()
    for call in calls:
        await connection.call(call)
    connection.close()
    return time.monotonic() - started


async def wait_for_rows(stack: Stack, database: str, count_rows: str, project: str, n: int) -> None:
    """Wait until the statement `count_rows` on `project` returns at least `n`."""
    connection = await asyncpg.connect(stack.database(database))
    while await connection.fetchval(count_rows, project) < n:
        await asyncio.sleep(POLL_SECONDS)
    await connection.close()


IN_LEDGER = "SELECT count(*) FROM decisions WHERE project = $1 AND released"


async def items_leasable(stack: Stack, project: str, count: int) -> tuple[float, float]:
    """Import items; return the seconds of the calls, and the seconds until all can be leased."""
    queue = await asyncpg.connect(stack.database("queue"))
    newest = "SELECT coalesce(max(work_id), 0) FROM ready"
    first = await queue.fetchval("SELECT coalesce(max(work_id), 0) FROM work")
    started = time.monotonic()
    posting = asyncio.create_task(post_items(stack, project, count))
    while await queue.fetchval(newest) - first < count:
        await asyncio.sleep(POLL_SECONDS)
    seconds = time.monotonic() - started
    await queue.close()
    return await posting, seconds


async def annotate_in_bulk(
    stack: Stack, project: str, count: int, answers_a_call: int = ANSWERS_A_CALL
) -> float:
    """Let a model annotate the items of a project; return the seconds of the calls.

    A call that is refused because of a backlog is sent again.
    """
    headers = stack.bearer("model", "annotator", kind="model")
    connection = await Connection.open(stack.url("queue"))
    started = time.monotonic()
    for start in range(0, count, answers_a_call):
        part = range(start, min(start + answers_a_call, count))
        answers = [{"external_id": f"x{n}", "label": {"mood": "good"}} for n in part]
        body = orjson.dumps({"project": project, "annotations": answers})
        call = request("POST", "/v1/annotations/bulk", headers, body)
        while (response := await _unless_backlogged(connection, call)) is None:
            await asyncio.sleep(BACKLOG_PAUSE_SECONDS)
        if orjson.loads(response)["accepted"] != len(part):
            raise RuntimeError(f"not all annotations were accepted: {response[:500]!r}")
    connection.close()
    return time.monotonic() - started


async def _unless_backlogged(connection: Connection, call: bytes) -> bytes | None:
    """Return the response to a call; None if the queue has a backlog of events."""
    try:
        return await connection.call(call)
    except Refused as refusal:
        if not str(refusal).startswith("429"):
            raise
        return None


async def annotations_in_ledger(stack: Stack, project: str, count: int) -> tuple[float, float]:
    """Annotate in bulk; return the seconds of the calls, and until all labels are released."""
    started = time.monotonic()
    called = await annotate_in_bulk(stack, project, count)
    await wait_for_rows(stack, "dataset_store", IN_LEDGER, project, count)
    return called, time.monotonic() - started


def measure_items(stack: Stack, project: str, count: int) -> None:
    """Print the figures of items from POST to leasable."""
    create_project(stack, project)
    wait_until_idle(stack)
    before = cpu_by_part(stack)
    called, seconds = run(items_leasable(stack, project, count))
    at_leasable = cpu_figures(before, cpu_by_part(stack), count)
    wait_until_idle(stack)
    figures = {
        "items": count,
        "posted_per_second": count / called,
        "leasable_per_second": count / seconds,
        "leasable_per_second_target_min": ITEMS_PER_SECOND,
        "cpu_ms_until_leasable": at_leasable["cpu_ms"],
        **cpu_figures(before, cpu_by_part(stack), count),
        "cpu_ms_target_max": ITEM_CPU_MS,
    }
    report("items from POST to leasable", with_load(figures))


def measure_annotations(stack: Stack, project: str, count: int) -> None:
    """Print the figures of bulk annotations to labels in the ledger."""
    wait_until_idle(stack)
    before = cpu_by_part(stack)
    called, seconds = run(annotations_in_ledger(stack, project, count))
    wait_until_idle(stack)
    figures = {
        "answers": count,
        "accepted_per_second": count / called,
        "in_ledger_per_second": count / seconds,
        "in_ledger_per_second_target_min": ANSWERS_PER_SECOND,
        **cpu_figures(before, cpu_by_part(stack), count),
        "cpu_ms_target_max": ANSWER_CPU_MS,
    }
    report("answers from bulk to the ledger", with_load(figures))


async def annotate_as_person(
    stack: Stack, project: str, meanwhile: asyncio.Task[float]
) -> list[float]:
    """Annotate one task after the other; return the seconds from each annotation to its label."""
    headers = stack.bearer("ada", "annotator")
    lease = request("POST", "/v1/leases", headers, orjson.dumps({"projects": [project]}))
    connection = await Connection.open(stack.url("queue"))
    ledger = await asyncpg.connect(stack.database("dataset_store"))
    answered: dict[UUID, float] = {}
    durations: list[float] = []
    left = PEOPLE_TASKS
    while answered or (left and not meanwhile.done()):
        if left and not meanwhile.done():
            [leased] = orjson.loads(await connection.call(lease))["leases"]
            path = f"/v1/leases/{leased['lease_id']}/annotation"
            await connection.call(request("PUT", path, headers, b'{"label":{"mood":"good"}}'))
            answered[item_id(project, f"x{leased['payload']['n']}", "")] = time.monotonic()
            left -= 1
        await asyncio.sleep(PEOPLE_PAUSE_SECONDS)
        query = "SELECT item_id FROM decisions WHERE item_id = ANY($1) AND released"
        for row in await ledger.fetch(query, list(answered)):
            durations.append(time.monotonic() - answered.pop(row["item_id"]))
    connection.close()
    await ledger.close()
    return durations


async def people_beside(
    stack: Stack, project: str, load: Coroutine[Any, Any, object]
) -> tuple[list[float], float]:
    """Let a person annotate during a load.

    Return the seconds from each annotation to its label, and those of the load.
    """

    async def timed() -> float:
        started = time.monotonic()
        await load
        return time.monotonic() - started

    loading = asyncio.create_task(timed())
    durations = await annotate_as_person(stack, project, loading)
    return durations, await loading


async def flood_with_models(stack: Stack, count: int) -> None:
    """Annotate a project in bulk, in large calls, and wait for the last label."""
    await annotate_in_bulk(stack, "flood", count, FLOOD_A_CALL)
    await wait_for_rows(stack, "dataset_store", IN_LEDGER, "flood", count)


def measure_fairness(stack: Stack, flood: int) -> None:
    """Print the delay of people's annotations, alone and while models flood another project."""
    for project, count in (("flood", flood), ("quiet", PEOPLE_TASKS), ("people", PEOPLE_TASKS)):
        create_project(stack, project)
        run(items_leasable(stack, project, count))
    wait_until_idle(stack)
    alone, _ = run(people_beside(stack, "quiet", asyncio.sleep(QUIET_SECONDS)))
    durations, seconds = run(people_beside(stack, "people", flood_with_models(stack, flood)))
    figures = {
        "flood_answers": flood,
        "flood_seconds": seconds,
        "people_answers": len(durations),
        "people_seconds_p50": percentile(durations, 0.5),
        "people_seconds_p95": percentile(durations, 0.95),
        "people_seconds_p95_target_max": PEOPLE_P95_SECONDS,
        "people_seconds_max": max(durations),
        "without_flood_answers": len(alone),
        "without_flood_seconds_p50": percentile(alone, 0.5),
        "without_flood_seconds_p95": percentile(alone, 0.95),
    }
    report("people's answers to the ledger, alone and during a flood", with_load(figures))


def with_load(figures: Mapping[str, float]) -> dict[str, float]:
    """Return the figures with the load of the machine."""
    return {**figures, "load_average": round(os.getloadavg()[0], 2), "cores": os.cpu_count() or 1}


def main() -> None:
    """Measure and print the figures."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument(
        "--items", type=int, default=ITEMS, help="number of items; 0 measures only the flood"
    )
    options.add_argument("--answers", type=int, default=ANSWERS)
    options.add_argument(
        "--flood",
        type=int,
        default=FLOOD,
        help="number of annotations in the flood; 0 skips this measurement",
    )
    sizes = options.parse_args()
    with running_stack() as stack:
        create_project(stack, "warm")
        run(items_leasable(stack, "warm", 2000))
        run(annotations_in_ledger(stack, "warm", 2000))
        if sizes.items:
            measure_items(stack, "bench", sizes.items)
            measure_annotations(stack, "bench", min(sizes.answers, sizes.items))
        if sizes.flood:
            measure_fairness(stack, sizes.flood)


if __name__ == "__main__":
    main()
