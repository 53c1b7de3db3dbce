"""What the other services say, and what consensus makes of it."""

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from uuid import UUID

from chassis.db.database import Transaction
from chassis.events.deferred import find_or_defer, take_all_deferred, take_deferred
from consensus_service.domain import Conflict
from consensus_service.operations import deciding, specs
from consensus_service.operations.specs import compiled
from consensus_service.store import models, skips, tasks
from consensus_service.store.tasks import Task
from labels.compiled_spec import CompiledSpec
from schemas.envelope import Event
from schemas.events import (
    EVENTS,
    AdjudicationDecided,
    AnnotationSubmitted,
    AnnotatorStandingChanged,
    HoneypotScored,
    ReviewDecided,
    SpecPublished,
    TaskCreated,
    TaskSkipped,
    TaskWithdrawn,
)


async def publish_spec(transaction: Transaction, event: SpecPublished) -> None:
    """Keep the version, and take up the votes that came before it."""
    await specs.add_spec(transaction, event)
    awaits = _awaits_spec(event.project, event.spec_version)
    for parked in await take_deferred(transaction, awaits, EVENTS):
        await _LATER[type(parked)](transaction, parked)


async def create_tasks(transaction: Transaction, events: Sequence[TaskCreated]) -> None:
    """Keep tasks, and take up what was heard about them before."""
    await tasks.add_tasks(transaction, events)
    awaits = [_awaits_task(event.task_id) for event in events]
    for parked in await take_all_deferred(transaction, awaits, EVENTS):
        await _LATER[type(parked)](transaction, parked)


async def withdraw_task(transaction: Transaction, event: TaskWithdrawn) -> None:
    """Nothing is decided about the task any more, unless it was already."""
    if await _task(transaction, event, event.task_id) is not None:
        await tasks.withdraw(transaction, event.task_id)


async def record_annotations(
    transaction: Transaction, events: Sequence[AnnotationSubmitted]
) -> None:
    """Take votes into account. A honeypot's is quality's alone.

    Votes on different items have nothing to do with each other and are handled together; those on
    one item in turn, so that each has the effect that it would have alone.
    """
    for turn in _turns([event for event in events if event.purpose == "work"]):
        await _record_votes(transaction, turn)


def _turns(events: Sequence[AnnotationSubmitted]) -> list[list[AnnotationSubmitted]]:
    """The events in as few groups as have no item twice, in the order of each item's events."""
    turns: list[list[AnnotationSubmitted]] = []
    heard: Counter[UUID] = Counter()
    for event in events:
        if heard[event.item_id] == len(turns):
            turns.append([])
        turns[heard[event.item_id]].append(event)
        heard[event.item_id] += 1
    return turns


async def _record_votes(transaction: Transaction, events: Sequence[AnnotationSubmitted]) -> None:
    known = await tasks.lock_tasks(transaction, [event.task_id for event in events])
    specs_known: dict[tuple[str, int], CompiledSpec | None] = {}
    heard: list[tuple[AnnotationSubmitted, Task, CompiledSpec]] = []
    for event in events:
        version = (event.project, event.spec_version)
        if version not in specs_known:
            specs_known[version] = await compiled(transaction, *version)
        task, spec = known.get(event.task_id), specs_known[version]
        if task is not None and spec is not None:
            heard.append((event, task, spec))
        elif (
            found := await _task_and_spec(transaction, event, event.task_id, version[1])
        ) is not None:
            heard.append((event, *found))
    await tasks.add_votes(transaction, [event for event, _, _ in heard])
    for event, task, spec in heard:
        if task.state == "decided" and spec.policy.reopen_on_late_vote:
            await _reopen_if_shaken(transaction, task, event)
    touched = {task.task_id: (task, event.occurred_at) for event, task, _ in heard}
    await deciding.weigh(transaction, touched)


async def _reopen_if_shaken(
    transaction: Transaction, task: Task, event: AnnotationSubmitted
) -> None:
    """A late vote that says something else makes a decided label contested again."""
    decision = await tasks.decision(transaction, task.project, task.task_id)
    if decision is None or decision["label"] == event.label:
        return
    conflict = Conflict(tuple(event.label), "A late vote differs from the decided label.", {})
    ids = [*decision["annotation_ids"], event.annotation_id]
    await deciding.raise_conflict(transaction, task, conflict, ids, event.occurred_at)


async def _record_annotation(transaction: Transaction, event: AnnotationSubmitted) -> None:
    await record_annotations(transaction, [event])


async def record_skip(transaction: Transaction, event: TaskSkipped) -> None:
    """Keep a skip; when too many annotators skipped a task, it is a conflict."""
    if event.purpose != "work" or event.stage != "annotate":
        return
    known = await _task_and_spec(transaction, event, event.task_id, event.spec_version)
    if known is not None:
        await skips.add_skip(transaction, event)
        await deciding.weigh(transaction, {event.task_id: (known[0], event.occurred_at)})


async def record_adjudication(transaction: Transaction, event: AdjudicationDecided) -> None:
    """An adjudicator's decision is binding."""
    task = await _task(transaction, event, event.task_id)
    if task is None or task.state == "withdrawn":
        return
    votes = (await tasks.votes(transaction, [task.task_id]))[task.task_id]
    row = {
        "label": event.label,
        "confidence": None,
        "how": "adjudicated",
        "why": event.rationale,
        "rules": event.rules,
        "annotation_ids": [*(vote.annotation_id for vote in votes), event.adjudication_id],
    }
    adjudicated = deciding.Decision(task, row, task.distribution or {}, event.occurred_at)
    await deciding.decide(transaction, [adjudicated])


async def record_review(transaction: Transaction, event: ReviewDecided) -> None:
    """Accept: nothing. Fix: a superseding decision. Reject: the task is contested again."""
    task = await _task(transaction, event, event.task_id)
    if task is None or event.verdict == "accept":
        return
    decision = await tasks.decision(transaction, task.project, task.task_id)
    ids = [] if decision is None else decision["annotation_ids"]
    why = event.comment or f"A reviewer's verdict: {event.verdict}."
    if event.verdict == "fix" and event.label is not None:
        row = {
            "label": event.label,
            "confidence": None,
            "how": "review",
            "why": why,
            "rules": [],
            "annotation_ids": ids,
        }
        fixed = deciding.Decision(task, row, task.distribution or {}, event.occurred_at)
        await deciding.decide(transaction, [fixed])
    else:
        fields = tuple(task.distribution or ()) or tuple(decision["label"] if decision else ())
        conflict = Conflict(fields, why, task.distribution or {}, "review")
        await deciding.raise_conflict(transaction, task, conflict, ids, event.occurred_at)


async def change_standing(transaction: Transaction, event: AnnotatorStandingChanged) -> None:
    """Weigh the open tasks of an annotator again whose votes count no more, or again."""
    await tasks.set_standing(transaction, event.annotator, event.project, event.standing)
    task_ids = await tasks.open_tasks_of(transaction, event.project, event.annotator)
    locked = await tasks.lock_tasks(transaction, task_ids)
    touched = {task_id: (task, event.occurred_at) for task_id, task in locked.items()}
    await deciding.weigh(transaction, touched)


async def record_score(transaction: Transaction, event: HoneypotScored) -> None:
    """Remember an answer to a honeypot beside its gold."""
    await models.add_score(transaction, event)


def _awaits_task(task_id: UUID) -> str:
    return f"task:{task_id}"


def _awaits_spec(project: str, version: int) -> str:
    return f"spec:{project}:{version}"


async def _task(transaction: Transaction, event: Event, task_id: UUID) -> Task | None:
    """The task, locked; or None, and the event waits until the task is known."""

    async def lock() -> Task | None:
        return (await tasks.lock_tasks(transaction, [task_id])).get(task_id)

    return await find_or_defer(transaction, event, _awaits_task(task_id), lock)


async def _task_and_spec(
    transaction: Transaction, event: Event, task_id: UUID, version: int
) -> tuple[Task, CompiledSpec] | None:
    """The task, locked, and its spec; or None, and the event waits for whichever is not known."""
    task = await _task(transaction, event, task_id)
    if task is None:
        return None
    spec = await find_or_defer(
        transaction,
        event,
        _awaits_spec(event.project, version),
        lambda: compiled(transaction, event.project, version),
    )
    return None if spec is None else (task, spec)


_LATER: dict[type[Event], Callable[[Transaction, Any], Awaitable[None]]] = {
    TaskWithdrawn: withdraw_task,
    AnnotationSubmitted: _record_annotation,
    TaskSkipped: record_skip,
    AdjudicationDecided: record_adjudication,
    ReviewDecided: record_review,
}
