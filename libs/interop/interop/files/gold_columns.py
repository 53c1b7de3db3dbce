"""The label columns of gold: the kind of a field decides how a cell is read."""

import json
from collections.abc import Mapping
from typing import Any

from interop.files.problems import Problem
from schemas.repeated_keys import repeated_keys

LABEL = "label"
PREFIX = "label."
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


def take_label(
    line: int, cells: dict[str, Any], kinds: Mapping[str, str]
) -> dict[str, Any] | Problem:
    """Remove the columns `label` and `label.FIELD` from `cells`, and return their answers.

    `kinds`: the kind of each field. With one field, the column `label` is its answer. An empty cell
    means that the field has no answer. A fault is returned as the problem of the row.
    """
    columns = [name for name in cells if name == LABEL or name.startswith(PREFIX)]
    if not columns:
        return Problem(line, f"Gold needs a column {_expected(kinds)}.")
    label: dict[str, Any] = {}
    for column in columns:
        cell = cells.pop(column)
        if cell is None or (isinstance(cell, str) and not cell.strip()):
            continue
        field = _field_of(column, kinds)
        if field is None:
            message = f"It names no field: call the column {_expected(kinds)}."
            return Problem(line, message, column)
        value = _answer(line, column, cell, kinds.get(field, "text"))
        if isinstance(value, Problem):
            return value
        label[field] = value
    return label


def _field_of(column: str, kinds: Mapping[str, str]) -> str | None:
    """Return the field that a column answers; None if that is not certain."""
    if column != LABEL:
        return column.removeprefix(PREFIX)
    if LABEL in kinds or not kinds:
        return LABEL
    return next(iter(kinds)) if len(kinds) == 1 else None


def _expected(kinds: Mapping[str, str]) -> str:
    if len(kinds) < 2:
        return "'label'"
    return " or ".join(f"'{PREFIX}{field}'" for field in kinds)


def _answer(line: int, column: str, cell: object, kind: str) -> Any:  # noqa: ANN401 (any JSON)
    if not isinstance(cell, str):
        return cell
    if kind in PLAIN and not (kind == "choice" and cell.lstrip().startswith('{"other"')):
        return cell
    try:
        value = json.loads(cell)
    except (ValueError, RecursionError):
        hint = f", for example {EXAMPLES[kind]}" if kind in EXAMPLES else ""
        message = f"'{cell[:50]}' is no answer to a field of kind {kind}: write JSON{hint}."
        return Problem(line, message, column)
    for repeated in repeated_keys(cell):
        return Problem(line, f"{repeated.sentence()} Write it once.", column)
    return value
