"""Views of tasks and conflicts, which change nothing."""

from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.db.database import Transaction
from chassis.http.auth import Caller, UnknownProject
from consensus_service.domain.precedents import Dispute, most_similar
from consensus_service.domain.refusals import BadCursor, UnknownTask
from consensus_service.domain.skips import pairs, reasons
from consensus_service.domain.votes import Vote
from consensus_service.operations.specs import compiled
from consensus_service.store import adjudications, skips, specs, tasks
from consensus_service.store.tasks import Task
from labels.compiled_spec import CompiledSpec
from schemas import time_cursor
from schemas.consensus import (
    Conflicts,
    ConflictView,
    LabelPair,
    Precedent,
    Precedents,
    TaskView,
)
from schemas.consensus import Vote as VoteView

PAGE = 200
"""The number of conflicts in one page."""
PRECEDENTS_SEARCHED = 500
"""The number of adjudications, the newest, among which the similar ones are searched."""
PRECEDENTS_MAX = 5


async def show_task(transaction: Transaction, caller: Caller, task_id: UUID) -> TaskView:
    """Return the state of a task. Raise UnknownTask, also if the caller may not see its project."""
    task = await _visible_task(transaction, caller, task_id)
    spec = await compiled(transaction, task.project, task.spec_version)
    votes = (await tasks.votes(transaction, [task_id]))[task_id]
    skipped = (await skips.skips(transaction, [task_id]))[task_id]
    decision = await tasks.decision(transaction, task.project, task_id)
    state: Any = task.state
    return TaskView(
        task_id=task.task_id,
        item_id=task.item_id,
        project=task.project,
        spec_version=task.spec_version,
        state=state,
        target=task.target,
        votes=[_vote(vote, spec) for vote in votes],
        skips=len(skipped),
        skip_reasons=reasons(skipped),
        skip_pairs=[LabelPair(labels=list(pair), count=n) for pair, n in pairs(skipped)],
        skip_notes=[skip.note for skip in skipped if skip.note],
        distribution=task.distribution or {},
        label=decision.label if decision and task.state == "decided" else None,
        confidence=decision.confidence if decision else None,
        how=decision.how if decision else None,
        why=task.why,
    )


def _vote(vote: Vote, spec: CompiledSpec | None) -> VoteView:
    kind: Any = vote.annotator_kind
    deciders = spec.policy.deciders if spec else ["human"]
    return VoteView(
        annotation_id=vote.annotation_id,
        annotator=vote.annotator,
        annotator_kind=kind,
        label=dict(vote.label),
        counts=vote.counts(deciders),
    )


async def show_precedents(transaction: Transaction, caller: Caller, task_id: UUID) -> Precedents:
    """Return the earlier adjudications that are most similar to a conflict. Raise UnknownTask."""
    task = await _visible_task(transaction, caller, task_id)
    fields = task.fields or []
    found = await adjudications.adjudications_about(
        transaction, task.project, fields, task_id, PRECEDENTS_SEARCHED
    )
    dispute = Dispute.of(fields, task.distribution or {})
    return Precedents(
        precedents=[
            Precedent.model_validate(asdict(one))
            for one in most_similar(dispute, found, PRECEDENTS_MAX)
        ]
    )


async def _visible_task(transaction: Transaction, caller: Caller, task_id: UUID) -> Task:
    task = await tasks.task(transaction, task_id)
    if task is None or not caller.reaches(task.project):
        raise UnknownTask(f"There is no task {task_id}, or your token is not for it.")
    return task


async def show_conflicts(transaction: Transaction, project: str, after: str | None) -> Conflicts:
    """Return a page of the open conflicts of a project after the cursor `after`, oldest first."""
    if await specs.newest_version(transaction, project) is None:
        raise UnknownProject(project)
    found = await tasks.conflicts(transaction, project, _cursor(after), PAGE)
    views = [
        ConflictView(
            task_id=conflict.task_id,
            item_id=conflict.item_id,
            spec_version=conflict.spec_version,
            fields=conflict.fields or [],
            reason=conflict.why,
            raised_at=conflict.raised_at,
        )
        for conflict in found
    ]
    last = found[-1] if len(found) == PAGE else None
    return Conflicts(
        conflicts=views, next=time_cursor.encode(last.raised_at, last.task_id) if last else None
    )


def _cursor(after: str | None) -> tuple[datetime, UUID]:
    if after is None:
        return time_cursor.START
    try:
        return time_cursor.decode(after)
    except ValueError as error:
        message = f"'{after}' is not a cursor of this list: use `next` of the page before."
        raise BadCursor(message) from error
