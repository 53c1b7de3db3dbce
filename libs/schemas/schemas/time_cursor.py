"""Cursors of lists in the order of a time and an id: the text `<time>~<id>`."""

from datetime import UTC, datetime
from uuid import UUID

START = (datetime(1970, 1, 1, tzinfo=UTC), UUID(int=0))
"""The position before every entry."""


def encode(moment: datetime, entry: UUID) -> str:
    """Return the cursor of the entries beyond this time and id."""
    return f"{moment.isoformat()}~{entry}"


def decode(cursor: str) -> tuple[datetime, UUID]:
    """Return the time, in UTC, and the id in a cursor. Raise ValueError if it is not one."""
    moment, _, entry = cursor.partition("~")
    try:
        return datetime.fromisoformat(moment).astimezone(UTC), UUID(entry)
    except OverflowError as error:
        raise ValueError(f"{moment} lies outside the years 1 to 9999.") from error
