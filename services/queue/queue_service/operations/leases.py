"""Leases: listing, extending, releasing and skipping them, their drafts and their expiry."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import JsonValue

from chassis.db.database import Transaction, as_json
from chassis.events import outbox
from labels.presentation import presentation
from queue_service import metrics
from queue_service.domain import leases as rules
from queue_service.domain import refusals
from queue_service.domain.leases import HeldLease, Holder, PrelabelArm, Work
from queue_service.operations.blob_checks import BlobChecks
from queue_service.operations.notifications import notify_work
from queue_service.operations.specs import LABEL_BYTES_MAX, Compiled, compiled_for
from queue_service.store import leases
from schemas.events import LeaseExpired, TaskSkipped
from schemas.queue import SkipRequest
from schemas.vocabulary import Label

ANY_STAGE = ("annotate", "review", "adjudicate")


@dataclass(frozen=True, slots=True)
class LeaseView:
    """The representation of leases for their holder, the same for work and honeypots."""

    key: bytes
    """The key of pseudonyms, for masked task ids."""
    shows_external_ids: bool
    """True for a holder who chose the items by their external ids."""

    def render(
        self,
        work: Work,
        lease_id: UUID,
        expires_at: datetime,
        prelabel: PrelabelArm,
        draft: JsonValue,
        spec: Compiled,
    ) -> dict[str, Any]:
        """Return the lease of a task under `spec` as JSON: a `schemas.queue.Lease`."""
        # Annotators get an id made for this lease; reviewers and adjudicators get the task's.
        masked = work.stage == "annotate"
        return {
            "lease_id": lease_id,
            "expires_at": expires_at,
            "stage": work.stage,
            "project": work.project,
            "spec_version": work.spec_version,
            "task_type": work.task_type,
            "task_id": rules.masked_task_id(self.key, lease_id) if masked else work.task_id,
            "external_id": work.external_id if self.shows_external_ids else None,
            "payload": work.payload,
            "blob": None if work.blob is None else _blob(work),
            "prelabel": work.prelabels[0] if prelabel == "shown" else None,
            "draft": draft,
            "context": work.context,
            "presentation": presentation(spec.labels, lease_id),
        }


def _blob(work: Work) -> dict[str, Any]:
    """Return a `schemas.vocabulary.PayloadBlob` without `url`, which each response signs."""
    return {"sha256": work.blob, "size": work.blob_size}


async def list_leases(
    transaction: Transaction, holder: Holder, view: LeaseView, now: datetime
) -> list[dict[str, Any]]:
    """Return the open leases of a holder in the projects of its token, with drafts."""
    return [
        view.render(
            lease.work,
            lease.lease_id,
            lease.expires_at,
            lease.prelabel,
            draft,
            await compiled_for(transaction, lease.work),
        )
        for lease, draft in await leases.open_leases(transaction, holder, now)
    ]


async def locked_lease(
    transaction: Transaction, lease_id: UUID, holder: Holder, stages: tuple[str, ...]
) -> HeldLease:
    """Lock and return a lease of the holder. Raises UnknownLease or WrongStage."""
    found = await leases.locked_leases(transaction, [lease_id])
    return rules.check_holder(found.get(lease_id), lease_id, holder, stages)


async def extend(
    transaction: Transaction, lease_id: UUID, holder: Holder, now: datetime
) -> datetime:
    """Extend a lease by the duration of its policy; return its new expiry."""
    lease = await locked_lease(transaction, lease_id, holder, ANY_STAGE)
    rules.check_live(lease, now)
    until = rules.lease_end((await compiled_for(transaction, lease.work)).policy, now)
    await leases.extend(transaction, lease_id, until)
    return until


async def release(transaction: Transaction, lease_id: UUID, holder: Holder, now: datetime) -> None:
    """Release a lease; its holder may get the task again. A second call changes nothing."""
    lease = await locked_lease(transaction, lease_id, holder, ANY_STAGE)
    if lease.ended is None:
        await leases.end_leases(transaction, [lease_id], "released", now, forget=True)
        notify_work(transaction)


async def save_draft(
    transaction: Transaction, lease_id: UUID, holder: Holder, draft: JsonValue, now: datetime
) -> None:
    """Store a draft, which is kept after the lease ends. Raises DraftTooLarge."""
    size = len(as_json(draft).encode())
    if size > LABEL_BYTES_MAX:
        raise refusals.DraftTooLarge(
            f"A draft has at most {LABEL_BYTES_MAX:,} bytes as JSON; this one has {size:,}."
        )
    lease = await locked_lease(transaction, lease_id, holder, ANY_STAGE)
    await leases.save_draft(transaction, lease, draft, now)


async def skip_task(
    transaction: Transaction,
    lease_id: UUID,
    holder: Holder,
    request: SkipRequest,
    checks: BlobChecks,
    now: datetime,
) -> None:
    """Skip a task with a reason; another annotator gets it. A second call changes nothing."""
    lease = await locked_lease(transaction, lease_id, holder, ANY_STAGE)
    if lease.ended == "skipped":
        return
    rules.check_live(lease, now)
    labels = await _checked_labels(transaction, lease, request, checks)
    await leases.end_leases(transaction, [lease_id], "skipped", now, forget=False)
    work = lease.work
    if request.reason == "not_my_skill":
        await leases.decline(transaction, holder.annotator, work.work_id)
    event = TaskSkipped(
        occurred_at=now,
        project=work.project,
        task_id=work.task_id,
        item_id=work.item_id,
        spec_version=work.spec_version,
        purpose=work.purpose,
        stage=work.stage,
        annotator=holder.annotator,
        reason=request.reason,
        note=request.note,
        labels=labels,
    )
    await outbox.add(transaction, event)
    metrics.SKIPPED.labels(request.reason).inc()
    notify_work(transaction)


async def _checked_labels(
    transaction: Transaction, lease: HeldLease, request: SkipRequest, checks: BlobChecks
) -> list[Label]:
    """Return the labels that both fit, if the annotator named them. Raises Invalid."""
    labels = list(request.labels or ())
    spec = await compiled_for(transaction, lease.work)
    for index, label in enumerate(labels):
        spec.check(label, lease.work, checks, f"/labels/{index}")
    return labels


async def expire_leases(transaction: Transaction, now: datetime) -> None:
    """End the leases that have expired, and make their work available again."""
    lease_ids = await leases.expired(transaction, now)
    ended = await leases.end_leases(transaction, lease_ids, "expired", now, forget=True)
    if ended:
        metrics.EXPIRED.inc(len(ended))
        notify_work(transaction)
    events = [
        LeaseExpired(
            occurred_at=now,
            project=lease.project,
            lease_id=lease.lease_id,
            task_id=lease.task_id,
            stage=lease.stage,
            annotator=lease.annotator,
            leased_at=lease.leased_at,
        )
        for lease in ended
    ]
    await outbox.add(transaction, *events)
