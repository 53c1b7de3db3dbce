"""Reading the answers in the label columns of a gold CSV, each by the kind of its field."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from labelwright_client.replay.files import BadFile, Row
from schemas.repeated_keys import repeated_keys

PLAIN = frozenset({"choice", "pairwise", "text"})
"""Kinds whose value is the cell's text; all others are written as JSON."""
EXAMPLES = {
    "rating": "4",
    "number": "2.5",
    "choices": '["a", "b"]',
    "ranking": '["a", "b"]',
    "spans": '[{"start": 0, "end": 3, "quote": "Ada", "label": "person"}]',
    "boxes": '[{"x": 0.1, "y": 0.1, "width": 0.2, "height": 0.2, "label": "car"}]',
}

Kinds = Mapping[str, str]
"""The kind of each field of the newest spec version, by the field's name."""


def kinds_of(fields: Sequence[Mapping[str, Any]]) -> Kinds:
    """The kind of each field in a spec document."""
    return {str(field["name"]): str(field["kind"]) for field in fields}


def take_label(row: Row, cells: dict[str, str], kinds: Kinds) -> dict[str, object]:
    """The answers in the columns `label` or `label.FIELD`, which are removed from `cells`.

    An empty cell is a field left blank. Raises BadFile without such a column, BadRow for a cell
    that is not of its field's kind.
    """
    names = [name for name in cells if name == "label" or name.startswith("label.")]
    if not names:
        raise BadFile(
            f"{row.file}, line {row.line}: gold needs a column 'label' (or 'label.FIELD')."
        )
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
        how = f", for example {example}" if example else ""
        raise row.bad(
            f"{column} is '{text[:50]}', but its field is of kind {kind}: write JSON{how}."
        ) from None
    for repeated in repeated_keys(text):
        raise row.bad(f"{column}: {repeated.sentence()} Write it once.")
    return value
