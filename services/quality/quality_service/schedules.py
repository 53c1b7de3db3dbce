"""What the clock makes quality do."""

from datetime import timedelta

from chassis.clock import utc_now
from chassis.database import Session
from chassis.schedules import Schedule
from quality_service.operations import watching


async def measure(session: Session) -> None:
    """Bring the gauges up to date."""
    await watching.measure(session, utc_now())


SCHEDULES = [Schedule(timedelta(seconds=30), measure)]
