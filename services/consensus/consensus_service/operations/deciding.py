"""Votes come in; decisions, conflicts and further questions go out."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.db.database import Transaction
from chassis.events import outbox
from consensus_service import metrics
from consensus_service.domain import (
    Asked,
    Conflict,
    Decided,
    FieldModel,
    Outcome,
    Wait,
    WantsMore,
    judge,
    told,
)
from consensus_service.operations.modelling import known
from consensus_service.operations.specs import compiled
from consensus_service.store import skips, tasks
from consensus_service.store.tasks import Ask, Stored, Task
from labels.compiled_spec import CompiledSpec
from schemas.events import ConflictRaised, LabelDecided, RedundancyRaised


@dataclass(frozen=True, slots=True)
class Decision:
    """The label of a task. `row`: label, confidence, how, why, rules and annotation_ids."""

    task: Task
    row: dict[str, Any]
    distribution: Mapping[str, Mapping[str, float]]
    now: datetime


@dataclass(frozen=True, slots=True)
class Weighed:
    """What follows from the votes on a task."""

    task: Task
    votes: Sequence[Stored]
    outcome: Outcome
    now: datetime

    @property
    def annotation_ids(self) -> list[UUID]:
        """The votes that the outcome rests on."""
        return [vote.annotation_id for vote in self.votes]


async def weigh(transaction: Transaction, touched: Mapping[UUID, tuple[Task, datetime]]) -> None:
    """Say what follows from the votes on open tasks, which the caller has locked.

    `touched`: each task with the time of what touched it, by the task's id. Only what the outcomes
    have in common is read and written in one statement for all tasks; conflicts, which are few,
    are raised one by one.
    """
    weighed = await _weighed(transaction, touched)
    await _ask(transaction, weighed)
    await decide(
        transaction, [_decision(one) for one in weighed if isinstance(one.outcome, Decided)]
    )
    for one in weighed:
        if isinstance(one.outcome, Conflict):
            await raise_conflict(transaction, one.task, one.outcome, one.annotation_ids, one.now)


async def _weighed(
    transaction: Transaction, touched: Mapping[UUID, tuple[Task, datetime]]
) -> list[Weighed]:
    tasks_open = [
        (task, now)
        for task, now in touched.values()
        if task.state == "open" and task.purpose == "work"
    ]
    if not tasks_open:
        return []
    ids = [task.task_id for task, _ in tasks_open]
    stored = await tasks.votes(transaction, ids)
    skipped = await skips.skips(transaction, ids)
    knowledge = _Knowledge(transaction)
    found = []
    for task, now in tasks_open:
        spec = await knowledge.spec(task)
        if spec is None:
            continue
        votes = [vote.weighed(spec.policy.deciders) for vote in stored[task.task_id]]
        asked = Asked(task.target, task.redundancy_max, skipped[task.task_id])
        models = await knowledge.models(task, spec, {vote.annotator for vote in votes})
        outcome = judge(votes, spec.policy, spec.labels, asked, models)
        found.append(Weighed(task, stored[task.task_id], outcome, now))
    return found


class _Knowledge:
    """Specs and models, each read once for all tasks that are weighed together."""

    def __init__(self, transaction: Transaction) -> None:
        self._session = transaction
        self._specs: dict[tuple[str, int], CompiledSpec | None] = {}
        self._models: dict[tuple[str, int, frozenset[str]], dict[str, FieldModel]] = {}

    async def spec(self, task: Task) -> CompiledSpec | None:
        """The spec version of a task; None while it is not known."""
        key = (task.project, task.spec_version)
        if key not in self._specs:
            self._specs[key] = await compiled(self._session, *key)
        return self._specs[key]

    async def models(
        self, task: Task, spec: CompiledSpec, annotators: set[str]
    ) -> dict[str, FieldModel]:
        """What is known of the annotators, for each field that is decided by the posterior."""
        key = (task.project, task.spec_version, frozenset(annotators))
        if key not in self._models:
            self._models[key] = await known(self._session, task.project, spec, sorted(annotators))
        return self._models[key]


def _decision(weighed: Weighed) -> Decision:
    outcome = weighed.outcome
    assert isinstance(outcome, Decided)
    row = {
        "label": dict(outcome.label),
        "confidence": outcome.confidence,
        "how": outcome.how,
        "why": outcome.why,
        "rules": [],
        "annotation_ids": weighed.annotation_ids,
    }
    return Decision(weighed.task, row, outcome.distribution, weighed.now)


async def _ask(transaction: Transaction, weighed: Sequence[Weighed]) -> None:
    """Have the queue ask for as many people as make up the votes that count."""
    asks: list[Ask] = []
    events: list[RedundancyRaised] = []
    for one in weighed:
        if isinstance(one.outcome, Wait):
            target = one.task.target
        elif isinstance(one.outcome, WantsMore):
            target = one.outcome.target
        else:
            continue
        asked = max(one.task.asked, target + _discounted(one.votes))
        asks.append(Ask(one.task.task_id, target, asked, one.outcome.why))
        if asked > one.task.asked:
            event = RedundancyRaised(
                occurred_at=one.now,
                project=one.task.project,
                task_id=one.task.task_id,
                target=asked,
                why=one.outcome.why,
            )
            events.append(event)
    await tasks.ask(transaction, asks)
    await outbox.add(transaction, *events)


def _discounted(votes: Sequence[Stored]) -> int:
    """How many votes by suspended people there are, which others make up for."""
    return sum(v.annotator_kind == "human" and v.standing == "suspended" for v in votes)


async def raise_conflict(
    transaction: Transaction,
    task: Task,
    conflict: Conflict,
    annotation_ids: list[UUID],
    now: datetime,
) -> None:
    """The task is contested from now on; an adjudicator must settle it, and hears of the skips."""
    scores = {name: dict(shares) for name, shares in conflict.distribution.items()}
    await tasks.contest(transaction, task.task_id, list(conflict.fields), conflict.why, scores, now)
    numbers = await tasks.next_decisions(transaction, {task.project: 1})
    skipped = await skips.skips(transaction, [task.task_id])
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
        decision_no=numbers[task.project],
        raised_by=conflict.raised_by,
        skips=told(skipped[task.task_id]),
    )
    await outbox.add(transaction, event)
    metrics.CONFLICTS.inc()


async def decide(transaction: Transaction, decisions: Sequence[Decision]) -> None:
    """The tasks have their labels; earlier decisions about their items are superseded."""
    if not decisions:
        return
    newest = await tasks.last_decisions(transaction, {one.task.item_id for one in decisions})
    counts = Counter(one.task.project for one in decisions)
    next_number = await tasks.next_decisions(transaction, counts)
    rows: list[dict[str, Any]] = []
    events: list[LabelDecided] = []
    for one in decisions:
        task, number = one.task, next_number[one.task.project]
        next_number[task.project] += 1
        about: dict[str, Any] = {
            "project": task.project,
            "task_id": task.task_id,
            "item_id": task.item_id,
        }
        shares = {name: dict(members) for name, members in one.distribution.items()}
        facts: dict[str, Any] = {
            **one.row,
            **about,
            "spec_version": task.spec_version,
            "decision_no": number,
            "distribution": shares,
        }
        rows.append(facts)
        told_facts = {name: value for name, value in facts.items() if name != "rules"}
        supersedes = newest.get(task.item_id)
        newest[task.item_id] = number
        events.append(LabelDecided(occurred_at=one.now, supersedes=supersedes, **told_facts))
        metrics.DECIDED.labels(one.row["how"]).inc()
    await tasks.add_decisions(transaction, rows)
    await outbox.add(transaction, *events)
