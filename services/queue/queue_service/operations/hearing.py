"""What the other services say, and what it means for the work."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from uuid import UUID

from chassis.db.database import Transaction
from chassis.db.locks import lock_names
from chassis.events.deferred import find_or_defer, take_all_deferred
from queue_service.domain.choice import need
from queue_service.domain.leases import place_among_honeypots
from queue_service.operations.further import Further, add_further, batch_id
from queue_service.operations.news import announce_spec, announce_standing, announce_work
from queue_service.operations.specs import policy_of
from queue_service.store import intake, leasing
from schemas.envelope import Event
from schemas.events import (
    EVENTS,
    AnnotatorStandingChanged,
    ConflictRaised,
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


async def publish_spec(transaction: Transaction, event: SpecPublished) -> None:
    """Give work under the new version only, and take what waited to know it."""
    await intake.add_spec(
        transaction, event.project, event.spec_version, event.spec_hash, event.document
    )
    for waiting in await take_all_deferred(transaction, [_awaits_spec(event)], EVENTS):
        await _LATER[type(waiting)](transaction, waiting)
    announce_spec(transaction, event.project, event.spec_version)
    announce_work(transaction)


async def create_tasks(transaction: Transaction, events: Sequence[TaskCreated]) -> None:
    """Take in work, and then what was heard about it before."""
    await intake.add_work(transaction, [_work_row(event) for event in events])
    for event in await take_all_deferred(transaction, [_awaits(e.task_id) for e in events], EVENTS):
        await _LATER[type(event)](transaction, event)
    announce_work(transaction)


def _work_row(event: TaskCreated) -> dict[str, Any]:
    return {
        "task_id": event.task_id,
        "stage": "annotate",
        "subject": event.task_id,
        "project": event.project,
        "item_id": event.item_id,
        "external_id": event.external_id,
        "position": event.position or 0,
        "batch": batch_id(event.project, event.metadata.get("batch")),
        "spec_version": event.spec_version,
        "task_type": event.task_type,
        "purpose": event.purpose,
        "priority": event.priority,
        "due_at": event.due_at,
        "skills": sorted({need(skill) for skill in event.skills}),
        "circle": "all",
        "payload": event.payload,
        "blob": event.blob,
        "blob_size": event.blob_size,
        "prelabels": [one.model_dump(mode="json") for one in event.prelabels],
        "context": None,
        "target": event.redundancy if event.purpose == "work" else None,
        "pick": place_among_honeypots(event.task_id),
        "created_at": event.occurred_at,
    }


async def reprioritize_task(transaction: Transaction, event: TaskReprioritized) -> None:
    """Make a task more or less urgent."""
    task = await _known(transaction, event, event.task_id)
    if task is not None:
        await intake.reprioritize(transaction, task, event.priority)


async def withdraw_task(transaction: Transaction, event: TaskWithdrawn) -> None:
    """Nobody gets the task any more, at any stage; answers to live leases are refused."""
    task = await _known(transaction, event, event.task_id)
    if task is not None:
        await intake.close_work(transaction, [task], "withdrawn", ["annotate", "adjudicate"])


async def raise_redundancy(transaction: Transaction, event: RedundancyRaised) -> None:
    """Let more people answer a task."""
    if await _known(transaction, event, event.task_id):
        await intake.raise_target(transaction, event.task_id, event.target)
        announce_work(transaction)


async def raise_conflict(transaction: Transaction, event: ConflictRaised) -> None:
    """Ask an adjudicator in place of further annotators."""
    task = await _known(transaction, event, event.task_id)
    if task is None or task["state"] == "withdrawn":
        return
    policy = await _policy(transaction, event, task)
    if policy is None:
        return
    await intake.close_work(transaction, [task], "closed", ["annotate"])
    shown = policy.adjudication.votes == "shown"
    votes = await intake.answers(transaction, event.annotation_ids) if shown else []
    context = {
        "reason": event.reason,
        "fields": event.fields,
        "votes": [_vote(vote) for vote in votes],
        "skips": [one.model_dump(mode="json") for one in event.skips if shown or not one.labels],
    }
    further = Further(event.event_id, "adjudicate", context, policy.adjudication)
    await add_further(transaction, task, further, event.occurred_at)
    announce_work(transaction)


async def request_review(transaction: Transaction, event: ReviewRequested) -> None:
    """Let a second person look at a decided label."""
    task = await _known(transaction, event, event.task_id)
    policy = None if task is None else await _policy(transaction, event, task)
    if task is None or policy is None:
        return
    shown = policy.review.votes == "shown"
    votes = await intake.answers_to(transaction, task["work_id"]) if shown else []
    context = {
        "reason": event.reason,
        "label": event.label,
        "votes": [_vote(vote) for vote in votes],
    }
    further = Further(event.review_id, "review", context, policy.review, event.review_id)
    await add_further(transaction, task, further, event.occurred_at)
    announce_work(transaction)


def _vote(body: dict[str, Any]) -> dict[str, Any]:
    """What somebody answered; who it was is not told."""
    request = AnnotationRequest.model_validate(body, extra="ignore")
    return request.model_dump(mode="json", include={"label", "rules", "note"})


async def close_decided(transaction: Transaction, events: Sequence[LabelDecided]) -> None:
    """Take the free slots of decided tasks out; who holds a lease may still finish."""
    known = await intake.lock_tasks(transaction, [event.task_id for event in events])
    for event in events:
        if event.task_id not in known:
            task = await _known(transaction, event, event.task_id)
            if task is not None:
                known[event.task_id] = task
    if known:
        await intake.close_work(
            transaction, list(known.values()), "closed", ["annotate", "adjudicate"]
        )


async def _close_decided_one(transaction: Transaction, event: LabelDecided) -> None:
    await close_decided(transaction, [event])


async def change_standing(transaction: Transaction, event: AnnotatorStandingChanged) -> None:
    """Keep an annotator's standing; a suspended one loses its leases."""
    await lock_names(transaction, [event.annotator])  # What it is just being given is revoked too.
    if event.standing == "suspended":
        held = await leasing.held_by(transaction, event.annotator, event.project)
        await leasing.end_leases(transaction, held, "suspended", event.occurred_at, forget=False)
        announce_work(transaction)
    # Last, as whoever gives a lease back does: first the lease, then the work, then this row.
    before = await intake.set_standing(transaction, event.annotator, event.project, event.standing)
    # Annotators are told of a suspension and its end only: any other change follows the score of
    # a honeypot, and would tell which task was one.
    if "suspended" in {before, event.standing}:
        shown: Standing = "suspended" if event.standing == "suspended" else "good"
        announce_standing(transaction, event.annotator, event.project, shown)


async def change_skill(transaction: Transaction, event: SkillChanged) -> None:
    """Keep an annotator's level in a skill, for the project that granted it."""
    await intake.set_skill(transaction, event.annotator, event.project, event.skill, event.level)
    announce_work(transaction)


def _awaits(task_id: UUID) -> str:
    return f"task:{task_id}"


def _awaits_spec(event: SpecPublished | ConflictRaised | ReviewRequested) -> str:
    return f"spec:{event.project}:{event.spec_version}"


async def _policy(
    transaction: Transaction, event: ConflictRaised | ReviewRequested, task: dict[str, Any]
) -> Policy | None:
    """The policy of the task's spec version; None, and the event waits until that is known."""
    return await find_or_defer(
        transaction,
        event,
        _awaits_spec(event),
        lambda: policy_of(transaction, task["project"], task["spec_version"]),
    )


async def _known(transaction: Transaction, event: Event, task_id: UUID) -> dict[str, Any] | None:
    """The task, locked; or None, and the event waits until the task is known."""
    return await find_or_defer(
        transaction, event, _awaits(task_id), lambda: intake.task(transaction, task_id, lock=True)
    )


_LATER: dict[type[Event], Callable[[Transaction, Any], Awaitable[None]]] = {
    TaskReprioritized: reprioritize_task,
    TaskWithdrawn: withdraw_task,
    RedundancyRaised: raise_redundancy,
    ConflictRaised: raise_conflict,
    ReviewRequested: request_review,
    LabelDecided: _close_decided_one,
}
