"""The periodic work of ingest."""

from datetime import timedelta

from chassis.clock import utc_now
from chassis.database import Session
from chassis.schedules import ProjectSchedule, Schedule
from ingest_service.operations import batches, repairs, specs
from ingest_service.store.specs import projects_with_rollout


async def roll_out(session: Session, project: str) -> None:
    """Handle the next items of a project's rollout of a new spec version."""
    await specs.roll_out(session, project, utc_now())


async def delete_old_verdicts(session: Session) -> None:
    """Delete the verdicts on batches that are past their retention time."""
    await batches.delete_old_verdicts(session, utc_now())


async def update_gauge(session: Session) -> None:
    """Set the gauge of open repairs."""
    await repairs.update_gauge(session)


SCHEDULES: list[Schedule | ProjectSchedule] = [
    ProjectSchedule(timedelta(seconds=0.2), projects_with_rollout, roll_out),
    Schedule(timedelta(hours=1), delete_old_verdicts),
    Schedule(timedelta(seconds=30), update_gauge),
]
