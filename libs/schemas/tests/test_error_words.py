"""Errors of pydantic are said in plain words."""

import json

import pytest
from pydantic import ValidationError

from schemas.error_words import plain_words
from schemas.ingest import ItemRequest


@pytest.mark.parametrize(
    ("item", "words"),
    [
        ({}, "It is required, and not there."),
        ({"payload": {}, "text": "x"}, "No such property is known here: leave it out."),
        ({"payload": "x"}, "It must be an object."),
        ({"payload": {}, "priority": 10}, "It may be at most 9."),
        ({"payload": {}, "priority": "high"}, "It must be a whole number."),
        ({"payload": {}, "external_id": 7}, "It must be text."),
        ({"payload": {}, "external_id": ""}, "It must have at least 1 character."),
        ({"payload": {}, "external_id": "x" * 501}, "It may have at most 500 characters."),
        ({"payload": {}, "skills": ["a"] * 21}, "It may have at most 20 entries."),
        (
            {"payload": {}, "due_at": "tomorrow"},
            "It must be a time with its zone, such as 2026-01-31T12:00:00Z.",
        ),
    ],
)
def test_an_invalid_item_is_refused_in_plain_words(item: dict[str, object], words: str) -> None:
    with pytest.raises(ValidationError) as raised:
        ItemRequest.model_validate_json(json.dumps(item))
    assert plain_words(raised.value.errors()[0]) == words
