"""All transactions of the queue lock in one order, so that there are no deadlocks."""

import asyncio
import random
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest
from prometheus_client import REGISTRY
from queue_harness import GOOD, NOW, Queue, honeypot, spec, task, withdrawn

from chassis.clock import utc_now
from queue_service.domain.dispatch import LeaseQuery
from queue_service.domain.leases import Annotator, Holder
from queue_service.operations import annotations, dispatch
from queue_service.operations.annotations import Submission
from queue_service.operations.blob_checks import BlobChecks
from schemas.events import LabelDecided
from schemas.queue import AnnotationRequest

FIRST_IS_HONEYPOT = {"first": 1, "first_rate": 1.0, "rate": 0.0}
HALF_ARE_HONEYPOTS = {"first": 1000, "first_rate": 0.5, "rate": 0.5}
ANNOTATORS = 48
ORDERS = {"honeypot first": [honeypot(), task()], "work first": [task(), honeypot()]}
_LOCK = "SELECT 1 FROM work WHERE purpose = $1 FOR UPDATE"
_DEADLOCKS = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"


async def _bob_holds_both(queue: Queue, order: str) -> list[dict[str, Any]]:
    policy = {"redundancy": 3, "honeypots": FIRST_IS_HONEYPOT}
    await queue.deliver(spec(**policy), *(one for one in ORDERS[order]))
    await queue.sql("UPDATE work SET target = 3 WHERE target IS NOT NULL")
    held = [lease for _ in range(2) for lease in await queue.lease("bob")]
    assert sorted(one["payload"]["text"] for one in held) == ["gold 1", "text 1"]
    return held


async def _answer_all(queue: Queue, leases: Sequence[dict[str, Any]]) -> None:
    holder = Holder(queue.tokens.pseudonym("bob"), None)
    request = AnnotationRequest(label=GOOD)
    checks = BlobChecks(queue.app.state.payload_reader)
    sent = [Submission(UUID(lease["lease_id"]), holder, request, checks) for lease in leases]
    async with queue.database.transaction() as transaction:
        await annotations.submit_batch(transaction, sent, utc_now())


async def _expire_all(queue: Queue, leases: Sequence[dict[str, Any]]) -> None:
    del leases
    await queue.expire()


async def _suspend(queue: Queue, leases: Sequence[dict[str, Any]]) -> None:
    del leases
    await queue.deliver(queue.has_standing("bob", "suspended"))


async def _withdraw_both(queue: Queue, leases: Sequence[dict[str, Any]]) -> None:
    del leases
    await queue.deliver(*(withdrawn(1, task_id=one.task_id) for one in (honeypot(), task())))


async def _lease(queue: Queue, name: str) -> list[Any]:
    query = LeaseQuery(Annotator(queue.tokens.pseudonym(name), "human"), ("annotate",))
    async with queue.database.transaction() as transaction:
        return list(
            await dispatch.lease_batch(transaction, queue.app.state.pool_cache, [query], utc_now())
        )


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("end", [_answer_all, _expire_all, _suspend, _withdraw_both])
async def test_work_is_locked_before_honeypots_by_whoever_ends_a_lease_and_whoever_gives_one(
    queue: Queue, order: str, end: Any
) -> None:
    held = await _bob_holds_both(queue, order)

    async with queue.database.transaction() as other:
        await (await other.connection()).execute(_LOCK, "honeypot")
        ending = asyncio.create_task(end(queue, held))
        await asyncio.sleep(0.1)
        giving = asyncio.create_task(_lease(queue, "ada"))
        await asyncio.sleep(0.1)
        assert not ending.done()
        await other.end(keep=False)

    await asyncio.gather(
        ending, giving
    )  # A deadlock would raise an error, because there are no retries here.


async def test_a_batch_of_events_locks_its_tasks_in_the_order_of_all_others(queue: Queue) -> None:
    await queue.deliver(spec(), task(1), task(2))
    first, second = [
        row["work_id"] for row in await queue.sql("SELECT work_id FROM work ORDER BY 1")
    ]

    async with queue.database.transaction() as other:
        connection = await other.connection()
        lock = "SELECT 1 FROM work WHERE work_id = $1 FOR UPDATE"
        await connection.execute(lock, first)
        delivery = asyncio.create_task(queue.deliver(decided(2), decided(1)))
        await asyncio.sleep(0.1)
        await connection.execute(lock, second)

    await delivery
    assert await queue.sql("SELECT state FROM work WHERE state = 'open'") == []


def decided(n: int) -> LabelDecided:
    return LabelDecided(
        occurred_at=NOW,
        project="p",
        task_id=UUID(int=n),
        item_id=UUID(int=1000 + n),
        spec_version=1,
        decision_no=1,
        label=GOOD,
        confidence=1.0,
        how="unanimous",
        why="two agree",
        annotation_ids=[],
    )


class Load:
    """Concurrent annotators that lease, annotate, skip and release, on one or more replicas."""

    def __init__(self, replicas: Sequence[Queue]) -> None:
        self.replicas = replicas
        self.requests = 0
        self.statuses: set[int] = set()

    async def run(self, requests: int) -> None:
        """Send at least `requests` requests."""
        await asyncio.gather(*(self._annotate(n, requests) for n in range(ANNOTATORS)))

    async def _annotate(self, n: int, requests: int) -> None:
        chance = random.Random(n)
        while self.requests < requests:
            answer = await self._send(n, "POST", "/v1/leases", {"count": chance.randint(1, 3)})
            for lease in answer.json()["leases"]:
                await self._end(n, chance, f"/v1/leases/{lease['lease_id']}")

    async def _end(self, n: int, chance: random.Random, lease: str) -> None:
        fate = chance.random()
        if fate < 0.7:
            await self._send(n, "PUT", f"{lease}/annotation", {"label": GOOD})
        elif fate < 0.8:
            await self._send(n, "POST", f"{lease}/skip", {"reason": "bad_data"})
        elif fate < 0.9:
            await self._send(n, "DELETE", lease, None)
        else:
            await self._send(n, "POST", f"{lease}/heartbeat", None)
            await self._send(n, "PUT", f"{lease}/draft", {"draft": GOOD})

    async def _send(self, n: int, method: str, path: str, body: Any) -> httpx.Response:
        self.requests += 1
        queue = self.replicas[self.requests % len(self.replicas)]
        who = queue.tokens.bearer(f"a{n}", "annotator")
        answer = await queue.http.request(method, path, json=body, headers=who)
        self.statuses.add(answer.status_code)
        assert answer.status_code < 300, answer.text
        return answer


async def _deadlocks_under(replicas: Sequence[Queue], requests: int, tasks: int) -> int:
    """Return the number of deadlocks that PostgreSQL counted during `requests` requests."""
    queue = replicas[0]
    await queue.deliver(spec(redundancy=3, honeypots=HALF_ARE_HONEYPOTS))
    for n in range(1, tasks + 1, 500):
        await queue.deliver(*(task(m, redundancy=3) for m in range(n, min(n + 500, tasks + 1))))
    await queue.deliver(*(honeypot(n) for n in range(1, 1 + tasks // 2)))
    await Load(replicas).run(requests)
    await queue.expire(datetime(2100, 1, 1, tzinfo=UTC))
    for one in replicas:
        await one.database.pool.close()  # A backend reports its statistics when it ends.
    url = queue.app.state.settings.database_url.replace("+asyncpg", "")
    connection = await asyncpg.connect(url)
    try:
        return int(await connection.fetchval(_DEADLOCKS))
    finally:
        await connection.close()


def _retried() -> float:
    found = (
        sample.value
        for metric in REGISTRY.collect()
        for sample in metric.samples
        if sample.name == "labelwright_transaction_retries_total"
    )
    return sum(found)


async def test_a_thousand_requests_with_honeypots_meet_no_deadlock(queue: Queue) -> None:
    retried = _retried()

    assert await _deadlocks_under([queue], 1000, 300) == 0
    assert _retried() == retried


@pytest.mark.long
async def test_twenty_thousand_requests_to_one_replica_meet_no_deadlock(queue: Queue) -> None:
    assert await _deadlocks_under([queue], 20_000, 5000) == 0


@pytest.mark.long
async def test_twenty_thousand_requests_to_two_replicas_meet_no_deadlock(
    replicas: Sequence[Queue],
) -> None:
    assert await _deadlocks_under(replicas, 20_000, 5000) == 0
