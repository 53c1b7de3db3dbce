"""The preview of a spec version at ingest, with a real PostgreSQL."""

from typing import Any

import pytest

from schemas.events import TaskCreated

FIELDS = [{"name": "mood", "kind": "choice", "options": ["good", "bad"]}]
WIDER = [{"name": "mood", "kind": "choice", "options": ["good", "bad", "odd"]}]
NARROWER = [{"name": "mood", "kind": "choice", "options": ["good", "odd"]}]
RULES = [{"id": "R1", "text": "Say how it sounds."}]


def body(fields: Any, **more: Any) -> dict[str, Any]:
    return {"task_type": "mood", "fields": fields, "guidelines": RULES, **more}


async def rows(ingest: Any) -> dict[str, int]:
    """Return the number of rows of each table."""
    async with ingest.database.transaction() as transaction:
        connection = await transaction.connection()
        names = await connection.fetch(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        )
        return {
            name: await connection.fetchval(f'SELECT count(*) FROM "{name}"') for (name,) in names
        }


async def project_with_items(ingest: Any, decided: Any) -> None:
    """Publish a spec; import three items, of which one is decided, and two gold labels."""
    await ingest.publish()
    items = [{"external_id": f"x{n}", "payload": {"text": f"text {n}"}} for n in range(3)]
    await ingest.post_ok("/items", items)
    gold = [
        {"external_id": f"g{n}", "payload": {"text": f"gold {n}"}, "label": {"mood": mood}}
        for n, mood in enumerate(("good", "bad"))
    ]
    await ingest.post_ok("/gold", gold)
    first = (await ingest.published(TaskCreated))[0]
    await ingest.deliver(decided(first))


async def test_a_wider_version_is_proved_to_keep_every_label(ingest: Any, decided: Any) -> None:
    await project_with_items(ingest, decided)

    found = await ingest.post_ok("/specs/preview", body(WIDER, relabel="touched"))

    assert [(c["part"], c["change"], c["name"]) for c in found.pop("changes")] == [
        ("option", "added", "odd")
    ]
    assert found == {
        "base_version": 1,
        "stays_valid": True,
        "fields": [{"field": "mood", "stays_valid": True, "refused": None}],
        "open_items": 2,
        "decided_items": 1,
        "gold": 2,
        "gold_refused": 0,
    }


async def test_a_narrower_version_names_the_answers_that_it_refuses(
    ingest: Any, decided: Any
) -> None:
    await project_with_items(ingest, decided)
    more = {"name": "why", "kind": "text"}

    found = await ingest.post_ok("/specs/preview", body([*NARROWER, more]))

    assert found["stays_valid"] is False
    [mood, why] = found["fields"]
    assert (mood["field"], mood["stays_valid"]) == ("mood", False)
    assert mood["refused"]["const"] == "bad"
    assert why == {"field": "why", "stays_valid": False, "refused": None}
    assert found["gold_refused"] == 2


async def test_a_preview_changes_nothing(ingest: Any, decided: Any) -> None:
    await project_with_items(ingest, decided)
    before = await rows(ingest)

    await ingest.post_ok("/specs/preview", body(NARROWER, relabel="all"))

    assert await rows(ingest) == before
    assert await ingest.published(object) == []
    assert (await ingest.view())["spec_version"] == 1


async def test_the_newest_version_again_changes_nothing(ingest: Any, decided: Any) -> None:
    await project_with_items(ingest, decided)

    found = await ingest.post_ok("/specs/preview", body(FIELDS))

    assert (found["changes"], found["open_items"], found["stays_valid"]) == ([], 0, True)


async def test_before_the_first_version_everything_is_added(ingest: Any) -> None:
    await ingest.post_ok("/items", [{"external_id": "x", "payload": {}}])

    found = await ingest.post_ok("/specs/preview", body(FIELDS))

    assert found["base_version"] is None
    assert {change["change"] for change in found["changes"]} == {"added"}
    assert (found["fields"], found["open_items"]) == ([], 0)


@pytest.mark.parametrize(("role", "status"), [("spec_owner", 200), ("pipeline", 403)])
async def test_owners_preview(ingest: Any, tokens: Any, role: str, status: int) -> None:
    await ingest.publish()

    answer = await ingest.http.post(
        "/v1/projects/p/specs/preview", json=body(WIDER), headers=tokens.bearer("ada", role)
    )

    assert answer.status_code == status


async def test_a_preview_of_an_invalid_document_is_refused_as_publishing_is(ingest: Any) -> None:
    faulty = body([{"name": "mood", "kind": "odd"}], policy={"redundancy": 0})

    previewed = await ingest.post("/specs/preview", faulty)
    published = await ingest.post("/specs", faulty)

    assert previewed.status_code == 422
    assert previewed.json()["errors"] == published.json()["errors"]
