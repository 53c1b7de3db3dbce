"""Tests of accepted and refused lists of field definitions."""

import subprocess
import sys
from typing import Any

import pytest

import labels


def _one(**own: Any) -> list[dict[str, Any]]:
    return [{"name": "f", "kind": "choice", "options": ["a", "b"], **own}]


def _places(fields: Any) -> list[tuple[str, str]]:
    return [(refusal.pointer, refusal.keyword) for refusal in labels.check_fields(fields)]


def test_everything_that_a_field_can_say_is_kept() -> None:
    option = {"value": "pos", "title": "Positive", "key": "1"}
    fields = _one(title="Mood", help="How?", required=False, options=[option, "neg"])

    field = labels.compile_fields(fields).field("f")

    assert (field.name, field.kind, field.title, field.help) == ("f", "choice", "Mood", "How?")
    assert not field.required
    assert field.options == (labels.Option("pos", "Positive", "1"), labels.Option("neg", "neg"))
    assert field.condition is None


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        (None, ("", "fields")),
        ([], ("", "fields")),
        ([{"name": f"f{i}", "kind": "rating"} for i in range(101)], ("", "fields")),
        (["f"], ("/0", "type")),
        (_one(name="F"), ("/0/name", "pattern")),
        (_one(name="f\n"), ("/0/name", "pattern")),
        (_one(name="f" * 64), ("/0/name", "pattern")),
        (_one() + _one(), ("/1/name", "unique")),
        (_one(kind="sound"), ("/0/kind", "kind")),
        (_one(colour="red"), ("/0/colour", "unknown")),
        (_one(minimum=1), ("/0/minimum", "unknown")),
        (_one(title=""), ("/0/title", "length")),
        (_one(title=3), ("/0/title", "type")),
        (_one(help="\x00"), ("/0/help", "nul")),
        (_one(required="yes"), ("/0/required", "type")),
        (_one(options=[]), ("/0/options", "options")),
        (_one(options="ab"), ("/0/options", "options")),
        (_one(options=["a", "a"]), ("/0/options", "unique")),
        (_one(options=["a", {"value": "a"}]), ("/0/options", "unique")),
        (_one(options=["a", 1]), ("/0/options/1", "type")),
        (_one(options=["a", ""]), ("/0/options/1/value", "length")),
        (_one(options=["a", " b"]), ("/0/options/1/value", "pattern")),
        (_one(options=["a", "b\nc"]), ("/0/options/1/value", "pattern")),
        (_one(options=["a", {"title": "B"}]), ("/0/options/1/value", "required")),
        (_one(options=["a", {"value": "b", "x": 1}]), ("/0/options/1/x", "unknown")),
        (
            _one(options=[{"value": "a", "key": "1"}, {"value": "b", "key": "1"}]),
            ("/0/options", "unique"),
        ),
        (_one(options=["a", "other"], other=True), ("/0/other", "unique")),
        (_one(ordered=True, other=True), ("/0/other", "ordered")),
        (_one(ordered=True, tolerance=1), ("/0/tolerance", "range")),
        (_one(kind="choices", min_items=3), ("/0/min_items", "range")),
        (_one(kind="choices", min_items=2, max_items=1), ("/0/min_items", "range")),
        (_one(kind="choices", distance="cosine"), ("/0/distance", "enum")),
        (_one(kind="ranking", options=["a"]), ("/0/options", "options")),
        (_one(kind="ranking", min_items=2, max_items=1), ("/0/min_items", "range")),
        (_one(kind="pairwise", options=["a", "b", "c"]), ("/0/options", "options")),
        (_one(kind="pairwise", options=["a", "tie"]), ("/0/options", "unique")),
        (_one(kind="boxes", min_items=9, max_items=8), ("/0/min_items", "range")),
        (_one(kind="spans", min_items=9, max_items=8), ("/0/min_items", "range")),
        (_one(kind="spans", options=[]), ("/0/options", "options")),
        ([{"name": "f", "kind": "rating", "minimum": 5}], None),
        ([{"name": "f", "kind": "rating", "minimum": 5, "maximum": 5}], ("/0/maximum", "range")),
        ([{"name": "f", "kind": "rating", "maximum": 200}], ("/0/maximum", "range")),
        ([{"name": "f", "kind": "rating", "minimum": 1.5}], ("/0/minimum", "type")),
        ([{"name": "f", "kind": "rating", "minimum": True}], ("/0/minimum", "type")),
        ([{"name": "f", "kind": "number", "minimum": 2, "maximum": 1}], ("/0/maximum", "range")),
        ([{"name": "f", "kind": "number", "minimum": 2**60}], ("/0/minimum", "range")),
        ([{"name": "f", "kind": "number", "step": 0}], ("/0/step", "range")),
        ([{"name": "f", "kind": "number", "minimum": 0.5, "step": 1}], ("/0/step", "step")),
        ([{"name": "f", "kind": "number", "maximum": 0.5, "step": 1}], ("/0/step", "step")),
        ([{"name": "f", "kind": "number", "scale": "ratio"}], ("/0/minimum", "scale")),
        ([{"name": "f", "kind": "number", "tolerance": -1}], ("/0/tolerance", "range")),
        ([{"name": "f", "kind": "text", "min_length": 11000}], None),
        (
            [{"name": "f", "kind": "text", "min_length": 3, "max_length": 2}],
            ("/0/min_length", "range"),
        ),
    ],
)
def test_a_wrong_definition_is_refused_where_it_is_wrong(
    fields: Any, place: tuple[str, str] | None
) -> None:
    assert _places(fields) == ([place] if place else [])


@pytest.mark.parametrize("pattern", ["[", "(?=a)b", r"(a)\1", "(?i)a", "a++", r"\Aa", r"\x{41}"])
def test_a_pattern_that_server_and_page_do_not_both_match_in_linear_time_is_refused(
    pattern: str,
) -> None:
    fields = [{"name": "f", "kind": "text", "pattern": pattern}]

    assert _places(fields) == [("/0/pattern", "pattern")]


@pytest.mark.parametrize("pattern", [r"\d{3}-\d", "(?:a|b)+", r"\(?=x", r"\p{L}+", "(a+)+$", "^a$"])
def test_an_ordinary_pattern_is_taken(pattern: str) -> None:
    assert labels.check_fields([{"name": "f", "kind": "text", "pattern": pattern}]) == []


def test_a_hostile_pattern_is_matched_in_linear_time() -> None:
    schema = labels.compile_fields([{"name": "f", "kind": "text", "pattern": "^(a+)+$"}])

    refusals = schema.check({"f": "a" * 5000 + "b"})

    assert [refusal.keyword for refusal in refusals] == ["pattern"]


@pytest.mark.parametrize(
    ("condition", "keyword"),
    [
        ({"field": "later", "in": ["x"]}, "field"),
        ({"field": "own", "in": ["x"]}, "field"),
        ({"field": "f", "in": []}, "in"),
        ({"field": "f", "in": ["c"]}, "in"),
        ({"field": "f", "in": ["a", "a"]}, "in"),
        ({"field": "f", "in": [[]]}, "in"),
        ({"field": "f"}, "type"),
        ({"field": ["f"], "in": ["a"]}, "field"),
        ("f", "type"),
        ({"field": "stars", "in": [True]}, "in"),
        ({"field": "stars", "in": [6]}, "in"),
        ({"field": "words", "in": ["a"]}, "in"),
    ],
)
def test_a_condition_names_answers_to_an_earlier_field(condition: Any, keyword: str) -> None:
    earlier = [{"name": "stars", "kind": "rating"}, {"name": "words", "kind": "text"}]
    own = {"name": "own", "kind": "text", "required_if": condition}
    later = {"name": "later", "kind": "text"}

    assert _places([*_one(), *earlier, own, later]) == [("/3/required_if", keyword)]


def test_all_faults_are_found_at_once() -> None:
    fields = [*_one(name="1", kind="?"), *_one(options=["a", "a"]), {"kind": "rating"}]

    places = [pointer for pointer, _ in _places(fields)]

    assert places == ["/0/name", "/0/kind", "/1/options", "/2/name"]


def test_fields_that_are_wrong_cannot_be_compiled() -> None:
    with pytest.raises(labels.InvalidFields, match="“colour” is not known here") as raised:
        labels.compile_fields(_one(colour="red"))

    assert raised.value.refusals == labels.check_fields(_one(colour="red"))


def test_checking_and_choosing_need_no_numpy() -> None:
    program = """
import sys
import labels
fields = [{"name": "f", "kind": "spans"}, {"name": "g", "kind": "boxes", "required": False}]
schema = labels.compile_fields(fields)
assert schema.check({"f": [{"start": 0, "end": 1, "quote": "a"}]}, {"text": "a"}) == []
assert labels.compatibility(fields, fields).stays_valid
assert not {"numpy", "scipy"} & set(sys.modules), "numpy is loaded"
"""

    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
