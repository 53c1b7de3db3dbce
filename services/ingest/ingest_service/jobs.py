"""What ingest does every so often."""

from datetime import timedelta

from chassis.clock import utc_now
from chassis.database import Session
from chassis.service import Job
from ingest_service.operations import batches, repairs, specs


async def roll_out(session: Session) -> None:
    """Bring the next items under the newest spec version."""
    await specs.roll_out(session, utc_now())


async def forget(session: Session) -> None:
    """Drop old verdicts."""
    await batches.forget(session, utc_now())


async def measure(session: Session) -> None:
    """Bring the gauge up to date."""
    await repairs.measure(session)


JOBS = [
    Job(timedelta(seconds=0.2), roll_out),
    Job(timedelta(hours=1), forget),
    Job(timedelta(seconds=30), measure),
]
