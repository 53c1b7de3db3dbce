"""What the clock makes quality do."""

from datetime import timedelta

from chassis.clock import utc_now
from chassis.database import Session
from chassis.service import Job
from quality_service.operations import watching


async def measure(session: Session) -> None:
    """Bring the gauges up to date."""
    await watching.measure(session, utc_now())


JOBS = [Job(timedelta(seconds=30), measure)]
