"""What the clock makes the queue do."""

from datetime import timedelta

from chassis.clock import utc_now
from chassis.database import Session
from chassis.service import Job
from queue_service.operations import answering, explaining, further, leasing


async def expire_leases(session: Session) -> None:
    """Leases run out."""
    await leasing.expire_leases(session, utc_now())


async def release_answers(session: Session) -> None:
    """Held answers become final."""
    await answering.release_answers(session, utc_now())


async def move_work(session: Session) -> None:
    """Others are asked for what waits."""
    await further.move_work(session, utc_now())


async def measure_depths(session: Session) -> None:
    """Metrics are measured."""
    await explaining.measure_depths(session, utc_now())


JOBS = [
    Job(timedelta(seconds=0.7), expire_leases),  # And within a second it is offered again.
    Job(timedelta(seconds=1), release_answers),
    Job(timedelta(seconds=5), move_work),
    Job(timedelta(seconds=30), measure_depths),
]
