"""The only call of the clock."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends


def utc_now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


async def _now() -> datetime:
    return utc_now()


Now = Annotated[datetime, Depends(_now)]
"""The time at which a request came in."""
