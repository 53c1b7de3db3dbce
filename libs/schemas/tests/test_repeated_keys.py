import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.repeated_keys import RepeatedKey, repeated_keys

KEYS = st.text(max_size=3)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
)


@given(VALUES)
def test_json_without_a_repeated_key_gives_nothing(value: object) -> None:
    assert repeated_keys(json.dumps(value)) == []


@given(KEYS, VALUES, VALUES)
def test_a_key_that_occurs_twice_is_found_however_it_is_written(
    key: str, first: object, second: object
) -> None:
    escaped = '"' + "".join(f"\\u{ord(c):04x}" if ord(c) < 65536 else c for c in key) + '"'
    text = f"{{{json.dumps(key)}: {json.dumps(first)}, {escaped}: {json.dumps(second)}}}"

    assert repeated_keys(text) == [RepeatedKey("", key)]


@pytest.mark.parametrize(
    ("text", "pointers"),
    [
        ('{"a": 1, "b": {"a": 1}}', []),
        ('[{"a": {"x/y": 1, "x/y": 1}}, {}, {"b": 1, "b": 1}]', ["/0/a/x~1y", "/2/b"]),
        ('{"a": {"b": 1, "b": 2}, "a": 3}', ["/a"]),
        ('{"a": [], "c": {"b": 1, "b": 2}, "a": 3}', ["/a", "/c/b"]),
    ],
)
def test_a_repeated_key_is_named_with_its_place(text: str, pointers: list[str]) -> None:
    assert [repeated.pointer for repeated in repeated_keys(text)] == pointers
