"""Tests of explanations."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from queue_harness import (
    GOOD,
    NOW,
    Queue,
    conflict,
    review,
    spec,
    task,
    texts,
    withdrawn,
)

from chassis import testing
from queue_service.app import create_app
from queue_service.settings import Settings
from queue_service.store import views

WAIT = "tasks with a free slot wait at the stages adjudicate, review, annotate."
MINE = "tasks with a free slot wait at the stages annotate."
NEXT = "Next comes a task of type mood at the stage annotate, priority 5."
OPEN = "are open to you, except those about items that you have seen."
ALL = ("annotator", "reviewer", "adjudicator")


async def sentences(queue: Queue, name: str = "ada", *roles: str, **query: Any) -> list[str]:
    """Return the sentences for a caller."""
    answer = await queue.explain(name, *roles, **query)
    found: list[str] = answer["sentences"]
    assert (answer["would_get"] == "work") == found[0].startswith("Next comes")
    return found


async def exactly(queue: Queue, name: str = "ada") -> list[str]:
    """Return the sentences for a lead about an annotator, with exact numbers."""
    about = queue.tokens.pseudonym(name)
    return await sentences(queue, "olga", "spec_owner", annotator=about)


# --- sentences


async def test_what_comes_next_is_told_with_its_deadline(queue: Queue) -> None:
    await queue.deliver(spec(), task(1), task(2, priority=8, due_at=NOW))

    first = await exactly(queue)
    assert texts(await queue.lease("ada")) == ["text 2"]
    second = await exactly(queue)

    due = "2026-01-01T00:00:00+00:00"
    answer = f"Next comes a task of type mood at the stage annotate, priority 8, due {due}."
    assert first == [answer, f"2 {WAIT}", f"2 {OPEN}"]
    assert second[0] == NEXT


async def test_it_is_told_how_many_leases_are_held(queue: Queue) -> None:
    await queue.deliver(spec(), task(1), task(2), task(3))
    await queue.lease("ada", count=2)

    answer = [await sentences(queue), await exactly(queue)]

    assert {one[-1] for one in answer} == {"You hold 2 leases; GET /v1/leases lists what you hold."}


async def test_whoever_holds_as_many_as_one_may_is_told_so(
    fresh_database: Any, migrated: str, tokens: testing.Tokens
) -> None:
    own = testing.settings(Settings, tokens, fresh_database(template=migrated), open_leases_max=2)
    app = create_app(own)
    async with testing.serving(app) as http:
        queue = Queue(app, http, tokens)
        await queue.deliver(spec(), task(1), task(2), task(3))
        await queue.lease("ada", count=9)

        answer = await exactly(queue)

    assert answer[0] == "You hold 2 leases, which is the limit: submit or release some."
    assert f"3 {OPEN}" in answer


async def test_whoever_has_reached_its_quota_is_told_so(queue: Queue) -> None:
    await queue.deliver(spec(quotas={"per_annotator": 2}), task(1), task(2), task(3))
    for lease in await queue.lease("ada", count=9):
        await queue.answer("ada", lease, GOOD)

    answer = await exactly(queue)

    assert answer[0] == "You have had 2 tasks, which is the limit per annotator in this project."
    assert (await exactly(queue, "bob"))[0] == NEXT


async def test_that_the_quota_of_the_project_is_reached_is_told(queue: Queue) -> None:
    await queue.deliver(spec(quotas={"total": 2}), task(1), task(2), task(3))
    before = await exactly(queue)
    await queue.lease("bob", count=9)

    answer = await exactly(queue)

    assert before[0] == NEXT
    assert answer[0] == "2 tasks of the project were given, which is the limit of its quota."


async def test_a_pause_is_told(queue: Queue) -> None:
    await queue.deliver(spec(), task(1), task(2, skills=["french"]))
    await queue.sql("UPDATE projects SET paused = true")

    assert await exactly(queue) == [f"2 {WAIT}", "2 wait, but the project is paused."]


async def test_a_suspension_is_told(queue: Queue) -> None:
    await queue.deliver(
        spec(), task(1), task(2, skills=["french"]), queue.has_standing("ada", "suspended")
    )

    why = "2 wait, but your work in this project is suspended; ask a lead for the reason."
    assert await exactly(queue) == [f"2 {WAIT}", why]


async def test_the_skills_that_are_lacking_are_named_with_their_levels(queue: Queue) -> None:
    await queue.deliver(
        spec(),
        task(1, skills=["french>=3", "care"]),
        task(2, skills=["french>=3", "care"]),
        task(3, skills=["german"]),
        queue.has_skill("ada", "care", 1),
        queue.has_skill("ada", "french", 2),
    )

    assert sorted(await exactly(queue)) == [
        "1 need german>=1, which you do not have.",
        "2 need french>=3, which you do not have.",
        f"3 {WAIT}",
    ]


async def test_what_was_declined_is_told_with_the_skill_that_it_needs(queue: Queue) -> None:
    await queue.deliver(spec(), *(task(n, skills=["french"]) for n in (1, 2, 3)))
    await queue.deliver(queue.has_skill("ada", "french", 1))
    [lease] = await queue.lease("ada")
    await queue.skip("ada", lease, "not_my_skill")

    why = "3 need french>=1; you skipped such a task with the reason not_my_skill."
    assert await exactly(queue) == [f"3 {WAIT}", why]


async def test_that_others_are_asked_first_is_told(queue: Queue) -> None:
    await queue.deliver(spec(), task(), queue.has_standing("eve", "good"))
    who = queue.tokens.pseudonym("eve")
    await queue.sql("INSERT INTO history VALUES ($1, 'mood', 'adjudicate', 10, now())", who)
    await queue.deliver(conflict())

    why = "1 go to people who have experience in such work first, and to you later."
    assert await exactly(queue) == [f"1 {WAIT}", why]
    assert (await exactly(queue, "eve"))[0].startswith("Next comes a task")


async def test_whoever_has_seen_all_that_waits_is_told_so(queue: Queue) -> None:
    await queue.deliver(spec(), task(1), task(2))
    for lease in await queue.lease("ada", count=9):
        await queue.answer("ada", lease, GOOD)

    assert await exactly(queue) == [f"2 {WAIT}", f"2 {OPEN}"]


async def test_an_empty_queue_is_told(queue: Queue) -> None:
    await queue.deliver(spec(), task(1, redundancy=1), withdrawn(1))

    assert await exactly(queue) == [f"0 {WAIT}"]
    assert await sentences(queue) == [f"no {MINE}"]


async def test_where_very_much_waits_it_is_not_counted_to_the_end(queue: Queue) -> None:
    await queue.deliver(spec(), task())
    await queue.sql(
        "INSERT INTO ready SELECT work_id + n, pool, rank, due, slots, changed_xid,"
        " gen_random_uuid(), batch, spec_version, since FROM ready, generate_series(1, $1) AS n",
        views.COUNTED_MAX,
    )

    assert f"at least 10000 {WAIT}" in await exactly(queue)


async def test_whoever_has_no_role_for_a_stage_is_told_so(queue: Queue) -> None:
    await queue.deliver(spec(), task())

    assert await sentences(queue, "olga", "spec_owner") == ["None of your roles allows a stage."]


async def test_only_the_stages_of_the_callers_roles_are_told_of(queue: Queue) -> None:
    numbers = range(1, 13)
    await queue.deliver(spec(), *(task(n) for n in numbers), *(conflict(n=n) for n in numbers[1:]))

    assert f"1 or more {MINE}" in await sentences(queue)
    assert f"10 or more {WAIT}" in await sentences(queue, "ada", *ALL)


async def test_what_an_annotator_is_told_does_not_change_with_a_lease(queue: Queue) -> None:
    """Changes of counts, priority or deadline would distinguish work from a honeypot."""
    soon = NOW + timedelta(hours=1)
    await queue.deliver(
        spec(), *(task(n, priority=n % 10, due_at=soon if n % 3 else None) for n in range(1, 40))
    )

    answer = []
    for _ in range(15):
        answer.append(await sentences(queue))
        await queue.lease("bob")
        await queue.lease("cyd")

    next_one = "Next comes a task of type mood at the stage annotate."
    assert answer == [[next_one, f"10 or more {MINE}", f"10 or more {OPEN}"]] * 15


# --- permissions


@pytest.mark.parametrize("role", ["spec_owner", "admin"])
async def test_a_lead_asks_about_somebody_else(queue: Queue, role: str) -> None:
    await queue.deliver(spec(), task(1), task(2, skills=["french"]), review(1))
    await queue.deliver(queue.has_skill("ada", "french", 1))
    await queue.lease("ada")

    answer = await sentences(queue, "olga", role, annotator=queue.tokens.pseudonym("ada"))

    assert f"3 {WAIT}" in answer
    assert answer[-1] == "You hold 1 lease; GET /v1/leases lists what you hold."
    assert not any("need" in one for one in answer)


@pytest.mark.parametrize("roles", [("annotator",), ALL])
async def test_an_annotator_asks_about_nobody_else(queue: Queue, roles: Sequence[str]) -> None:
    await queue.deliver(spec(), task())
    who = queue.tokens.bearer("ada", *roles)
    ids = {name: queue.tokens.pseudonym(name) for name in ("ada", "bob")}

    codes = []
    for annotator in ids.values():
        query = {"project": "p", "annotator": annotator}
        codes.append((await queue.http.get("/v1/explain", params=query, headers=who)).status_code)

    assert codes == [200, 403]


@pytest.mark.parametrize(
    ("claims", "query", "code"),
    [
        ({"roles": ["annotator"]}, {"project": "nowhere"}, 404),
        ({"roles": ["annotator"], "projects": ["q"]}, {"project": "p"}, 404),
        ({"roles": ["trainer"]}, {"project": "p"}, 403),
        ({"roles": ["admin"]}, {"project": "p", "annotator": "ada"}, 422),
        ({"roles": ["annotator"]}, {}, 422),
    ],
)
async def test_what_cannot_be_explained_is_refused(
    queue: Queue, claims: dict[str, Any], query: dict[str, str], code: int
) -> None:
    await queue.deliver(spec(), task())
    who = queue.tokens.bearer("ada", **claims)

    assert (await queue.http.get("/v1/explain", params=query, headers=who)).status_code == code


async def test_the_kind_of_whoever_asks_is_told(queue: Queue) -> None:
    await queue.deliver(spec(), task(redundancy=1))
    await queue.lease("bob")
    who = queue.tokens.bearer("gpt", "annotator", kind="model")

    answer = (await queue.http.get("/v1/explain", params={"project": "p"}, headers=who)).json()

    assert (answer["kind"], answer["would_get"]) == ("model", "work")
    assert (await queue.explain("ada"))["kind"] == "human"
