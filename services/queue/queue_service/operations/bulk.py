"""Models and functions as annotators: thousands of answers a call, checked like all others."""

from datetime import datetime
from typing import Any
from uuid import uuid4

from chassis.db.database import Transaction
from chassis.events import outbox
from chassis.http.auth import UnknownProject
from chassis.http.problem import Invalid
from chassis.http.problem_types import title
from queue_service import metrics
from queue_service.domain import refusals
from queue_service.domain.leases import Work, Worker
from queue_service.operations.blob_checks import BlobCheck, BlobChecks, ChecksNeeded
from queue_service.operations.specs import compiled
from queue_service.store import bulk, views
from queue_service.store.bulk import Target
from schemas.events import AnnotationSubmitted
from schemas.queue import BulkAccepted, BulkAnnotation, BulkRefusal, BulkRequest

BACKLOG_MAX = 50_000
"""With so many events unsent no more is taken in bulk: people come first."""


async def answer_in_bulk(
    transaction: Transaction,
    worker: Worker,
    request: BulkRequest,
    checks: BlobChecks,
    now: datetime,
) -> BulkAccepted:
    """Take the answers that hold; the same call again changes nothing.

    Raises ChecksNeeded, before anything is taken, for all labels that quote stored payloads.
    Models and functions vote beside people: their answers take no slot and may come at any time.
    """
    if worker.takes_slots:
        raise refusals.OnlyMachines("People answer what they were leased.")
    if await outbox.has_backlog(transaction, BACKLOG_MAX):
        raise refusals.Backlogged("The events of earlier answers are still to be sent.")
    version = await views.newest_version(transaction, request.project)
    if version is None:
        raise UnknownProject(request.project)
    names = [one.external_id for one in request.annotations]
    targets = await bulk.targets(transaction, worker.annotator, request.project, names)
    taken = Taken(worker, checks, now)
    for index, one in enumerate(request.annotations):
        await taken.add(transaction, index, one, targets.pop(one.external_id, []))
    if taken.needed:
        raise ChecksNeeded(taken.needed)
    await bulk.add_answers(transaction, worker.annotator, worker.kind, taken.rows, now)
    await outbox.add(transaction, *taken.events)
    metrics.ANSWERED.labels("annotate").inc(len(taken.rows))
    return BulkAccepted(accepted=taken.accepted, unchanged=taken.unchanged, refused=taken.refused)


class Taken:
    """What became of the answers so far."""

    def __init__(self, worker: Worker, checks: BlobChecks, now: datetime) -> None:
        """Nothing yet."""
        self.worker, self.checks, self.now = worker, checks, now
        self.needed: list[BlobCheck] = []
        """The checks without which nothing can be taken."""
        self.rows: list[dict[str, Any]] = []
        self.events: list[AnnotationSubmitted] = []
        self.refused: list[BulkRefusal] = []
        self.accepted = self.unchanged = 0

    async def add(
        self, transaction: Transaction, index: int, one: BulkAnnotation, targets: list[Target]
    ) -> None:
        """Take one answer, for its task and, unseen by its giver, for a honeypot of the item."""
        problem = await self._problem(transaction, one, targets)
        if problem:
            self.refused.append(BulkRefusal(index=index, problem=problem))
            return
        if all(target.is_seen for target in targets):
            self.unchanged += 1
            return
        self.accepted += 1
        for target in targets:
            self._take(one, target)

    async def _problem(
        self, transaction: Transaction, one: BulkAnnotation, targets: list[Target]
    ) -> str:
        if not targets:
            return f"No task about the item '{one.external_id}' is open, or it came twice."
        if targets[0].standing == "suspended":
            return refusals.Suspended.__doc__ or ""
        if problem := await self._label_problem(transaction, one, targets[0].work):
            return problem
        given = [target.given for target in targets if target.given is not None]
        if all(target.is_seen for target in targets) and not given:
            return "You were given this task: answer with its lease, unless you skipped it."
        if any(body["label"] != one.label for body in given):
            return refusals.AlreadyAnswered.__doc__ or ""
        return ""

    async def _label_problem(
        self, transaction: Transaction, one: BulkAnnotation, work: Work
    ) -> str:
        """Say what is wrong with a label; if that is not known yet, note the check it needs."""
        spec = await compiled(transaction, work.project, work.spec_version, work.spec_hash)
        try:
            spec.check_rules(one.rules)
            spec.check(one.label, work, self.checks)
        except Invalid as refusal:
            return str(refusal.detail)
        except refusals.PayloadUnavailable as refusal:
            return f"{title(type(refusal))}. {refusal}"
        except ChecksNeeded as needed:
            self.needed += needed.checks
        return ""

    def _take(self, one: BulkAnnotation, target: Target) -> None:
        work, answer_id = target.work, uuid4()
        body = {**one.model_dump(mode="json", exclude={"external_id"}), "active_ms": None}
        self.rows.append(
            {
                "lease_id": uuid4(),
                "answer_id": answer_id,
                "work_id": work.work_id,
                "item_id": work.item_id,
                "spec_version": work.spec_version,
                "body": body,
            }
        )
        self.events.append(
            AnnotationSubmitted(
                occurred_at=self.now,
                project=work.project,
                annotation_id=answer_id,
                task_id=work.task_id,
                item_id=work.item_id,
                spec_version=work.spec_version,
                purpose=work.purpose,
                annotator=self.worker.annotator,
                annotator_kind=self.worker.kind,
                standing=target.standing,
                label=one.label,
                rules=one.rules,
                note=one.note,
                leased_at=self.now,
                submitted_at=self.now,
            )
        )
