"""The problems of a specification: all at once, each with its place."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from labels.compiled_spec import CompiledSpec
from labels.specs.check import check_spec
from schemas.canonical import canonical
from schemas.ingest import ProjectRequest, SpecRequest
from schemas.spec_checks import SpecFinding
from schemas.vocabulary import SpecDocument

MOOD = {"name": "mood", "kind": "choice", "options": ["good", "bad"]}
STARS = {"name": "stars", "kind": "rating"}


def problems(document: object) -> list[SpecFinding]:
    return check_spec(document).problems


def document(*fields: dict[str, Any], **agreement: Any) -> dict[str, Any]:
    policy = {"agreement": agreement}
    return {"task_type": "mood", "fields": list(fields), "policy": policy}


@pytest.mark.parametrize("metric", ["ordinal", "interval", "ratio"])
def test_a_metric_that_a_field_cannot_have_is_refused_with_those_it_can(metric: str) -> None:
    [found] = problems(document(MOOD, STARS, metric=metric))

    assert (found.pointer, found.keyword) == ("/policy/agreement/metric", "metric")
    assert "“mood” (choice)" in found.message
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
    assert found.message == "There is no field “a/b”."


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

    [found] = problems(facts)

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

    assert [finding.pointer for finding in problems(facts)] == pointers


@pytest.mark.parametrize("blank", [" ", "\u200b", "\t\u00a0"])
def test_texts_that_people_must_read_are_not_blank(blank: str) -> None:
    facts = {"task_type": blank, "fields": [MOOD], "guidelines": [{"id": "R1", "text": blank}]}

    found = problems(facts)

    assert [finding.pointer for finding in found] == ["/task_type", "/guidelines/0/text"]
    with pytest.raises(ValidationError, match="blank"):
        ProjectRequest(name="p", title=blank)


def test_a_document_of_a_newer_release_is_read_and_only_refused_when_it_is_published() -> None:
    facts = document(MOOD) | {"later": 1}
    facts["policy"]["honeypots"] = {"later": 1}
    facts["fields"] = [{**MOOD, "later": 1, "options": [{"value": "good", "later": 1}, "bad"]}]

    assert CompiledSpec.of(facts).labels.check({"mood": "good"}) == []
    assert {finding.pointer for finding in problems(facts)} == {
        "/later",
        "/policy/honeypots/later",
        "/fields/0/options/0/later",
        "/fields/0/later",
    }


def test_a_specification_has_a_million_bytes_at_most() -> None:
    rules = [{"id": f"R{n}", "text": "x" * 9000} for n in range(105)]

    def rules_of(length: int) -> dict[str, Any]:
        long = [{"id": f"R{n}", "text": "y" * (length // 10)} for n in range(200, 209)]
        last = {"id": "R209", "text": "y" * (length - 9 * (length // 10))}
        return {**document(MOOD), "guidelines": [*rules, *long, last]}

    def size(facts: dict[str, Any]) -> int:
        return len(canonical(SpecDocument.model_validate(facts).model_dump(mode="json")))

    room = 1_000_000 - size(rules_of(10)) + 10
    found = [problems(rules_of(room + more)) for more in (0, 1, 2)]

    assert [[finding.keyword for finding in findings] for findings in found] == [
        [],
        ["size"],
        ["size"],
    ]


def test_all_problems_are_found_at_once() -> None:
    facts = {
        "task_type": 7,
        "fields": [{**MOOD, "kind": "odd"}, {**STARS, "minimum": 5, "maximum": 2}],
        "guidelines": [
            {"id": "R1", "text": "a"},
            {"id": "1", "text": "b"},
            "Be nice.",
            {"id": "R1", "text": " "},
        ],
        "policy": {
            "redundancy": 9,
            "redundancy_max": 3,
            "decide": {"how": "majority", "threshold": 1.5},
            "decide_fields": {"tone": {}},
            "skills": ["<"],
        },
        "relabel": "some",
    }

    assert {finding.pointer for finding in problems(facts)} == {
        "/task_type",
        "/fields/0/kind",
        "/fields/1/maximum",
        "/guidelines/1/id",
        "/guidelines/2",
        "/guidelines/3/id",
        "/guidelines/3/text",
        "/policy/redundancy_max",
        "/policy/decide/how",
        "/policy/decide/threshold",
        "/policy/decide_fields/tone",
        "/policy/skills/0",
        "/relabel",
    }


@pytest.mark.parametrize(
    ("change", "message", "hint"),
    [
        ({"polcy": {}}, "“polcy” is not known here.", "Did you mean “policy”?"),
        (
            {"policy": {"review": {"share": 1}}},
            "“share” is not known here.",
            "Known here are escalate_hours, escalate_skills, experienced_first_seconds,"
            " outside_batch, rate, stages, votes.",
        ),
        (
            {"policy": {"decide_fields": {"mood": {"tresh": 1}}}},
            "“tresh” is not known here.",
            "Did you mean “threshold”?",
        ),
        (
            {"guidelines": "Judge the music."},
            "“guidelines” must be a list.",
            'Write a list of rules, such as [{"id": "R1", "text": "…"}].',
        ),
        (
            {"guidelines": [{"id": "1.", "text": "x"}]},
            "“id” must be R and a number, such as R1 or R2.3.",
            None,
        ),
        (
            {"guidelines": [{"id": "R1", "text": "x", "examples": ["a", False]}]},
            "Entry 2 of “examples” must be text.",
            'Put quotes around it: "false".',
        ),
        ({"task_type": ""}, "“task_type” must not be empty.", None),
        ({"policy": {"redundancy": 1001}}, "“redundancy” must be at most 1000.", None),
        ({"policy": {"deciders": []}}, "“deciders” must not be empty.", None),
    ],
)
def test_a_problem_is_a_plain_sentence_with_a_hint(
    change: dict[str, Any], message: str, hint: str | None
) -> None:
    [found] = problems({**document(MOOD), **change})

    assert (found.message, found.hint) == (message, hint)


VALID = SpecRequest.model_validate(
    {**document(MOOD, STARS), "guidelines": [{"id": "R1", "text": "a"}]}
)
WHOLE = VALID.model_dump(mode="json")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 2**70) | st.floats() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=5,
)


def paths(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the paths of all parts of a JSON value."""
    members = value.items() if isinstance(value, dict) else ()
    members = enumerate(value) if isinstance(value, list) else members
    return [at, *(path for key, member in members for path in paths(member, (*at, key)))]


def replaced(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """Return a copy of a JSON value with another part at `path`."""
    if not path:
        return new
    copy = value.copy()
    copy[path[0]] = replaced(value[path[0]], path[1:], new)
    return copy


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(paths(WHOLE)), JSON), min_size=1, max_size=3))
def test_every_document_that_the_models_refuse_has_a_problem_and_none_raises(
    changes: list[tuple[tuple[Any, ...], Any]],
) -> None:
    facts: Any = WHOLE
    for path, new in changes:
        if path in paths(facts):
            facts = replaced(facts, path, new)
    try:
        SpecRequest.model_validate(facts)
        is_refused = False
    except ValueError:
        is_refused = True

    assert bool(problems(facts)) >= is_refused


def test_the_kinds_of_error_of_the_models_all_have_a_sentence() -> None:
    """Each change makes another kind of error than those of random documents."""
    for change in (
        {"resolves": ["x"]},
        {"resolves": [1]},
        {"policy": {"decide": {"threshold": float("inf")}}},
        {"policy": {"redundancy": 1.5}},
        {"guidelines": [{"id": "R1", "text": "x" * 10_001}]},
        {"guidelines": [{"id": "R1", "text": "x", "examples": ["x"] * 51}]},
        {"policy": {"reopen_on_late_vote": 1}},
        {"fields": None},
    ):
        assert problems({**document(MOOD), **change})
