"""Corrections of annotations: before a task is decided they are votes, afterwards doubts."""

from uuid import UUID, uuid5

from chassis.db.database import Transaction
from chassis.events import outbox
from consensus_service.operations import decisions
from consensus_service.store import corrections, tasks
from consensus_service.store.tasks import Task
from schemas.events import AnnotationCorrected, ReviewRequested

REASON = "self_correction"
_REVIEWS = UUID("6f3c1d0a-5b8e-5c47-9a52-3f0f6f7f2b11")
"""The namespace of the ids of these reviews."""


async def correct_vote(transaction: Transaction, task: Task, event: AnnotationCorrected) -> None:
    """Replace the vote while the task is open; once it is decided, request a review.

    A conflict stays one, for its adjudicator to decide. The number of votes that the task needs
    does not change. The caller has locked the task.
    """
    if not await corrections.add_correction(transaction, event):
        return
    if task.state == "open":
        await corrections.replace_vote(transaction, event)
        await decisions.evaluate(transaction, {task.task_id: (task, event.occurred_at)})
    elif task.state == "decided":
        await _request_review(transaction, task, event)


async def _request_review(transaction: Transaction, task: Task, event: AnnotationCorrected) -> None:
    """Request a review of the newest label, one for each annotation however often corrected."""
    decision = await tasks.decision(transaction, task.project, task.task_id)
    if decision is None:
        return
    name = f"{task.project}\x00{decision.decision_no}\x00{event.corrects}"
    requested = ReviewRequested(
        occurred_at=event.occurred_at,
        project=task.project,
        review_id=uuid5(_REVIEWS, name),
        task_id=task.task_id,
        item_id=task.item_id,
        spec_version=task.spec_version,
        decision_no=decision.decision_no,
        label=decision.label,
        reason=REASON,
    )
    await outbox.add(transaction, requested)
