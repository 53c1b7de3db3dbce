"""The periodic work of quality."""

from datetime import timedelta

from chassis.clock import utc_now
from chassis.db.database import Transaction
from chassis.schedules import Schedule
from quality_service.operations import gauges


async def update_gauges(transaction: Transaction) -> None:
    """Set the gauges."""
    await gauges.update_gauges(transaction, utc_now())


SCHEDULES = [Schedule(timedelta(seconds=30), update_gauges)]
