"""Properties of every kind of field, every definition and every answer."""

import json
import random
from typing import Any

import jsonschema_rs
import label_oracle
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from label_strategies import KINDS, TEXT, definitions, json_values, near, values

import labels

kinds = pytest.mark.parametrize("kind", KINDS)


def _field(definition: dict[str, Any]) -> labels.Field:
    return labels.compile_fields([definition]).field(definition["name"])


def test_the_strategies_know_every_kind() -> None:
    assert set(KINDS) == set(labels.KINDS)


@kinds
@given(data=st.data())
def test_an_answer_is_accepted_if_and_only_if_its_kind_says_so(kind: str, data: Any) -> None:
    definition = data.draw(definitions(kind))
    value = data.draw(near(definition))

    refusals = labels.compile_fields([definition]).check({"f": value})

    assert (refusals == []) == label_oracle.accepts(definition, value), refusals


@kinds
@given(data=st.data())
def test_the_schema_alone_accepts_whatever_the_check_accepts(kind: str, data: Any) -> None:
    definition = data.draw(definitions(kind))
    label = {"f": data.draw(values(definition))}
    schema = labels.compile_fields([definition])

    assert schema.check(label, {"text": TEXT}) == []
    assert jsonschema_rs.is_valid(schema.json_schema, json.loads(json.dumps(label)))


@kinds
@given(data=st.data())
def test_the_distance_is_symmetric_bounded_and_zero_for_the_same_answer(
    kind: str, data: Any
) -> None:
    definition = data.draw(definitions(kind))
    field = _field(definition)
    first, second = data.draw(values(definition)), data.draw(values(definition))

    distance = field.distance(first, second)

    is_bounded = kind != "number" or "maximum" in definition or field.metric == "ratio"
    assert distance == field.distance(second, first)
    assert (distance == 0) == (field.key(first) == field.key(second))
    assert 0 <= distance <= (1 if is_bounded else 10)
    assert field.distance(first, first) == 0


@kinds
@given(data=st.data())
def test_gold_is_worth_one_within_the_tolerance_and_never_more(kind: str, data: Any) -> None:
    definition = data.draw(definitions(kind))
    field = _field(definition)
    answer, expected = data.draw(values(definition)), data.draw(values(definition))

    score = field.score(answer, expected)

    assert 0 <= score <= 1
    assert field.is_correct(answer, expected) == (score == 1)
    assert field.score(expected, expected) == 1
    assert (field.score(None, expected), field.score(answer, None)) == (0, 0)
    assert field.score(None, None) == 1
    if kind != "number":
        assert (score == 1) == (field.distance(answer, expected) <= field.tolerance + 1e-9)


@kinds
@given(data=st.data())
def test_a_merge_is_an_answer_and_does_not_depend_on_the_order(kind: str, data: Any) -> None:
    definition = data.draw(definitions(kind))
    schema = labels.compile_fields([definition])
    field = schema.field("f")
    answers = data.draw(st.lists(values(definition), max_size=6))
    weights = data.draw(
        st.lists(st.floats(0, 3), min_size=len(answers), max_size=len(answers)) | st.none()
    )

    merged = field.merge(answers, weights)

    order = list(range(len(answers)))
    random.Random(len(answers)).shuffle(order)
    shuffled = [weights[i] for i in order] if weights is not None else None
    assert merged == field.merge([answers[i] for i in order], shuffled)
    if merged is not None:
        assert schema.check({"f": merged}, {"text": TEXT}) == []


@kinds
@given(data=st.data())
def test_unanimous_answers_merge_to_that_answer(kind: str, data: Any) -> None:
    definition = data.draw(definitions(kind))
    field = _field(definition)
    answer = data.draw(values(definition))
    weights = data.draw(st.lists(st.floats(0.01, 3), min_size=1, max_size=4))

    merged = field.merge([answer] * len(weights), weights)

    assert merged is not None
    assert field.key(merged) == field.key(answer)


@kinds
@given(data=st.data())
def test_the_cells_are_those_of_the_columns_and_have_their_types(kind: str, data: Any) -> None:
    definition = data.draw(definitions(kind))
    field = _field(definition)
    types = {"string": str, "number": float, "integer": int, "boolean": bool, "json": str}

    cells = field.cells(data.draw(values(definition)))

    assert [column.name for column in field.columns()] == list(cells)
    assert set(field.cells(None).values()) == {None}
    assert list(field.cells(None)) == list(cells)
    for column in field.columns():
        assert cells[column.name] is None or type(cells[column.name]) is types[column.type]
        assert column.name.split(".")[0] == "f"


@kinds
@given(data=st.data())
def test_the_same_cells_mean_the_same_answer(kind: str, data: Any) -> None:
    definition = data.draw(definitions(kind))
    field = _field(definition)
    first, second = data.draw(values(definition)), data.draw(values(definition))

    if field.cells(first) == field.cells(second):
        assert field.key(first) == field.key(second)


@given(data=st.data())
def test_renaming_the_options_changes_no_distance_and_renames_the_merge(data: Any) -> None:
    kind = data.draw(st.sampled_from(["choice", "choices", "spans", "ranking", "pairwise"]))
    old = data.draw(definitions(kind).filter(lambda own: "options" in own))
    names = {name: f"{index} new" for index, name in enumerate(sorted(old["options"]))}
    new = old | {"options": [names[name] for name in old["options"]]}
    steps = [{"rename": {"field": "f", "from": a, "to": b}} for a, b in names.items()]
    answers = data.draw(st.lists(values(old), min_size=2, max_size=4))

    renamed = [labels.migrate({"f": answer}, steps) for answer in answers]

    before, after = _field(old), _field(new)
    migrated = [label["f"] for label in renamed if label is not None]
    distance = before.distance(answers[0], answers[1])
    assert after.distance(migrated[0], migrated[1]) == pytest.approx(distance, abs=1e-12)
    merged, expected = after.merge(migrated), before.merge(answers)
    assert (merged is None) == (expected is None)
    if expected is not None:
        carried = labels.migrate({"f": expected}, steps)
        assert carried is not None
        assert after.key(merged) == after.key(carried["f"])


@given(json_values, json_values)
@example({"f": 2**63}, None)
@example({"f": "\ud800"}, None)
@example({"f": float("nan")}, None)
@example({"\ud800": 1, "f": 1}, None)
@example({"f": "x" * 1_000_000}, None)
def test_checking_a_label_never_raises_and_points_into_it(label: Any, payload: Any) -> None:
    everything = [{"name": f"f{i}", "kind": k, **_PLAIN[k]} for i, k in enumerate(KINDS)]

    refusals = labels.compile_fields(everything).check(label, payload)

    assert refusals
    assert all(r.pointer == "" or r.pointer.startswith("/") for r in refusals)
    assert all(r.keyword and r.message.endswith(".") for r in refusals)


_PLAIN: dict[str, dict[str, Any]] = {
    kind: {"options": ["a", "b"]} if kind not in ("rating", "number", "text") else {}
    for kind in KINDS
}


@given(data=st.data())
def test_checking_a_nearly_right_label_never_raises(data: Any) -> None:
    own = [data.draw(definitions(name=name)) for name in ("f", "g")]
    label = {name: data.draw(near(field)) for name, field in zip("fg", own, strict=True)}

    refusals = labels.compile_fields(own).check(label, data.draw(st.none() | json_values))

    assert all(refusal.pointer.startswith(("/f", "/g")) for refusal in refusals)


@given(json_values)
def test_checking_definitions_never_raises(fields: Any) -> None:
    assert labels.check_fields(fields)


@given(data=st.data())
def test_a_definition_with_one_strange_value_is_refused_or_compiles(data: Any) -> None:
    definition = data.draw(definitions())
    key = data.draw(st.sampled_from([*definition, "help", "tolerance", "required_if", "pattern"]))
    definition[key] = data.draw(json_values)

    refusals = labels.check_fields([definition])

    if not refusals:
        schema = labels.compile_fields([definition])
        jsonschema_rs.meta.validate(schema.json_schema)
    else:
        with pytest.raises(labels.InvalidFields):
            labels.compile_fields([definition])
