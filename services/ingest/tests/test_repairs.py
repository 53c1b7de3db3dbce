"""Repairs: items that annotators report as bad data, from the first report to their closing."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chassis import testing
from chassis.schedules import Runner
from ingest_service import metrics, schedules
from ingest_service.operations import repairs
from schemas.events import TaskCreated, TaskSkipped
from schemas.vocabulary import item_id

NOW = datetime(2026, 1, 1, tzinfo=UTC)
PATH = "/v1/projects/p/repairs"


def skip(task: TaskCreated, who: str = "ada", *, minute: int = 0, **more: Any) -> TaskSkipped:
    facts: dict[str, Any] = {
        "project": task.project,
        "task_id": task.task_id,
        "item_id": task.item_id,
        "spec_version": task.spec_version,
        "purpose": task.purpose,
        "stage": "annotate",
        "annotator": who.encode().hex().ljust(32, "0"),
        "reason": "bad_data",
    }
    return TaskSkipped(occurred_at=NOW + timedelta(minutes=minute), **{**facts, **more})


async def task_of(ingest: Any, text: str = "?", name: str = "x", path: str = "/items") -> Any:
    """Import an item with this payload; return its task."""
    label = {"label": {"mood": "good"}} if path == "/gold" else {}
    await ingest.post_ok(path, [{"external_id": name, "payload": {"text": text}, **label}])
    return (await ingest.published(TaskCreated))[-1]


async def listed(ingest: Any, **params: Any) -> Any:
    answer = await ingest.http.get(PATH, params=params, headers=ingest.owner)
    assert answer.status_code == 200, answer.text
    return answer.json()["repairs"]


async def close(ingest: Any, item: Any, **request: Any) -> Any:
    return await ingest.http.post(f"{PATH}/{item}/close", headers=ingest.owner, **request)


async def test_a_repair_counts_its_reports_and_has_the_time_of_the_first(ingest: Any) -> None:
    await ingest.publish()
    task = await task_of(ingest)

    await ingest.deliver(
        skip(task, "ada", minute=1, note="no text"),
        skip(task, "bob", minute=2),
        skip(task, "eve", minute=4, stage="adjudicate", note="cut off"),
        skip(task, "bob", minute=3, note=""),
    )

    [repair] = await listed(ingest)
    assert repair == {
        "item_id": str(task.item_id),
        "external_id": "x",
        "revision": 1,
        "gold": False,
        "people": 3,
        "notes": ["cut off", "no text"],
        "first_at": "2026-01-01T00:01:00Z",
        "last_at": "2026-01-01T00:04:00Z",
        "state": "open",
        "closed_at": None,
        "closed_by": None,
        "closing_note": None,
    }


@pytest.mark.parametrize(
    "reason", ["guideline_does_not_cover", "two_labels_fit", "not_my_skill", "other"]
)
async def test_other_reasons_ask_for_no_repair(ingest: Any, reason: str) -> None:
    await ingest.publish()

    await ingest.deliver(skip(await task_of(ingest), reason=reason))

    assert await listed(ingest) == []


async def test_gold_can_be_bad_too_and_only_owners_see_repairs(
    ingest: Any, tokens: testing.Tokens
) -> None:
    await ingest.publish()
    work, honeypot = await task_of(ingest), await task_of(ingest, "gold", "g", "/gold")

    await ingest.deliver(skip(work), skip(honeypot, minute=1))

    assert honeypot.purpose == "honeypot"
    assert [entry["gold"] for entry in await listed(ingest)] == [False, True]
    for role in ("annotator", "reviewer", "adjudicator", "trainer", "sre"):
        headers = tokens.bearer("ada", role)
        answers = [
            await ingest.http.get(PATH, headers=headers),
            await ingest.http.post(f"{PATH}/{work.item_id}/close", headers=headers),
        ]
        assert [entry.status_code for entry in answers] == [403, 403]
    for role in ("pipeline", "spec_owner", "admin"):
        answer = await ingest.http.get(PATH, headers=tokens.bearer("ada", role))
        assert answer.status_code == 200
    foreign = tokens.bearer("ada", "admin", projects=["q"])
    assert (await ingest.http.get(PATH, headers=foreign)).status_code == 404


async def test_another_payload_closes_a_repair_and_late_reports_on_the_old_one_open_none(
    ingest: Any,
) -> None:
    await ingest.publish()
    old = await task_of(ingest, "?")
    await ingest.deliver(skip(old, "ada"))
    await task_of(ingest, "elsewhere", "y")
    assert len(await listed(ingest)) == 1

    new = await task_of(ingest, "mended")
    await ingest.deliver(skip(old, "bob", minute=5))

    assert await listed(ingest) == []
    [changed] = await listed(ingest, state="changed")
    assert (changed["revision"], changed["people"], changed["closed_by"]) == (1, 2, None)
    await ingest.deliver(skip(new, "ada", minute=6))
    [again] = await listed(ingest)
    assert (again["revision"], again["people"]) == (2, 1)
    late = await close(ingest, new.item_id)
    assert (late.json()["revision"], late.json()["state"]) == (2, "right")


async def test_a_report_on_an_old_payload_opens_no_repair(ingest: Any) -> None:
    await ingest.publish()
    old = await task_of(ingest, "?")
    await task_of(ingest, "mended")

    await ingest.deliver(skip(old))

    assert await listed(ingest) == []
    [changed] = await listed(ingest, state="changed")
    assert changed["closed_at"] is not None
    closed = await close(ingest, old.item_id)
    assert (closed.status_code, closed.json()) == (200, changed)


async def test_confirming_the_data_closes_a_repair_and_repeating_it_changes_nothing(
    ingest: Any, tokens: testing.Tokens
) -> None:
    await ingest.publish()
    task = await task_of(ingest)
    await ingest.deliver(skip(task))

    first = await close(ingest, task.item_id, json={"note": "It is meant to be short."})
    again = await close(ingest, task.item_id)
    await ingest.deliver(skip(task, "bob", minute=9))

    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json() == again.json()
    assert first.json()["closing_note"] == "It is meant to be short."
    assert first.json()["closed_by"] == tokens.pseudonym("olga")
    assert await listed(ingest) == []
    [right] = await listed(ingest, state="right")
    assert right == {**first.json(), "people": 2, "last_at": "2026-01-01T00:09:00Z"}


async def test_an_item_without_a_report_cannot_be_closed(ingest: Any) -> None:
    await ingest.publish()
    task = await task_of(ingest)

    answers = [
        await close(ingest, task.item_id),
        await close(ingest, "nonsense"),
        await close(ingest, task.item_id, json={"note": 1}),
        await ingest.http.get("/v1/projects/nowhere/repairs", headers=ingest.owner),
        await ingest.http.get(f"{PATH}?after=here", headers=ingest.owner),
        await ingest.http.get(
            PATH, params={"after": f"0001-01-01T00:00+14:00~{task.item_id}"}, headers=ingest.owner
        ),
        await ingest.http.get(f"{PATH}?state=bad", headers=ingest.owner),
    ]

    assert [entry.status_code for entry in answers] == [404, 422, 422, 404, 422, 422, 422]
    kinds = [entry.json()["type"].removeprefix("urn:problem:") for entry in answers]
    assert kinds[0::3] == ["unknown-repair", "unknown-project", "invalid"]
    assert kinds[4] == "bad-cursor"


@pytest.mark.parametrize("path", ["/items", "/gold", "/signals"])
async def test_a_report_on_an_unknown_item_is_deferred_until_it_is_known(
    ingest: Any, path: str
) -> None:
    await ingest.publish()
    task = await task_of(ingest, name="other")
    unknown = item_id("p", "x", "")
    await ingest.deliver(skip(task, item_id=unknown, note="torn"))
    assert await listed(ingest) == []

    more = {"kind": "eval_regression"} if path == "/signals" else {}
    label = {"label": {"mood": "good"}} if path == "/gold" else {}
    body = [{"external_id": "x", "payload": {"text": "?"}, **more, **label}]
    await ingest.post_ok(path, body)

    [repair] = await listed(ingest)
    assert (repair["item_id"], repair["notes"]) == (str(unknown), ["torn"])


async def test_a_replay_into_an_empty_inbox_changes_nothing(ingest: Any) -> None:
    await ingest.publish()
    task = await task_of(ingest)
    events = [skip(task, "ada", note="torn"), skip(task, "bob", minute=1)]
    await ingest.deliver(*events)
    before = await listed(ingest)

    await ingest.deliver(*events)
    async with ingest.database.transaction() as transaction:
        await (await transaction.connection()).execute("DELETE FROM inbox")
    await ingest.deliver(*reversed(events))

    assert await listed(ingest) == before


async def test_repairs_are_listed_by_their_first_report_in_pages(
    ingest: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repairs, "PAGE", 2)
    await ingest.publish()
    for n in range(5):
        task = await task_of(ingest, name=f"x{n}")
        await ingest.deliver(skip(task, minute=10 - n // 2))

    found: list[str] = []
    after: dict[str, str] = {}
    while True:
        answer = await ingest.http.get(PATH, params=after, headers=ingest.owner)
        found += [entry["external_id"] for entry in answer.json()["repairs"]]
        if answer.json()["next"] is None:
            break
        after = {"after": answer.json()["next"]}

    assert (found[0], set(found[1:3]), set(found[3:])) == ("x4", {"x2", "x3"}, {"x0", "x1"})


async def test_the_gauge_counts_open_repairs(ingest: Any) -> None:
    await ingest.publish()
    for name in ("x", "y", "z"):
        task = await task_of(ingest, name=name)
        await ingest.deliver(skip(task))
    await close(ingest, task.item_id)

    for schedule in schedules.SCHEDULES:
        await Runner(schedule, ingest.database).run_once()

    assert metrics.REPAIRS._value.get() == 2
