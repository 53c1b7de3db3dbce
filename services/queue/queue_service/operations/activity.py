"""The submissions of a project over time, for the people who lead it."""

from datetime import datetime, timedelta

from chassis.db.database import Transaction
from chassis.http.auth import UnknownProject
from queue_service.store import views
from schemas.queue import ActivityBucket, ProjectActivity

HOURS_MAX = 90 * 24
"""The longest period that can be asked for."""
BUCKETS = 60
"""The number of buckets of every period."""


async def show_activity(
    transaction: Transaction, project: str, hours: int, now: datetime
) -> ProjectActivity:
    """Return the submissions of the last `hours` in buckets. Raise UnknownProject."""
    paused = await views.is_paused(transaction, project)
    if paused is None:
        raise UnknownProject(project)
    seconds = hours * 3600 // BUCKETS
    since = _end_of_bucket(now, seconds) - timedelta(seconds=seconds * BUCKETS)
    counts = await views.activity(transaction, project, since, seconds)
    buckets = [
        ActivityBucket(
            since=since + timedelta(seconds=seconds * number),
            annotations=counts.get((number, "annotate"), 0),
            reviews=counts.get((number, "review"), 0),
            adjudications=counts.get((number, "adjudicate"), 0),
        )
        for number in range(BUCKETS)
    ]
    return ProjectActivity(
        project=project,
        paused=paused,
        overdue=await views.overdue(transaction, project, now),
        bucket_seconds=seconds,
        buckets=buckets,
    )


def _end_of_bucket(now: datetime, seconds: int) -> datetime:
    """Return the end of the bucket that holds `now`, so that buckets stay where they are."""
    number = int(now.timestamp()) // seconds + 1
    return datetime.fromtimestamp(number * seconds, tz=now.tzinfo)
