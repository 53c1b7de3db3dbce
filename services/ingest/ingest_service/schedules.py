"""What ingest does every so often."""

from datetime import timedelta

from chassis.clock import utc_now
from chassis.database import Session
from chassis.schedules import ProjectSchedule, Schedule
from ingest_service.operations import batches, repairs, specs
from ingest_service.store.specs import rolling_out


async def roll_out(session: Session, project: str) -> None:
    """Bring the next items of a project under its newest spec version."""
    await specs.roll_out(session, project, utc_now())


async def forget(session: Session) -> None:
    """Drop old verdicts."""
    await batches.forget(session, utc_now())


async def measure(session: Session) -> None:
    """Bring the gauge up to date."""
    await repairs.measure(session)


SCHEDULES: list[Schedule | ProjectSchedule] = [
    ProjectSchedule(timedelta(seconds=0.2), rolling_out, roll_out),
    Schedule(timedelta(hours=1), forget),
    Schedule(timedelta(seconds=30), measure),
]
