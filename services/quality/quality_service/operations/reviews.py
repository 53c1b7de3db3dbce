"""Request reviews of decided labels: a sample, and those based on suspended annotators."""

from collections.abc import Sequence
from datetime import datetime

from chassis.db.database import Transaction
from chassis.events import outbox
from quality_service.domain.reviews import SAMPLED, SUSPENSION, is_sampled
from quality_service.operations.deferred import with_specs
from quality_service.store import reviews, specs
from quality_service.store.reviews import Decision
from schemas.events import (
    AnnotationCorrected,
    AnnotationSubmitted,
    LabelDecided,
    ReviewRequested,
)


async def add_decisions(transaction: Transaction, events: Sequence[LabelDecided]) -> None:
    """Store decisions, and request the reviews that they need."""
    await specs.lock(transaction, {event.project for event in events})
    ready = await with_specs(transaction, events)
    if not ready:
        return
    await reviews.add_decisions(transaction, [event for event, _ in ready])
    await reviews.close_tasks(transaction, {event.task_id for event, _ in ready})
    annotations = {annotation for event, _ in ready for annotation in event.annotation_ids}
    distrusted = await reviews.distrusted_among(transaction, annotations)
    wanted = {(decision.project, decision.decision_no): SUSPENSION for decision in distrusted}
    for event, spec in ready:
        rate = spec.policy.review.rate
        if event.how != "review" and is_sampled(
            event.project, event.task_id, event.decision_no, rate
        ):
            wanted.setdefault((event.project, event.decision_no), SAMPLED)
    by_key = {(event.project, event.decision_no): event for event, _ in ready}
    at = events[-1].occurred_at
    found = [(_decision(by_key[key]), reason) for key, reason in wanted.items() if key in by_key]
    await _request(transaction, found, at)


async def review_late_annotations(
    transaction: Transaction, events: Sequence[AnnotationSubmitted | AnnotationCorrected]
) -> None:
    """Request reviews of decisions that arrived before annotations of suspended annotators."""
    found = await reviews.distrusted_among(transaction, {event.annotation_id for event in events})
    if found:
        at = events[-1].occurred_at
        await _request(transaction, [(decision, SUSPENSION) for decision in found], at)


async def review_suspended(
    transaction: Transaction, project: str, annotator: str, at: datetime
) -> None:
    """Request reviews of decisions based on a suspended annotator. Needs the project's lock."""
    found = await reviews.distrusted_of(transaction, project, annotator)
    await _request(transaction, [(decision, SUSPENSION) for decision in found], at)


async def _request(
    transaction: Transaction, wanted: Sequence[tuple[Decision, str]], at: datetime
) -> None:
    added = await reviews.add_reviews(transaction, wanted)
    events = [
        ReviewRequested(
            occurred_at=at,
            project=decision.project,
            review_id=decision.review_id,
            task_id=decision.task_id,
            item_id=decision.item_id,
            spec_version=decision.spec_version,
            decision_no=decision.decision_no,
            label=decision.label,
            reason=reason,
        )
        for decision, reason in added
    ]
    await outbox.add(transaction, *events)


def _decision(event: LabelDecided) -> Decision:
    return Decision(
        event.project,
        event.decision_no,
        event.task_id,
        event.item_id,
        event.spec_version,
        event.label,
    )
