"""What Prometheus reads: counted from the database, so that every replica says the same."""

from datetime import datetime
from typing import get_args

from chassis.database import Session
from quality_service import metrics
from quality_service.store import views
from schemas.vocabulary import Standing

PROJECTS_MAX = 20
"""How many projects have a figure of their own."""


async def measure(session: Session, now: datetime) -> None:
    """Bring the gauges up to date."""
    people = await views.by_standing(session)
    for standing in get_args(Standing):
        metrics.ANNOTATORS.labels(standing).set(people.get(standing, 0))
    found = await views.by_state(session)
    for state in ("open", "diagnosed", "resolved"):
        metrics.ISSUES.labels(state).set(found[state])
    oldest: datetime | None = found["oldest"]
    metrics.ISSUE_AGE.set((now - oldest).total_seconds() if oldest is not None else 0)
    metrics.REVIEWS_WAITING.set(await views.reviews_waiting(session))
    late = await views.overdue(session, now)
    metrics.OVERDUE.clear()
    for project, count in late[:PROJECTS_MAX]:
        metrics.OVERDUE.labels(project).set(count)
    metrics.OVERDUE.labels("other").set(sum(count for _, count in late[PROJECTS_MAX:]))
