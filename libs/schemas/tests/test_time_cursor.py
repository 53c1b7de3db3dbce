"""Cursors of lists in the order of a time and an id."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import time_cursor


@given(st.datetimes(timezones=st.just(UTC)), st.uuids())
def test_a_cursor_is_decoded_as_it_was_encoded(moment: datetime, entry: UUID) -> None:
    assert time_cursor.decode(time_cursor.encode(moment, entry)) == (moment, entry)


@pytest.mark.parametrize(
    "cursor", ["", "here", "2026-01-01T00:00:00~", f"0001-01-01T00:00+14:00~{UUID(int=1)}"]
)
def test_other_texts_are_no_cursors(cursor: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        time_cursor.decode(cursor)
