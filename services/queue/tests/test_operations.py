"""Tests of the queue's operations through its API, against a real PostgreSQL."""

import asyncio
from datetime import UTC, datetime
from uuid import UUID, uuid4

from queue_harness import BAD, GOOD, NOW, Queue, conflict, spec, task

from queue_service.operations import annotations, leases
from schemas.events import (
    AnnotationSubmitted,
    LabelDecided,
    LeaseExpired,
    RedundancyRaised,
    TaskSkipped,
    TaskWithdrawn,
)


async def test_an_answer_ends_the_lease_and_leaves_as_an_event(queue: Queue) -> None:
    await queue.deliver(spec(), task())
    [lease] = await queue.lease("ada")

    answer = await queue.answer("ada", lease, GOOD)

    assert answer.status_code == 201
    [event] = await queue.published()
    assert isinstance(event, AnnotationSubmitted)
    assert event.task_id == UUID(int=1)
    assert event.label == GOOD
    assert event.annotator == queue.tokens.pseudonym("ada")
    assert lease["task_id"] != str(event.task_id)


async def test_the_same_answer_again_changes_nothing_and_another_is_refused(queue: Queue) -> None:
    await queue.deliver(spec(), task())
    [lease] = await queue.lease("ada")
    first = await queue.answer("ada", lease, GOOD)

    again = await queue.answer("ada", lease, GOOD)
    other = await queue.answer("ada", lease, BAD)

    assert again.status_code == 200
    assert again.json() == first.json()
    assert other.status_code == 409
    assert other.json()["type"] == "urn:problem:already-answered"
    assert len(await queue.published()) == 1


async def test_nobody_holds_what_others_hold_beyond_redundancy(queue: Queue) -> None:
    await queue.deliver(spec(), *(task(n) for n in range(1, 21)))

    held: list[tuple[int, str]] = []
    for _ in range(4):
        taken = await asyncio.gather(*(queue.lease(f"a{n}", count=5) for n in range(16)))
        held += [(n, one["payload"]["text"]) for n, leases in enumerate(taken) for one in leases]

    texts = [text for _, text in held]
    assert len(held) == len(set(held)) == 40
    assert all(texts.count(text) == 2 for text in set(texts))


async def test_two_who_ask_together_never_share_a_place_while_others_hold_locks(
    queue: Queue,
) -> None:
    await queue.deliver(spec(redundancy=1), task(1, redundancy=1), task(2, redundancy=1))
    async with queue.database.transaction() as other:
        held = await other.connection()
        await held.execute("SELECT 1 FROM work WHERE task_id = $1 FOR UPDATE", UUID(int=2))
        asking = [asyncio.create_task(queue.lease(name)) for name in ("ada", "bob")]
        done, waiting = await asyncio.wait(asking, timeout=0.5)
        assert len(done) == len(waiting) == 1, "what is locked is waited for, by whoever needs it"
        await other.end(keep=False)
        granted = await asyncio.gather(*asking)

    assert sorted(lease["payload"]["text"] for [lease] in granted) == ["text 1", "text 2"]


async def test_an_annotator_gets_each_task_once(queue: Queue) -> None:
    await queue.deliver(spec(), task(1), task(2))
    first = await queue.lease("ada", count=2)
    for lease in first:
        await queue.answer("ada", lease, GOOD)

    assert len(first) == 2
    assert await queue.lease("ada", count=5) == []


async def test_concurrent_calls_of_one_annotator_never_get_a_task_twice(queue: Queue) -> None:
    await queue.deliver(spec(), *(task(n) for n in range(1, 7)))

    taken = await asyncio.gather(*(queue.lease("ada", count=2) for _ in range(6)))

    texts = [lease["payload"]["text"] for leases in taken for lease in leases]
    assert sorted(texts) == sorted({f"text {n}" for n in range(1, 7)})


async def test_the_urgent_comes_first_then_the_early_deadline(queue: Queue) -> None:
    soon, later = datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC)
    await queue.deliver(
        spec(),
        task(1, priority=1),
        task(2, due_at=later),
        task(3, due_at=soon),
        task(4, priority=9),
    )

    order = [lease["payload"]["text"] for lease in await queue.lease("ada", count=4)]

    assert order == ["text 4", "text 3", "text 2", "text 1"]


async def test_the_task_closest_to_completion_comes_before_its_equals(queue: Queue) -> None:
    await queue.deliver(spec(), task(1), task(2))
    leases = await queue.lease("bob", count=2)
    await queue.answer("bob", leases[1], GOOD)
    await queue.http.delete(
        f"/v1/leases/{leases[0]['lease_id']}", headers=queue.tokens.bearer("bob", "annotator")
    )

    [next_one] = await queue.lease("ada")

    assert next_one["payload"]["text"] == leases[1]["payload"]["text"]


async def test_abandoned_work_is_offered_again_and_the_late_answer_is_refused(queue: Queue) -> None:
    await queue.deliver(spec(lease_seconds=5), task(1, redundancy=1))
    [lease] = await queue.lease("ada")
    assert await queue.lease("bob") == []

    async with queue.database.transaction() as transaction:
        await leases.expire_leases(transaction, datetime(2100, 1, 1, tzinfo=UTC))

    late = await queue.answer("ada", lease, GOOD)
    assert late.status_code == 409
    assert late.json()["type"] == "urn:problem:lease-expired"
    assert len(await queue.lease("bob")) == 1
    assert [type(event) for event in await queue.published()] == [LeaseExpired]


async def test_an_invalid_label_is_refused_with_its_place(queue: Queue) -> None:
    await queue.deliver(spec(), task())
    [lease] = await queue.lease("ada")

    answers = [await queue.answer("ada", lease, bad) for bad in ({"mood": "odd"}, {}, {"x": 1})]

    assert {answer.status_code for answer in answers} == {422}
    assert answers[0].json()["errors"][0]["pointer"] == "/label/mood"
    assert await queue.published() == []


async def test_a_skip_is_heard_and_somebody_else_is_asked(queue: Queue) -> None:
    await queue.deliver(spec(), task(1, redundancy=1))
    [lease] = await queue.lease("ada")

    done = await queue.http.post(
        f"/v1/leases/{lease['lease_id']}/skip",
        json={"reason": "guideline_does_not_cover"},
        headers=queue.tokens.bearer("ada", "annotator"),
    )

    assert done.status_code == 204
    [event] = await queue.published()
    assert isinstance(event, TaskSkipped)
    assert await queue.lease("ada") == []
    assert len(await queue.lease("bob")) == 1


async def test_a_conflict_goes_to_an_adjudicator_who_did_not_vote(queue: Queue) -> None:
    await queue.deliver(spec(), task())
    for name, label in (("ada", GOOD), ("bob", BAD)):
        [lease] = await queue.lease(name)
        await queue.answer(name, lease, label)
    votes = [event.annotation_id for event in await queue.published()]
    await queue.deliver(conflict(votes))

    assert await queue.lease("ada", "adjudicator") == []
    [lease] = await queue.lease("cyd", "adjudicator")
    settled = await queue.put(
        "cyd", lease, "adjudication", {"label": GOOD, "rationale": "clear", "cause": "slip"}
    )

    assert [vote["label"] for vote in lease["context"]["votes"]].count(GOOD) == 1
    assert settled.status_code == 201
    assert (await queue.published())[0].cause == "slip"
    assert await queue.lease("dan", "adjudicator") == []


async def test_what_is_heard_before_its_task_waits_for_it(queue: Queue) -> None:
    await queue.deliver(conflict([]))
    raised = RedundancyRaised(
        occurred_at=NOW, project="p", task_id=UUID(int=2), target=3, why="uncertain"
    )
    await queue.deliver(raised)

    await queue.deliver(task(1), task(2))
    await queue.deliver(spec())

    assert len(await queue.lease("cyd", "adjudicator")) == 1
    taken = [await queue.lease(name) for name in ("a", "b", "c", "d")]
    assert [len(leases) for leases in taken] == [1, 1, 1, 0]


async def test_a_decided_label_takes_the_free_slots_out(queue: Queue) -> None:
    await queue.deliver(spec(), task())
    [lease] = await queue.lease("ada")

    await queue.deliver(_decided(1))

    assert await queue.lease("bob") == []
    assert (await queue.answer("ada", lease, GOOD)).status_code == 201


async def test_labels_decided_in_one_batch_close_their_tasks_also_those_not_known_yet(
    queue: Queue,
) -> None:
    await queue.deliver(spec(), *(task(n) for n in range(1, 4)))

    await queue.deliver(_decided(3), _decided(5), _decided(1), _decided(1, decision_no=9))
    await queue.deliver(task(5), task(6))

    leased = {one["payload"]["text"] for one in await queue.lease("bob", count=9)}
    assert leased == {"text 2", "text 6"}


def _decided(n: int, decision_no: int = 1) -> LabelDecided:
    return LabelDecided(
        occurred_at=NOW,
        project="p",
        decision_no=decision_no,
        task_id=UUID(int=n),
        item_id=UUID(int=1000 + n),
        spec_version=1,
        label=GOOD,
        confidence=1.0,
        how="unanimous",
        why="all agree",
        annotation_ids=[],
    )


async def test_suspension_revokes_what_is_held(queue: Queue) -> None:
    await queue.deliver(spec(), task(1, redundancy=1))
    [lease] = await queue.lease("ada")

    await queue.deliver(queue.has_standing("ada", "suspended"))

    refused = await queue.answer("ada", lease, GOOD)
    assert refused.status_code == 409
    assert refused.json()["type"] == "urn:problem:suspended"
    assert await queue.lease("ada") == []
    assert len(await queue.lease("bob")) == 1


async def test_an_answer_under_a_superseded_spec_is_refused_and_the_draft_kept(
    queue: Queue,
) -> None:
    await queue.deliver(spec(1), task(1))
    [lease] = await queue.lease("ada")
    await queue.put("ada", lease, "draft", {"draft": {"mood": "good"}})

    await queue.deliver(
        spec(2),
        TaskWithdrawn(occurred_at=NOW, project="p", task_id=UUID(int=1), reason="superseded"),
        task(2, item_id=UUID(int=1001), spec_version=2),
    )

    refused = await queue.answer("ada", lease, GOOD)
    assert refused.status_code == 409
    assert refused.json()["type"] == "urn:problem:superseded"
    assert refused.json()["newest_version"] == 2
    [again] = await queue.lease("ada")
    assert again["spec_version"] == 2
    mine = await queue.http.get("/v1/leases", headers=queue.tokens.bearer("ada", "annotator"))
    drafts = {one["spec_version"]: one["draft"] for one in mine.json()["leases"]}
    assert drafts[2] == {"mood": "good"}


async def test_an_answer_can_be_changed_while_it_is_held(queue: Queue) -> None:
    await queue.deliver(spec(undo_seconds=60), task())
    [lease] = await queue.lease("ada")
    first = await queue.answer("ada", lease, GOOD)
    assert first.json()["held_until"] is not None
    assert await queue.published() == []

    changed = await queue.answer("ada", lease, BAD)
    async with queue.database.transaction() as transaction:
        await annotations.publish_due(transaction, "p", datetime(2100, 1, 1, tzinfo=UTC))

    assert changed.status_code == 200
    [event] = await queue.published()
    assert event.label == BAD
    assert (await queue.answer("ada", lease, GOOD)).status_code == 409


async def test_honeypots_come_in_place_of_work_and_look_like_it(queue: Queue) -> None:
    pots = [
        task(n, purpose="honeypot", task_id=uuid4(), item_id=uuid4(), external_id=f"g{n}")
        for n in range(100, 140)
    ]
    await queue.deliver(
        spec(honeypots={"first": 20, "first_rate": 0.5, "rate": 0.1}),
        *(task(n) for n in range(1, 41)),
        *pots,
    )

    leases = [lease for _ in range(10) for lease in await queue.lease("ada", count=3)]
    shapes = {tuple(sorted(lease)) for lease in leases}
    for lease in leases:
        await queue.answer("ada", lease, GOOD)

    purposes = [event.purpose for event in await queue.published()]
    assert len(shapes) == 1
    assert 4 <= purposes.count("honeypot") <= 20
    assert purposes.count("work") >= 10


async def test_only_a_pipeline_may_pick_items(queue: Queue) -> None:
    await queue.deliver(spec(), task(1), task(2))
    refused = await queue.http.post(
        "/v1/leases", json={"items": ["x2"]}, headers=queue.tokens.bearer("ada", "annotator")
    )

    [picked] = await queue.lease("ada", "annotator", "pipeline", items=["x2", "x9"], count=5)

    assert refused.status_code == 403
    assert picked["external_id"] == "x2"


async def test_a_model_votes_beside_people_and_takes_no_slot(queue: Queue) -> None:
    await queue.deliver(spec(), task(1, redundancy=1))
    who = queue.tokens.bearer("gpt", "annotator", kind="model")
    leased = await queue.http.post("/v1/leases", json={}, headers=who)
    [lease] = leased.json()["leases"]
    url = f"/v1/leases/{lease['lease_id']}/annotation"
    assert (await queue.http.put(url, json={"label": GOOD}, headers=who)).status_code == 201

    assert len(await queue.lease("ada")) == 1
    [event] = await queue.published()
    assert event.annotator_kind == "model"


async def test_a_long_poll_is_woken_by_new_work(queue: Queue) -> None:
    await queue.deliver(spec())
    waiting = asyncio.create_task(queue.lease("ada", wait_seconds=20))
    await asyncio.sleep(0.1)

    await queue.deliver(task())

    assert len(await asyncio.wait_for(waiting, 5)) == 1


async def test_hearing_everything_twice_changes_nothing(queue: Queue) -> None:
    received = [spec(), task(1), task(2), conflict([])]
    await queue.deliver(*received)
    async with queue.database.transaction() as transaction:
        await (await transaction.connection()).execute("DELETE FROM inbox")
    await queue.deliver(*received)

    assert len(await queue.lease("ada", count=9)) == 1
    assert len(await queue.lease("cyd", "adjudicator", count=9)) == 1


async def test_a_model_answers_in_bulk_once_and_what_is_wrong_is_told(queue: Queue) -> None:
    await queue.deliver(spec(), task(1), task(2), task(3))
    who = queue.tokens.bearer("gpt", "annotator", kind="model")
    labels = [("x1", GOOD), ("x2", {"mood": "odd"}), ("x3", BAD), ("x9", GOOD)]
    body = {"project": "p", "annotations": [{"external_id": x, "label": y} for x, y in labels]}

    first = (await queue.http.post("/v1/annotations/bulk", json=body, headers=who)).json()
    again = (await queue.http.post("/v1/annotations/bulk", json=body, headers=who)).json()

    assert (first["accepted"], first["unchanged"]) == (2, 0)
    assert [one["index"] for one in first["refused"]] == [1, 3]
    assert (again["accepted"], again["unchanged"]) == (0, 2)
    assert [event.label for event in await queue.published()] == [GOOD, BAD]
    assert len(await queue.lease("ada", count=9)) == 3
    human = queue.tokens.bearer("ada", "annotator")
    refused = await queue.http.post("/v1/annotations/bulk", json=body, headers=human)
    assert refused.status_code == 403


async def test_an_answer_that_another_release_stored_is_released_and_shown_to_an_adjudicator(
    queue: Queue,
) -> None:
    await queue.deliver(spec(undo_seconds=60, adjudication={"votes": "shown"}), task())
    [lease] = await queue.lease("ada")
    await queue.answer("ada", lease, GOOD)
    body = '{"label": {"mood": "good"}, "certainty": 3}'
    await queue.sql("UPDATE answers SET body = $1::jsonb", body)

    async with queue.database.transaction() as transaction:
        await annotations.publish_due(transaction, "p", datetime(2100, 1, 1, tzinfo=UTC))

    [event] = await queue.published()
    assert (event.label, event.rules, event.note, event.active_ms) == (GOOD, [], None, None)
    await queue.deliver(conflict([event.annotation_id]))
    [held] = await queue.lease("eve", "adjudicator")
    assert held["context"]["votes"] == [{"label": GOOD, "rules": [], "note": None}]
