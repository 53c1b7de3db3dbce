"""What the other services say, and what it means for the work."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from uuid import UUID

from chassis.database import Session
from chassis.parking import find_or_park, take_all_parked
from queue_service.operations.leasing import announce
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


async def publish_spec(session: Session, event: SpecPublished) -> None:
    """Give work under the new version only."""
    await intake.add_spec(
        session, event.project, event.spec_version, event.spec_hash, event.document
    )
    announce(session)


async def create_tasks(session: Session, events: Sequence[TaskCreated]) -> None:
    """Take in work, and then what was heard about it before."""
    await intake.add_work(session, [_work_row(event) for event in events])
    for event in await take_all_parked(session, [_awaits(e.task_id) for e in events], EVENTS):
        await _LATER[type(event)](session, event)
    announce(session)


def _work_row(event: TaskCreated) -> dict[str, Any]:
    payload = event.payload if event.payload is not None else {"blob": event.blob}
    return {
        "task_id": event.task_id,
        "stage": "annotate",
        "subject": event.task_id,
        "project": event.project,
        "item_id": event.item_id,
        "external_id": event.external_id,
        "spec_version": event.spec_version,
        "task_type": event.task_type,
        "purpose": event.purpose,
        "priority": event.priority,
        "due_at": event.due_at,
        "skills": event.skills,
        "payload": payload,
        "prelabels": [one.model_dump(mode="json") for one in event.prelabels],
        "target": event.redundancy if event.purpose == "work" else None,
        "created_at": event.occurred_at,
    }


async def reprioritize_task(session: Session, event: TaskReprioritized) -> None:
    """Make a task more or less urgent."""
    if await _known(session, event, event.task_id):
        await intake.reprioritize(session, event.task_id, event.priority)


async def withdraw_task(session: Session, event: TaskWithdrawn) -> None:
    """Nobody gets the task any more, at any stage; answers to live leases are refused."""
    if await _known(session, event, event.task_id):
        await intake.close_work(session, event.task_id, "withdrawn", ["annotate", "adjudicate"])


async def raise_redundancy(session: Session, event: RedundancyRaised) -> None:
    """Let more people answer a task."""
    if await _known(session, event, event.task_id):
        await intake.raise_target(session, event.task_id, event.target)
        announce(session)


async def raise_conflict(session: Session, event: ConflictRaised) -> None:
    """Ask an adjudicator in place of further annotators."""
    task = await _known(session, event, event.task_id)
    if task is None or task["state"] == "withdrawn":
        return
    await intake.close_work(session, event.task_id, "closed", ["annotate"])
    votes = await intake.answers(session, event.annotation_ids)
    context = {
        "reason": event.reason,
        "fields": event.fields,
        "votes": [{name: vote[name] for name in ("label", "rules", "note")} for vote in votes],
    }
    await intake.add_work(session, [_further(task, event, "adjudicate", event.event_id, context)])
    announce(session)


async def request_review(session: Session, event: ReviewRequested) -> None:
    """Let a second person look at a decided label."""
    task = await _known(session, event, event.task_id)
    if task is not None:
        context = {"reason": event.reason, "label": event.label}
        await intake.add_work(session, [_further(task, event, "review", event.review_id, context)])
        announce(session)


def _further(
    task: dict[str, Any], event: Event, stage: str, subject: UUID, context: dict[str, Any]
) -> dict[str, Any]:
    """Work about a task that people have answered."""
    kept = ("item_id", "external_id", "spec_version", "task_type", "priority", "due_at")
    return {
        **{name: task[name] for name in kept},
        "task_id": getattr(event, "task_id"),  # noqa: B009
        "project": event.project,
        "stage": stage,
        "subject": subject,
        "purpose": "work",
        "skills": [],
        "payload": task["payload"],
        "prelabels": [],
        "context": context,
        "target": 1,
        "created_at": event.occurred_at,
    }


async def decide_label(session: Session, event: LabelDecided) -> None:
    """Take the free slots of a decided task out; who holds a lease may still finish."""
    if await _known(session, event, event.task_id):
        await intake.close_work(session, event.task_id, "closed", ["annotate", "adjudicate"])


async def change_standing(session: Session, event: AnnotatorStandingChanged) -> None:
    """Keep an annotator's standing; a suspended one loses its leases."""
    await intake.set_standing(session, event.annotator, event.project, event.standing)
    if event.standing == "suspended":
        held = await leasing.held_by(session, event.annotator, event.project)
        await leasing.end_leases(session, held, "suspended", event.occurred_at, forget=False)
        announce(session)


async def change_skill(session: Session, event: SkillChanged) -> None:
    """Keep an annotator's level in a skill."""
    await intake.set_skill(session, event.annotator, event.skill, event.level)


def _awaits(task_id: UUID) -> str:
    return f"task:{task_id}"


async def _known(session: Session, event: Event, task_id: UUID) -> dict[str, Any] | None:
    """The task; or None, and the event waits until the task is known."""
    return await find_or_park(
        session, event, _awaits(task_id), lambda: intake.task(session, task_id)
    )


_LATER: dict[type[Event], Callable[[Session, Any], Awaitable[None]]] = {
    TaskReprioritized: reprioritize_task,
    TaskWithdrawn: withdraw_task,
    RedundancyRaised: raise_redundancy,
    ConflictRaised: raise_conflict,
    ReviewRequested: request_review,
    LabelDecided: decide_label,
}
