"""The current time. No other module reads the clock of the system."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends


def utc_now() -> datetime:
    """Return the current time in UTC."""
    return datetime.now(UTC)


async def _now() -> datetime:
    return utc_now()


Now = Annotated[datetime, Depends(_now)]
"""The time at which a request arrived, as a dependency of FastAPI."""
