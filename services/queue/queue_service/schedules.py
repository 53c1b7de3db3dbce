"""What the clock makes the queue do."""

from datetime import timedelta

from chassis.clock import utc_now
from chassis.database import Session
from chassis.schedules import ProjectSchedule, Schedule
from queue_service.operations import answering, explaining, further, leasing
from queue_service.store import answers


async def expire_leases(session: Session) -> None:
    """Leases run out."""
    await leasing.expire_leases(session, utc_now())


async def projects_due(session: Session) -> list[str]:
    """Projects with held answers whose time has come."""
    return await answers.projects_due(session, utc_now())


async def release_answers(session: Session, project: str) -> None:
    """Held answers become final."""
    await answering.release_answers(session, project, utc_now())


async def move_work(session: Session) -> None:
    """Others are asked for what waits."""
    await further.move_work(session, utc_now())


async def measure_depths(session: Session) -> None:
    """Metrics are measured."""
    await explaining.measure_depths(session, utc_now())


SCHEDULES: list[Schedule | ProjectSchedule] = [
    Schedule(timedelta(seconds=0.7), expire_leases),  # And within a second it is offered again.
    ProjectSchedule(timedelta(seconds=1), projects_due, release_answers),
    Schedule(timedelta(seconds=5), move_work),
    Schedule(timedelta(seconds=30), measure_depths),
]
