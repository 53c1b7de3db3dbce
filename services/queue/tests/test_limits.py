"""Tests of quotas, limits of leases, pauses and exposure, and that no item comes twice."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest
from queue_harness import (
    GOOD,
    Queue,
    conflict,
    honeypot,
    reprioritized,
    review,
    spec,
    task,
    texts,
    withdrawn,
)

from chassis import testing
from queue_service.app import create_app
from queue_service.operations import annotations
from queue_service.settings import Settings

MANY = 20
ALWAYS = {"first": 1000, "first_rate": 1.0, "rate": 1.0}


async def at_once(*calls: Any) -> list[dict[str, Any]]:
    """Return all leases of these calls."""
    return [lease for leases in await asyncio.gather(*calls) for lease in leases]


# --- quotas


async def test_the_quota_of_a_project_is_exact_under_concurrent_asks(
    replicas: Sequence[Queue],
) -> None:
    one, other = replicas
    await one.deliver(spec(quotas={"total": 13}), *(task(n) for n in range(1, 41)))
    await one.deliver(spec(project="q"), *(task(n, project="q") for n in range(51, 61)))

    asks = [(one, other)[n % 2].lease(f"a{n}", projects=["p"], count=2) for n in range(MANY)]
    granted = await at_once(*asks)
    more = await one.lease("late", projects=["p"])
    elsewhere = await one.lease("late", count=3)

    assert len(granted) == 13
    assert more == []
    assert {lease["project"] for lease in elsewhere} == {"q"}


async def test_who_is_about_to_reach_a_quota_is_waited_for(replicas: Sequence[Queue]) -> None:
    """The first transaction has counted but not committed, so the second one waits."""
    one, other = replicas
    tasks = [task(n) for n in range(1, 10)]
    await one.deliver(spec(quotas={"total": 1}), *tasks, one.has_standing("ada", "good"))
    async with one.database.transaction() as transaction:
        await (await transaction.connection()).execute("SELECT 1 FROM annotators FOR UPDATE")
        first = asyncio.create_task(one.lease("ada"))
        await asyncio.sleep(0.2)
        second = asyncio.create_task(other.lease("bob"))
        await asyncio.sleep(0.2)
        waiting = not first.done() and not second.done()

    granted = [len(leases) for leases in await asyncio.gather(first, second)]

    assert waiting
    assert granted == [1, 0]


async def test_the_quota_of_an_annotator_is_exact_under_concurrent_asks(
    replicas: Sequence[Queue],
) -> None:
    one, other = replicas
    await one.deliver(spec(quotas={"per_annotator": 5}), *(task(n) for n in range(1, 41)))

    asks = [(one, other)[n % 2].lease("ada", count=1 + n % 3) for n in range(MANY)]
    granted = await at_once(*asks)

    assert len(granted) == len({lease["lease_id"] for lease in granted}) == 5
    assert len(await one.lease("bob", count=9)) == 5


async def test_what_is_given_back_is_given_again_and_what_was_answered_counts_for_good(
    queue: Queue,
) -> None:
    await queue.deliver(
        spec(quotas={"per_annotator": 3, "total": 4}, lease_seconds=5),
        *(task(n) for n in range(1, 9)),
    )
    first, second, third = await queue.lease("ada", count=9)
    await queue.answer("ada", first, GOOD)
    full = await queue.lease("ada")

    await queue.skip("ada", second, "other")
    await queue.release("ada", third)
    again = await queue.lease("ada", count=9)
    bob = await queue.lease("bob", count=9)
    await queue.expire()
    after = [len(await queue.lease(name, count=9)) for name in ("bob", "ada")]

    assert full == []
    assert (len(again), len(bob)) == (2, 1)
    assert after == [3, 0]


async def test_a_quota_that_a_new_version_changes_holds_from_then_on(queue: Queue) -> None:
    await queue.deliver(spec(quotas={"per_annotator": 1}), *(task(n) for n in range(1, 5)))
    granted = [len(await queue.lease("ada", count=9))]

    fresh = [task(n, spec_version=2) for n in range(11, 15)]
    await queue.deliver(spec(2, quotas={"per_annotator": 3}), *fresh)
    granted.append(len(await queue.lease("ada", count=9)))

    assert granted == [1, 2]


async def test_honeypots_count_towards_a_quota_as_work_does(queue: Queue) -> None:
    await queue.deliver(
        spec(quotas={"per_annotator": 6}, honeypots={**ALWAYS, "first_rate": 0.5, "rate": 0.5}),
        *(task(n) for n in range(1, 21)),
        *(honeypot(n) for n in range(1, 21)),
    )

    granted = [lease for _ in range(MANY) for lease in await queue.lease("ada")]

    assert len(granted) == 6
    assert {text.split()[0] for text in texts(granted)} == {"gold", "text"}


# --- open leases


async def test_nobody_holds_more_leases_than_one_may(
    fresh_database: Any, migrated: str, tokens: testing.Tokens
) -> None:
    url = fresh_database(template=migrated)
    app = create_app(testing.settings(Settings, tokens, url, open_leases_max=4))
    async with testing.serving(app) as http:
        queue = Queue(app, http, tokens)
        await queue.deliver(spec(), *(task(n) for n in range(1, 21)))

        granted = await at_once(*(queue.lease("ada", count=3) for _ in range(MANY)))
        full = await queue.lease("ada")
        await queue.answer("ada", granted[0], GOOD)
        one_more = await queue.lease("ada", count=9)

    assert len(granted) == 4
    assert full == []
    assert len(one_more) == 1


async def test_a_prefetch_never_holds_an_item_twice(queue: Queue) -> None:
    """This includes work and its review, two tasks, and work and a honeypot."""
    await queue.deliver(
        spec(honeypots=ALWAYS),
        *(task(n) for n in range(1, 7)),
        *(review(n) for n in (1, 2)),
        conflict(n=3),
        *(task(10 + n, item_id=task(n).item_id) for n in (4, 5)),
        *(honeypot(n, item_id=task(n).item_id) for n in range(1, 7)),
    )
    roles = ("annotator", "reviewer", "adjudicator")

    granted = [lease for _ in range(4) for lease in await queue.lease("ada", *roles, count=4)]

    items = await queue.sql(
        "SELECT w.item_id FROM leases l JOIN work w USING (work_id) ORDER BY l.leased_at"
    )
    counts = Counter(row["item_id"] for row in items)
    assert len(granted) == len(items) == 6
    assert set(counts.values()) == {1}


async def test_a_prefetch_never_holds_two_honeypots_about_one_item(queue: Queue) -> None:
    """This can happen while the first is being withdrawn because its gold has changed."""
    await queue.deliver(
        spec(redundancy=20, honeypots=ALWAYS),
        *(task(n, redundancy=20) for n in range(1, 5)),
        *(honeypot(n, item_id=honeypot(1).item_id) for n in range(1, 4)),
    )

    granted = [texts(await queue.lease(f"a{n}", count=4)) for n in range(8)]

    assert {sum(one.startswith("gold") for one in mine) for mine in granted} == {1}


# --- pauses


async def pause(queue: Queue, role: str, *, paused: bool, project: str = "p") -> int:
    who = queue.tokens.bearer("olga", role)
    url = f"/v1/projects/{project}/pause"
    return (await queue.http.put(url, json={"paused": paused}, headers=who)).status_code


async def test_a_paused_project_gives_nothing_and_takes_what_is_held(queue: Queue) -> None:
    await queue.deliver(spec(), *(task(n) for n in range(1, 5)))
    await queue.deliver(spec(project="q"), task(9, project="q", priority=0))
    held, other = await queue.lease("ada", projects=["p"], count=2)

    assert await pause(queue, "spec_owner", paused=True) == 204
    granted = texts(await queue.lease("bob", count=9))
    answer = await queue.explain("bob")
    answered = await queue.answer("ada", held, GOOD)
    beaten = await queue.http.post(
        f"/v1/leases/{other['lease_id']}/heartbeat", headers=queue.tokens.bearer("ada", "annotator")
    )
    assert await pause(queue, "spec_owner", paused=False) == 204

    assert granted == ["text 9"]
    assert answer["would_get"] == "nothing"
    assert "1 or more wait, but the project is paused." in answer["sentences"]
    assert (answered.status_code, beaten.status_code) == (201, 200)
    assert texts(await queue.lease("bob", count=9)) == ["text 1", "text 2", "text 3", "text 4"]


async def test_a_long_poll_is_woken_when_a_project_goes_on(queue: Queue) -> None:
    await queue.deliver(spec(), task())
    await pause(queue, "admin", paused=True)
    waiting = asyncio.create_task(queue.lease("ada", wait_seconds=25))
    await asyncio.sleep(0.2)
    assert not waiting.done()

    await pause(queue, "admin", paused=False)

    assert texts(await asyncio.wait_for(waiting, 10)) == ["text 1"]


async def test_only_a_lead_pauses_a_project_and_only_one_that_there_is(queue: Queue) -> None:
    await queue.deliver(spec(), task())

    codes = [await pause(queue, role, paused=True) for role in ("annotator", "pipeline", "sre")]
    unknown = await pause(queue, "admin", paused=True, project="nowhere")
    who = queue.tokens.bearer("olga", "spec_owner", projects=["q"])
    foreign = await queue.http.put("/v1/projects/p/pause", json={"paused": True}, headers=who)

    assert codes == [403, 403, 403]
    assert (unknown, foreign.status_code) == (404, 404)
    assert len(await queue.lease("ada")) == 1


# --- honeypots


async def test_a_honeypot_is_shown_to_so_many_people_and_no_more(queue: Queue) -> None:
    await queue.deliver(
        spec(redundancy=9, honeypots={**ALWAYS, "exposure_max": 3}),
        *(task(n, redundancy=9) for n in range(1, 4)),
        honeypot(1),
        honeypot(2),
    )

    granted = [texts([lease])[0] for n in range(8) for lease in await queue.lease(f"a{n}", count=2)]

    counts = Counter(text for text in granted if text.startswith("gold"))
    assert counts == {"gold 1": 3, "gold 2": 3}
    assert len(granted) == 16


async def test_a_honeypot_that_was_taken_back_is_given_to_nobody(queue: Queue) -> None:
    """Its item or its gold has changed, so that annotations would be scored wrongly."""
    await queue.deliver(
        spec(honeypots=ALWAYS), *(task(n) for n in range(1, 9)), honeypot(1), honeypot(2)
    )
    [held] = await queue.lease("ada")
    gone = 1 if texts([held]) == ["gold 1"] else 2

    await queue.deliver(withdrawn(honeypot(gone).task_id.int, reason="item_changed"))
    refused = await queue.answer("ada", held, GOOD)
    granted = texts(await queue.lease("bob", count=9))

    assert (refused.status_code, refused.json()["type"]) == (409, "urn:problem:withdrawn")
    assert f"gold {gone}" not in granted
    assert f"gold {3 - gone}" in granted


# --- withdrawal


async def test_a_withdrawn_task_is_given_to_nobody_and_a_late_answer_is_refused(
    queue: Queue,
) -> None:
    await queue.deliver(spec(), task(1), task(2))
    held, kept = await queue.lease("ada", count=2)
    await queue.put("ada", held, "draft", {"draft": {"mood": "good"}})

    await queue.deliver(withdrawn(1))
    refused = await queue.answer("ada", held, GOOD)
    skipped = await queue.skip("ada", held, "other")
    given_back = await queue.release("ada", held)

    problem = "urn:problem:withdrawn"
    assert (refused.status_code, refused.json()["type"]) == (409, problem)
    assert (skipped.status_code, skipped.json()["type"]) == (409, problem)
    assert given_back.status_code == 204
    assert texts(await queue.lease("bob", count=9)) == ["text 2"]
    assert (await queue.answer("ada", kept, GOOD)).status_code == 201
    assert [event.task_id.int for event in await queue.published()] == [2]


async def test_a_withdrawn_task_comes_back_by_nothing_that_is_heard_later(queue: Queue) -> None:
    await queue.deliver(spec(), task(1))
    [held] = await queue.lease("ada")

    await queue.deliver(withdrawn(1), reprioritized(1, 9), conflict(n=1), task(1))
    await queue.release("ada", held)
    await queue.expire()

    assert await queue.lease("bob", "annotator", "adjudicator", count=9) == []


async def test_an_adjudication_ends_when_its_task_is_withdrawn(queue: Queue) -> None:
    await queue.deliver(spec(), task(1), conflict(n=1))
    [held] = await queue.lease("cyd", "adjudicator")

    await queue.deliver(withdrawn(1))

    refused = await queue.settle("cyd", held)
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:problem:withdrawn")


# --- bulk


async def test_other_calls_are_served_while_many_annotations_in_bulk_are_checked(
    queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = 6 * annotations.CHECKS_PER_YIELD
    await queue.deliver(spec(), *(task(n) for n in range(1, count + 1)))
    turns, turn, check = set(), 0, annotations._Bulk.add

    async def count_turns() -> None:
        nonlocal turn
        while True:
            turn += 1
            await asyncio.sleep(0)

    async def check_in_turn(bulk: Any, *arguments: Any) -> None:
        turns.add(turn)
        await check(bulk, *arguments)

    monkeypatch.setattr(annotations._Bulk, "add", check_in_turn)
    answers = [{"external_id": f"x{n}", "label": GOOD} for n in range(1, count + 1)]
    who = queue.tokens.bearer("gpt", "annotator", kind="model")
    counting = asyncio.create_task(count_turns())
    accepted = await queue.http.post(
        "/v1/annotations/bulk", json={"project": "p", "annotations": answers}, headers=who
    )
    counting.cancel()

    assert accepted.json()["accepted"] == count
    assert len(turns) >= 6


async def test_no_more_is_taken_in_bulk_while_much_is_still_to_be_sent(
    queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(annotations, "BACKLOG_MAX", 3)
    await queue.deliver(spec(), *(task(n) for n in range(1, 6)))
    who = queue.tokens.bearer("gpt", "annotator", kind="model")

    async def send(*names: str) -> Any:
        answer = [{"external_id": name, "label": GOOD} for name in names]
        body = {"project": "p", "annotations": answer}
        return await queue.http.post("/v1/annotations/bulk", json=body, headers=who)

    taken = [await send("x1", "x2"), await send("x3")]
    refused = await send("x4")
    human = await queue.lease("ada")
    answered = await queue.answer("ada", human[0], GOOD)
    sent = await queue.published()
    again = await send("x4")

    assert [one.status_code for one in taken] == [200, 200]
    assert refused.status_code == 429
    assert refused.headers["retry-after"] == "5"
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["type"] == "urn:problem:backlogged"
    assert answered.status_code == 201
    assert len(sent) == 4
    assert again.json() == {"accepted": 1, "unchanged": 0, "refused": []}


async def test_a_label_that_no_event_could_carry_is_refused_and_the_next_is_taken(
    queue: Queue,
) -> None:
    published = spec()
    fields = [{"name": "mood", "kind": "text", "max_length": 100_000}]
    document = {**published.document, "fields": fields}
    published = published.model_copy(update={"document": document, "spec_hash": "f" * 64})
    await queue.deliver(published, task())
    [lease] = await queue.lease("ada")

    refused = await queue.answer("ada", lease, {"mood": "é" * 50_000})
    taken = await queue.answer("ada", lease, {"mood": "é" * 49_000})

    assert refused.status_code == 422
    assert [(one["pointer"], one["keyword"]) for one in refused.json()["errors"]] == [
        ("/label", "size")
    ]
    assert taken.status_code == 201
