"""The periodic work of consensus, project by project."""

from datetime import timedelta

from chassis.clock import utc_now
from chassis.db.database import Transaction
from chassis.schedules import ProjectSchedule
from consensus_service.operations import agreement, annotator_models
from consensus_service.store.annotator_models import projects


async def projects_to_measure(transaction: Transaction) -> list[str]:
    """Return the projects that have votes since agreement was measured last."""
    return await agreement.projects_to_measure(transaction, utc_now())


async def measure_agreement(transaction: Transaction, project: str) -> None:
    """Measure the agreement of a project."""
    await agreement.measure_agreement(transaction, project, utc_now())


SCHEDULES = [
    ProjectSchedule(timedelta(seconds=2), projects_to_measure, measure_agreement),
    ProjectSchedule(timedelta(seconds=5), projects, annotator_models.refresh_models),
]
