"""Request reviews of decided labels: a sample, and those based on suspended annotators."""

from collections.abc import Sequence
from datetime import datetime

from chassis import outbox
from chassis.database import Session
from quality_service.domain.reviews import SAMPLED, SUSPENSION, is_sampled
from quality_service.operations.deferred import with_specs
from quality_service.store import reviews, specs
from quality_service.store.reviews import Decision
from schemas.events import AnnotationSubmitted, LabelDecided, ReviewRequested


async def add_decisions(session: Session, events: Sequence[LabelDecided]) -> None:
    """Store decisions, and request the reviews that they need."""
    await specs.lock(session, {event.project for event in events})
    ready = await with_specs(session, events)
    if not ready:
        return
    await reviews.add_decisions(session, [event for event, _ in ready])
    await reviews.close_tasks(session, {event.task_id for event, _ in ready})
    annotations = {annotation for event, _ in ready for annotation in event.annotation_ids}
    distrusted = await reviews.distrusted_among(session, annotations)
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
    await _request(session, found, at)


async def review_late_annotations(session: Session, events: Sequence[AnnotationSubmitted]) -> None:
    """Request reviews of decisions that arrived before annotations of suspended annotators."""
    found = await reviews.distrusted_among(session, {event.annotation_id for event in events})
    if found:
        at = events[-1].occurred_at
        await _request(session, [(decision, SUSPENSION) for decision in found], at)


async def review_suspended(session: Session, project: str, annotator: str, at: datetime) -> None:
    """Request reviews of decisions based on a suspended annotator. Needs the project's lock."""
    found = await reviews.distrusted_of(session, project, annotator)
    await _request(session, [(decision, SUSPENSION) for decision in found], at)


async def _request(session: Session, wanted: Sequence[tuple[Decision, str]], at: datetime) -> None:
    added = await reviews.add_reviews(session, wanted)
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
    await outbox.add(session, *events)


def _decision(event: LabelDecided) -> Decision:
    return Decision(
        event.project,
        event.decision_no,
        event.task_id,
        event.item_id,
        event.spec_version,
        event.label,
    )
