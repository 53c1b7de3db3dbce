"""What consensus does every so often, project by project."""

from datetime import timedelta

from chassis.clock import utc_now
from chassis.db.database import Transaction
from chassis.schedules import ProjectSchedule
from consensus_service.operations import measuring, modelling
from consensus_service.store import models


async def projects_to_measure(transaction: Transaction) -> list[str]:
    """Projects whose agreement is not that of their votes."""
    return await measuring.projects_to_measure(transaction, utc_now())


async def measure_agreement(transaction: Transaction, project: str) -> None:
    """Agreement follows the votes."""
    await measuring.measure_agreement(transaction, project, utc_now())


SCHEDULES = [
    ProjectSchedule(timedelta(seconds=2), projects_to_measure, measure_agreement),
    ProjectSchedule(timedelta(seconds=5), models.projects, modelling.refresh_models),
]
