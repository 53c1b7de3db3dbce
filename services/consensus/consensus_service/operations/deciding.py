"""Votes come in; decisions, conflicts and further questions go out."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis import outbox
from chassis.database import Session
from consensus_service import metrics
from consensus_service.domain import Asked, Conflict, Decided, Wait, WantsMore, judge, told
from consensus_service.operations.modelling import known
from consensus_service.operations.specs import compiled
from consensus_service.store import skips, tasks
from consensus_service.store.tasks import Stored, Task
from schemas.events import ConflictRaised, LabelDecided, RedundancyRaised


async def weigh(session: Session, task: Task, now: datetime) -> None:
    """Say what follows from the votes on an open task, which the caller has locked."""
    spec = await compiled(session, task.project, task.spec_version)
    if spec is None or task.state != "open" or task.purpose != "work":
        return
    stored = await tasks.votes(session, task.task_id)
    votes = [vote.weighed(spec.policy.deciders) for vote in stored]
    asked = Asked(task.target, task.redundancy_max, await skips.skips(session, task.task_id))
    models = await known(session, task.project, spec, [vote.annotator for vote in votes])
    outcome = judge(votes, spec.policy, spec.labels, asked, models)
    match outcome:
        case Wait():
            await _ask(session, task, stored, WantsMore(task.target, outcome.why), now)
        case WantsMore():
            await _ask(session, task, stored, outcome, now)
        case Conflict():
            await raise_conflict(session, task, outcome, [v.annotation_id for v in votes], now)
        case Decided():
            row = {**_row(outcome), "annotation_ids": [v.annotation_id for v in votes]}
            await decide(session, task, row, outcome.distribution, now)


def _row(outcome: Decided) -> dict[str, Any]:
    return {
        "label": dict(outcome.label),
        "confidence": outcome.confidence,
        "how": outcome.how,
        "why": outcome.why,
        "rules": [],
    }


async def _ask(
    session: Session, task: Task, stored: Sequence[Stored], wanted: WantsMore, now: datetime
) -> None:
    """Have the queue ask for as many people as make up the votes that count."""
    discounted = sum(v.annotator_kind == "human" and v.standing == "suspended" for v in stored)
    asked = max(task.asked, wanted.target + discounted)
    await tasks.ask(session, task.task_id, wanted.target, asked, wanted.why)
    if asked > task.asked:
        event = RedundancyRaised(
            occurred_at=now,
            project=task.project,
            task_id=task.task_id,
            target=asked,
            why=wanted.why,
        )
        await outbox.add(session, event)


async def raise_conflict(
    session: Session, task: Task, conflict: Conflict, annotation_ids: list[UUID], now: datetime
) -> None:
    """The task is contested from now on; an adjudicator must settle it, and hears of the skips."""
    scores = {name: dict(shares) for name, shares in conflict.distribution.items()}
    await tasks.contest(session, task.task_id, list(conflict.fields), conflict.why, scores, now)
    event = ConflictRaised(
        occurred_at=now,
        project=task.project,
        task_id=task.task_id,
        item_id=task.item_id,
        spec_version=task.spec_version,
        fields=list(conflict.fields),
        reason=conflict.why,
        annotation_ids=annotation_ids,
        scores=scores,
        decision_no=await tasks.next_decision(session, task.project),
        raised_by=conflict.raised_by,
        skips=told(await skips.skips(session, task.task_id)),
    )
    await outbox.add(session, event)
    metrics.CONFLICTS.inc()


async def decide(
    session: Session,
    task: Task,
    row: dict[str, Any],
    distribution: Mapping[str, Mapping[str, float]] | None,
    now: datetime,
) -> None:
    """The task has its label; an earlier decision about the item is superseded."""
    supersedes = await tasks.last_decision_of_item(session, task.project, task.item_id)
    number = await tasks.next_decision(session, task.project)
    about = {"project": task.project, "task_id": task.task_id, "item_id": task.item_id}
    row = {**row, **about, "spec_version": task.spec_version, "decision_no": number}
    shares = {name: dict(members) for name, members in (distribution or {}).items()}
    await tasks.add_decision(session, row, shares)
    facts = {name: value for name, value in row.items() if name != "rules"}
    event = LabelDecided(occurred_at=now, **facts, distribution=shares, supersedes=supersedes)
    await outbox.add(session, event)
    metrics.DECIDED.labels(row["how"]).inc()
