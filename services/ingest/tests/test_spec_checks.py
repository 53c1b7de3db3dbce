"""The check of a specification over HTTP, and the templates to begin one with."""

from typing import Any

import pytest

SPEC = {
    "task_type": "mood",
    "fields": [{"name": "mood", "kind": "choice", "options": ["good", "bad"]}],
    "guidelines": [{"id": "R1", "text": "Good songs are good, all others bad."}],
}
FAULTY = {
    "fields": [{"name": "mood", "kind": "chioce"}, {"name": "Mood", "kind": "rating"}],
    "guidelines": [{"id": "one", "text": ""}],
    "policy": {"redundancy": "three", "decide_fields": {"tone": {}}},
}


async def test_a_check_finds_what_publishing_refuses_in_the_same_sentences(ingest: Any) -> None:
    checked = await ingest.post("/specs/check", FAULTY)
    published = await ingest.post("/specs", FAULTY)

    assert (checked.status_code, published.status_code) == (200, 422)
    problems = checked.json()["problems"]
    names = ("pointer", "keyword", "message")
    assert [{name: found[name] for name in names} for found in problems] == published.json()[
        "errors"
    ]
    assert {found["pointer"] for found in problems} == {
        "/task_type",
        "/fields/0/kind",
        "/fields/1/name",
        "/guidelines/0/id",
        "/guidelines/0/text",
        "/policy/redundancy",
        "/policy/decide_fields/tone",
    }


async def test_a_check_warns_and_stores_nothing(ingest: Any) -> None:
    checked = await ingest.post_ok("/specs/check", {**SPEC, "policy": {"redundancy_max": 5}})

    assert checked["problems"] == []
    keywords = [warning["keyword"] for warning in checked["warnings"]]
    assert keywords == ["no_effect", "needs_adjudicator"]
    assert (await ingest.view())["spec_version"] is None
    assert await ingest.published(object) == []


@pytest.mark.parametrize(
    ("role", "status"), [("spec_owner", 200), ("admin", 200), ("pipeline", 403)]
)
async def test_owners_check(ingest: Any, tokens: Any, role: str, status: int) -> None:
    headers = tokens.bearer("ada", role)
    answer = await ingest.http.post("/v1/projects/p/specs/check", json=SPEC, headers=headers)
    unknown = await ingest.http.post(
        "/v1/projects/q/specs/check", json=SPEC, headers=tokens.bearer("ada", "admin")
    )

    assert (answer.status_code, unknown.status_code) == (status, 404)


async def test_every_template_can_be_published(ingest: Any) -> None:
    listed = await ingest.http.get("/v1/spec-templates", headers=ingest.owner)

    templates = listed.json()
    assert [template["name"] for template in templates] == sorted(
        template["name"] for template in templates
    )
    for version, template in enumerate(templates, 1):
        assert template["title"]
        published = await ingest.post_ok("/specs", template["document"])
        assert published["version"] == version
