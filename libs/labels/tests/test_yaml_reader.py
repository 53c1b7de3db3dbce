"""YAML is read as JSON values, and what people misread is refused or stays text."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labels.specs.yaml_reader import NotYaml, read_yaml


@pytest.mark.parametrize(
    "word", ["no", "yes", "on", "off", "y", "2026-01-01", "12:30", "1.2.3", "=", "N"]
)
def test_a_word_that_older_yaml_reads_as_something_else_stays_text(word: str) -> None:
    assert read_yaml(f"options: [{word}, maybe]").value == {"options": [word, "maybe"]}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("12", 12),
        ("-0.5", -0.5),
        ("1e3", 1000.0),
        ("'12'", "12"),
        ('"no"', "no"),
        ("a: >-\n  b\n  c", {"a": "b c"}),
        ("{1: a}", {"1": "a"}),
    ],
)
def test_other_values_are_those_of_json(text: str, value: object) -> None:
    assert read_yaml(text).value == value


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a: 1\nb: 012", "Line 2: “012” may mean a text or a number: put quotes around it, or"),
        ("a: 0x1f", "Line 1: “0x1f” may mean a text or a number"),
        ("a: 1_000", "“1_000” may mean a text or a number"),
        ("a: .inf", "“.inf” may mean a text or a number"),
        ("a: +1", "“+1” may mean a text or a number"),
        ("a: " + "9" * 5000, "may mean a text or a number"),
        ("a: 1\nb: 2\na: 3", "Line 3: The key “a” is there twice: write it once."),
        ("- &x 1\n- *x", "Line 1: Anchors (&) and aliases (*) are not read"),
        ("a: &x [*x]", "Anchors (&) and aliases (*) are not read"),
        ("<<: {a: 1}", "Line 1: A key is a text."),
        ("? [a]\n: 1", "Line 1: A key is a text."),
        ("a: !!python/object:os.system x", "The tag"),
        ("a: !own {b: 1}", "The tag !own is not read: leave it out."),
        ("a: !!binary aGk=", "The tag"),
        ("a: [1", "this is not YAML"),
        ("a: 1\n---\nb: 2", "this is not YAML"),
        ("a: *x", "this is not YAML"),
        ("a: \x00", "This is not YAML"),
        ("[" * 70 + "]" * 70, "Values are nested deeper than 64 levels."),
        ("[" * 5000, "This is not YAML"),
    ],
)
def test_what_a_person_may_misread_is_refused_with_its_line(text: str, sentence: str) -> None:
    with pytest.raises(NotYaml) as refused:
        read_yaml(text)

    assert sentence in str(refused.value)


def test_every_part_has_the_line_where_it_stands() -> None:
    lines = read_yaml("a: 1\nfields:\n  - name: x\n    options:\n      - b\n      - c\n").lines

    assert lines["/a"] == 1
    assert lines["/fields"] == 2
    assert lines["/fields/0/name"] == 3
    assert lines["/fields/0/options/1"] == 6


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner) | st.dictionaries(st.text("abc", max_size=3), inner),
    max_leaves=10,
)


@given(JSON)
def test_json_is_read_as_it_is(value: object) -> None:
    assert read_yaml(json.dumps(value)).value == value
