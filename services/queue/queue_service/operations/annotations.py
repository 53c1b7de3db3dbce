"""Annotations: submitting them, one or many at a time, and publishing them.

`submit` puts a submission into a batch, `submit_batch` handles the batch in one transaction: it
checks each submission, stores the annotations, and adds their events to the outbox.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from chassis.clock import utc_now
from chassis.db.database import Database, Transaction
from chassis.events import outbox
from chassis.http.auth import UnknownProject
from chassis.http.problem import Invalid
from chassis.http.problem_types import title
from labels.presentation import presentation
from queue_service import metrics
from queue_service.batcher import Batcher
from queue_service.domain import leases as rules
from queue_service.domain import refusals
from queue_service.domain.leases import Annotator, HeldLease, Holder
from queue_service.domain.refusals import Refused
from queue_service.operations.blob_checks import BlobCheck, BlobChecks, ChecksNeeded
from queue_service.operations.specs import Compiled, compiled_for
from queue_service.store import answers, bulk_annotations, leases, views
from queue_service.store.answers import NewAnswer, StoredAnswer
from queue_service.store.bulk_annotations import Target
from schemas.events import AnnotationSubmitted
from schemas.queue import AnnotationRequest, BulkAccepted, BulkAnnotation, BulkRefusal, BulkRequest
from schemas.vocabulary import Prelabel

BACKLOG_MAX = 10_000
"""With more unsent events of its project, annotations in bulk are refused: those of people in the
same project are sent after these."""
CHECKS_PER_YIELD = 50
"""The number of annotations in bulk that are checked before other calls are served."""


@dataclass(frozen=True, slots=True)
class Submission:
    """An annotation as it was received."""

    lease_id: UUID
    holder: Holder
    request: AnnotationRequest
    checks: BlobChecks


Accepted = tuple[dict[str, Any], bool]
"""A `schemas.queue.AnnotationAccepted` as JSON, and True if the annotation is new."""

AnnotationBatcher = Batcher[Submission, Accepted]


def new_batcher() -> AnnotationBatcher:
    """Return the batcher of this process. Two submissions for one lease never share a batch."""
    return Batcher(
        lambda transaction, submissions: submit_batch(transaction, submissions, utc_now()),
        key=lambda submission: submission.lease_id,
    )


async def submit(
    batcher: AnnotationBatcher, database: Database, submission: Submission
) -> Accepted:
    """Store an annotation; an equal one sent again changes nothing.

    Submissions that arrive at the same time share one transaction. Raises a refusal, Invalid, or
    ChecksNeeded.
    """
    return await batcher.submit(database, submission)


async def submit_batch(
    transaction: Transaction, submissions: Sequence[Submission], now: datetime
) -> list[Accepted | Exception]:
    """Store those of the annotations that are allowed; return an outcome for each submission."""
    held = await leases.locked_leases(transaction, [one.lease_id for one in submissions])
    outcomes: list[NewAnswer | Accepted | Exception] = []
    new: list[tuple[NewAnswer, AnnotationRequest]] = []
    for submission in submissions:
        try:
            outcome = await _check(transaction, held.get(submission.lease_id), submission, now)
        except (Refused, Invalid, ChecksNeeded) as refusal:
            outcomes.append(refusal)
            continue
        outcomes.append(outcome)
        if isinstance(outcome, NewAnswer):
            new.append((outcome, submission.request))
    if new:
        await answers.add_answers(transaction, [answer for answer, _ in new], now)
        metrics.ANSWERED.labels("annotate").inc(len(new))
        events = [
            _submitted(
                answer.lease,
                answer.answer_id,
                request,
                now,
                await _shown(transaction, answer.lease),
            )
            for answer, request in new
            if answer.release_at is None
        ]
        await outbox.add(transaction, *events)
    return [
        (_accepted(outcome), True) if isinstance(outcome, NewAnswer) else outcome
        for outcome in outcomes
    ]


async def _check(
    transaction: Transaction, held: HeldLease | None, submission: Submission, now: datetime
) -> NewAnswer | Accepted:
    """Return the annotation to be stored, or the outcome if one was stored before."""
    lease = rules.check_holder(held, submission.lease_id, submission.holder, ("annotate",))
    spec = await compiled_for(transaction, lease.work)
    if lease.ended == "answered":
        return await _repeat(transaction, lease, spec, submission, now), False
    rules.check_live(lease, now)
    _check_label(spec, lease, submission)
    undo_seconds = spec.policy.undo_seconds
    release_at = now + timedelta(seconds=undo_seconds) if undo_seconds else None
    return NewAnswer(lease, uuid4(), dict(submission.request), release_at)


def _check_label(spec: Compiled, lease: HeldLease, submission: Submission) -> None:
    spec.check_rules(submission.request.rules)
    spec.check(submission.request.label, lease.work, submission.checks)


def _accepted(answer: NewAnswer | StoredAnswer) -> dict[str, Any]:
    """Return a `schemas.queue.AnnotationAccepted` as JSON."""
    return {"annotation_id": answer.answer_id, "held_until": answer.release_at}


async def _repeat(
    transaction: Transaction,
    lease: HeldLease,
    spec: Compiled,
    submission: Submission,
    now: datetime,
) -> dict[str, Any]:
    """Change the label in the undo period; refuse another label after it. Equal labels are kept."""
    stored = await answers.stored_answer(transaction, lease.lease_id)
    if stored is None:
        raise refusals.AlreadyAnswered(rules.ALREADY_SUBMITTED)
    if stored.body["label"] != submission.request.label:
        if stored.release_at is None or now >= stored.release_at:
            raise refusals.AlreadyAnswered(f"The annotation {stored.answer_id} stands.")
        _check_label(spec, lease, submission)
        await answers.change_answer(transaction, lease.lease_id, dict(submission.request), now)
    return _accepted(stored)


async def publish_due(transaction: Transaction, project: str, now: datetime) -> None:
    """Publish the annotations of a project whose undo period has ended."""
    due = await answers.release_due(transaction, project, now)
    held = await leases.locked_leases(transaction, list(due)) if due else {}
    # A release before or after this one may have stored other fields.
    events = [
        _submitted(
            held[lease_id],
            stored.answer_id,
            AnnotationRequest.model_validate(stored.body, extra="ignore"),
            stored.submitted_at,
            await _shown(transaction, held[lease_id]),
        )
        for lease_id, stored in due.items()
    ]
    await outbox.add(transaction, *events)


async def _shown(transaction: Transaction, lease: HeldLease) -> dict[str, list[str]]:
    """Return the order of options that the lease told its holder to show."""
    spec = await compiled_for(transaction, lease.work)
    return presentation(spec.labels, lease.lease_id)


def _submitted(
    lease: HeldLease,
    annotation_id: UUID,
    request: AnnotationRequest,
    submitted_at: datetime,
    shown: dict[str, list[str]],
) -> AnnotationSubmitted:
    """Return the event of an annotation; the only place that builds it."""
    work, prelabel = lease.work, lease.prelabel_given
    return AnnotationSubmitted(
        occurred_at=submitted_at,
        project=work.project,
        annotation_id=annotation_id,
        task_id=work.task_id,
        item_id=work.item_id,
        spec_version=work.spec_version,
        purpose=work.purpose,
        annotator=lease.annotator,
        annotator_kind=lease.kind,
        standing=lease.standing,
        label=request.label,
        rules=request.rules,
        note=request.note,
        prelabel=lease.prelabel,
        prelabel_given=None if prelabel is None else Prelabel.model_validate(prelabel),
        leased_at=lease.leased_at,
        submitted_at=submitted_at,
        active_ms=request.active_ms,
        presentation=shown,
    )


async def submit_in_bulk(
    transaction: Transaction,
    annotator: Annotator,
    request: BulkRequest,
    checks: BlobChecks,
    now: datetime,
) -> BulkAccepted:
    """Store the allowed annotations of a model or function; the same call again changes nothing.

    Such annotations take no slots and are accepted at any time. Raises ChecksNeeded, before
    anything is stored, for all labels that quote stored payloads; OnlyMachines, Backlogged, and
    UnknownProject.
    """
    if annotator.takes_slots:
        raise refusals.OnlyMachines("People annotate the tasks that they lease.")
    if await outbox.has_backlog(transaction, request.project, BACKLOG_MAX):
        raise refusals.Backlogged("The events of earlier annotations are not sent yet.")
    version = await views.newest_version(transaction, request.project)
    if version is None:
        raise UnknownProject(request.project)
    external_ids = [one.external_id for one in request.annotations]
    targets = await bulk_annotations.targets(
        transaction, annotator.pseudonym, request.project, external_ids
    )
    bulk = _Bulk(annotator, checks, now)
    for index, annotation in enumerate(request.annotations):
        own_targets = targets.pop(annotation.external_id, [])
        await bulk.add(transaction, index, annotation, own_targets)
        if index % CHECKS_PER_YIELD == 0:
            await asyncio.sleep(0)
    if bulk.needed:
        raise ChecksNeeded(bulk.needed)
    await bulk_annotations.add_annotations(transaction, annotator, bulk.answers, now)
    await outbox.add(transaction, *bulk.events)
    metrics.ANSWERED.labels("annotate").inc(len(bulk.answers))
    return BulkAccepted(accepted=bulk.accepted, unchanged=bulk.unchanged, refused=bulk.refused)


class _Bulk:
    """The outcome of the annotations of one call so far."""

    def __init__(self, annotator: Annotator, checks: BlobChecks, now: datetime) -> None:
        self.annotator, self.checks, self.now = annotator, checks, now
        self.needed: list[BlobCheck] = []
        """The checks without which nothing can be stored."""
        self.answers: list[NewAnswer] = []
        self.events: list[AnnotationSubmitted] = []
        self.refused: list[BulkRefusal] = []
        self.accepted = self.unchanged = 0

    async def add(
        self,
        transaction: Transaction,
        index: int,
        annotation: BulkAnnotation,
        targets: Sequence[Target],
    ) -> None:
        """Take one annotation for its task and, hidden from its annotator, for a honeypot."""
        problem = await self._problem(transaction, annotation, targets)
        if problem:
            self.refused.append(BulkRefusal(index=index, problem=problem))
            return
        if all(target.is_seen for target in targets):
            self.unchanged += 1
            return
        self.accepted += 1
        request = AnnotationRequest.model_construct(
            label=annotation.label, rules=annotation.rules, note=annotation.note
        )
        for target in targets:
            answer = NewAnswer(self._lease(target), uuid4(), request.model_dump(mode="json"))
            self.answers.append(answer)
            self.events.append(_submitted(answer.lease, answer.answer_id, request, self.now, {}))

    async def _problem(
        self, transaction: Transaction, annotation: BulkAnnotation, targets: Sequence[Target]
    ) -> str:
        if not targets:
            return f"No task about the item '{annotation.external_id}' is open, or it came twice."
        if targets[0].standing == "suspended":
            return f"{title(refusals.Suspended)}."
        if problem := await self._label_problem(transaction, annotation, targets[0]):
            return problem
        earlier = [target.body for target in targets if target.body is not None]
        if all(target.is_seen for target in targets) and not earlier:
            return "You leased this task: annotate it with its lease, unless you skipped it."
        if any(body["label"] != annotation.label for body in earlier):
            return f"{title(refusals.AlreadyAnswered)}."
        return ""

    async def _label_problem(
        self, transaction: Transaction, annotation: BulkAnnotation, target: Target
    ) -> str:
        """Return the fault of a label; if it is not known yet, note the check that it needs."""
        spec = await compiled_for(transaction, target.work)
        try:
            spec.check_rules(annotation.rules)
            spec.check(annotation.label, target.work, self.checks)
        except Invalid as refusal:
            return str(refusal.detail)
        except refusals.PayloadUnavailable as refusal:
            return f"{title(type(refusal))}. {refusal}"
        except ChecksNeeded as needed:
            self.needed += needed.checks
        return ""

    def _lease(self, target: Target) -> HeldLease:
        """Return a lease that is given and ends now."""
        return HeldLease(
            lease_id=uuid4(),
            annotator=self.annotator.pseudonym,
            kind=self.annotator.kind,
            leased_at=self.now,
            expires_at=self.now,
            ended="answered",
            prelabel="none",
            standing=target.standing,
            newest_version=target.newest_version,
            review_id=None,
            round=1,
            work=target.work,
        )
