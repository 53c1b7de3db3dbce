"""The periodic work of ingest."""

from datetime import timedelta

from chassis.clock import utc_now
from chassis.db.database import Transaction
from chassis.schedules import ProjectSchedule, Schedule
from ingest_service.operations import batches, repairs, specs
from ingest_service.store.specs import projects_with_rollout


async def roll_out(transaction: Transaction, project: str) -> None:
    """Handle the next items of a project's rollout of a new spec version."""
    await specs.roll_out(transaction, project, utc_now())


async def delete_old_verdicts(transaction: Transaction) -> None:
    """Delete the verdicts on batches that are past their retention time."""
    await batches.delete_old_verdicts(transaction, utc_now())


async def update_gauge(transaction: Transaction) -> None:
    """Set the gauge of open repairs."""
    await repairs.update_gauge(transaction)


SCHEDULES: list[Schedule | ProjectSchedule] = [
    ProjectSchedule(timedelta(seconds=0.2), projects_with_rollout, roll_out),
    Schedule(timedelta(hours=1), delete_old_verdicts),
    Schedule(timedelta(seconds=30), update_gauge),
]
