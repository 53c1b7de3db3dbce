"""Decisions: from the votes on tasks to requests for more votes, labels and conflicts.

`evaluate` reads the votes and skips of tasks and applies the policy to them; `apply` stores the
outcomes and publishes them as events.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.db.database import Transaction
from chassis.events import outbox
from consensus_service import metrics
from consensus_service.domain.policy import (
    Conflict,
    Decided,
    NeedsVotes,
    Outcome,
    Pending,
    Redundancy,
    apply_policy,
)
from consensus_service.domain.posterior import FieldModel
from consensus_service.domain.skips import for_event
from consensus_service.operations.annotator_models import models_for
from consensus_service.operations.specs import compiled
from consensus_service.store import skips, tasks
from consensus_service.store.tasks import Task, VoteRequest
from labels.compiled_spec import CompiledSpec
from schemas.events import ConflictRaised, LabelDecided, RedundancyRaised


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The outcome for one task, with the annotations that it is based on."""

    task: Task
    outcome: Outcome
    annotation_ids: list[UUID]
    occurred_at: datetime
    replaced: int = 0
    """The number of votes by suspended people, in place of whom others vote."""


async def evaluate(transaction: Transaction, changed: Mapping[UUID, tuple[Task, datetime]]) -> None:
    """Apply the policy to open tasks, which the caller has locked, and store what follows.

    `changed`: each task with the time of the event that changed it, by the task's id.
    """
    await apply(transaction, await _evaluations(transaction, changed))


async def apply(transaction: Transaction, evaluations: Sequence[Evaluation]) -> None:
    """Store and publish the outcomes: requests for votes, then labels, then conflicts.

    Requests and labels take one statement for all tasks; conflicts, which are few, one by one.
    """
    await _request_votes(transaction, evaluations)
    await _decide(transaction, evaluations)
    for evaluation in evaluations:
        if isinstance(evaluation.outcome, Conflict):
            await _raise_conflict(transaction, evaluation, evaluation.outcome)


async def _evaluations(
    transaction: Transaction, changed: Mapping[UUID, tuple[Task, datetime]]
) -> list[Evaluation]:
    tasks_open = [
        (task, occurred_at)
        for task, occurred_at in changed.values()
        if task.state == "open" and task.purpose == "work"
    ]
    if not tasks_open:
        return []
    ids = [task.task_id for task, _ in tasks_open]
    votes_by_task = await tasks.votes(transaction, ids)
    skips_by_task = await skips.skips(transaction, ids)
    cache = _BatchCache(transaction)
    found = []
    for task, occurred_at in tasks_open:
        spec = await cache.spec(task)
        if spec is None:
            continue
        votes = votes_by_task[task.task_id]
        redundancy = Redundancy(task.target, task.redundancy_max, skips_by_task[task.task_id])
        models = await cache.models(task, spec, {vote.annotator for vote in votes})
        outcome = apply_policy(votes, spec.policy, spec.labels, redundancy, models)
        annotation_ids = [vote.annotation_id for vote in votes]
        replaced = sum(vote.is_replaced for vote in votes)
        found.append(Evaluation(task, outcome, annotation_ids, occurred_at, replaced))
    return found


class _BatchCache:
    """Specs and annotator models, each read once for all tasks that are evaluated together."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self._specs: dict[tuple[str, int], CompiledSpec | None] = {}
        self._models: dict[tuple[str, int, frozenset[str]], dict[str, FieldModel]] = {}

    async def spec(self, task: Task) -> CompiledSpec | None:
        """Return the spec version of a task; None while it is not known."""
        key = (task.project, task.spec_version)
        if key not in self._specs:
            self._specs[key] = await compiled(self._transaction, *key)
        return self._specs[key]

    async def models(
        self, task: Task, spec: CompiledSpec, annotators: set[str]
    ) -> dict[str, FieldModel]:
        """Return the annotator models of each field that is decided by the posterior."""
        key = (task.project, task.spec_version, frozenset(annotators))
        if key not in self._models:
            self._models[key] = await models_for(
                self._transaction, task.project, spec, sorted(annotators)
            )
        return self._models[key]


async def _request_votes(transaction: Transaction, evaluations: Sequence[Evaluation]) -> None:
    """Raise the redundancy of tasks in the queue, so that enough votes that count arrive."""
    requests: list[VoteRequest] = []
    events: list[RedundancyRaised] = []
    for evaluation in evaluations:
        task, outcome = evaluation.task, evaluation.outcome
        if not isinstance(outcome, Pending | NeedsVotes):
            continue
        target = task.target if isinstance(outcome, Pending) else outcome.target
        requested = max(task.requested, target + evaluation.replaced)
        requests.append(VoteRequest(task.task_id, target, requested, outcome.why))
        if requested > task.requested:
            event = RedundancyRaised(
                occurred_at=evaluation.occurred_at,
                project=task.project,
                task_id=task.task_id,
                target=requested,
                why=outcome.why,
            )
            events.append(event)
    await tasks.request_votes(transaction, requests)
    await outbox.add(transaction, *events)


async def _raise_conflict(
    transaction: Transaction, evaluation: Evaluation, conflict: Conflict
) -> None:
    """Set a task to contested, and publish the conflict with the skips of the task."""
    task, now = evaluation.task, evaluation.occurred_at
    fields = list(conflict.fields)
    scores = {name: dict(shares) for name, shares in conflict.distribution.items()}
    await tasks.set_contested(transaction, task.task_id, fields, conflict.why, scores, now)
    numbers = await tasks.take_decision_numbers(transaction, {task.project: 1})
    skipped = await skips.skips(transaction, [task.task_id])
    event = ConflictRaised(
        occurred_at=now,
        project=task.project,
        task_id=task.task_id,
        item_id=task.item_id,
        spec_version=task.spec_version,
        fields=fields,
        reason=conflict.why,
        annotation_ids=evaluation.annotation_ids,
        scores=scores,
        decision_no=numbers[task.project],
        raised_by=conflict.raised_by,
        skips=for_event(skipped[task.task_id]),
    )
    await outbox.add(transaction, event)
    metrics.CONFLICTS.inc()


async def _decide(transaction: Transaction, evaluations: Sequence[Evaluation]) -> None:
    """Store and publish labels, each of which supersedes earlier decisions of its item."""
    decided = [(each, each.outcome) for each in evaluations if isinstance(each.outcome, Decided)]
    if not decided:
        return
    newest = await tasks.last_decisions(transaction, {each.task.item_id for each, _ in decided})
    counts = Counter(each.task.project for each, _ in decided)
    next_number = await tasks.take_decision_numbers(transaction, counts)
    decisions: list[tuple[LabelDecided, Sequence[str]]] = []
    for evaluation, outcome in decided:
        task, number = evaluation.task, next_number[evaluation.task.project]
        next_number[task.project] += 1
        event = LabelDecided(
            occurred_at=evaluation.occurred_at,
            project=task.project,
            decision_no=number,
            task_id=task.task_id,
            item_id=task.item_id,
            spec_version=task.spec_version,
            label=dict(outcome.label),
            distribution={name: dict(shares) for name, shares in outcome.distribution.items()},
            confidence=outcome.confidence,
            how=outcome.how,
            why=outcome.why,
            annotation_ids=evaluation.annotation_ids,
            supersedes=newest.get(task.item_id),
        )
        newest[task.item_id] = number
        decisions.append((event, outcome.rules))
        metrics.DECIDED.labels(outcome.how).inc()
    await tasks.add_decisions(transaction, decisions)
    await outbox.add(transaction, *(event for event, _ in decisions))
