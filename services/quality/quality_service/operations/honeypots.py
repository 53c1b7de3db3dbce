"""Score answers to honeypots against gold, and update the standings of annotators.

An answer, its gold and its spec version may arrive in any order, each at another replica. Each is
stored under the project's lock, and the last of them finds the others and computes the score. A
corrected gold is handled the same way. So the final scores do not depend on the order.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from uuid import UUID

from chassis.db.database import Transaction
from chassis.events import outbox
from quality_service import metrics
from quality_service.domain import scoring, standing
from quality_service.domain.intervals import wilson_interval
from quality_service.domain.scoring import FieldScore
from quality_service.domain.standing import SprtHypotheses
from quality_service.store import scores, specs
from quality_service.store.scores import AnnotatorRecord, HoneypotAnswer
from schemas.events import (
    AnnotationSubmitted,
    AnnotatorStandingChanged,
    GoldRegistered,
    HoneypotScored,
)
from schemas.vocabulary import Standing


async def add_gold(transaction: Transaction, events: Sequence[GoldRegistered]) -> None:
    """Store gold answers, and score the answers that came before them."""
    projects = {event.project for event in events}
    await specs.lock(transaction, projects)
    changed = await specs.add_gold(transaction, events)
    at = events[-1].occurred_at
    for project in sorted(projects):
        tasks = {event.task_id for event in events if event.project == project} & changed
        if tasks:
            await update_chance_level(transaction, project)
            await score_tasks(transaction, project, tasks, at)


async def add_answers(transaction: Transaction, events: Sequence[AnnotationSubmitted]) -> None:
    """Store answers to honeypots and score those whose gold is known. Needs the projects' lock."""
    if not events:
        return
    await scores.add_answers(transaction, events)
    at = events[-1].occurred_at
    for project in sorted({event.project for event in events}):
        tasks = {event.task_id for event in events if event.project == project}
        await score_tasks(transaction, project, tasks, at)


async def update_chance_level(transaction: Transaction, project: str) -> None:
    """Recompute the chance level of the project's golds. Needs the project's lock."""
    by_version = await specs.gold_counts(transaction, project)
    known = await specs.specs(transaction, [(project, version) for version in by_version])
    hits = [
        scoring.chance_hits(spec.schema, by_version[version])
        for (_, version), spec in sorted(known.items())
    ]
    total = sum(count for _, count in hits)
    if total:
        await specs.set_chance_level(transaction, project, sum(right for right, _ in hits) / total)


async def score_tasks(
    transaction: Transaction, project: str, tasks: Collection[UUID], at: datetime
) -> None:
    """Score the answers to these honeypots that have gold and spec, and publish new scores."""
    answers = await scores.scorable_answers(transaction, tasks)
    known = await specs.specs(
        transaction, {(answer.project, answer.spec_version) for answer in answers}
    )
    scored = {
        answer.annotation_id: scoring.score(spec.schema, answer.label, answer.gold)
        for answer in answers
        if (spec := known.get((answer.project, answer.spec_version))) is not None
    }
    await scores.drop_scores(transaction, tasks)
    changed = await scores.set_scores(transaction, scored)
    await _publish_scores(transaction, answers, scored, changed, at)
    annotators = {answer.annotator for answer in answers}
    if annotators:
        await scores.count_honeypots(transaction, project, annotators)
    await reassess(transaction, project, at)


async def _publish_scores(
    transaction: Transaction,
    answers: Iterable[HoneypotAnswer],
    scored: dict[UUID, list[FieldScore]],
    changed: set[tuple[UUID, str]],
    at: datetime,
) -> None:
    events = [
        HoneypotScored(
            occurred_at=at,
            project=answer.project,
            annotator=answer.annotator,
            annotation_id=answer.annotation_id,
            task_id=answer.task_id,
            field=score.field,
            given=score.answer,
            expected=score.expected,
            correct=score.is_correct,
        )
        for answer in answers
        for score in scored.get(answer.annotation_id, ())
        if (answer.annotation_id, score.field) in changed
    ]
    await outbox.add(transaction, *events)
    right = sum(event.correct for event in events)
    transaction.after_commit(_counter(right, len(events) - right))


def _counter(right: int, wrong: int) -> Callable[[], None]:
    def increase() -> None:
        metrics.HONEYPOTS.labels("right").inc(right)
        metrics.HONEYPOTS.labels("wrong").inc(wrong)

    return increase


async def reassess(transaction: Transaction, project: str, at: datetime) -> None:
    """Reassess all annotators of a project, and publish changed standings. Needs its lock.

    All of them, because the typical accuracy depends on each.
    """
    records = await scores.annotators(transaction, project)
    chance_level = await specs.chance_level(transaction, project)
    hypotheses = SprtHypotheses.from_crowd([record.tally for record in records], chance_level)
    assessed = [(record, *standing.assess(record.tally, hypotheses)) for record in records]
    changed = [
        (record, new, reason) for record, new, reason in assessed if new != record.tally.standing
    ]
    if not changed:
        return
    rows = [(record.tally.annotator, new, reason) for record, new, reason in changed]
    await scores.set_standings(transaction, project, rows)
    await outbox.add(
        transaction,
        *(standing_changed(project, record, new, reason, at) for record, new, reason in changed),
    )


def standing_changed(
    project: str, record: AnnotatorRecord, new: Standing, reason: str, at: datetime
) -> AnnotatorStandingChanged:
    """Build the event about a new standing."""
    return AnnotatorStandingChanged(
        occurred_at=at,
        project=project,
        annotator=record.tally.annotator,
        standing=new,
        reason=reason,
        accuracy=wilson_interval(*record.tally.counts_since_decision),
        last_good_at=record.last_good_at,
    )
