"""Answers, skips and drafts: what the holder of a lease does with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from pydantic import JsonValue

from chassis.db.database import Transaction, as_json
from chassis.events import outbox
from chassis.http.problem import Fault, Invalid
from queue_service import metrics
from queue_service.domain import leases as rules
from queue_service.domain import refusals
from queue_service.domain.leases import Held, Holder
from queue_service.domain.refusals import Refused
from queue_service.operations.blob_checks import BlobChecks, ChecksNeeded
from queue_service.operations.further import ask_another
from queue_service.operations.news import announce_work
from queue_service.operations.specs import LABEL_BYTES_MAX, Compiled, compiled
from queue_service.store import answers, leasing
from queue_service.store.answers import Answer
from schemas.events import (
    AdjudicationDecided,
    AnnotationSubmitted,
    ReviewDecided,
    TaskSkipped,
)
from schemas.queue import (
    AdjudicationRequest,
    AnnotationRequest,
    ReviewRequest,
    SkipRequest,
)
from schemas.vocabulary import Label, Prelabel

ANY_STAGE = ("annotate", "review", "adjudicate")


@dataclass(frozen=True, slots=True)
class Submission:
    """An answer as it came in."""

    lease_id: UUID
    holder: Holder
    request: AnnotationRequest
    checks: BlobChecks


Taken = tuple[dict[str, Any], bool]
"""What becomes of an answer, as the API tells it, and whether it is new."""


async def submit_annotations(
    transaction: Transaction, submissions: Sequence[Submission], now: datetime
) -> list[Taken | Exception]:
    """Take answers, each or not, with the reason. The same again changes nothing."""
    held = await answers.held(transaction, [one.lease_id for one in submissions])
    outcomes: list[Taken | Exception] = []
    new: list[Answer] = []
    for one in submissions:
        try:
            outcomes.append(await _submit(transaction, held.get(one.lease_id), one, now, new))
        except (Refused, Invalid, ChecksNeeded) as refusal:
            outcomes.append(refusal)
    if new:
        await answers.add_answers(transaction, new, now)
        metrics.ANSWERED.labels("annotate").inc(len(new))
        said = [answer for answer in new if answer.release_at is None]
        await outbox.add(transaction, *(_submitted(one.held, _given(one, now)) for one in said))
    return outcomes


async def _submit(
    transaction: Transaction, held: Held | None, one: Submission, now: datetime, new: list[Answer]
) -> Taken:
    """What becomes of one answer; what is to be kept goes to `new`."""
    lease = rules.check_holder(held, one.lease_id, one.holder, ("annotate",))
    spec = await _spec(transaction, lease)
    if lease.ended == "answered":
        return await _answered_already(transaction, lease, spec, one, now), False
    rules.check_live(lease, now)
    spec.check_rules(one.request.rules)
    spec.check(one.request.label, lease.work, one.checks)
    seconds = spec.policy.undo_seconds
    release_at = now + timedelta(seconds=seconds) if seconds else None
    new.append(Answer(lease, uuid4(), dict(one.request), release_at))
    return _accepted(new[-1].answer_id, release_at), True


def _accepted(answer_id: UUID, held_until: datetime | None) -> dict[str, Any]:
    """A `schemas.queue.AnnotationAccepted`."""
    return {"annotation_id": answer_id, "held_until": held_until}


def _given(answer: Answer, now: datetime) -> answers.Given:
    return answers.Given(answer.answer_id, answer.body, now, answer.release_at)


async def _answered_already(
    transaction: Transaction, held: Held, spec: Compiled, one: Submission, now: datetime
) -> dict[str, Any]:
    """The same again: nothing. Another label: a change while the answer is held, else refused."""
    given = await answers.given(transaction, held.lease_id)
    if given is None:
        raise refusals.AlreadyAnswered("The lease was answered.")
    if given.body["label"] != one.request.label:
        if given.release_at is None or now >= given.release_at:
            raise refusals.AlreadyAnswered(f"The answer {given.answer_id} stands.")
        spec.check_rules(one.request.rules)
        spec.check(one.request.label, held.work, one.checks)
        await answers.change_answer(transaction, held.lease_id, dict(one.request), now)
    return _accepted(given.answer_id, given.release_at)


async def release_answers(transaction: Transaction, project: str, now: datetime) -> None:
    """Publish the held answers of a project that can't be undone any more."""
    due = await answers.due_answers(transaction, project, now)
    held = await answers.held(transaction, list(due)) if due else {}
    await outbox.add(transaction, *(_submitted(held[lease], given) for lease, given in due.items()))


def _submitted(held: Held, given: answers.Given) -> AnnotationSubmitted:
    # Through the model: another release may have stored it, with other fields.
    request = AnnotationRequest.model_validate(given.body, extra="ignore")
    work = held.work
    return AnnotationSubmitted(
        occurred_at=given.submitted_at,
        project=work.project,
        annotation_id=given.answer_id,
        task_id=work.task_id,
        item_id=work.item_id,
        spec_version=work.spec_version,
        purpose=work.purpose,
        annotator=held.annotator,
        annotator_kind=held.kind,
        standing=held.standing,
        label=request.label,
        rules=request.rules,
        note=request.note,
        prelabel=held.prelabel,
        prelabel_given=_prelabel(held),
        leased_at=held.leased_at,
        submitted_at=given.submitted_at,
        active_ms=request.active_ms,
    )


def _prelabel(held: Held) -> Prelabel | None:
    return None if held.prelabel_given is None else Prelabel.model_validate(held.prelabel_given)


async def skip_task(
    transaction: Transaction,
    lease_id: UUID,
    holder: Holder,
    request: SkipRequest,
    checks: BlobChecks,
    now: datetime,
) -> None:
    """Pass a task on, with the reason; somebody else is asked. The same again changes nothing."""
    held = await _held(transaction, lease_id, holder, ANY_STAGE)
    if held.ended == "skipped":
        return
    rules.check_live(held, now)
    labels = await _fitting(transaction, held, request, checks)
    await leasing.end_leases(transaction, [lease_id], "skipped", now, forget=False)
    work = held.work
    if request.reason == "not_my_skill":
        await answers.decline(transaction, holder.annotator, work.work_id)
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
    announce_work(transaction)


async def _fitting(
    transaction: Transaction, held: Held, request: SkipRequest, checks: BlobChecks
) -> list[Label]:
    """The two labels that fit alike, if that is the reason and they were told."""
    labels = list(request.labels or ())
    spec = await _spec(transaction, held)
    for place, label in enumerate(labels):
        spec.check(label, held.work, checks, f"/labels/{place}")
    return labels


async def adjudicate(
    transaction: Transaction,
    lease_id: UUID,
    holder: Holder,
    request: AdjudicationRequest,
    checks: BlobChecks,
    now: datetime,
) -> tuple[UUID, bool]:
    """Settle a conflict; True if the decision is new."""
    held = await _held(transaction, lease_id, holder, ("adjudicate",))
    body = request.model_dump(mode="json")
    again = await _same_again(transaction, held, request)
    if again is not None:
        return again, False
    rules.check_live(held, now)
    spec = await _spec(transaction, held)
    spec.check_rules(request.rules)
    spec.check(request.label, held.work, checks)
    answer_id = uuid4()
    await answers.add_answers(transaction, [Answer(held, answer_id, body)], now)
    await answers.add_history(transaction, holder.annotator, held.work, now)
    await answers.close(transaction, held.work.work_id)
    event = AdjudicationDecided(
        occurred_at=now,
        project=held.work.project,
        adjudication_id=answer_id,
        task_id=held.work.task_id,
        item_id=held.work.item_id,
        spec_version=held.work.spec_version,
        adjudicator=holder.annotator,
        label=request.label,
        rationale=request.rationale,
        cause=request.cause,
        rules=request.rules,
    )
    await outbox.add(transaction, event)
    metrics.ANSWERED.labels("adjudicate").inc()
    return answer_id, True


async def review(
    transaction: Transaction,
    lease_id: UUID,
    holder: Holder,
    request: ReviewRequest,
    checks: BlobChecks,
    now: datetime,
) -> tuple[UUID, bool]:
    """Accept, fix or reject a decided label; True if the verdict is new."""
    held = await _held(transaction, lease_id, holder, ("review",))
    body = request.model_dump(mode="json")
    again = await _same_again(transaction, held, request)
    if again is not None:
        return again, False
    rules.check_live(held, now)
    spec = await _spec(transaction, held)
    _check_verdict(spec, held, request)
    if request.label is not None:
        spec.check(request.label, held.work, checks)
    await answers.add_answers(transaction, [Answer(held, uuid4(), body)], now)
    await answers.add_history(transaction, holder.annotator, held.work, now)
    await answers.close(transaction, held.work.work_id)
    metrics.ANSWERED.labels("review").inc()
    if request.verdict != "accept" or not await ask_another(transaction, held, spec.policy, now):
        await outbox.add(transaction, await _reviewed(transaction, held, request, now))
    return _review_id(held), True


def _check_verdict(spec: Compiled, held: Held, request: ReviewRequest) -> None:
    """Raise LabelMissing, or Invalid for a label that contradicts the verdict."""
    if request.label is None:
        if request.verdict == "fix":
            raise refusals.LabelMissing("Send `label` with the verdict `fix`.")
        return
    decided = (held.work.context or {}).get("label")
    is_decided = decided is not None and spec.is_same(request.label, decided)
    if request.verdict == "accept" and not is_decided:
        message = "This is not the label that is accepted: send none, or the verdict `fix`."
    elif request.verdict == "fix" and is_decided:
        message = "This is the label as it was decided: send the verdict `accept`."
    elif request.verdict == "reject":
        message = "A rejection has no label: send none, or the verdict `fix`."
    else:
        return
    raise Invalid([Fault("/label", "verdict", message)])


def _review_id(held: Held) -> UUID:
    return held.review_id or held.work.subject


async def _reviewed(
    transaction: Transaction, held: Held, request: ReviewRequest, now: datetime
) -> ReviewDecided:
    """The verdict of the last who looked, after whom nobody else is asked."""
    review_id, work = _review_id(held), held.work
    return ReviewDecided(
        occurred_at=now,
        project=work.project,
        review_id=review_id,
        task_id=work.task_id,
        item_id=work.item_id,
        spec_version=work.spec_version,
        reviewer=held.annotator,
        verdict=request.verdict,
        label=request.label,
        comment=request.comment,
        accepted_before=(await answers.reviewers(transaction, review_id))[:-1],
    )


async def _same_again(
    transaction: Transaction, held: Held, request: AdjudicationRequest | ReviewRequest
) -> UUID | None:
    """The id of the answer given with this lease, if it is this one."""
    if held.ended != "answered":
        return None
    given = await answers.given(transaction, held.lease_id)
    if given is None or not _is_same(given.body, request):
        raise refusals.AlreadyAnswered("The answer given with this lease stands.")
    return given.answer_id if held.work.stage == "adjudicate" else _review_id(held)


def _is_same(stored: dict[str, Any], request: AdjudicationRequest | ReviewRequest) -> bool:
    """Return True if `stored` says what `request` says; what it lacks has its default.

    It is not validated: what an older release took need not be allowed any more.
    """
    fields = type(request).model_fields.items()
    known = {name: stored.get(name, field.get_default()) for name, field in fields}
    return known == request.model_dump(mode="json")


async def heartbeat(
    transaction: Transaction, lease_id: UUID, holder: Holder, now: datetime
) -> datetime:
    """Hold the lease longer; return until when."""
    held = await _held(transaction, lease_id, holder, ANY_STAGE)
    rules.check_live(held, now)
    until = rules.lease_end((await _spec(transaction, held)).policy, now)
    await answers.beat(transaction, lease_id, until)
    return until


async def release(transaction: Transaction, lease_id: UUID, holder: Holder, now: datetime) -> None:
    """Give a lease back; the task may come again. The same again changes nothing."""
    held = await _held(transaction, lease_id, holder, ANY_STAGE)
    if held.ended is None:
        await leasing.end_leases(transaction, [lease_id], "released", now, forget=True)
        announce_work(transaction)


async def save_draft(
    transaction: Transaction,
    lease_id: UUID,
    holder: Holder,
    draft: JsonValue,
    now: datetime,
) -> None:
    """Keep an unfinished answer; it outlives the lease. Raises DraftTooLarge."""
    size = len(as_json(draft).encode())
    if size > LABEL_BYTES_MAX:
        raise refusals.DraftTooLarge(
            f"A draft has {LABEL_BYTES_MAX:,} bytes at most as JSON; this has {size:,}."
        )
    held = await _held(transaction, lease_id, holder, ANY_STAGE)
    await answers.save_draft(transaction, held, draft, now)


async def _held(
    transaction: Transaction, lease_id: UUID, holder: Holder, stages: tuple[str, ...]
) -> Held:
    held = await answers.held(transaction, [lease_id])
    return rules.check_holder(held.get(lease_id), lease_id, holder, stages)


async def _spec(transaction: Transaction, held: Held) -> Compiled:
    work = held.work
    return await compiled(transaction, work.project, work.spec_version, work.spec_hash)
