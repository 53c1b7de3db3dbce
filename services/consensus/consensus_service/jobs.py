"""What the clock makes consensus do."""

from datetime import timedelta

from chassis.clock import utc_now
from chassis.database import Session
from chassis.service import Job
from consensus_service.operations import measuring, modelling


async def measure_agreement(session: Session) -> None:
    """Agreement follows the votes."""
    await measuring.measure_agreement(session, utc_now())


async def refresh_models(session: Session) -> None:
    """What is known of the annotators follows the votes."""
    await modelling.refresh_models(session)


JOBS = [
    Job(timedelta(seconds=2), measure_agreement),
    Job(timedelta(seconds=5), refresh_models),
]
