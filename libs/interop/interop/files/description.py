"""An understanding of a file in sentences for people, and as JSON."""

import json
from typing import Any

from interop.files.understanding import COLUMNS, Understanding

_DELIMITERS = {",": "a comma", ";": "a semicolon", "\t": "a tab", "|": "a vertical bar"}
_ENCODINGS = {"utf-8": "UTF-8", "utf-8-sig": "UTF-8 with a byte order mark", "utf-16": "UTF-16"}
SHOWN_CHARACTERS = 500


def describe(found: Understanding) -> list[str]:
    """Return what was understood as sentences: the form, the columns, counts, the first item."""
    return [*_form(found), *_columns(found), *_counts(found), *_first_item(found)]


def _form(found: Understanding) -> list[str]:
    layout = found.layout
    parts = [layout.format.upper()]
    if layout.compression:
        parts.append(f"compressed with {layout.compression}")
    if layout.encoding:
        parts.append(_ENCODINGS.get(layout.encoding, layout.encoding))
    if layout.delimiter:
        delimiter = _DELIMITERS.get(layout.delimiter, repr(layout.delimiter))
        parts.append(f"values separated by {delimiter}")
    if layout.delimiter and not layout.has_header:
        parts.append("no header: the first line holds values")
    lines = [f"{found.name}: {', '.join(parts)}."]
    if layout.sheet:
        others = ", ".join(f"'{name}'" for name in layout.other_sheets)
        lines.append(f"Sheet '{layout.sheet}'{f'; not read: {others}' if others else ''}.")
    return lines


def _columns(found: Understanding) -> list[str]:
    if found.shape != COLUMNS:
        return ["Each row is an item with a payload."]
    used = found.used
    id_column = f"'{used.id_column}'" if used.id_column else "none"
    lines = [f"Id column: {id_column}. Payload: {_listed(used.payload_columns)}."]
    if used.metadata_columns:
        lines.append(f"Metadata: {_listed(used.metadata_columns)}.")
    return lines


def _counts(found: Understanding) -> list[str]:
    repeated = f", of which {found.duplicates:,} repeat an earlier one" if found.duplicates else ""
    lines = [f"{found.rows:,} rows{repeated}."]
    return [*lines, *(problem.sentence() for problem in found.problems)]


def _first_item(found: Understanding) -> list[str]:
    if not found.first_rows:
        return []
    line, item = found.first_rows[0]
    text = json.dumps(item, ensure_ascii=False)
    end = "..." if len(text) > SHOWN_CHARACTERS else ""
    return [f"The first item (line {line}): {text[:SHOWN_CHARACTERS]}{end}"]


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(f"'{name}'" for name in names) if names else "none"


def as_json(found: Understanding) -> dict[str, Any]:
    """Return what was understood as a JSON object."""
    layout = found.layout
    return {
        "name": found.name,
        "format": layout.format,
        "compression": layout.compression,
        "encoding": layout.encoding,
        "delimiter": layout.delimiter,
        "has_header": layout.has_header,
        "sheet": layout.sheet,
        "other_sheets": list(layout.other_sheets),
        "shape": found.shape,
        "columns": list(found.columns),
        "id_column": found.used.id_column,
        "id_candidates": list(found.id_candidates),
        "payload_columns": list(found.used.payload_columns),
        "metadata_columns": list(found.used.metadata_columns),
        "rows": found.rows,
        "duplicates": found.duplicates,
        "problems": [
            {
                "message": problem.message,
                "column": problem.column,
                "lines": list(problem.lines),
                "count": problem.count,
            }
            for problem in found.problems
        ],
        "first_rows": [{"line": line, "item": item} for line, item in found.first_rows],
    }
