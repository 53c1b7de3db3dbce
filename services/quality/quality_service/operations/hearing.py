"""What the other services say, and what quality makes of it."""

from collections.abc import Awaitable, Callable, Sequence
from itertools import groupby
from typing import Any

from chassis.database import Session
from chassis.parking import take_parked
from quality_service.domain import scoring
from quality_service.domain.spec import Spec
from quality_service.operations import honeypots, issues, reviews
from quality_service.operations.waiting import awaited, with_specs
from quality_service.store import reviews as stored
from quality_service.store import scores, specs
from quality_service.store.reviews import Suggested
from schemas.envelope import Event
from schemas.events import (
    EVENTS,
    AgreementMeasured,
    AnnotationSubmitted,
    LabelDecided,
    LeaseExpired,
    ReviewDecided,
    SpecPublished,
    TaskCreated,
    TaskSkipped,
    TaskWithdrawn,
)


async def take_spec(session: Session, event: SpecPublished) -> None:
    """Know a spec version, take up what waited for it, and end the issues that it names."""
    await specs.lock(session, [event.project])
    if await specs.add_spec(session, event):
        await honeypots.gauge_blind(session, event.project)
        tasks = await specs.gold_tasks(session, event.project, event.spec_version)
        await honeypots.score_tasks(session, event.project, tasks, event.occurred_at)
    key = awaited(event.project, event.spec_version)
    for kind, waited in groupby(await take_parked(session, key, EVENTS), key=type):
        await _LATER[kind](session, list(waited))
    await issues.resolve_issues(session, event)


async def take_tasks(session: Session, events: Sequence[TaskCreated]) -> None:
    """Start the clocks of work."""
    await stored.add_tasks(session, [event for event in events if event.purpose == "work"])


async def take_withdrawals(session: Session, events: Sequence[TaskWithdrawn]) -> None:
    """Stop the clocks of tasks that nobody need do any more."""
    await stored.close_tasks(session, {event.task_id for event in events})


async def take_annotations(session: Session, events: Sequence[AnnotationSubmitted]) -> None:
    """Score answers to honeypots; keep who answered work, and whether a model had its way."""
    await specs.lock(session, {event.project for event in events})
    await scores.meet(session, {(event.project, event.annotator) for event in events})
    await honeypots.take_answers(session, [one for one in events if one.purpose == "honeypot"])
    await _take_work(session, [one for one in events if one.purpose == "work"])


async def _take_work(session: Session, events: Sequence[AnnotationSubmitted]) -> None:
    plain = [event for event in events if not _has_suggestion(event)]
    beside = [event for event in events if _has_suggestion(event)]
    given: list[tuple[AnnotationSubmitted, Suggested | None]] = [(one, None) for one in plain]
    given += [(one, _suggested(one, spec)) for one, spec in await with_specs(session, beside)]
    if given:
        await stored.add_annotations(session, given)
        await reviews.check_late(session, [event for event, _ in given])


def _has_suggestion(event: AnnotationSubmitted) -> bool:
    return event.prelabel != "none" and event.prelabel_given is not None


def _suggested(event: AnnotationSubmitted, spec: Spec) -> Suggested | None:
    prelabel = event.prelabel_given
    if prelabel is None:
        return None
    equals = scoring.equals(spec.schema, event.label, prelabel.value)
    return Suggested(prelabel.model, event.prelabel == "shown", equals)


async def take_skips(session: Session, events: Sequence[TaskSkipped]) -> None:
    """Keep what was passed on, by whom, and why."""
    await scores.meet(session, {(event.project, event.annotator) for event in events})
    await issues.take_skips(session, events)


async def take_expiries(session: Session, events: Sequence[LeaseExpired]) -> None:
    """Keep whose leases ran out."""
    await scores.meet(session, {(event.project, event.annotator) for event in events})
    await stored.add_expiries(session, events)


async def take_verdicts(session: Session, events: Sequence[ReviewDecided]) -> None:
    """Keep what reviewers said."""
    await stored.add_verdicts(session, events)


_LATER: dict[type[Event], Callable[[Session, Sequence[Any]], Awaitable[None]]] = {
    AnnotationSubmitted: take_annotations,
    LabelDecided: reviews.take_decisions,
    AgreementMeasured: issues.take_agreement,
}
