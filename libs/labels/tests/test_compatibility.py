"""Tests of the labels of one version that stay valid under another."""

from time import process_time
from typing import Any

import pytest
from hypothesis import event, given
from hypothesis import strategies as st
from label_strategies import TEXT
from spec_strategies import changed, labels_of, specs

import labels

MOOD = {"name": "mood", "kind": "choice", "options": ["pos", "neg", "neu"]}
WHY = {"name": "why", "kind": "text", "required_if": {"field": "mood", "in": ["neg"]}}
STARS = {"name": "stars", "kind": "rating"}
NOTE = {"name": "note", "kind": "text", "required": False}
TAGS = {"name": "tags", "kind": "choices", "options": ["a", "b", "c"]}
SPANS = {"name": "spans", "kind": "spans", "options": ["a", "b", "c"]}


@pytest.mark.parametrize(
    ("old", "new", "touched"),
    [
        ([MOOD], [MOOD], ()),
        ([MOOD], [MOOD | {"title": "Mood", "help": "How?"}], ()),
        ([MOOD], [MOOD | {"options": ["neg", "pos", "neu", "mixed"]}], ()),
        ([MOOD], [MOOD | {"options": ["neg", "pos"]}], ("mood",)),
        ([MOOD], [MOOD | {"other": True}], ()),
        ([MOOD | {"other": True}], [MOOD], ("mood",)),
        ([MOOD], [MOOD | {"kind": "choices"}], ("mood",)),
        ([MOOD, WHY], [MOOD, WHY], ()),
        ([MOOD, WHY], [MOOD | {"options": ["pos", "neg", "neu", "new"]}, WHY], ()),
        ([MOOD, WHY], [MOOD, NOTE | {"name": "why"}], ()),
        ([MOOD, WHY], [MOOD, {"name": "why", "kind": "text"}], ("why",)),
        (
            [MOOD, WHY],
            [MOOD, WHY | {"required_if": {"field": "mood", "in": ["neg", "neu"]}}],
            ("why",),
        ),
        ([MOOD, WHY], [MOOD, WHY | {"required": False}], ()),
        ([MOOD, WHY | {"required": False}], [MOOD, WHY], ("why",)),
        ([MOOD, WHY], [MOOD], ("why",)),
        ([MOOD], [MOOD, NOTE], ()),
        ([MOOD], [MOOD, STARS], ("stars",)),
        ([MOOD], [MOOD, WHY], ("why",)),
        ([STARS], [STARS | {"maximum": 7}], ()),
        ([STARS], [STARS | {"maximum": 4}], ("stars",)),
        ([STARS], [STARS | {"kind": "number", "minimum": 0, "maximum": 5}], ()),
        ([STARS | {"kind": "number", "step": 0.5}], [STARS | {"kind": "number", "step": 0.25}], ()),
        (
            [STARS | {"kind": "number", "step": 0.5}],
            [STARS | {"kind": "number", "step": 1}],
            ("stars",),
        ),
        ([NOTE], [NOTE | {"max_length": 20_000}], ()),
        ([NOTE], [NOTE | {"pattern": "^a"}], ("note",)),
        ([NOTE | {"pattern": "^a"}], [NOTE], ()),
        ([SPANS], [SPANS | {"overlapping": False}], ("spans",)),
        ([SPANS | {"overlapping": False}], [SPANS], ()),
        ([SPANS], [SPANS | {"text_field": "body"}], ("spans",)),
        ([TAGS], [TAGS | {"min_items": 1}], ("tags",)),
        # Only all the fields together show that the condition holds for every label.
        (
            [MOOD, STARS],
            [MOOD, STARS | {"required_if": {"field": "mood", "in": MOOD["options"]}}],
            (),
        ),
    ],
)
def test_the_fields_that_a_label_may_be_refused_for(old: Any, new: Any, touched: Any) -> None:
    found = labels.compatibility(old, new)

    assert found.touched == touched
    assert found.stays_valid == (not touched)


def test_what_is_refused_is_written_as_a_schema() -> None:
    found = labels.compatibility([MOOD, STARS], [MOOD | {"options": ["pos"]}, STARS])

    assert set(found.refused) == {"mood"}
    assert sorted(found.refused["mood"]["enum"]) == ["neg", "neu"]


def test_nothing_is_written_where_no_value_is_refused() -> None:
    found = labels.compatibility([MOOD], [MOOD, STARS | {"required": False}, WHY])
    harder = labels.compatibility([MOOD, NOTE], [MOOD, NOTE | {"required": True}])

    assert (found.touched, found.refused) == (("why",), {})
    assert (harder.touched, harder.refused) == (("note",), {})


def test_versions_with_a_hundred_fields_are_compared_in_reasonable_time() -> None:
    first = {"name": "f0", "kind": "choice", "options": ["a", "b"]}
    condition = {"required_if": {"field": "f0", "in": ["a"]}}
    rest = [{"name": f"f{i}", "kind": "text", **condition} for i in range(1, 100)]

    started = process_time()
    wider = labels.compatibility([first, *rest], [first | {"options": ["a", "b", "c"]}, *rest])
    narrower = labels.compatibility([first, *rest], [first | {"options": ["a"]}, *rest])

    assert (wider.stays_valid, narrower.touched) == (True, ("f0",))
    assert process_time() - started < 5


@given(st.data())
def test_a_label_that_is_said_to_stay_valid_stays_valid(data: Any) -> None:
    old = data.draw(specs())
    new = data.draw(changed(old))
    label = data.draw(labels_of(old))

    found = labels.compatibility(old, new)

    refusals = labels.compile_fields(new).check(label, {"text": TEXT})
    event(f"stays valid: {found.stays_valid}; accepted: {not refusals}")
    assert not (found.stays_valid and refusals)
    assert {refusal.pointer.split("/")[1] for refusal in refusals} <= set(found.touched)
    assert found.carry(label, {"text": TEXT}) == (None if refusals else label)
