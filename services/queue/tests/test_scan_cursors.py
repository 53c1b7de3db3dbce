"""Tests of scan cursors: they never make a lease miss work."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from queue_harness import (
    FAR,
    GOOD,
    NOW,
    Queue,
    raised,
    reprioritized,
    review,
    spec,
    task,
    texts,
    withdrawn,
)

from chassis import testing
from queue_service import events as door
from queue_service.domain.dispatch import AGEING, LeaseQuery, ScanCursor, ScanCursors
from queue_service.domain.leases import Annotator
from queue_service.operations import allocation, event_handlers
from queue_service.store import dispatch, leases
from schemas.envelope import Event
from schemas.events import RedundancyRaised, TaskCreated

# The next task of an annotator, computed without `ready` and without cursors.
NEXT = f"""
SELECT w.external_id FROM work w JOIN pools s USING (pool)
WHERE w.stage = 'annotate' AND w.purpose = 'work' AND w.state = 'open'
    AND w.answered + w.leased < w.target
    AND w.skills <@ ARRAY(SELECT k.skill || '>=' || l FROM skills k, generate_series(1, k.level) l
        WHERE k.annotator = $1)
    AND NOT EXISTS (SELECT 1 FROM declined d WHERE d.annotator = $1 AND d.pool = w.pool)
    AND NOT EXISTS (SELECT 1 FROM seen s WHERE s.annotator = $1 AND s.item_id = w.item_id)
ORDER BY floor(extract(epoch FROM w.created_at) / {AGEING.total_seconds()}) - w.priority,
    w.due_at NULLS LAST, w.target - w.answered - w.leased, w.work_id
LIMIT 1
"""
FILL = """
WITH made AS (
    INSERT INTO work (task_id, stage, subject, project, item_id, external_id, spec_version,
        task_type, purpose, priority, skills, pool, payload, prelabels, target, sort_key,
        created_at)
    SELECT id, 'annotate', id, 'p', id, 'seen ' || $1 || n, 1, w.task_type, 'work', w.priority,
        w.skills, w.pool, jsonb_build_object('text', 'seen'), '[]', 3, 0, w.created_at
    FROM work w, generate_series(1, $2) AS n, LATERAL (SELECT md5($1 || n)::uuid AS id) i
    WHERE w.external_id = $1 RETURNING *
), offered AS (
    INSERT INTO ready (work_id, pool, rank, due, slots, changed_xid, item_id, spec_version, since)
    SELECT m.work_id, r.pool, r.rank - 1, -r.due, 3, 0, m.item_id, 1, r.since
    FROM made m, ready r JOIN work w USING (work_id) WHERE w.external_id = $1
)
INSERT INTO seen (annotator, item_id, spec_version)
SELECT a, item_id, 1 FROM made, unnest($3::text[]) AS a
"""
"""Adds tasks before a given one in its pool, which these annotators have seen."""


PEOPLE = ("ada", "bob", "cyd")
KINDS = ("mood", "tone")


@pytest.fixture
def short_sighted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Replace the window and the limits of cursors by small ones."""
    window = str(dispatch.WINDOW)
    assert dispatch._BEST.count(window) == 3
    monkeypatch.setattr(dispatch, "_BEST", dispatch._BEST.replace(window, "4"))
    monkeypatch.setattr(ScanCursor, "BEFORE_MAX", 2)
    monkeypatch.setattr(ScanCursors, "CHANGES_MAX", 3)


class Scenario:
    """Steps that change a queue, with the tasks and leases that they refer to."""

    def __init__(self, replicas: Sequence[Queue]) -> None:
        self.replicas, self.turn = replicas, 0
        self.made = 0
        self.known: list[int] = []
        self.held: list[tuple[str, dict[str, Any]]] = []
        self.begun: list[tuple[AsyncExitStack, list[int]]] = []

    @property
    def queue(self) -> Queue:
        self.turn += 1
        return self.replicas[self.turn % 2]

    def tasks(self, priorities: Sequence[int], late: int = 0, wanted: int = 3) -> list[Any]:
        """Return new tasks."""
        events = []
        for priority in priorities:
            self.made += 1
            n, at = self.made, NOW + late * AGEING
            kind = KINDS[n % 2]
            events.append(
                task(n, priority=priority, occurred_at=at, redundancy=wanted, task_type=kind)
            )
        return events

    async def begin(self) -> None:
        """Start with many tasks that ada has seen."""
        for one in self.replicas:
            await one.empty()
        await self.queue.deliver(spec(), *self.tasks([5, 4, 3, 5, 4, 3, 5, 4, 3, 5, 4, 3, 1, 1]))
        self.known = list(range(1, self.made + 1))
        for lease in await self.queue.lease("ada", count=12):
            await self.queue.answer("ada", lease, GOOD)

    async def add(self, priorities: Sequence[int], late: int, wanted: int) -> None:
        await self.queue.deliver(*self.tasks(priorities, late, wanted))
        self.known = [*self.known, *range(self.made - len(priorities) + 1, self.made + 1)]

    async def add_and_wait(self, priorities: Sequence[int], late: int, wanted: int) -> None:
        """Add tasks in a transaction that commits later."""
        events, stack = self.tasks(priorities, late, wanted), AsyncExitStack()
        transaction = await stack.enter_async_context(self.queue.database.transaction())
        await event_handlers.on_task_created(transaction, events)
        self.begun.append((stack, [event.task_id.int for event in events]))

    async def commit(self, which: int) -> None:
        if self.begun:
            stack, numbers = self.begun.pop(which % len(self.begun))
            await stack.aclose()
            self.known = sorted([*self.known, *numbers])

    async def lease(self, who: int, count: int) -> None:
        name, queue = PEOPLE[who], self.queue
        expected = await truth(queue, name)
        leases = await queue.lease(name, count=count)
        assert texts(leases)[:1] == expected
        self.held += [(name, lease) for lease in leases]

    async def end(self, how: str, which: int) -> None:
        if self.held:
            name, lease = self.held.pop(which % len(self.held))
            queue = self.queue
            if how == "answer":
                answer = await queue.answer(name, lease, GOOD)
            elif how == "release":
                answer = await queue.release(name, lease)
            else:
                answer = await queue.skip(name, lease, "other")
            assert answer.status_code in (201, 204, 409), answer.text

    async def expire(self) -> None:
        self.held = []
        await self.queue.expire()

    async def change(self, what: str, which: int, number: int) -> None:
        n = self.known[which % len(self.known)]
        changes: dict[str, Event] = {
            "raise": raised(n, 1 + number % 5),
            "prioritize": reprioritized(n, number),
            "withdraw": withdrawn(n),
        }
        await self.queue.deliver(changes[what])


async def truth(queue: Queue, name: str) -> list[str]:
    """Return the task that an annotator must get next, if any."""
    found = await queue.sql(NEXT, queue.tokens.pseudonym(name))
    return [f"text {row['external_id'].removeprefix('x')}" for row in found]


async def foreseen(queue: Queue, name: str) -> list[str]:
    """Return the task that the service would lease next."""
    who, cache = queue.tokens.pseudonym(name), queue.app.state.pool_cache
    async with queue.database.transaction() as transaction:
        snapshot = await leases.snapshot(transaction, [who])
        await cache.load_pools(transaction, snapshot.newest_pool)
        query = LeaseQuery(Annotator(who, "human"), ("annotate",))
        best = await allocation.preview(transaction, cache, snapshot, query)
    if best is None:
        return []
    [row] = await queue.sql("SELECT payload FROM work WHERE work_id = $1", best.work_id)
    return [row["payload"]["text"]]


numbers = st.integers(0, 20)
priorities = st.lists(st.integers(0, 9), min_size=1, max_size=3)
made = st.tuples(priorities, st.integers(0, 3), st.integers(1, 3))
leased = st.tuples(st.integers(0, 2), st.integers(1, 3))
steps = st.one_of(
    st.tuples(st.just("lease"), leased),
    st.tuples(st.just("lease"), leased),
    st.tuples(st.just("end"), st.tuples(st.sampled_from(["answer", "release", "skip"]), numbers)),
    st.tuples(st.just("end"), st.tuples(st.sampled_from(["answer", "release", "skip"]), numbers)),
    st.tuples(
        st.just("change"),
        st.tuples(st.sampled_from(["raise", "prioritize", "withdraw"]), numbers, st.integers(0, 9)),
    ),
    st.tuples(st.just("add"), made),
    st.tuples(st.just("add_and_wait"), made),
    st.tuples(st.just("commit"), st.tuples(numbers)),
    st.tuples(st.just("expire"), st.just(())),
)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # Shrinking takes minutes.
)
@given(st.lists(steps, min_size=1, max_size=14))
@pytest.mark.usefixtures("short_sighted")
async def test_whatever_happens_the_next_task_is_the_one_found_without_any_memory(
    replicas: Sequence[Queue], happens: list[tuple[str, tuple[Any, ...]]]
) -> None:
    scenario = Scenario(replicas)
    await scenario.begin()
    try:
        for what, words in happens:
            await getattr(scenario, what)(*words)
            for name in PEOPLE:
                expected = await truth(replicas[0], name)
                seen = [await foreseen(queue, name) for queue in replicas]
                assert seen == [expected, expected], (what, name)
    finally:
        while scenario.begun:
            await scenario.commit(0)


async def test_with_hundreds_of_seen_tasks_at_the_head_of_each_pool_the_best_is_found(
    queue: Queue,
) -> None:
    """A task beyond the window of one pool may be better than those of another pool."""
    tasks = {1: "mood", 2: "tone", 3: "tempo"}
    due = {1: FAR, 2: FAR - timedelta(1), 3: FAR - timedelta(2)}
    await queue.deliver(spec(), *(task(n, task_type=tasks[n], due_at=due[n]) for n in tasks))
    for n in tasks:
        await queue.sql(FILL, f"x{n}", dispatch.WINDOW + 100, [queue.tokens.pseudonym("ada")])

    order = [texts(await queue.lease("ada")) for _ in range(4)]
    elsewhere = texts(await queue.lease("bob"))

    assert order == [["text 3"], ["text 2"], ["text 1"], []]
    assert elsewhere == ["seen"]


async def test_nobody_hears_nothing_for_what_was_seen_in_several_pools(queue: Queue) -> None:
    await queue.deliver(spec(), *(task(n, task_type=f"kind {n}") for n in range(1, 5)))
    for n in range(1, 5):
        await queue.sql(FILL, f"x{n}", dispatch.WINDOW, [queue.tokens.pseudonym("ada")])
    await queue.deliver(*(withdrawn(n) for n in (1, 2, 3)))

    explanation = await queue.explain("ada")
    leases = await queue.lease("ada")

    assert explanation["would_get"] == "work"
    assert texts(leases) == ["text 4"]


def remembers(queue: Queue, name: str) -> bool:
    """Return True if the process has a cursor of the annotator."""
    cache, who = queue.app.state.pool_cache, queue.tokens.pseudonym(name)
    return any(cache.cursors.get(who, pool) != ScanCursor() for pool in cache.pools)


async def finish(queue: Queue, name: str) -> None:
    """Annotate all tasks."""
    while leases := await queue.lease(name):
        for lease in leases:
            await queue.answer(name, lease, GOOD)


HANDLERS: dict[type[Any], Any] = {
    TaskCreated: lambda transaction, event: event_handlers.on_task_created(transaction, [event]),
    RedundancyRaised: event_handlers.on_redundancy_raised,
}
LATE = [task(99, priority=9), task(99, priority=0), raised(1, 9)]


@pytest.mark.parametrize("late", LATE, ids=lambda event: type(event).__name__)
@pytest.mark.usefixtures("short_sighted")
async def test_what_a_transaction_changed_that_commits_late_is_given(
    queue: Queue, late: Any
) -> None:
    """A cursor computed in the meantime must not hide it."""
    await queue.deliver(spec(), *(task(n, redundancy=1 if n == 1 else 2) for n in range(1, 20)))
    if not isinstance(late, TaskCreated):
        await queue.lease("bob", "annotator", "pipeline", items=["x1"])
    await finish(queue, "ada")

    async with queue.database.transaction() as transaction:
        await (await transaction.connection()).fetchval("SELECT pg_current_xact_id()")
        other = await queue.lease("ada")
        await testing.deliver(queue.database, door.SUBSCRIPTIONS, task(50))
        between = await queue.lease("ada", count=5)
        assert remembers(queue, "ada")
        await HANDLERS[type(late)](transaction, late)
        unseen = await queue.lease("ada", count=5)

    assert (texts(other), texts(between), texts(unseen)) == ([], ["text 50"], [])
    assert len(await queue.lease("ada")) == 1


@pytest.mark.usefixtures("short_sighted")
async def test_who_gives_a_task_back_may_still_review_its_item(queue: Queue) -> None:
    """The review itself has not changed; only this annotator may get it again."""
    await queue.deliver(spec(), *(task(n) for n in range(1, 9)), *(review(n) for n in range(1, 9)))
    [held] = await queue.lease("ada", stages=["annotate"])
    await finish(queue, "ada")
    nothing = await queue.lease("ada", "reviewer")
    assert remembers(queue, "ada")

    await queue.release("ada", held)

    assert nothing == []
    assert texts(await queue.lease("ada", "reviewer", count=9)) == ["text 1"]


@pytest.mark.usefixtures("short_sighted")
async def test_who_loses_what_is_in_sight_to_another_looks_further(queue: Queue) -> None:
    """Two queries share a transaction and find the same task; one of them can get later tasks."""
    await queue.deliver(spec(), *(task(n, redundancy=3) for n in range(1, 7)))
    await finish(queue, "ada")
    await finish(queue, "bob")
    await queue.deliver(
        task(7, priority=0), task(8, priority=9, redundancy=1, task_type="tone"), withdrawn(1)
    )

    queue.app.state.pool_cache.cursors = ScanCursors()

    other = asyncio.create_task(queue.lease("eve", projects=["q"]))
    calls = [asyncio.create_task(queue.lease(name)) for name in ("bob", "ada")]
    bob, ada = await asyncio.gather(*calls)
    await other

    assert (texts(bob), texts(ada)) == (["text 8"], ["text 7"])


@pytest.mark.usefixtures("short_sighted")
async def test_what_was_passed_by_since_others_held_it_is_found_again(queue: Queue) -> None:
    first, last, between = task(1, priority=9), task(9, priority=0), range(2, 8)
    await queue.deliver(spec(), first, *(task(n, redundancy=3) for n in between), last)
    names = [f"x{n}" for n in between]
    for lease in await queue.lease("ada", "annotator", "pipeline", items=names, count=9):
        await queue.answer("ada", lease, GOOD)

    async with queue.database.transaction() as transaction:
        await (await transaction.connection()).execute(
            "SELECT 1 FROM work WHERE external_id = 'x1' FOR UPDATE"
        )
        passed = texts(await queue.lease("ada"))

    assert passed == ["text 9"]
    assert texts(await queue.lease("ada")) == ["text 1"]


def test_what_is_remembered_is_bounded_and_may_be_lost() -> None:
    known, far = ScanCursors(), ScanCursor((0, 0, 0, 0, 1), 7)
    for n in range(ScanCursors.CURSORS_MAX):
        known.store("ada", n, far)
    assert known.get("ada", 0) == far

    known.store("bob", 1, far)

    assert (known.get("ada", 0), known.get("bob", 1)) == (ScanCursor(), far)
