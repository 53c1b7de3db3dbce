"""What the clock makes the queue do."""

from datetime import timedelta

from chassis.clock import utc_now
from chassis.db.database import Transaction
from chassis.schedules import ProjectSchedule, Schedule
from queue_service.operations import answering, explaining, further, leasing
from queue_service.store import answers


async def expire_leases(transaction: Transaction) -> None:
    """Leases run out."""
    await leasing.expire_leases(transaction, utc_now())


async def projects_due(transaction: Transaction) -> list[str]:
    """Projects with held answers whose time has come."""
    return await answers.projects_due(transaction, utc_now())


async def release_answers(transaction: Transaction, project: str) -> None:
    """Held answers become final."""
    await answering.release_answers(transaction, project, utc_now())


async def move_work(transaction: Transaction) -> None:
    """Others are asked for what waits."""
    await further.move_work(transaction, utc_now())


async def measure_depths(transaction: Transaction) -> None:
    """Metrics are measured."""
    await explaining.measure_depths(transaction, utc_now())


SCHEDULES: list[Schedule | ProjectSchedule] = [
    Schedule(timedelta(seconds=0.7), expire_leases),  # And within a second it is offered again.
    ProjectSchedule(timedelta(seconds=1), projects_due, release_answers),
    Schedule(timedelta(seconds=5), move_work),
    Schedule(timedelta(seconds=30), measure_depths),
]
