"""The handlers of events, one for each kind. Events about unknown tasks or specs are deferred."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid5

from chassis.db.database import Transaction
from chassis.db.locks import lock_names
from chassis.events.deferred import find_or_defer
from queue_service.domain.dispatch import with_level
from queue_service.domain.leases import sort_key
from queue_service.operations.notifications import notify_spec, notify_standing, notify_work
from queue_service.operations.second_look import Request, add_request
from queue_service.operations.specs import policy_of
from queue_service.store import annotators, intake, leases, withdrawals
from queue_service.store.intake import NewWork, Task
from schemas.envelope import Event
from schemas.events import (
    AnnotatorStandingChanged,
    ConflictRaised,
    ItemsRestored,
    ItemsWithdrawn,
    LabelDecided,
    RedundancyRaised,
    ReviewRequested,
    SkillChanged,
    SpecPublished,
    TaskCreated,
    TaskReprioritized,
    TaskWithdrawn,
)
from schemas.queue import AnnotationRequest
from schemas.vocabulary import Policy, Standing

_BATCHES = UUID("0d4a9a37-6f0e-5f43-8a53-7b1f2c9d5e60")
"""The namespace of the ids of batches."""


async def on_spec_published(transaction: Transaction, event: SpecPublished) -> None:
    """Store a spec version, and make its work available."""
    await intake.add_spec(
        transaction, event.project, event.spec_version, event.spec_hash, event.document
    )
    notify_spec(transaction, event.project, event.spec_version)
    notify_work(transaction)


async def on_task_created(transaction: Transaction, events: Sequence[TaskCreated]) -> None:
    """Store the work of new tasks."""
    await intake.add_work(transaction, [_new_work(event) for event in events])
    notify_work(transaction)


def _new_work(event: TaskCreated) -> NewWork:
    return NewWork(
        task_id=event.task_id,
        stage="annotate",
        subject=event.task_id,
        project=event.project,
        item_id=event.item_id,
        external_id=event.external_id,
        position=event.position or 0,
        batch=batch_id(event.project, event.metadata.get("batch")),
        spec_version=event.spec_version,
        task_type=event.task_type,
        purpose=event.purpose,
        priority=event.priority,
        due_at=event.due_at,
        skills=sorted({with_level(skill) for skill in event.skills}),
        audience="all",
        payload=event.payload,
        blob=event.blob,
        blob_size=event.blob_size,
        prelabels=[prelabel.model_dump(mode="json") for prelabel in event.prelabels],
        context=None,
        target=event.redundancy if event.purpose == "work" else None,
        sort_key=sort_key(event.task_id),
        created_at=event.occurred_at,
    )


def batch_id(project: str, batch: object) -> UUID | None:
    """Return the id of a batch, which an item's metadata name; None without a batch."""
    return uuid5(_BATCHES, f"{project}\x00{batch}") if isinstance(batch, str) else None


async def on_task_reprioritized(transaction: Transaction, event: TaskReprioritized) -> None:
    """Change the priority of a task."""
    task = await _find_task(transaction, event, event.task_id)
    if task is not None:
        await intake.reprioritize(transaction, task, event.priority)


async def on_task_withdrawn(transaction: Transaction, event: TaskWithdrawn) -> None:
    """Withdraw a task; nothing can be submitted with its leases any more, except reviews."""
    task = await _find_task(transaction, event, event.task_id)
    if task is not None:
        await intake.close_work(transaction, [task], "withdrawn", ["annotate", "adjudicate"])


async def on_items_withdrawn(transaction: Transaction, event: ItemsWithdrawn) -> None:
    """Withdraw the reviews of items. TaskWithdrawn does it for their other work."""
    await withdrawals.close_reviews(
        transaction, await withdrawals.set_withdrawn(transaction, event)
    )


async def on_items_restored(transaction: Transaction, event: ItemsRestored) -> None:
    """Open the reviews of restored items again."""
    restored = await withdrawals.set_withdrawn(transaction, event)
    await withdrawals.reopen_reviews(transaction, restored)
    notify_work(transaction)


async def on_redundancy_raised(transaction: Transaction, event: RedundancyRaised) -> None:
    """Raise the number of annotators that a task needs."""
    if await _find_task(transaction, event, event.task_id):
        await intake.raise_target(transaction, event.task_id, event.target)
        notify_work(transaction)


async def on_conflict_raised(transaction: Transaction, event: ConflictRaised) -> None:
    """Close a task for annotators and add its adjudication."""
    task = await _find_task(transaction, event, event.task_id)
    if task is None or task.state == "withdrawn":
        return
    policy = await _policy(transaction, event, task)
    if policy is None:
        return
    await intake.close_work(transaction, [task], "closed", ["annotate"])
    shown = policy.adjudication.votes == "shown"
    bodies = await intake.annotations(transaction, event.annotation_ids) if shown else []
    context = {
        "reason": event.reason,
        "fields": event.fields,
        "votes": [_annotation(body) for body in bodies],
        "prelabel": _prelabel(task) if shown else None,
        "skips": [skip.model_dump(mode="json") for skip in event.skips if shown or not skip.labels],
    }
    request = Request(event.event_id, "adjudicate", context, policy.adjudication)
    await add_request(transaction, task, request, event.occurred_at)
    notify_work(transaction)


async def on_review_requested(transaction: Transaction, event: ReviewRequested) -> None:
    """Add the review of a decided label."""
    task = await _find_task(transaction, event, event.task_id)
    policy = None if task is None else await _policy(transaction, event, task)
    if task is None or policy is None:
        return
    shown = policy.review.votes == "shown"
    bodies = await intake.annotations_of(transaction, task.work_id) if shown else []
    context = {
        "reason": event.reason,
        "label": event.label,
        "votes": [_annotation(body) for body in bodies],
        "prelabel": _prelabel(task) if shown else None,
    }
    request = Request(event.review_id, "review", context, policy.review, event.review_id)
    await add_request(transaction, task, request, event.occurred_at)
    if await withdrawals.is_withdrawn(transaction, task.item_id):
        await withdrawals.close_reviews(transaction, [task.item_id])
    notify_work(transaction)


def _annotation(body: dict[str, Any]) -> dict[str, Any]:
    """Return an annotation as reviewers and adjudicators see it, without its annotator."""
    request = AnnotationRequest.model_validate(body, extra="ignore")
    return request.model_dump(mode="json", include={"label", "rules", "note"})


def _prelabel(task: Task) -> dict[str, Any] | None:
    """Return the suggestion that the annotators of a task saw, if it was not hidden from them."""
    return task.prelabels[0] if task.prelabels else None


async def on_label_decided(transaction: Transaction, events: Sequence[LabelDecided]) -> None:
    """Close decided tasks; annotations with their open leases are still accepted."""
    known = await intake.lock_tasks(transaction, [event.task_id for event in events])
    for event in events:
        if event.task_id not in known:
            task = await _find_task(transaction, event, event.task_id)
            if task is not None:
                known[event.task_id] = task
    if known:
        await intake.close_work(
            transaction, list(known.values()), "closed", ["annotate", "adjudicate"]
        )


async def on_annotator_standing_changed(
    transaction: Transaction, event: AnnotatorStandingChanged
) -> None:
    """Store an annotator's standing; end the leases of a suspended one."""
    # With the lock, leases that are being given at this moment are ended too.
    await lock_names(transaction, [event.annotator])
    if event.standing == "suspended":
        held = await leases.held_by(transaction, event.annotator, event.project)
        await leases.end_leases(transaction, held, "suspended", event.occurred_at, forget=False)
        notify_work(transaction)
    # Last, in the order of `store.locks`.
    before = await annotators.set_standing(
        transaction, event.annotator, event.project, event.standing
    )
    # Annotators are notified only of a suspension and its end. Other changes follow the score of a
    # honeypot, and would reveal which task it was.
    if "suspended" in {before, event.standing}:
        shown: Standing = "suspended" if event.standing == "suspended" else "good"
        notify_standing(transaction, event.annotator, event.project, shown)


async def on_skill_changed(transaction: Transaction, event: SkillChanged) -> None:
    """Store an annotator's level in a skill, for the project that granted it."""
    await annotators.set_skill(
        transaction, event.annotator, event.project, event.skill, event.level
    )
    notify_work(transaction)


def task_created_key(event: TaskCreated) -> str:
    """Return the key of the events that wait for this task."""
    return _task_key(event.task_id)


def _task_key(task_id: UUID) -> str:
    return f"task:{task_id}"


def spec_key(event: SpecPublished | ConflictRaised | ReviewRequested) -> str:
    """Return the key of the events that wait for this spec version."""
    return f"spec:{event.project}:{event.spec_version}"


async def _policy(
    transaction: Transaction, event: ConflictRaised | ReviewRequested, task: Task
) -> Policy | None:
    """Return the policy of the task's spec version; None if it is unknown, and defer the event."""
    return await find_or_defer(
        transaction,
        event,
        spec_key(event),
        lambda: policy_of(transaction, task.project, task.spec_version),
    )


async def _find_task(transaction: Transaction, event: Event, task_id: UUID) -> Task | None:
    """Lock and return the task; None if it is unknown, and defer the event."""
    return await find_or_defer(
        transaction, event, _task_key(task_id), lambda: intake.task(transaction, task_id, lock=True)
    )
