"""Which decided labels a second person looks at: a sample, and what suspended people touched."""

from collections.abc import Sequence
from datetime import datetime

from chassis import outbox
from chassis.database import Session
from quality_service.domain.reviews import SAMPLED, SUSPENSION, is_sampled
from quality_service.operations.waiting import with_specs
from quality_service.store import reviews, specs
from quality_service.store.reviews import Decision
from schemas.events import AnnotationSubmitted, LabelDecided, ReviewRequested


async def take_decisions(session: Session, events: Sequence[LabelDecided]) -> None:
    """Keep decided labels, and ask for the reviews that they need."""
    await specs.lock(session, {event.project for event in events})
    ready = await with_specs(session, events)
    if not ready:
        return
    await reviews.add_decisions(session, [event for event, _ in ready])
    await reviews.close_tasks(session, {event.task_id for event, _ in ready})
    named = {annotation for event, _ in ready for annotation in event.annotation_ids}
    wanted = {one: SUSPENSION for one in _keys(await reviews.distrusted_among(session, named))}
    for event, spec in ready:
        rate = spec.policy.review.rate
        if event.how != "review" and is_sampled(
            event.project, event.task_id, event.decision_no, rate
        ):
            wanted.setdefault((event.project, event.decision_no), SAMPLED)
    by_key = {(event.project, event.decision_no): event for event, _ in ready}
    at = events[-1].occurred_at
    own = [(_decision(by_key[key]), why) for key, why in wanted.items() if key in by_key]
    await _request(session, own, at)


async def check_late(session: Session, events: Sequence[AnnotationSubmitted]) -> None:
    """Look again at decisions that named these annotations before they came."""
    found = await reviews.distrusted_among(session, {event.annotation_id for event in events})
    if found:
        at = events[-1].occurred_at
        await _request(session, [(one, SUSPENSION) for one in found], at)


async def review_suspended(session: Session, project: str, annotator: str, at: datetime) -> None:
    """Ask for reviews of what rests on a suspended annotator. Needs the project's lock."""
    found = await reviews.distrusted_of(session, project, annotator)
    await _request(session, [(one, SUSPENSION) for one in found], at)


async def _request(session: Session, wanted: Sequence[tuple[Decision, str]], at: datetime) -> None:
    fresh = await reviews.add_reviews(session, wanted)
    told = [
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
        for decision, reason in fresh
    ]
    await outbox.add(session, *told)


def _keys(decisions: Sequence[Decision]) -> list[tuple[str, int]]:
    return [(one.project, one.decision_no) for one in decisions]


def _decision(event: LabelDecided) -> Decision:
    return Decision(
        event.project,
        event.decision_no,
        event.task_id,
        event.item_id,
        event.spec_version,
        event.label,
    )
