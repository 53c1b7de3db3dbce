"""Tests of the messages and pointers for labels that are refused."""

from time import process_time
from typing import Any

import pytest

import labels

OPTIONS = [{"value": "pos", "title": "Positive"}, "neg", "neu"]
FIELDS: list[dict[str, Any]] = [
    {"name": "mood", "kind": "choice", "title": "Mood", "options": OPTIONS},
    {"name": "why", "kind": "text", "required_if": {"field": "mood", "in": ["neg", "neu"]}},
    {"name": "tags", "kind": "choices", "options": ["a", "b"], "other": True, "min_items": 1},
    {
        "name": "more",
        "kind": "text",
        "required_if": {"field": "tags", "in": ["b"]},
        "max_length": 9,
    },
    {"name": "stars", "kind": "rating", "required": False},
    {"name": "size", "kind": "number", "minimum": 0, "maximum": 9, "step": 0.5, "required": False},
    {"name": "code", "kind": "text", "pattern": "^[A-Z]+$", "required": False},
]
SCHEMA = labels.compile_fields(FIELDS)
GOOD: dict[str, Any] = {"mood": "pos", "tags": ["a"]}


@pytest.mark.parametrize(
    "label",
    [
        GOOD,
        {"mood": "neg", "why": "dull", "tags": ["a", {"other": "x"}]},
        {"mood": "pos", "tags": ["b"], "more": "m", "stars": 5.0, "size": 4.5, "code": "A"},
    ],
)
def test_a_label_is_accepted(label: Any) -> None:
    assert SCHEMA.check(label) == []


@pytest.mark.parametrize(
    ("label", "pointer", "keyword", "words"),
    [
        (7, "", "type", "This must be an object."),
        ({"tags": ["a"]}, "/mood", "required", "Please answer “Mood”."),
        (GOOD | {"x": 1}, "/x", "additionalProperties", "“x” is not part of this answer."),
        (GOOD | {"a/b~": 1}, "/a~1b~0", "additionalProperties", "“a/b~” is not part"),
        (GOOD | {"mood": "pos "}, "/mood", "enum", "Choose one of: Positive, neg, neu."),
        (GOOD | {"mood": None}, "/mood", "enum", "Choose one of"),
        (GOOD | {"mood": "neg"}, "/why", "required", "Please answer “why”."),
        (GOOD | {"why": "w"}, "/why", "falseSchema", "asked only if “Mood” is neg, neu; leave"),
        (GOOD | {"tags": ["a", "b"]}, "/more", "required", "Please answer “more”."),
        (GOOD | {"tags": []}, "/tags", "minItems", "Give at least 1."),
        (GOOD | {"tags": ["a", "a"]}, "/tags", "uniqueItems", "The same thing is given twice."),
        (GOOD | {"tags": ["c"]}, "/tags/0", "anyOf", "Choose one of: a, b; or say what else"),
        (GOOD | {"tags": [{"other": " "}]}, "/tags/0", "anyOf", "Choose one of: a, b; or say"),
        (
            GOOD | {"tags": [{"other": "x"}, {"other": "y"}]},
            "/tags",
            "contains",
            "Only one “other” answer can be given.",
        ),
        (GOOD | {"stars": 6}, "/stars", "maximum", "This must be at most 5."),
        (GOOD | {"stars": 0}, "/stars", "minimum", "This must be at least 1."),
        (GOOD | {"stars": 2.5}, "/stars", "type", "This must be a whole number."),
        (GOOD | {"stars": True}, "/stars", "type", "This must be a whole number."),
        (GOOD | {"size": 0.3}, "/size", "multipleOf", "This must be a multiple of 0.5."),
        (GOOD | {"size": float("inf")}, "/size", "finite", "not a number that can be written"),
        (GOOD | {"size": 2**63}, "/size", "range", "This number is too large to be kept"),
        (GOOD | {"code": "a"}, "/code", "pattern", "the form that is asked for (^[A-Z]+$)."),
        (GOOD | {"code": "A\n"}, "/code", "pattern", "the form that is asked for"),
        (GOOD | {"code": ""}, "/code", "minLength", "Write at least 1 character(s)."),
        (GOOD | {"tags": ["b"], "more": "m" * 10}, "/more", "maxLength", "at most 9 character(s)."),
        (
            GOOD | {"tags": ["b"], "more": " \n"},
            "/more",
            "pattern",
            "There is nothing written here",
        ),
        (GOOD | {"tags": ["b"], "more": "a\x00"}, "/more", "nul", "contains the character NUL"),
        (GOOD | {"tags": ["b"], "more": "\udfff"}, "/more", "unicode", "half a character"),
    ],
)
def test_a_refusal_says_where_and_what(label: Any, pointer: str, keyword: str, words: str) -> None:
    found = [r for r in SCHEMA.check(label) if (r.pointer, r.keyword) == (pointer, keyword)]

    assert len(found) == 1, SCHEMA.check(label)
    assert words in found[0].message


def test_a_label_as_deep_as_can_be_is_refused_and_not_followed() -> None:
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]

    refusals = SCHEMA.check(GOOD | {"more": deep})

    assert [refusal.keyword for refusal in refusals] == ["depth"]


def test_a_label_full_of_faults_gets_a_hundred_refusals() -> None:
    label = {f"x{index}": "\x00" for index in range(5000)}

    assert len(SCHEMA.check(label)) == 100
    assert len(SCHEMA.check(dict.fromkeys(label, 1))) == 100


def test_the_schema_lists_a_hidden_field_but_does_not_require_it() -> None:
    schema = SCHEMA.json_schema

    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert list(schema["properties"]) == [field["name"] for field in FIELDS]
    assert schema["required"] == ["mood", "tags"]
    assert schema["additionalProperties"] is False


def test_a_field_under_a_field_that_is_hidden_is_hidden_too() -> None:
    third = {"name": "c", "kind": "text", "required_if": {"field": "b", "in": ["y"]}}
    chain = [
        {"name": "a", "kind": "choice", "options": ["x", "y"]},
        {
            "name": "b",
            "kind": "choice",
            "options": ["x", "y"],
            "required_if": {"field": "a", "in": ["y"]},
        },
        third,
    ]
    schema = labels.compile_fields(chain)

    assert schema.check({"a": "x"}) == []
    assert schema.check({"a": "y", "b": "y", "c": "!"}) == []
    assert [r.pointer for r in schema.check({"a": "x", "c": "!"})] == ["/c"]


def test_a_conditional_field_that_is_not_required_may_be_left_out() -> None:
    second = {"name": "b", "kind": "text", "required_if": {"field": "a", "in": [1, 2]}}
    schema = labels.compile_fields([{"name": "a", "kind": "rating"}, second | {"required": False}])

    assert schema.check({"a": 1}) == []
    assert schema.check({"a": 1, "b": "!"}) == []
    assert [r.keyword for r in schema.check({"a": 3, "b": "!"})] == ["falseSchema"]


TEXT = {"text": "a 😀 b"}


@pytest.mark.parametrize(
    ("span", "payload", "place"),
    [
        ({"start": 2, "end": 3, "quote": "😀"}, TEXT, None),
        ({"start": 2.0, "end": 3.0, "quote": "😀"}, TEXT, None),
        ({"start": 2, "end": 3, "quote": "!"}, None, None),
        ({"start": 2, "end": 3, "quote": "!"}, TEXT, ("/f/0/quote", "quote")),
        ({"start": 2, "end": 4, "quote": "😀"}, TEXT, ("/f/0/quote", "quote")),
        ({"start": 2, "end": 4, "quote": "😀"}, None, ("/f/0/quote", "quote")),
        ({"start": 3, "end": 3, "quote": "x"}, TEXT, ("/f/0/end", "end")),
        ({"start": 3, "end": 6, "quote": " b!"}, TEXT, ("/f/0/end", "end")),
        ({"start": 2, "end": 3, "quote": "😀"}, {}, ("/f", "text_field")),
        ({"start": 2, "end": 3, "quote": "😀"}, ["text"], ("/f", "text_field")),
        ({"start": 2, "end": 3, "quote": "😀"}, {"text": 3}, ("/f", "text_field")),
    ],
)
def test_the_quote_of_a_span_is_what_stands_there(span: Any, payload: Any, place: Any) -> None:
    schema = labels.compile_fields([{"name": "f", "kind": "spans"}])

    refusals = schema.check({"f": [span]}, payload)

    assert [(r.pointer, r.keyword) for r in refusals] == ([place] if place else [])


def test_spans_that_must_not_overlap_may_touch() -> None:
    schema = labels.compile_fields([{"name": "f", "kind": "spans", "overlapping": False}])
    spans = [{"start": s, "end": e, "quote": "x" * (e - s)} for s, e in [(4, 6), (0, 2), (2, 4)]]

    assert schema.check({"f": spans}) == []
    refusals = schema.check({"f": [*spans, {"start": 5, "end": 7, "quote": "xx"}]})
    assert [(r.pointer, r.keyword) for r in refusals] == [("/f/3", "overlap")]


def test_a_box_stays_within_the_image() -> None:
    schema = labels.compile_fields([{"name": "f", "kind": "boxes"}])
    box = {"x": 0.7, "y": 0.1, "width": 0.3, "height": 0.9}

    assert schema.check({"f": [box]}) == []
    refusals = schema.check({"f": [box | {"height": 0.91}]})
    assert [(r.pointer, r.keyword) for r in refusals] == [("/f/0/height", "inside")]


def test_a_valid_label_costs_a_few_microseconds() -> None:
    schema = labels.compile_fields([FIELDS[0]])
    label = {"mood": "pos"}

    started = process_time()
    for _ in range(10_000):
        schema.check(label)

    assert (process_time() - started) / 10_000 < 20e-6


SPAN = {"start": 0, "end": 2, "quote": "ab"}


def _texts(*fields: dict[str, Any]) -> labels.LabelSchema:
    return labels.compile_fields(list(fields))


@pytest.mark.parametrize("payload", [{}, {"txt": "ab"}, {"text": None}, {"text": 5}])
def test_an_item_without_the_text_that_spans_quote_is_found_before_it_is_labeled(
    payload: dict[str, Any],
) -> None:
    schema = _texts({"name": "a", "kind": "spans"}, {"name": "b", "kind": "boxes"})

    [fault] = schema.check_payload(payload)

    assert (fault.pointer, fault.keyword) == ("/text", "text_field")
    assert fault.message == "The item has no text “text” to mark spans in."
    assert schema.check_payload({"text": ""}) == []


def test_every_text_that_is_missing_is_named_once() -> None:
    schema = _texts(
        {"name": "a", "kind": "spans", "text_field": "b/c"},
        {"name": "b", "kind": "spans", "text_field": "b/c"},
        {"name": "c", "kind": "spans", "text_field": "a"},
    )

    assert [fault.pointer for fault in schema.check_payload({})] == ["/a", "/b~1c"]


def test_spans_that_an_answer_may_rule_out_need_no_text_beforehand() -> None:
    condition = {"name": "any", "kind": "choice", "options": ["yes", "no"]}
    spans = {"name": "a", "kind": "spans", "required_if": {"field": "any", "in": ["yes"]}}

    assert _texts(condition, spans).check_payload({}) == []


@pytest.mark.parametrize("kind", ["boxes", "text", "rating"])
def test_other_kinds_need_nothing_of_the_payload(kind: str) -> None:
    schema = _texts({"name": "a", "kind": kind})

    assert schema.check_payload({}) == []
    assert not schema.quotes_payload({"a": "x"})


def test_only_a_label_with_spans_quotes_the_payload() -> None:
    schema = _texts({"name": "a", "kind": "spans"}, {"name": "b", "kind": "boxes"})

    assert schema.quotes_payload({"a": [SPAN]})
    assert not schema.quotes_payload({"a": []})
    assert not schema.quotes_payload({"b": [{"x": 0, "y": 0, "width": 1, "height": 1}]})
