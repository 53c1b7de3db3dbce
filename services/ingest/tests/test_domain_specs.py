"""The checks of a specification, and its hash."""

from typing import Any

import pytest
from pydantic import ValidationError

from ingest_service.domain.model import Spec
from ingest_service.domain.specs import problems, spec_hash
from schemas.canonical import canonical
from schemas.ingest import ProjectRequest
from schemas.vocabulary import SpecDocument, document_of

MOOD = {"name": "mood", "kind": "choice", "options": ["good", "bad"]}
STARS = {"name": "stars", "kind": "rating"}


def document(*fields: dict[str, Any], **agreement: Any) -> SpecDocument:
    policy = {"agreement": agreement}
    facts = {"task_type": "mood", "fields": list(fields), "policy": policy}
    return SpecDocument.model_validate(facts)


@pytest.mark.parametrize("metric", ["ordinal", "interval", "ratio"])
def test_a_metric_that_a_field_cannot_have_is_refused_with_those_it_can(metric: str) -> None:
    [found] = problems(document(MOOD, STARS, metric=metric))

    assert (found.pointer, found.keyword) == ("/policy/agreement/metric", "metric")
    assert "'mood' (choice)" in found.message
    assert "nominal, distance" in found.message


def test_single_fields_may_have_a_metric_of_their_own() -> None:
    valid = document(MOOD, STARS, metric="ordinal", metric_fields={"mood": "nominal"})
    does_not = document(MOOD, STARS, metric_fields={"mood": "interval", "stars": "interval"})

    assert problems(valid) == []
    [found] = problems(does_not)
    assert found.pointer == "/policy/agreement/metric_fields/mood"


def test_a_metric_of_an_unknown_field_is_refused() -> None:
    [found] = problems(document(MOOD, metric_fields={"a/b": "nominal"}))

    assert found.pointer == "/policy/agreement/metric_fields/a~1b"
    assert found.message == "There is no field 'a/b'."


def test_the_hash_of_a_version_never_changes() -> None:
    """The hash was computed by the release before metrics of single fields."""
    expected = "8f5d19c7fd1e7e4ec2dffc4a6c182f3791088dd27779b7f997f9664dfe0a2b62"

    assert spec_hash(document(MOOD, STARS)) == expected
    assert spec_hash(document(MOOD, STARS, metric_fields={})) == expected
    assert spec_hash(document(MOOD, STARS, metric_fields={"mood": "nominal"})) != expected


@pytest.mark.parametrize(
    "options",
    [
        ["caf\u00e9", "cafe\u0301"],
        ["a b", "a  b"],
        [{"value": "x", "title": "Same"}, {"value": "y", "title": "Same"}],
    ],
)
def test_options_that_look_the_same_are_refused(options: list[Any]) -> None:
    [found] = problems(document({"name": "f", "kind": "choice", "options": options}))

    assert (found.pointer, found.keyword) == ("/fields/0/options", "unique")


def test_a_policy_key_that_nothing_acts_on_is_refused() -> None:
    policy = {"qualification": {"acknowledge": True}}
    facts = {"task_type": "mood", "fields": [MOOD], "policy": policy}

    [found] = problems(SpecDocument.model_validate(facts))

    assert (found.pointer, found.keyword) == ("/policy/qualification", "unsupported")


@pytest.mark.parametrize(
    ("policy", "pointers"),
    [
        ({"decide": {"how": "share", "disputed": "adjudicate"}}, ["/policy/decide/disputed"]),
        (
            {"decide_fields": {"mood": {"how": "unanimous", "disputed": "adjudicate"}}},
            ["/policy/decide_fields/mood/disputed"],
        ),
        ({"decide": {"how": "posterior", "disputed": "adjudicate"}}, []),
        ({"decide": {"how": "share", "disputed": "decide"}}, []),
    ],
)
def test_disputed_items_are_found_by_the_posterior_alone(policy: Any, pointers: Any) -> None:
    facts = {"task_type": "mood", "fields": [MOOD], "policy": policy}

    assert [one.pointer for one in problems(SpecDocument.model_validate(facts))] == pointers


def test_a_rule_for_disputed_items_changes_the_hash_only_where_it_is_set() -> None:
    def hash_of(**decide: str) -> str:
        facts = {"task_type": "mood", "fields": [MOOD], "policy": {"decide": decide}}
        return spec_hash(SpecDocument.model_validate(facts))

    assert hash_of(how="posterior") == hash_of(how="posterior", disputed="decide")
    assert hash_of(how="posterior") != hash_of(how="posterior", disputed="adjudicate")


@pytest.mark.parametrize("blank", [" ", "\u200b", "\t\u00a0"])
def test_texts_that_people_must_read_are_not_blank(blank: str) -> None:
    facts = {"task_type": blank, "fields": [MOOD], "guidelines": [{"id": "R1", "text": blank}]}

    found = problems(SpecDocument.model_validate(facts))

    assert [one.pointer for one in found] == ["/task_type", "/guidelines/0/text"]
    with pytest.raises(ValidationError, match="blank"):
        ProjectRequest(name="p", title=blank)


def test_a_document_of_a_newer_release_is_read_and_only_refused_when_it_is_published() -> None:
    facts = document(MOOD).model_dump(mode="json")
    facts["later"] = 1
    facts["policy"]["honeypots"]["later"] = 1
    facts["fields"] = [{**MOOD, "later": 1, "options": [{"value": "good", "later": 1}, "bad"]}]

    stored = document_of(facts)

    assert Spec(1, "0" * 64, stored).schema().check({"mood": "good"}) == []
    pointers = [one.pointer for one in problems(stored)]
    assert pointers == ["/fields/0/options/0/later", "/fields/0/later"]
    with pytest.raises(ValidationError, match="later"):
        SpecDocument.model_validate(facts)


def test_a_specification_has_a_million_bytes_at_most() -> None:
    rules = [{"id": f"R{n}", "text": "x" * 9000} for n in range(105)]

    def rules_of(length: int) -> SpecDocument:
        long = [{"id": f"R{n}", "text": "y" * (length // 10)} for n in range(200, 209)]
        last = {"id": "R209", "text": "y" * (length - 9 * (length // 10))}
        facts = document(MOOD).model_dump(mode="json")
        return SpecDocument.model_validate({**facts, "guidelines": [*rules, *long, last]})

    room = 1_000_000 - len(canonical(rules_of(10).model_dump(mode="json"))) + 10
    found = [problems(rules_of(room + more)) for more in (0, 1, 2)]

    assert [[one.keyword for one in problem] for problem in found] == [[], ["size"], ["size"]]
