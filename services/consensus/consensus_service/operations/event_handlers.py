"""The handlers of events, one for each kind.

Topics are not ordered among each other: an event about a task or under a spec version that is not
known yet is deferred until that is known.
"""

from collections import Counter
from collections.abc import Sequence
from uuid import UUID

from chassis.db.database import Transaction
from chassis.events.deferred import find_or_defer
from consensus_service.domain.policy import Conflict, Decided
from consensus_service.operations import corrections, decisions, specs
from consensus_service.operations.decisions import Evaluation
from consensus_service.operations.specs import compiled
from consensus_service.store import adjudications, annotator_models, skips, tasks, withdrawals
from consensus_service.store.tasks import Task
from labels.compiled_spec import CompiledSpec
from schemas.envelope import Event
from schemas.events import (
    AdjudicationDecided,
    AnnotationCorrected,
    AnnotationSubmitted,
    AnnotatorStandingChanged,
    HoneypotScored,
    ItemsRestored,
    ItemsWithdrawn,
    ReviewDecided,
    SpecPublished,
    TaskCreated,
    TaskSkipped,
    TaskWithdrawn,
)


async def on_spec_published(transaction: Transaction, event: SpecPublished) -> None:
    """Store a spec version."""
    await specs.add_spec(transaction, event)


async def on_task_created(transaction: Transaction, events: Sequence[TaskCreated]) -> None:
    """Store tasks."""
    await tasks.add_tasks(transaction, events)


async def on_task_withdrawn(transaction: Transaction, event: TaskWithdrawn) -> None:
    """Close a task, unless it is decided."""
    if await _task(transaction, event, event.task_id) is not None:
        await tasks.withdraw(transaction, event.task_id)


async def on_items_withdrawn(transaction: Transaction, event: ItemsWithdrawn) -> None:
    """Store that items are withdrawn: agreement is measured without them from now on."""
    await withdrawals.set_withdrawn(transaction, event)


async def on_items_restored(transaction: Transaction, event: ItemsRestored) -> None:
    """Store that items count again."""
    await withdrawals.set_withdrawn(transaction, event)


async def on_annotation_submitted(
    transaction: Transaction, events: Sequence[AnnotationSubmitted]
) -> None:
    """Store annotations as votes, and evaluate their tasks. Those of honeypots are ignored.

    Annotations of different items are independent and are handled together; those of one item in
    turn, so that each has the effect that it would have alone.
    """
    for turn in _turns([event for event in events if event.purpose == "work"]):
        await _add_votes(transaction, turn)


def _turns(events: Sequence[AnnotationSubmitted]) -> list[list[AnnotationSubmitted]]:
    """Split the events into as few groups as have no item twice; keep the order of each item."""
    turns: list[list[AnnotationSubmitted]] = []
    counts: Counter[UUID] = Counter()
    for event in events:
        if counts[event.item_id] == len(turns):
            turns.append([])
        turns[counts[event.item_id]].append(event)
        counts[event.item_id] += 1
    return turns


async def _add_votes(transaction: Transaction, events: Sequence[AnnotationSubmitted]) -> None:
    locked = await tasks.lock_tasks(transaction, [event.task_id for event in events])
    versions: dict[tuple[str, int], CompiledSpec | None] = {}
    votes: list[tuple[AnnotationSubmitted, Task, CompiledSpec]] = []
    for event in events:
        version = (event.project, event.spec_version)
        if version not in versions:
            versions[version] = await compiled(transaction, *version)
        task, spec = locked.get(event.task_id), versions[version]
        if task is not None and spec is not None:
            votes.append((event, task, spec))
        elif (
            found := await _task_and_spec(transaction, event, event.task_id, version[1])
        ) is not None:
            votes.append((event, *found))
    await tasks.add_votes(transaction, [event for event, _, _ in votes])
    for event, task, spec in votes:
        if task.state == "decided" and spec.policy.reopen_on_late_vote:
            await _reopen_if_contradicted(transaction, task, event)
    changed = {task.task_id: (task, event.occurred_at) for event, task, _ in votes}
    await decisions.evaluate(transaction, changed)


async def _reopen_if_contradicted(
    transaction: Transaction, task: Task, event: AnnotationSubmitted
) -> None:
    """Raise a conflict if a late annotation differs from the decided label."""
    decision = await tasks.decision(transaction, task.project, task.task_id)
    if decision is None or decision.label == event.label:
        return
    conflict = Conflict(tuple(event.label), "A late vote differs from the decided label.", {})
    ids = [*decision.annotation_ids, event.annotation_id]
    await decisions.apply(transaction, [Evaluation(task, conflict, ids, event.occurred_at)])


async def on_annotation_corrected(transaction: Transaction, event: AnnotationCorrected) -> None:
    """Replace the vote on an open task, or request a review. Those of honeypots are ignored."""
    if event.purpose != "work":
        return
    found = await _task_and_spec(transaction, event, event.task_id, event.spec_version)
    if found is not None:
        await corrections.correct_vote(transaction, found[0], event)


async def on_task_skipped(transaction: Transaction, event: TaskSkipped) -> None:
    """Store a skip, and evaluate its task: too many skips are a conflict."""
    if event.purpose != "work" or event.stage != "annotate":
        return
    found = await _task_and_spec(transaction, event, event.task_id, event.spec_version)
    if found is not None:
        await skips.add_skip(transaction, event)
        await decisions.evaluate(transaction, {event.task_id: (found[0], event.occurred_at)})


async def on_adjudication_decided(transaction: Transaction, event: AdjudicationDecided) -> None:
    """Decide a task as its adjudicator does."""
    task = await _task(transaction, event, event.task_id)
    if task is None or task.state == "withdrawn":
        return
    votes = (await tasks.votes(transaction, [task.task_id]))[task.task_id]
    ids = [*(vote.annotation_id for vote in votes), event.adjudication_id]
    disputed = task.fields or list(event.label)
    await adjudications.add_adjudication(transaction, event, disputed, task.distribution or {})
    decided = Decided(
        label=event.label,
        distribution=task.distribution or {},
        confidence=None,
        how="adjudicated",
        why=event.rationale,
        rules=event.rules,
    )
    await decisions.apply(transaction, [Evaluation(task, decided, ids, event.occurred_at)])


async def on_review_decided(transaction: Transaction, event: ReviewDecided) -> None:
    """Supersede a label that was fixed; raise a conflict about one that was rejected."""
    task = await _task(transaction, event, event.task_id)
    if task is None or event.verdict == "accept":
        return
    decision = await tasks.decision(transaction, task.project, task.task_id)
    ids = [] if decision is None else decision.annotation_ids
    why = event.comment or f"A reviewer's verdict: {event.verdict}."
    distribution = task.distribution or {}
    outcome: Decided | Conflict
    if event.verdict == "fix" and event.label is not None:
        outcome = Decided(event.label, distribution, None, "review", why)
    else:
        fields = tuple(distribution) or tuple(decision.label if decision else ())
        outcome = Conflict(fields, why, distribution, "review")
    await decisions.apply(transaction, [Evaluation(task, outcome, ids, event.occurred_at)])


async def on_annotator_standing_changed(
    transaction: Transaction, event: AnnotatorStandingChanged
) -> None:
    """Store a standing, and evaluate the annotator's open tasks: other votes may count now."""
    await tasks.set_standing(transaction, event.annotator, event.project, event.standing)
    task_ids = await tasks.open_tasks_of(transaction, event.project, event.annotator)
    locked = await tasks.lock_tasks(transaction, task_ids)
    changed = {task_id: (task, event.occurred_at) for task_id, task in locked.items()}
    await decisions.evaluate(transaction, changed)


async def on_honeypot_scored(transaction: Transaction, event: HoneypotScored) -> None:
    """Store an answer to a honeypot, with its gold, for the annotator models."""
    await annotator_models.add_score(transaction, event)


def task_created_key(event: TaskCreated) -> str:
    """Return the key of the events that wait for this task."""
    return _task_key(event.task_id)


def spec_published_key(event: SpecPublished) -> str:
    """Return the key of the events that wait for this spec version."""
    return _spec_key(event.project, event.spec_version)


def _task_key(task_id: UUID) -> str:
    return f"task:{task_id}"


def _spec_key(project: str, version: int) -> str:
    return f"spec:{project}:{version}"


async def _task(transaction: Transaction, event: Event, task_id: UUID) -> Task | None:
    """Lock and return the task; None if it is not known: then the event is deferred."""

    async def lock() -> Task | None:
        return (await tasks.lock_tasks(transaction, [task_id])).get(task_id)

    return await find_or_defer(transaction, event, _task_key(task_id), lock)


async def _task_and_spec(
    transaction: Transaction, event: Event, task_id: UUID, version: int
) -> tuple[Task, CompiledSpec] | None:
    """Lock the task and return it with its spec; None if one is not known: then `event` waits."""
    task = await _task(transaction, event, task_id)
    if task is None:
        return None
    spec = await find_or_defer(
        transaction,
        event,
        _spec_key(event.project, version),
        lambda: compiled(transaction, event.project, version),
    )
    return None if spec is None else (task, spec)
