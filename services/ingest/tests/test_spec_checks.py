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


async def test_a_check_of_a_valid_document_says_which_labels_it_allows(ingest: Any) -> None:
    valid = await ingest.post_ok("/specs/check", SPEC)
    faulty = await ingest.post_ok("/specs/check", FAULTY)

    assert valid["label_schema"]["properties"]["mood"]["enum"] == ["good", "bad"]
    assert faulty["label_schema"] is None


async def test_a_version_is_published_only_after_the_one_that_was_expected(ingest: Any) -> None:
    first = {**SPEC, "expected_version": 0}
    second = {**SPEC, "task_type": "tone", "expected_version": 1}
    third = {**SPEC, "task_type": "tune"}

    assert (await ingest.post_ok("/specs", first))["version"] == 1
    assert (await ingest.post_ok("/specs", second))["version"] == 2
    late = await ingest.post("/specs", {**third, "expected_version": 1})
    repeated = await ingest.post("/specs", second)
    unaware = await ingest.post("/specs", third)

    assert (late.status_code, late.json()["type"]) == (409, "urn:problem:spec-changed")
    assert late.json()["detail"].startswith(
        "Version 1 was expected to be the newest; version 2 is the newest."
    )
    assert (repeated.status_code, repeated.json()["version"]) == (200, 2)
    assert unaware.json()["version"] == 3


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
