"""Measures the time from an annotation to its decided label in the ledger, one at a time.

The way is queue → Kafka → consensus → Kafka → dataset-store, each with outbox and inbox. It ends
with the commit of the ledger's row, which is polled every two milliseconds.
"""

import asyncio
import sys
import time
from pathlib import Path

import asyncpg
import httpx

sys.path.insert(0, str(Path(__file__).parent))
from stack import Stack, percentile, report, running_stack, wait_for_tasks

ITEMS = 400
POLL_SECONDS = 0.002


async def measure(stack: Stack) -> list[float]:
    """Annotate each item once, wait for its label, and return the seconds of each."""
    headers = stack.bearer("ada", "annotator")
    address = stack.ready["postgres"]["url"].rsplit("/", 1)[0] + "/dataset_store"
    ledger = await asyncpg.connect(address.replace("+asyncpg", ""))
    durations: list[float] = []
    async with httpx.AsyncClient(base_url=stack.url("queue"), headers=headers, timeout=60) as http:
        for number in range(ITEMS):
            leased = await http.post("/v1/leases", json={"projects": ["bench"]})
            [lease] = leased.raise_for_status().json()["leases"]
            url = f"/v1/leases/{lease['lease_id']}/annotation"
            started = time.monotonic()
            (await http.put(url, json={"label": {"mood": "good"}})).raise_for_status()
            while await ledger.fetchval("SELECT count(*) FROM decisions") <= number:
                await asyncio.sleep(POLL_SECONDS)
            durations.append(time.monotonic() - started)
    await ledger.close()
    return durations


def main() -> None:
    """Measure and print the figures."""
    with running_stack() as stack:
        stack.project("bench", ITEMS, redundancy=1, honeypots={"first_rate": 0.0, "rate": 0.0})
        wait_for_tasks(stack, ITEMS)
        durations = asyncio.run(measure(stack))
        figures: dict[str, object] = {
            "items": len(durations),
            "ms_p50": 1000 * percentile(durations, 0.5),
            "ms_p90": 1000 * percentile(durations, 0.9),
            "ms_p99": 1000 * percentile(durations, 0.99),
            "ms_max": 1000 * max(durations),
        }
        report("submit to LabelDecided in the ledger", figures)


if __name__ == "__main__":
    main()
