"""Set the gauges from counts in the database, so that all replicas export the same values."""

from datetime import datetime
from typing import get_args

from chassis.db.database import Transaction
from quality_service import metrics
from quality_service.store import views
from schemas.vocabulary import Standing

PROJECTS_MAX = 20
"""The most projects with a value of their own; the rest are summed as `other`."""


async def update_gauges(transaction: Transaction, now: datetime) -> None:
    """Set all gauges of quality."""
    annotators = await views.count_by_standing(transaction)
    for standing in get_args(Standing):
        metrics.ANNOTATORS.labels(standing).set(annotators.get(standing, 0))
    issues = await views.count_issues(transaction)
    metrics.ISSUES.labels("open").set(issues.open)
    metrics.ISSUES.labels("diagnosed").set(issues.diagnosed)
    metrics.ISSUES.labels("resolved").set(issues.resolved)
    oldest = issues.oldest
    metrics.ISSUE_AGE.set((now - oldest).total_seconds() if oldest is not None else 0)
    metrics.REVIEWS_WAITING.set(await views.count_pending_reviews(transaction))
    overdue = await views.count_overdue(transaction, now)
    metrics.OVERDUE.clear()
    for project, count in overdue[:PROJECTS_MAX]:
        metrics.OVERDUE.labels(project).set(count)
    metrics.OVERDUE.labels("other").set(sum(count for _, count in overdue[PROJECTS_MAX:]))
