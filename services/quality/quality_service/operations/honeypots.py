"""Answers held against gold, and the standings that follow.

An answer, its gold and its spec version may come in any order, each to another replica. All are
kept at once under the project's lock, and whichever comes last finds the others and scores. The
same when gold changes. So the end is the same in any order; only the way there differs.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from uuid import UUID

from chassis import outbox
from chassis.database import Session, after_commit
from quality_service import metrics
from quality_service.domain import scoring, standing
from quality_service.domain.scoring import FieldScore
from quality_service.domain.shares import share
from quality_service.domain.standing import Bar
from quality_service.store import scores, specs
from quality_service.store.scores import Known, Scorable
from schemas.events import (
    AnnotationSubmitted,
    AnnotatorStandingChanged,
    GoldRegistered,
    HoneypotScored,
)
from schemas.vocabulary import Standing


async def take_gold(session: Session, events: Sequence[GoldRegistered]) -> None:
    """Keep gold answers, and score what was answered before they were known."""
    projects = {event.project for event in events}
    await specs.lock(session, projects)
    changed = await specs.add_gold(session, events)
    at = events[-1].occurred_at
    for project in sorted(projects):
        own = {event.task_id for event in events if event.project == project} & changed
        if own:
            await gauge_blind(session, project)
            await score_tasks(session, project, own, at)


async def take_answers(session: Session, events: Sequence[AnnotationSubmitted]) -> None:
    """Keep answers to honeypots, and score those whose gold is known. Needs the projects' lock."""
    if not events:
        return
    await scores.add_answers(session, events)
    at = events[-1].occurred_at
    for project in sorted({event.project for event in events}):
        tasks = {event.task_id for event in events if event.project == project}
        await score_tasks(session, project, tasks, at)


async def gauge_blind(session: Session, project: str) -> None:
    """Work out anew what a blind guess gets on the project's golds. Needs the project's lock."""
    by_version = await specs.golds(session, project)
    known = await specs.specs(session, [(project, version) for version in by_version])
    shares = [
        scoring.blind_shares(spec.schema, by_version[version])
        for (_, version), spec in sorted(known.items())
    ]
    total = sum(count for _, count in shares)
    if total:
        await specs.set_blind(session, project, sum(right for right, _ in shares) / total)


async def score_tasks(
    session: Session, project: str, tasks: Collection[UUID], at: datetime
) -> None:
    """Score the answers to these honeypots as far as all is known, and tell what is new."""
    answers = await scores.scorable(session, tasks)
    known = await specs.specs(session, {(one.project, one.spec_version) for one in answers})
    judged = {
        one.annotation_id: scoring.score(spec.schema, one.label, one.gold)
        for one in answers
        if (spec := known.get((one.project, one.spec_version))) is not None
    }
    await scores.drop_scores(session, tasks)
    changed = await scores.set_scores(session, judged)
    await _tell_scores(session, answers, judged, changed, at)
    annotators = {one.annotator for one in answers}
    if annotators:
        await scores.count(session, project, annotators)
    await reassess(session, project, at)


async def _tell_scores(
    session: Session,
    answers: Iterable[Scorable],
    judged: dict[UUID, list[FieldScore]],
    changed: set[tuple[UUID, str]],
    at: datetime,
) -> None:
    told = [
        HoneypotScored(
            occurred_at=at,
            project=one.project,
            annotator=one.annotator,
            annotation_id=one.annotation_id,
            task_id=one.task_id,
            field=field.field,
            given=field.given,
            expected=field.expected,
            correct=field.is_correct,
        )
        for one in answers
        for field in judged.get(one.annotation_id, ())
        if (one.annotation_id, field.field) in changed
    ]
    await outbox.add(session, *told)
    right = sum(one.correct for one in told)
    after_commit(session, _counted(right, len(told) - right))


def _counted(right: int, wrong: int) -> Callable[[], None]:
    def count() -> None:
        metrics.HONEYPOTS.labels("right").inc(right)
        metrics.HONEYPOTS.labels("wrong").inc(wrong)

    return count


async def reassess(session: Session, project: str, at: datetime) -> None:
    """Judge everybody in a project anew, and tell whose standing changed. Needs its lock.

    Everybody, because what is typical moves with each of them.
    """
    people = await scores.everybody(session, project)
    bar = Bar.of([one.tally for one in people], await specs.blind(session, project))
    judged = [(one, *standing.judge(one.tally, bar)) for one in people]
    changed = [(one, now, why) for one, now, why in judged if now != one.tally.standing]
    if not changed:
        return
    names = [(one.tally.annotator, now, why) for one, now, why in changed]
    await scores.set_standings(session, project, names)
    await outbox.add(
        session, *(standing_changed(project, one, now, why, at) for one, now, why in changed)
    )


def standing_changed(
    project: str, who: Known, now: Standing, why: str, at: datetime
) -> AnnotatorStandingChanged:
    """What is told of a new standing."""
    return AnnotatorStandingChanged(
        occurred_at=at,
        project=project,
        annotator=who.tally.annotator,
        standing=now,
        reason=why,
        accuracy=share(*who.tally.judged),
        last_good_at=who.last_good_at,
    )
