"""The OpenAPI documents describe exactly the field definitions that `labels` reads."""

import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import labels
from labels.kinds import KINDS
from labels.reader import Reader
from schemas.field_definitions import FIELD

sys.path.insert(0, str(Path(__file__).parents[2] / "libs" / "labels" / "tests"))

from spec_strategies import specs

SCHEMA = FIELD.json_schema()
OPTIONS = ["a", "b"]
MADE_WITH: dict[str, dict[str, Any]] = {
    "choice": {"options": OPTIONS, "ordered": True},
    "choices": {"options": OPTIONS},
    "rating": {},
    "number": {},
    "text": {},
    "spans": {"options": OPTIONS},
    "boxes": {"options": OPTIONS},
    "ranking": {"options": OPTIONS},
    "pairwise": {"options": OPTIONS},
}


def described_keys(kind: str) -> set[str]:
    reference = SCHEMA["discriminator"]["mapping"][kind]
    return set(SCHEMA["$defs"][reference.rsplit("/", 1)[1]]["properties"])


def test_the_same_kinds_are_described_and_read() -> None:
    assert set(SCHEMA["discriminator"]["mapping"]) == set(KINDS) == set(MADE_WITH)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_the_same_keys_are_described_and_read(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    taken: set[str] = set()
    finish = Reader.finish

    def noting(reader: Reader) -> None:
        if reader._source.get("name") == "second":
            taken.update(reader._taken)
        finish(reader)

    monkeypatch.setattr(Reader, "finish", noting)
    first = {"name": "first", "kind": "choice", "options": OPTIONS}
    condition = {"field": "first", "in": ["a"]}
    second = {"name": "second", "kind": kind, "required_if": condition, **MADE_WITH[kind]}
    assert labels.check_fields([first, second]) == []

    assert described_keys(kind) == taken


@settings(max_examples=200, deadline=None)
@given(specs())
def test_every_definition_that_is_read_is_described(fields: list[dict[str, Any]]) -> None:
    assert labels.check_fields(fields) == []
    for field in fields:
        FIELD.validate_python(field)


@settings(max_examples=200, deadline=None)
@given(specs(), st.sampled_from(["surprise", "tie", "scale", "text_field"]))
def test_an_unknown_key_is_neither_described_nor_read(
    fields: list[dict[str, Any]], key: str
) -> None:
    field = fields[0]
    if key in described_keys(field["kind"]):
        return
    with pytest.raises(ValueError, match="forbidden"):
        FIELD.validate_python({**field, key: 1})
    assert labels.check_fields([{**field, key: 1}])
