"""Tests of migrated labels, and of the proof that they are valid."""

from typing import Any

import pytest
from hypothesis import assume, event, given
from hypothesis import strategies as st
from label_strategies import TEXT, json_values, values
from spec_strategies import changed, labels_of, specs

import labels

MOOD = {"name": "mood", "kind": "choice", "options": ["pos", "neg", "neu"]}
WHY = {"name": "why", "kind": "text", "required_if": {"field": "mood", "in": ["neg"]}}
STARS = {"name": "stars", "kind": "rating"}
NOTE = {"name": "note", "kind": "text", "required": False}
TAGS = {"name": "tags", "kind": "choices", "options": ["a", "b", "c"]}
SPANS = {"name": "spans", "kind": "spans", "options": ["a", "b", "c"]}


RENAMED = MOOD | {"options": ["positive", "neg", "neu"]}
RENAME = {"rename": {"field": "mood", "from": "pos", "to": "positive"}}
MERGE = {"merge": {"field": "mood", "from": ["neg", "neu"], "to": "rest"}}
SPLIT = {"split": {"field": "mood", "from": "neu", "into": ["calm", "bored"]}}
PARTED = MOOD | {"options": ["pos", "neg", "calm", "bored"]}
SPAN = {"start": 0, "end": 1, "quote": "x"}


@pytest.mark.parametrize(
    ("old", "new", "migration", "stays_valid", "before", "after"),
    [
        ([MOOD], [RENAMED], [RENAME], True, {"mood": "pos"}, {"mood": "positive"}),
        ([MOOD], [RENAMED], [], False, {"mood": "pos"}, None),
        ([MOOD], [RENAMED], [], False, {"mood": "neg"}, {"mood": "neg"}),
        (
            [MOOD],
            [MOOD | {"options": ["pos", "rest"]}],
            [MERGE],
            True,
            {"mood": "neu"},
            {"mood": "rest"},
        ),
        ([MOOD], [MOOD | {"options": ["pos"]}], [MERGE], False, {"mood": "neu"}, None),
        (
            [MOOD],
            [MOOD | {"options": ["pos", "neg", "calm", "bored"]}],
            [SPLIT],
            False,
            {"mood": "neu"},
            None,
        ),
        (
            [MOOD],
            [MOOD | {"options": ["pos", "neg", "calm", "bored"]}],
            [SPLIT],
            False,
            {"mood": "neg"},
            {"mood": "neg"},
        ),
        (
            [MOOD, WHY],
            [RENAMED, WHY | {"required_if": {"field": "mood", "in": ["positive", "neg"]}}],
            [RENAME],
            False,
            {"mood": "pos"},
            None,
        ),
        (
            [MOOD, WHY | {"required_if": {"field": "mood", "in": ["pos"]}}],
            [RENAMED, WHY | {"required_if": {"field": "mood", "in": ["positive"]}}],
            [RENAME],
            True,
            {"mood": "pos", "why": "!"},
            {"mood": "positive", "why": "!"},
        ),
        (
            [MOOD, WHY | {"required_if": {"field": "mood", "in": ["neg", "neu"]}}],
            [
                MOOD | {"options": ["pos", "rest"]},
                WHY | {"required_if": {"field": "mood", "in": ["rest"]}},
            ],
            [MERGE],
            True,
            {"mood": "neg", "why": "!"},
            {"mood": "rest", "why": "!"},
        ),
        (
            [MOOD, WHY],
            [
                MOOD | {"options": ["pos", "rest"]},
                WHY | {"required_if": {"field": "mood", "in": ["rest"]}},
            ],
            [MERGE],
            False,
            {"mood": "neu"},
            None,
        ),
        (
            [TAGS | {"min_items": 2}],
            [TAGS | {"options": ["a", "d"], "min_items": 1}],
            [{"merge": {"field": "tags", "from": ["b", "c"], "to": "d"}}],
            True,
            {"tags": ["c", "b"]},
            {"tags": ["d"]},
        ),
        (
            [TAGS | {"min_items": 2}],
            [TAGS | {"options": ["a", "d"], "min_items": 2}],
            [{"merge": {"field": "tags", "from": ["b", "c"], "to": "d"}}],
            False,
            {"tags": ["c", "b"]},
            None,
        ),
        (
            [SPANS],
            [SPANS | {"options": ["a", "d"]}],
            [{"merge": {"field": "spans", "from": ["b", "c"], "to": "d"}}],
            True,
            {"spans": [SPAN | {"label": "b"}, SPAN | {"label": "c", "start": 0.0}]},
            {"spans": [SPAN | {"label": "d"}]},
        ),
        (
            [MOOD],
            [MOOD, STARS],
            [{"require": {"field": "stars", "default": 3}}],
            True,
            {"mood": "pos"},
            {"mood": "pos", "stars": 3},
        ),
        ([MOOD], [MOOD, STARS], [{"require": {"field": "stars"}}], False, {"mood": "pos"}, None),
        (
            [MOOD, NOTE],
            [MOOD, NOTE | {"required": True}],
            [{"require": {"field": "note", "default": "-"}}],
            True,
            {"mood": "pos", "note": "n"},
            {"mood": "pos", "note": "n"},
        ),
        (
            [MOOD, NOTE],
            [MOOD],
            [{"remove": {"field": "note"}}],
            True,
            {"mood": "pos", "note": "n"},
            {"mood": "pos"},
        ),
        (
            [MOOD, STARS],
            [PARTED, STARS | {"required_if": {"field": "mood", "in": ["pos", "neg"]}}],
            [SPLIT],
            False,
            {"mood": "neu", "stars": 3},
            None,
        ),
        (
            [MOOD, WHY | {"required_if": {"field": "mood", "in": ["neg", "neu"]}}],
            [PARTED, WHY],
            [SPLIT],
            False,
            {"mood": "neg", "why": "!"},
            {"mood": "neg", "why": "!"},
        ),
        (
            [MOOD | {"ordered": True, "tolerance": 1}],
            [MOOD | {"options": ["pos", "rest"]}],
            [MERGE],
            True,
            {"mood": "neu"},
            {"mood": "rest"},
        ),
        (
            [TAGS | {"min_items": 3}],
            [TAGS | {"options": ["a", "b", "d"]}],
            [{"split": {"field": "tags", "from": "c", "into": ["d"]}}],
            False,
            {"tags": ["a", "b", "c"]},
            None,
        ),
        (
            [MOOD, WHY],
            [{"name": "why", "kind": "text"}],
            [{"remove": {"field": "mood"}}],
            False,
            {"mood": "pos"},
            None,
        ),
        (
            [MOOD, WHY],
            [MOOD, {"name": "why", "kind": "text"}],
            [{"require": {"field": "why", "default": "-"}}],
            True,
            {"mood": "pos"},
            {"mood": "pos", "why": "-"},
        ),
        (
            [MOOD, WHY],
            [MOOD | {"name": "tone"}, WHY | {"required_if": {"field": "tone", "in": ["neg"]}}],
            [{"rename_field": {"from": "mood", "to": "tone"}}],
            True,
            {"mood": "neg", "why": "!"},
            {"tone": "neg", "why": "!"},
        ),
    ],
)
def test_a_migration_carries_a_label_over(
    old: Any, new: Any, migration: Any, stays_valid: bool, before: Any, after: Any
) -> None:
    assert labels.compile_fields(old).check(before) == []

    found = labels.compatibility(old, new, migration)

    assert labels.check_migration(migration, old, new) == []
    assert found.stays_valid == stays_valid
    assert found.carry(before) == after
    assert found.accepts(before) == (after is not None)


@pytest.mark.parametrize(
    ("migration", "place"),
    [
        ("rename", ("", "type")),
        ([RENAME] * 201, ("", "type")),
        ([3], ("/0", "step")),
        ([{"rename": {}, "merge": {}}], ("/0", "step")),
        ([{"drop": {}}], ("/0", "step")),
        ([{"rename": {"field": "mood", "from": "pos"}}], ("/0/rename", "step")),
        ([{"rename": {"field": "mood", "from": 1, "to": "x"}}], ("/0/rename/from", "type")),
        ([{"merge": {"field": "mood", "from": [], "to": "x"}}], ("/0/merge/from", "type")),
        ([{"merge": {"field": "mood", "from": "pos", "to": "x"}}], ("/0/merge/from", "type")),
        ([{"rename": {"field": "mood", "from": "pos", "to": "\x00"}}], ("/0/rename/to", "nul")),
        ([{"rename": {"field": "tone", "from": "pos", "to": "x"}}], ("/0/rename/field", "field")),
        ([{"rename": {"field": "mood", "from": "x", "to": "y"}}], ("/0/rename/from", "option")),
        ([{"rename": {"field": "stars", "from": "1", "to": "2"}}], ("/0/rename/from", "option")),
        ([RENAME, RENAME], ("/1/rename/from", "option")),
        ([{"rename": {"field": "mood", "from": "pos", "to": "neg"}}], ("/0/rename/to", "unique")),
        ([{"rename": {"field": "mood", "from": "pos", "to": " x"}}], ("/0/rename", "pattern")),
        ([{"merge": {"field": "pair", "from": ["l"], "to": "x"}}], ("/0/merge/field", "kind")),
        ([{"merge": {"field": "mood", "from": ["x"], "to": "y"}}], ("/0/merge/from", "option")),
        ([SPLIT], ("/0/split/into", "option")),
        ([{"split": {"field": "one", "from": "a", "into": ["a"]}}], ("/0/split/from", "option")),
        ([{"require": {"field": "why", "default": "x"}}], ("/0/require/field", "condition")),
        ([{"require": {"field": "tone", "default": "x"}}], ("/0/require/field", "field")),
        ([{"require": {"field": "stars", "default": 9}}], ("/0/require/default", "maximum")),
        (
            [{"require": {"field": "spans", "default": [SPAN | {"label": "a"}]}}],
            ("/0/require/default", "text_field"),
        ),
        ([{"remove": {"field": "tone"}}], ("/0/remove/field", "field")),
        ([{"rename_field": {"from": "mood", "to": "why"}}], ("/0/rename_field/to", "unique")),
        ([{"rename_field": {"from": "tone", "to": "t"}}], ("/0/rename_field/from", "field")),
        ([{"rename_field": {"from": "stars", "to": "T"}}], ("/0/rename_field", "pattern")),
    ],
)
def test_a_migration_that_does_not_fit_is_refused(migration: Any, place: Any) -> None:
    pair = {"name": "pair", "kind": "pairwise", "options": ["l", "r"]}
    one = {"name": "one", "kind": "choice", "options": ["a"]}
    fields = [MOOD, WHY, STARS, pair, one, SPANS]

    refusals = labels.check_migration(migration, fields, fields)

    assert [(refusal.pointer, refusal.keyword) for refusal in refusals] == [place]
    with pytest.raises(labels.InvalidMigration):
        labels.compatibility(fields, fields, migration)


def test_wrong_fields_are_refused_under_their_version() -> None:
    refusals = labels.check_migration([], [MOOD, MOOD], [STARS | {"minimum": 9}, {}])

    assert {r.pointer.split("/")[1] for r in refusals} == {"old", "new"}


@given(json_values)
def test_checking_a_migration_never_raises(migration: Any) -> None:
    assume(migration != [])

    assert labels.check_migration(migration, [MOOD], [MOOD])


def test_a_label_is_left_as_it_is() -> None:
    label = {"mood": "pos"}

    assert labels.migrate(label, [RENAME]) == {"mood": "positive"}
    assert labels.migrate(label, []) is not label
    assert label == {"mood": "pos"}


@st.composite
def migrations(draw: st.DrawFn, old: list[dict[str, Any]], goal: list[dict[str, Any]]) -> list[Any]:
    """Return up to four steps: the drawn ones that fit."""
    steps: list[Any] = []
    for _ in range(draw(st.integers(1, 4))):
        step = draw(st.sampled_from(_after(old, steps, goal) or old).flatmap(_steps))
        if not labels.check_migration([*steps, step], old, goal):
            steps.append(step)
    return steps


def _steps(field: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Return steps that change this field, most of them valid."""
    options = [*field.get("options", ["a"]), "new", "x"]
    option, name = st.sampled_from(options), st.just(field["name"])
    several = st.lists(option, min_size=1, max_size=3, unique=True)
    default = {"field": name, "default": values(field) | st.integers(0, 5)}
    steps = {
        "rename": {"field": name, "from": option, "to": option},
        "merge": {"field": name, "from": several, "to": option},
        "split": {"field": name, "from": option, "into": several},
        "remove": {"field": name},
        "rename_field": {"from": name, "to": st.sampled_from("abcd")},
    }
    made = [st.fixed_dictionaries({k: st.fixed_dictionaries(v)}) for k, v in steps.items()]
    required = st.fixed_dictionaries(default) | st.fixed_dictionaries({"field": name})
    return st.one_of([*made, st.fixed_dictionaries({"require": required})])


@given(st.data())
def test_a_migration_that_is_said_to_carry_every_label_carries_it(data: Any) -> None:
    old = data.draw(specs())
    goal = data.draw(st.just(old) | changed(old))
    migration = data.draw(migrations(old, goal))
    new = data.draw(st.just(goal) | st.just(_after(old, migration, goal)))
    assume(new and not labels.check_migration(migration, old, new))
    label = data.draw(labels_of(old))

    found = labels.compatibility(old, new, migration)

    carried = found.carry(label, {"text": TEXT})
    event(f"stays valid: {found.stays_valid}; carried: {carried is not None}")
    assert carried is not None or not found.stays_valid
    if carried is not None:
        assert labels.compile_fields(new).check(carried, {"text": TEXT}) == []


@pytest.mark.parametrize(
    ("first", "default"),
    [
        ({"name": "a", "kind": "choice", "options": ["x", "y"]}, "x"),
        ({"name": "a", "kind": "choices", "options": ["x", "y"]}, ["y", "x"]),
    ],
)
def test_a_default_that_makes_another_field_required_is_not_said_to_keep_labels_valid(
    first: dict[str, Any], default: Any
) -> None:
    second = {"name": "b", "kind": "text", "required_if": {"field": "a", "in": ["x"]}}
    fields = [{**first, "required": False}, second]

    found = labels.compatibility(fields, fields, [{"require": {"field": "a", "default": default}}])

    assert found.carry({}) is None
    assert (found.stays_valid, found.touched) == (False, ("b",))


def _after(old: Any, migration: Any, goal: Any) -> Any:
    """Return the definitions after the migration, the hardest new version to be right about."""
    from labels.migration import read_steps  # noqa: PLC0415
    from labels.migration_types import definitions_after  # noqa: PLC0415

    fields = {field["name"]: field for field in old}
    for step in read_steps(migration):
        fields = definitions_after(fields, step, {field["name"]: field for field in goal})
    return list(fields.values())
