"""Strategies for specifications: fields that depend on each other, labels, later versions."""

from typing import Any

from hypothesis import strategies as st
from label_strategies import TEXT, definitions, values

import labels


@st.composite
def specs(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Return up to three fields; later ones may depend on the first."""
    fields = [draw(definitions(name=name)) for name in "abc"[: draw(st.integers(1, 3))]]
    answers = labels.compile_fields(fields[:1]).field("a").answers
    for field in fields:
        field["required"] = draw(st.booleans())
        if answers and field["name"] != "a" and draw(st.booleans()):
            values_in = draw(st.lists(st.sampled_from(answers), min_size=1, unique=True))
            field["required_if"] = {"field": "a", "in": values_in}
    return fields


@st.composite
def labels_of(draw: st.DrawFn, fields: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a label that the fields accept."""
    label: dict[str, Any] = {}
    for field in fields:
        if _is_asked(field, label) and (field["required"] or draw(st.booleans())):
            label[field["name"]] = draw(values(field))
    assert labels.compile_fields(fields).check(label, {"text": TEXT}) == []
    return label


def _is_asked(field: dict[str, Any], label: dict[str, Any]) -> bool:
    if "required_if" not in field:
        return True
    answer = label.get("a")
    parts = answer if isinstance(answer, list) else [answer]
    return any(part in field["required_if"]["in"] for part in parts)


@st.composite
def changed(draw: st.DrawFn, fields: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the fields with one or two changes, many of them harmless."""
    new = [dict(field) for field in fields]
    for _ in range(draw(st.integers(1, 2))):
        index = draw(st.integers(0, len(new) - 1))
        field = new[index] | draw(st.sampled_from(_CHANGES))
        if "options" in field and draw(st.booleans()):
            more = draw(st.permutations([*field["options"], "new"]))
            field["options"] = more[draw(st.integers(0, 1)) :]
        new = _if_valid([*new[:index], field, *new[index + 1 :]], new)
    if draw(st.booleans()):
        new = _if_valid(new[1:], new)
    if draw(st.booleans()):
        new.append(draw(definitions(name="d")) | {"required": draw(st.booleans())})
    return new


def _if_valid(new: list[dict[str, Any]], before: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return before if labels.check_fields(new) else new


_CHANGES: list[dict[str, Any]] = [
    {},
    {"required": False},
    {"required": True},
    {"max_items": 2},
    {"max_items": 4, "min_items": 0},
    {"other": True},
    {"tie": True},
    {"maximum": 20},
    {"minimum": -20},
    {"max_length": 4},
    {"max_length": 20},
    {"overlapping": True},
    {"overlapping": False},
    {"kind": "choice"},
    {"kind": "text"},
    {"kind": "number"},
]
