"""The flow behind the queue: items from POST to leasable, bulk answers to labels in the ledger,
and how long people of one project wait while models flood another.

CPU comes from /proc, service by service, PostgreSQL by database; the driver is apart. Measured
until every service is idle again, so nothing that is done later is left out.
"""

import argparse
import asyncio
import os
import sys
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from uuid import UUID

import asyncpg
import orjson

sys.path.insert(0, str(Path(__file__).parent))
from calling import Connection, request, run
from processes import cpu_by_database, cpu_seconds, own_cpu_seconds
from scene import FIELDS, Scene, percentile, report, scene

from schemas.vocabulary import item_id

ITEMS, ANSWERS, FLOOD = 20_000, 20_000, 50_000
ITEMS_A_CALL, ANSWERS_A_CALL = 5000, 1000
PEOPLE_TASKS, PEOPLE_PAUSE_SECONDS = 300, 0.1
POLICY = {
    "redundancy": 1,
    "deciders": ["human", "model"],
    "honeypots": {"first_rate": 0.0, "rate": 0.0},
}
ITEMS_PER_SECOND, ITEM_CPU_MS = 8000, 0.22
ANSWERS_PER_SECOND, ANSWER_CPU_MS = 1500, 1.2
PEOPLE_P95_SECONDS = 2.0
POLL_SECONDS, IDLE_LOOK_SECONDS, IDLE_SHARE, IDLE_LOOKS = 0.02, 0.5, 0.12, 3
"""The services are idle once they took less than this share of a core in so many looks."""


def spent(stack: Scene) -> Counter[str]:
    """Processor seconds so far: each service, Kafka, PostgreSQL by database, this driver."""
    cpu = Counter({name: cpu_seconds(stack.pid(name)) for name in stack.ready["services"]})
    cpu["kafka"] = cpu_seconds(stack.pid("kafka"))
    by_database = cpu_by_database(stack.pid("postgres"))
    cpu.update({f"postgres_{name}": seconds for name, seconds in by_database.items()})
    cpu["driver"] = own_cpu_seconds(os.getpid()) or 0.0
    return cpu


def wait_until_idle(stack: Scene) -> None:
    """Return once the services have nothing to do."""
    looks = 0
    names = list(stack.ready["services"])
    last = sum(cpu_seconds(stack.pid(name)) for name in names)
    while looks < IDLE_LOOKS:
        time.sleep(IDLE_LOOK_SECONDS)
        now = sum(cpu_seconds(stack.pid(name)) for name in names)
        looks = looks + 1 if now - last < IDLE_SHARE * IDLE_LOOK_SECONDS * len(names) / 2 else 0
        last = now


def cpu_figures(before: Counter[str], after: Counter[str], count: int) -> dict[str, float]:
    """CPU milliseconds for each of `count` things: the servers together, and each part."""
    parts = {name: 1000 * (after[name] - before[name]) / count for name in sorted(after)}
    driver = parts.pop("driver")
    servers = {f"cpu_ms_{name}": ms for name, ms in parts.items()}
    return {"cpu_ms": sum(parts.values()), **servers, "cpu_ms_driver": driver}


def create_project(stack: Scene, name: str) -> None:
    """A project with a specification and no items."""
    run(_create_project(stack, name))


async def _create_project(stack: Scene, name: str) -> None:
    who = stack.bearer("bench", "admin", "pipeline", "spec_owner")
    spec = {"task_type": "mood", "fields": FIELDS, "guidelines": [], "policy": POLICY}
    connection = await Connection.to(stack.url("ingest"))
    project = orjson.dumps({"name": name, "title": name})
    await connection.call(request("POST", "/v1/projects", who, project))
    path = f"/v1/projects/{name}/specs"
    await connection.call(request("POST", path, who, orjson.dumps(spec)))
    connection.close()


async def post_items(stack: Scene, project: str, count: int) -> float:
    """Import `count` items; return the seconds that the calls took."""
    who = stack.bearer("bench", "admin", "pipeline")
    calls = []
    for start in range(0, count, ITEMS_A_CALL):
        part = range(start, min(start + ITEMS_A_CALL, count))
        rows = [{"external_id": f"x{n}", "payload": {"text": f"text {n}", "n": n}} for n in part]
        calls.append(request("POST", f"/v1/projects/{project}/items", who, orjson.dumps(rows)))
    connection = await Connection.to(stack.url("ingest"))
    started = time.monotonic()
    for call in calls:
        await connection.call(call)
    connection.close()
    return time.monotonic() - started


async def wait_for_rows(stack: Scene, database: str, count_rows: str, project: str, n: int) -> None:
    """Return once the statement `count_rows` about `project` gives `n`."""
    connection = await asyncpg.connect(stack.database(database))
    while await connection.fetchval(count_rows, project) < n:
        await asyncio.sleep(POLL_SECONDS)
    await connection.close()


IN_LEDGER = "SELECT count(*) FROM decisions WHERE project = $1 AND released"


async def items_leasable(stack: Scene, project: str, count: int) -> tuple[float, float]:
    """Import items; seconds that the calls took, and seconds until all could be leased."""
    queue = await asyncpg.connect(stack.database("queue"))
    newest = "SELECT coalesce(max(work_id), 0) FROM ready"
    begin = await queue.fetchval("SELECT coalesce(max(work_id), 0) FROM work")
    started = time.monotonic()
    posting = asyncio.create_task(post_items(stack, project, count))
    while await queue.fetchval(newest) - begin < count:
        await asyncio.sleep(POLL_SECONDS)
    seconds = time.monotonic() - started
    await queue.close()
    return await posting, seconds


async def answer_in_bulk(stack: Scene, project: str, count: int) -> float:
    """One model answers the items of a project; return the seconds that the calls took."""
    who = stack.bearer("model", "annotator", kind="model")
    connection = await Connection.to(stack.url("queue"))
    started = time.monotonic()
    for start in range(0, count, ANSWERS_A_CALL):
        part = range(start, min(start + ANSWERS_A_CALL, count))
        answers = [{"external_id": f"x{n}", "label": {"mood": "good"}} for n in part]
        body = orjson.dumps({"project": project, "annotations": answers})
        told = await connection.call(request("POST", "/v1/annotations/bulk", who, body))
        if orjson.loads(told)["accepted"] != len(part):
            raise RuntimeError(f"not all answers were accepted: {told[:500]!r}")
    connection.close()
    return time.monotonic() - started


async def answers_in_ledger(stack: Scene, project: str, count: int) -> tuple[float, float]:
    """Answer in bulk; seconds that the calls took, and seconds until all labels are released."""
    started = time.monotonic()
    called = await answer_in_bulk(stack, project, count)
    await wait_for_rows(stack, "dataset_store", IN_LEDGER, project, count)
    return called, time.monotonic() - started


def measure_items(stack: Scene, project: str, count: int) -> None:
    """Print the row of items from POST to leasable."""
    create_project(stack, project)
    wait_until_idle(stack)
    before = spent(stack)
    called, seconds = run(items_leasable(stack, project, count))
    at_leasable = cpu_figures(before, spent(stack), count)
    wait_until_idle(stack)
    figures = {
        "items": count,
        "posted_per_second": count / called,
        "leasable_per_second": count / seconds,
        "leasable_per_second_target_min": ITEMS_PER_SECOND,
        "cpu_ms_until_leasable": at_leasable["cpu_ms"],
        **cpu_figures(before, spent(stack), count),
        "cpu_ms_target_max": ITEM_CPU_MS,
    }
    report("items from POST to leasable", with_load(figures))


def measure_answers(stack: Scene, project: str, count: int) -> None:
    """Print the row of bulk answers to labels in the ledger."""
    wait_until_idle(stack)
    before = spent(stack)
    called, seconds = run(answers_in_ledger(stack, project, count))
    wait_until_idle(stack)
    figures = {
        "answers": count,
        "accepted_per_second": count / called,
        "in_ledger_per_second": count / seconds,
        "in_ledger_per_second_target_min": ANSWERS_PER_SECOND,
        **cpu_figures(before, spent(stack), count),
        "cpu_ms_target_max": ANSWER_CPU_MS,
    }
    report("answers from bulk to the ledger", with_load(figures))


async def answer_as_person(
    stack: Scene, project: str, flooding: asyncio.Task[float]
) -> list[float]:
    """Lease and answer one task after the other; seconds from each answer to its label."""
    who = stack.bearer("ada", "annotator")
    lease = request("POST", "/v1/leases", who, orjson.dumps({"projects": [project]}))
    connection = await Connection.to(stack.url("queue"))
    ledger = await asyncpg.connect(stack.database("dataset_store"))
    answered: dict[UUID, float] = {}
    took: list[float] = []
    left = PEOPLE_TASKS
    while answered or (left and not flooding.done()):
        if left and not flooding.done():
            [one] = orjson.loads(await connection.call(lease))["leases"]
            path = f"/v1/leases/{one['lease_id']}/annotation"
            await connection.call(request("PUT", path, who, b'{"label":{"mood":"good"}}'))
            answered[item_id(project, f"x{one['payload']['n']}", "")] = time.monotonic()
            left -= 1
        await asyncio.sleep(PEOPLE_PAUSE_SECONDS)
        there = "SELECT item_id FROM decisions WHERE item_id = ANY($1) AND released"
        for row in await ledger.fetch(there, list(answered)):
            took.append(time.monotonic() - answered.pop(row["item_id"]))
    connection.close()
    await ledger.close()
    return took


async def people_beside_flood(stack: Scene, flood: int) -> tuple[list[float], float]:
    """How long people's answers took to the ledger, and how long the whole flood took."""
    started = time.monotonic()

    async def flooded() -> float:
        await answer_in_bulk(stack, "flood", flood)
        await wait_for_rows(stack, "dataset_store", IN_LEDGER, "flood", flood)
        return time.monotonic() - started

    flooding = asyncio.create_task(flooded())
    took = await answer_as_person(stack, "people", flooding)
    return took, await flooding


def measure_fairness(stack: Scene, flood: int) -> None:
    """Print the row of people's wait while models flood another project."""
    for project, count in (("flood", flood), ("people", PEOPLE_TASKS)):
        create_project(stack, project)
        run(items_leasable(stack, project, count))
    wait_until_idle(stack)
    took, seconds = run(people_beside_flood(stack, flood))
    figures = {
        "flood_answers": flood,
        "flood_seconds": seconds,
        "people_answers": len(took),
        "people_seconds_p50": percentile(took, 0.5),
        "people_seconds_p95": percentile(took, 0.95),
        "people_seconds_p95_target_max": PEOPLE_P95_SECONDS,
        "people_seconds_max": max(took),
    }
    report("people's answers to the ledger during a flood of another project", with_load(figures))


def with_load(figures: Mapping[str, float]) -> dict[str, float]:
    """The figures with how busy the machine is beside us."""
    return {**figures, "load_average": round(os.getloadavg()[0], 2), "cores": os.cpu_count() or 1}


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--items", type=int, default=ITEMS)
    options.add_argument("--answers", type=int, default=ANSWERS)
    options.add_argument("--flood", type=int, default=FLOOD, help="0: leave the fairness out")
    sizes = options.parse_args()
    with scene() as stack:
        create_project(stack, "warm")
        run(items_leasable(stack, "warm", 2000))
        run(answers_in_ledger(stack, "warm", 2000))
        measure_items(stack, "bench", sizes.items)
        measure_answers(stack, "bench", min(sizes.answers, sizes.items))
        if sizes.flood:
            measure_fairness(stack, sizes.flood)


if __name__ == "__main__":
    main()
