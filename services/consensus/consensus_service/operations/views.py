"""What is only looked at."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from chassis.db.database import Transaction
from chassis.http.auth import Caller, UnknownProject
from consensus_service import domain
from consensus_service.operations.specs import compiled
from consensus_service.store import skips, specs, tasks
from consensus_service.store.tasks import Stored
from labels.compiled_spec import CompiledSpec
from schemas.consensus import Conflicts, ConflictView, LabelPair, TaskView, Vote

PAGE = 200
_START = (datetime(1970, 1, 1, tzinfo=UTC), UUID(int=0))


async def show_task(transaction: Transaction, caller: Caller, task_id: UUID) -> TaskView:
    """Return where a task stands, and why. Raises UnknownTask, also for projects out of reach."""
    task = await tasks.task(transaction, task_id)
    if task is None or not caller.reaches(task.project):
        raise domain.UnknownTask(f"There is no task {task_id}, or your token is not for it.")
    spec = await compiled(transaction, task.project, task.spec_version)
    stored = (await tasks.votes(transaction, [task_id]))[task_id]
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
        votes=[_vote(vote, spec) for vote in stored],
        skips=len(skipped),
        skip_reasons=domain.reasons(skipped),
        skip_pairs=[LabelPair(labels=list(two), count=n) for two, n in domain.pairs(skipped)],
        skip_notes=[skip.note for skip in skipped if skip.note],
        distribution=task.distribution or {},
        label=decision["label"] if decision and task.state == "decided" else None,
        confidence=decision["confidence"] if decision else None,
        how=decision["how"] if decision else None,
        why=task.why,
    )


def _vote(vote: Stored, spec: CompiledSpec | None) -> Vote:
    kind: Any = vote.annotator_kind
    deciders = spec.policy.deciders if spec else ["human"]
    return Vote(
        annotation_id=vote.annotation_id,
        annotator=vote.annotator,
        annotator_kind=kind,
        label=vote.label,
        counts=vote.weighed(deciders).counts,
    )


async def show_conflicts(transaction: Transaction, project: str, after: str | None) -> Conflicts:
    """The open conflicts of a project, oldest first; `next` is where the following page begins."""
    if await specs.newest_version(transaction, project) is None:
        raise UnknownProject(project)
    rows = await tasks.conflicts(transaction, project, _cursor(after), PAGE)
    views = [
        ConflictView(
            task_id=row["task_id"],
            item_id=row["item_id"],
            spec_version=row["spec_version"],
            fields=row["fields"] or [],
            reason=row["why"],
            raised_at=row["raised_at"],
        )
        for row in rows
    ]
    last = views[-1] if len(views) == PAGE else None
    following = f"{last.raised_at.isoformat()}~{last.task_id}" if last else None
    return Conflicts(conflicts=views, next=following)


def _cursor(after: str | None) -> tuple[datetime, UUID]:
    if after is None:
        return _START
    moment, _, task_id = after.partition("~")
    try:
        return datetime.fromisoformat(moment).astimezone(UTC), UUID(task_id)
    except (ValueError, OverflowError) as error:
        raise domain.BadCursor(f"'{after}' is not a cursor of this list.") from error
