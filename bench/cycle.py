"""What one cycle of lease and submit costs, through HTTP with real tokens.

CPU is the sum over the queue, PostgreSQL and the broker, from /proc; the client is apart.
"""

import asyncio
import sys
import time
from pathlib import Path

import httpx

sys.path.insert(0, str(Path(__file__).parent))
from processes import cpu_seconds, resident_mb
from scene import Scene, percentile, report, scene

ANNOTATORS = 8
SECONDS = 20.0
TASKS = 20_000
PARTS = ("queue", "postgres", "kafka")


async def annotate(scene: Scene, number: int, until: float, took: list[float]) -> None:
    """One annotator: lease, answer, again."""
    who = scene.bearer(f"annotator-{number}", "annotator")
    async with httpx.AsyncClient(base_url=scene.url("queue"), headers=who, timeout=60) as http:
        while time.monotonic() < until:
            started = time.monotonic()
            leased = await http.post("/v1/leases", json={"projects": ["bench"]})
            for lease in leased.raise_for_status().json()["leases"]:
                url = f"/v1/leases/{lease['lease_id']}/annotation"
                answer = await http.put(url, json={"label": {"mood": "good"}})
                answer.raise_for_status()
                took.append(time.monotonic() - started)


async def drive(scene: Scene, seconds: float) -> list[float]:
    """All annotators for `seconds`; the duration of each cycle."""
    took: list[float] = []
    until = time.monotonic() + seconds
    await asyncio.gather(*(annotate(scene, n, until, took) for n in range(ANNOTATORS)))
    return took


def main() -> None:
    """Measure and print: the queue alone with PostgreSQL and Kafka, then among all five."""
    policy = {"redundancy": 3, "honeypots": {"first_rate": 0.0, "rate": 0.0}}
    with scene(only="queue") as stack:
        stack.project_in_kafka("bench", TASKS, **policy)
        report("lease + submit, queue alone", measure(stack))
    with scene() as stack:
        stack.project("bench", TASKS, **policy)
        report("lease + submit, all five services up", measure(stack))


def measure(stack: Scene) -> dict[str, object]:
    """CPU of the servers and duration of a cycle, once caches and statements are warm."""
    asyncio.run(wait_for_tasks(stack, 3 * TASKS))
    asyncio.run(drive(stack, 3.0))
    before = {part: cpu_seconds(stack.pid(part)) for part in PARTS}
    started = time.monotonic()
    took = asyncio.run(drive(stack, SECONDS))
    seconds = time.monotonic() - started
    spent = {part: cpu_seconds(stack.pid(part)) - before[part] for part in PARTS}
    return {
        "annotators": ANNOTATORS,
        "cycles": len(took),
        "cycles_per_second": len(took) / seconds,
        "cpu_ms_per_cycle": 1000 * sum(spent.values()) / len(took),
        **{f"cpu_ms_{part}": 1000 * spent[part] / len(took) for part in PARTS},
        "cycle_ms_p50": 1000 * percentile(took, 0.5),
        "cycle_ms_p99": 1000 * percentile(took, 0.99),
        "queue_resident_mb": resident_mb(stack.pid("queue")),
    }


async def wait_for_tasks(scene: Scene, slots: int) -> None:
    """Return once the queue has taken everything in."""
    who = scene.bearer("bench", "sre")
    async with httpx.AsyncClient(base_url=scene.url("queue"), headers=who, timeout=60) as http:
        while True:
            depths = (await http.get("/v1/queues")).raise_for_status().json()
            if sum(depth["ready"] for depth in depths) >= slots:
                return
            await asyncio.sleep(0.5)


if __name__ == "__main__":
    main()
