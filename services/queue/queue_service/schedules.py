"""The periodic work of the queue."""

from datetime import timedelta

from chassis.clock import utc_now
from chassis.db.database import Transaction
from chassis.schedules import ProjectSchedule, Schedule
from queue_service.operations import annotations, explanations, leases, second_look
from queue_service.store import answers


async def expire_leases(transaction: Transaction) -> None:
    """End the leases that have expired."""
    await leases.expire_leases(transaction, utc_now())


async def projects_due(transaction: Transaction) -> list[str]:
    """Return the projects with annotations whose undo period has ended."""
    return await answers.projects_due(transaction, utc_now())


async def publish_annotations(transaction: Transaction, project: str) -> None:
    """Publish the annotations of a project whose undo period has ended."""
    await annotations.publish_due(transaction, project, utc_now())


async def escalate_work(transaction: Transaction) -> None:
    """Escalate reviews and adjudications that waited too long."""
    await second_look.escalate_due(transaction, utc_now())


async def measure_depths(transaction: Transaction) -> None:
    """Set the gauges of the queue's depth."""
    await explanations.measure_depths(transaction, utc_now())


SCHEDULES: list[Schedule | ProjectSchedule] = [
    # Promised: the work of an expired lease is available again within a second.
    Schedule(timedelta(seconds=0.7), expire_leases),
    ProjectSchedule(timedelta(seconds=1), projects_due, publish_annotations),
    Schedule(timedelta(seconds=5), escalate_work),
    Schedule(timedelta(seconds=30), measure_depths),
]
