"""Corrections: annotators change their own annotations after the undo period.

Annotations of work and of honeypots are handled by the same statements, so that they are
indistinguishable. The other services decide the effect of a correction.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from chassis.db.database import Transaction
from chassis.events import outbox
from labels.presentation import presentation
from queue_service.domain import leases as rules
from queue_service.domain import refusals
from queue_service.domain.leases import HeldLease, Holder
from queue_service.operations.blob_checks import BlobChecks
from queue_service.operations.leases import locked_lease
from queue_service.operations.specs import compiled_for
from queue_service.store import answers, corrections
from queue_service.store.answers import StoredAnswer
from queue_service.store.corrections import Correction
from schemas.events import AnnotationCorrected
from schemas.queue import CorrectionRequest
from schemas.vocabulary import Presentation


@dataclass(frozen=True, slots=True)
class SubmittedCorrection:
    """A correction as it was received."""

    lease_id: UUID
    holder: Holder
    request: CorrectionRequest
    checks: BlobChecks


async def correct(
    transaction: Transaction, submitted: SubmittedCorrection, now: datetime, allowed: timedelta
) -> tuple[UUID, bool]:
    """Correct an own annotation; return the id of the one in force, and True if it is new.

    An equal correction again changes nothing. In the undo period the annotation itself changes.
    Raises NotAnswered, CorrectionTooLate, Suspended, the refusals of ended leases, and Invalid.
    """
    lease_id, request = submitted.lease_id, submitted.request
    lease = await locked_lease(transaction, lease_id, submitted.holder, ("annotate",))
    stored = await answers.stored_answer(transaction, lease_id)
    if stored is None:
        rules.check_live(lease, now)
        raise refusals.NotAnswered("Submit the annotation first.")
    spec = await compiled_for(transaction, lease.work)
    spec.check_rules(request.rules)
    spec.check(request.label, lease.work, submitted.checks)
    last = await corrections.last_correction(transaction, lease_id)
    if _is_in_force(request, stored.body if last is None else last.body):
        return stored.answer_id if last is None else last.annotation_id, False
    _check_allowed(lease, stored, now, allowed)
    body = {**stored.body, **request.model_dump(mode="json")}
    if stored.release_at is not None:
        await answers.change_answer(transaction, lease_id, body, now)
        return stored.answer_id, False
    correction = Correction(uuid4(), 1 if last is None else last.number + 1, body)
    await corrections.add_correction(transaction, lease_id, correction, now)
    shown = presentation(spec.labels, lease_id)
    await outbox.add(transaction, _corrected(lease, stored, correction, shown, now))
    return correction.annotation_id, True


def _is_in_force(request: CorrectionRequest, body: dict[str, Any]) -> bool:
    before = CorrectionRequest.model_validate(body, extra="ignore")
    return before == request


def _check_allowed(
    lease: HeldLease, stored: StoredAnswer, now: datetime, allowed: timedelta
) -> None:
    if lease.standing == "suspended":
        raise refusals.Suspended("Ask a lead for the reason.")
    until = stored.submitted_at + allowed
    if now > until:
        ended = until.isoformat(timespec="seconds")
        raise refusals.CorrectionTooLate(f"It ended at {ended}. Tell the lead of the project.")


def _corrected(
    lease: HeldLease,
    stored: StoredAnswer,
    correction: Correction,
    shown: Presentation,
    now: datetime,
) -> AnnotationCorrected:
    work, content = lease.work, CorrectionRequest.model_validate(correction.body, extra="ignore")
    return AnnotationCorrected(
        occurred_at=now,
        project=work.project,
        annotation_id=correction.annotation_id,
        corrects=stored.answer_id,
        number=correction.number,
        task_id=work.task_id,
        item_id=work.item_id,
        spec_version=work.spec_version,
        purpose=work.purpose,
        annotator=lease.annotator,
        annotator_kind=lease.kind,
        standing=lease.standing,
        label=content.label,
        rules=content.rules,
        note=content.note,
        prelabel=lease.prelabel,
        leased_at=lease.leased_at,
        submitted_at=now,
        presentation=shown,
    )
