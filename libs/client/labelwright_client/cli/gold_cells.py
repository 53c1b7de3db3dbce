"""Parser of the label columns of a gold CSV; the kind of a field decides the format."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from labelwright_client.replay.files import BadFile, Row
from schemas.repeated_keys import repeated_keys

PLAIN = frozenset({"choice", "pairwise", "text"})
"""Kinds whose answer is the text of the cell; answers of all other kinds are JSON."""
EXAMPLES = {
    "rating": "4",
    "number": "2.5",
    "choices": '["a", "b"]',
    "ranking": '["a", "b"]',
    "spans": '[{"start": 0, "end": 3, "quote": "Ada", "label": "person"}]',
    "boxes": '[{"x": 0.1, "y": 0.1, "width": 0.2, "height": 0.2, "label": "car"}]',
}

Kinds = Mapping[str, str]
"""The kind of each field of a spec version, by the field's name."""


def kinds_of(fields: Sequence[Mapping[str, Any]]) -> Kinds:
    """Return the kind of each field in a spec document."""
    return {str(field["name"]): str(field["kind"]) for field in fields}


def take_label(row: Row, cells: dict[str, str], kinds: Kinds) -> dict[str, object]:
    """Remove the columns `label` and `label.FIELD` from `cells`, and return their answers.

    An empty cell means that the field has no answer. Raises BadFile if there is no such column, and
    BadRow if the cell does not have the format of its field's kind.
    """
    names = [name for name in cells if name == "label" or name.startswith("label.")]
    if not names:
        raise BadFile(f"{row.file}, line {row.line}: gold needs a column 'label' or 'label.FIELD'.")
    label: dict[str, object] = {}
    for name in names:
        text, field = cells.pop(name), name.removeprefix("label.") or name
        if text.strip():
            label[field] = _value(row, name, text, kinds.get(field, "text"))
    return label


def _value(row: Row, column: str, text: str, kind: str) -> object:
    if kind == "choice" and text.lstrip().startswith('{"other"'):
        kind = "choice with an other answer"
    if kind in PLAIN:
        return text
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        example = EXAMPLES.get(kind)
        hint = f", for example {example}" if example else ""
        raise row.bad(
            f"{column} is '{text[:50]}', but its field is of kind {kind}: write JSON{hint}."
        ) from None
    for repeated in repeated_keys(text):
        raise row.bad(f"{column}: {repeated.sentence()} Write it once.")
    return value
