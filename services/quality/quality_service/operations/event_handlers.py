"""The handlers of events, one for each kind. Events without their spec version are deferred."""

from collections.abc import Sequence

from chassis.db.database import Transaction
from quality_service.domain import scoring
from quality_service.domain.spec import Spec
from quality_service.operations import honeypots, issues, reviews
from quality_service.operations.deferred import with_specs
from quality_service.store import reviews as stored
from quality_service.store import scores, specs, withdrawals
from quality_service.store.reviews import Suggestion
from schemas.events import (
    AdjudicationDecided,
    AgreementMeasured,
    AnnotationCorrected,
    AnnotationSubmitted,
    ConflictRaised,
    GoldRegistered,
    ItemsRestored,
    ItemsWithdrawn,
    LabelDecided,
    LeaseExpired,
    ReviewDecided,
    SpecPublished,
    TaskCreated,
    TaskSkipped,
    TaskWithdrawn,
)


async def on_spec_published(transaction: Transaction, event: SpecPublished) -> None:
    """Store a spec version, and resolve the issues that it names."""
    await specs.lock(transaction, [event.project])
    if await specs.add_spec(transaction, event):
        await honeypots.update_chance_level(transaction, event.project)
        tasks = await specs.gold_tasks(transaction, event.project, event.spec_version)
        await honeypots.score_tasks(transaction, event.project, tasks, event.occurred_at)
    await issues.resolve_issues(transaction, event)


async def on_task_created(transaction: Transaction, events: Sequence[TaskCreated]) -> None:
    """Store work tasks with their due times."""
    await stored.add_tasks(transaction, [event for event in events if event.purpose == "work"])


async def on_task_withdrawn(transaction: Transaction, events: Sequence[TaskWithdrawn]) -> None:
    """Close withdrawn tasks, so that they are not counted as overdue."""
    await stored.close_tasks(transaction, {event.task_id for event in events})


async def on_items_withdrawn(transaction: Transaction, event: ItemsWithdrawn) -> None:
    """Store that items are withdrawn: they are no evidence for spec issues any more."""
    await withdrawals.set_withdrawn(transaction, event)


async def on_items_restored(transaction: Transaction, event: ItemsRestored) -> None:
    """Store that items count again."""
    await withdrawals.set_withdrawn(transaction, event)


async def on_gold_registered(transaction: Transaction, events: Sequence[GoldRegistered]) -> None:
    """Store gold answers, and score the answers that came before them."""
    await honeypots.add_gold(transaction, events)


async def on_annotation_submitted(
    transaction: Transaction, events: Sequence[AnnotationSubmitted]
) -> None:
    """Score answers to honeypots; store other annotations, and if they equal the pre-label."""
    await specs.lock(transaction, {event.project for event in events})
    await scores.ensure_annotators(
        transaction, {(event.project, event.annotator) for event in events}
    )
    await honeypots.add_answers(
        transaction, [event for event in events if event.purpose == "honeypot"]
    )
    await _add_work(transaction, [event for event in events if event.purpose == "work"])


async def on_annotation_corrected(
    transaction: Transaction, events: Sequence[AnnotationCorrected]
) -> None:
    """Store corrections of work. A honeypot is scored by its first answer alone."""
    work = [event for event in events if event.purpose == "work"]
    if work:
        await specs.lock(transaction, {event.project for event in work})
        await stored.add_corrections(transaction, work)
        await reviews.review_late_annotations(transaction, work)


async def _add_work(transaction: Transaction, events: Sequence[AnnotationSubmitted]) -> None:
    annotations: list[tuple[AnnotationSubmitted, Suggestion | None]] = [
        (event, None) for event in events if not _has_suggestion(event)
    ]
    with_suggestion = [event for event in events if _has_suggestion(event)]
    annotations += [
        (event, _suggestion(event, spec))
        for event, spec in await with_specs(transaction, with_suggestion)
    ]
    if annotations:
        await stored.add_annotations(transaction, annotations)
        await reviews.review_late_annotations(transaction, [event for event, _ in annotations])


def _has_suggestion(event: AnnotationSubmitted) -> bool:
    return event.prelabel != "none" and event.prelabel_given is not None


def _suggestion(event: AnnotationSubmitted, spec: Spec) -> Suggestion | None:
    prelabel = event.prelabel_given
    if prelabel is None:
        return None
    equals = scoring.equals(spec.schema, event.label, prelabel.value)
    return Suggestion(prelabel.model, event.prelabel == "shown", equals)


async def on_task_skipped(transaction: Transaction, events: Sequence[TaskSkipped]) -> None:
    """Store skips as evidence for spec issues, and for the counts of each annotator."""
    await scores.ensure_annotators(
        transaction, {(event.project, event.annotator) for event in events}
    )
    await issues.add_skips(transaction, events)


async def on_adjudication_decided(
    transaction: Transaction, events: Sequence[AdjudicationDecided]
) -> None:
    """Store adjudications as evidence for spec issues."""
    await issues.add_adjudications(transaction, events)


async def on_review_decided(transaction: Transaction, events: Sequence[ReviewDecided]) -> None:
    """Store the verdicts of reviewers."""
    await stored.add_verdicts(transaction, events)


async def on_lease_expired(transaction: Transaction, events: Sequence[LeaseExpired]) -> None:
    """Store expired leases for the counts of each annotator."""
    await scores.ensure_annotators(
        transaction, {(event.project, event.annotator) for event in events}
    )
    await stored.add_expiries(transaction, events)


async def on_conflict_raised(transaction: Transaction, events: Sequence[ConflictRaised]) -> None:
    """Store conflicts as evidence for spec issues."""
    await issues.add_conflicts(transaction, events)


async def on_label_decided(transaction: Transaction, events: Sequence[LabelDecided]) -> None:
    """Store decisions, and request the reviews that they need."""
    await reviews.add_decisions(transaction, events)


async def on_agreement_measured(
    transaction: Transaction, events: Sequence[AgreementMeasured]
) -> None:
    """Store measured agreement, and open issues where the specification is at fault."""
    await issues.add_agreement(transaction, events)
