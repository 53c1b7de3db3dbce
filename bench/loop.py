"""From a submitted answer to its decided label in the dataset-store's ledger, one at a time.

Two hops: queue → Kafka → consensus → Kafka → dataset-store, each with outbox and inbox. The end
is the commit of the ledger's row, looked for in its database every two milliseconds.
"""

import asyncio
import sys
import time
from pathlib import Path

import asyncpg
import httpx

sys.path.insert(0, str(Path(__file__).parent))
from scene import Scene, percentile, report, scene, wait_for_tasks

ITEMS = 400
POLL_SECONDS = 0.002


async def follow(scene: Scene) -> list[float]:
    """Answer each item once, and wait for its label each time."""
    who = scene.bearer("ada", "annotator")
    address = scene.ready["postgres"]["url"].rsplit("/", 1)[0] + "/dataset_store"
    ledger = await asyncpg.connect(address.replace("+asyncpg", ""))
    took: list[float] = []
    async with httpx.AsyncClient(base_url=scene.url("queue"), headers=who, timeout=60) as http:
        for number in range(ITEMS):
            leased = await http.post("/v1/leases", json={"projects": ["bench"]})
            [lease] = leased.raise_for_status().json()["leases"]
            url = f"/v1/leases/{lease['lease_id']}/annotation"
            started = time.monotonic()
            (await http.put(url, json={"label": {"mood": "good"}})).raise_for_status()
            while await ledger.fetchval("SELECT count(*) FROM decisions") <= number:
                await asyncio.sleep(POLL_SECONDS)
            took.append(time.monotonic() - started)
    await ledger.close()
    return took


def main() -> None:
    """Measure and print."""
    with scene() as stack:
        stack.project("bench", ITEMS, redundancy=1, honeypots={"first_rate": 0.0, "rate": 0.0})
        wait_for_tasks(stack, ITEMS)
        took = asyncio.run(follow(stack))
        figures: dict[str, object] = {
            "items": len(took),
            "ms_p50": 1000 * percentile(took, 0.5),
            "ms_p90": 1000 * percentile(took, 0.9),
            "ms_p99": 1000 * percentile(took, 0.99),
            "ms_max": 1000 * max(took),
        }
        report("submit to LabelDecided in the ledger", figures)


if __name__ == "__main__":
    main()
