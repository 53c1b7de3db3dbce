"""The differences between two spec documents."""

from typing import Any

import pytest

from labels.specs.diff import changed_rules, spec_changes
from schemas.spec_previews import SpecChange
from schemas.vocabulary import SpecDocument

MOOD = {"name": "mood", "kind": "choice", "options": ["good", "bad"]}
STARS = {"name": "stars", "kind": "rating"}


def document(*fields: dict[str, Any], **more: Any) -> SpecDocument:
    return SpecDocument.model_validate({"task_type": "mood", "fields": list(fields), **more})


def shown(change: SpecChange) -> dict[str, Any]:
    return change.model_dump(exclude_none=True)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (MOOD, {**MOOD, "options": [{"value": "good"}, {"value": "bad", "title": "bad"}]}),
        (MOOD, {**MOOD, "required": True, "other": False, "title": "mood"}),
        (STARS, {**STARS, "maximum": 5}),
    ],
)
def test_a_default_that_is_written_out_is_no_change(
    old: dict[str, Any], new: dict[str, Any]
) -> None:
    assert spec_changes(document(old), document(new)) == []
    assert spec_changes(document(old), document(old, policy={"redundancy": 3})) == []


def test_options_are_compared_by_value_and_fields_by_name() -> None:
    new = {**MOOD, "options": ["odd", {"value": "good", "title": "Fine", "key": "g"}]}

    found = spec_changes(document(STARS, MOOD), document(new, {**STARS, "maximum": 7}))

    options = "/fields/0/options"
    assert [shown(change) for change in found] == [
        {"part": "field", "change": "moved", "name": "mood", "pointer": "/fields/0",
         "before": 2, "after": 1},
        {"part": "option", "change": "removed", "name": "bad", "field": "mood",
         "pointer": f"{options}/1", "before": {"value": "bad", "title": "bad"}},
        {"part": "option", "change": "added", "name": "odd", "field": "mood",
         "pointer": f"{options}/0", "after": {"value": "odd", "title": "odd"}},
        {"part": "option", "change": "changed", "name": "good", "field": "mood", "key": "title",
         "pointer": f"{options}/1", "before": "good", "after": "Fine"},
        {"part": "option", "change": "changed", "name": "good", "field": "mood", "key": "key",
         "pointer": f"{options}/1", "after": "g"},
        {"part": "field", "change": "changed", "name": "stars", "key": "maximum",
         "pointer": "/fields/1/maximum", "after": 7},
    ]  # fmt: skip


def test_a_condition_that_changes_is_found() -> None:
    conditional = {**STARS, "required_if": {"field": "mood", "in": ["bad"]}}

    [found] = spec_changes(document(MOOD, STARS), document(MOOD, conditional))

    assert (found.name, found.key, found.after) == (
        "stars",
        "required_if",
        conditional["required_if"],
    )


def test_of_parts_that_change_places_only_those_out_of_order_are_named() -> None:
    names = [str(n) for n in range(20)]
    fields = [
        {"name": "f", "kind": "choice", "options": order}
        for order in (names, names[1:] + names[:1])
    ]

    [found] = spec_changes(document(fields[0]), document(fields[1]))

    assert (found.change, found.name, found.before, found.after) == ("moved", "0", 1, 20)


def test_rules_are_compared_by_id_and_the_policy_by_key() -> None:
    old = document(
        MOOD,
        guidelines=[{"id": "R1", "text": "a"}, {"id": "R2", "text": "b", "examples": ["x"]}],
        policy={"decide_fields": {"mood": {"how": "share"}}, "agreement": {"metric_fields": {}}},
    )
    new = document(
        MOOD,
        guidelines=[{"id": "R2", "text": "b", "examples": ["x", "y"]}, {"id": "R3", "text": "c"}],
        policy={"redundancy": 2, "review": {"rate": 0.1}},
    )

    found = spec_changes(old, new)

    assert [(c.part, c.change, c.name, c.key) for c in found] == [
        ("rule", "removed", "R1", None),
        ("rule", "added", "R3", None),
        ("rule", "changed", "R2", "examples"),
        ("policy", "changed", "decide_fields.mood", None),
        ("policy", "changed", "redundancy", None),
        ("policy", "changed", "review.rate", None),
    ]
    assert changed_rules(old, new) == {"R1", "R2", "R3"}
    assert changed_rules(old, old) == frozenset()


def test_without_an_older_version_everything_is_added() -> None:
    found = spec_changes(None, document(MOOD, guidelines=[{"id": "R1", "text": "a"}]))

    assert [(change.part, change.change, change.name) for change in found] == [
        ("task_type", "added", "task_type"),
        ("field", "added", "mood"),
        ("rule", "added", "R1"),
    ]
