"""Answers, skips and drafts: what the holder of a lease does with it."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from pydantic import JsonValue

from chassis import outbox
from chassis.database import Session
from queue_service import domain, metrics
from queue_service.domain import Held
from queue_service.operations.leasing import announce
from queue_service.operations.specs import Compiled, compiled
from queue_service.store import answers, leasing
from schemas.events import (
    AdjudicationDecided,
    AnnotationSubmitted,
    ReviewDecided,
    TaskSkipped,
)
from schemas.queue import (
    AdjudicationRequest,
    AnnotationAccepted,
    AnnotationRequest,
    ReviewRequest,
    SkipRequest,
)
from schemas.vocabulary import Prelabel

ANY_STAGE = ("annotate", "review", "adjudicate")


async def submit_annotation(
    session: Session, lease_id: UUID, annotator: str, request: AnnotationRequest, now: datetime
) -> tuple[AnnotationAccepted, bool]:
    """Take an answer; True if it is new. The same again changes nothing."""
    held = await _held(session, lease_id, annotator, ("annotate",))
    body = request.model_dump(mode="json")
    spec = await _spec(session, held)
    if held.ended == "answered":
        return await _answered_already(session, held, spec, body, now), False
    domain.check_live(held, now)
    spec.check(request.label, held.work.payload)
    answer_id = uuid4()
    seconds = spec.policy.undo_seconds
    release_at = now + timedelta(seconds=seconds) if seconds else None
    await answers.add_answer(session, held, answer_id, body, now, release_at)
    metrics.ANSWERED.labels("annotate").inc()
    if release_at is None:
        given = answers.Given(answer_id, body, now, None)
        await outbox.add(session, _submitted(held, given))
    return AnnotationAccepted(annotation_id=answer_id, held_until=release_at), True


async def _answered_already(
    session: Session, held: Held, spec: Compiled, body: dict[str, Any], now: datetime
) -> AnnotationAccepted:
    """The same again: nothing. Another label: a change while the answer is held, else refused."""
    given = await answers.given(session, held.lease_id)
    if given is None:
        raise domain.AlreadyAnswered("The lease was answered.")
    if given.body["label"] != body["label"]:
        if given.release_at is None or now >= given.release_at:
            raise domain.AlreadyAnswered(f"The answer {given.answer_id} stands.")
        spec.check(body["label"], held.work.payload)
        await answers.change_answer(session, held.lease_id, body, now)
    return AnnotationAccepted(annotation_id=given.answer_id, held_until=given.release_at)


async def release_answers(session: Session, now: datetime) -> None:
    """Publish the held answers that can't be undone any more."""
    for lease_id in await answers.due_answers(session, now):
        held = await answers.held(session, lease_id)
        given = await answers.given(session, lease_id)
        if held is not None and given is not None:
            await outbox.add(session, _submitted(held, given))


def _submitted(held: Held, given: answers.Given) -> AnnotationSubmitted:
    work, body = held.work, given.body
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
        label=body["label"],
        rules=body["rules"],
        note=body["note"],
        prelabel=held.prelabel,
        prelabel_given=_prelabel(held),
        leased_at=held.leased_at,
        submitted_at=given.submitted_at,
        active_ms=body["active_ms"],
    )


def _prelabel(held: Held) -> Prelabel | None:
    return None if held.prelabel_given is None else Prelabel.model_validate(held.prelabel_given)


async def skip_task(
    session: Session, lease_id: UUID, annotator: str, request: SkipRequest, now: datetime
) -> None:
    """Pass a task on, with the reason; somebody else is asked. The same again changes nothing."""
    held = await _held(session, lease_id, annotator, ANY_STAGE)
    if held.ended == "skipped":
        return
    domain.check_live(held, now)
    await leasing.end_leases(session, [lease_id], "skipped", now, forget=False)
    work = held.work
    event = TaskSkipped(
        occurred_at=now,
        project=work.project,
        task_id=work.task_id,
        item_id=work.item_id,
        spec_version=work.spec_version,
        purpose=work.purpose,
        stage=work.stage,
        annotator=annotator,
        reason=request.reason,
        note=request.note,
    )
    await outbox.add(session, event)
    metrics.SKIPPED.labels(request.reason).inc()
    announce(session)


async def adjudicate(
    session: Session, lease_id: UUID, annotator: str, request: AdjudicationRequest, now: datetime
) -> tuple[UUID, bool]:
    """Settle a conflict; True if the decision is new."""
    held = await _held(session, lease_id, annotator, ("adjudicate",))
    body = request.model_dump(mode="json")
    again = await _same_again(session, held, body)
    if again is not None:
        return again, False
    domain.check_live(held, now)
    (await _spec(session, held)).check(request.label, held.work.payload)
    answer_id = uuid4()
    await answers.add_answer(session, held, answer_id, body, now)
    await answers.close(session, held.work.work_id)
    event = AdjudicationDecided(
        occurred_at=now,
        project=held.work.project,
        adjudication_id=answer_id,
        task_id=held.work.task_id,
        item_id=held.work.item_id,
        spec_version=held.work.spec_version,
        adjudicator=annotator,
        label=request.label,
        rationale=request.rationale,
        cause=request.cause,
        rules=request.rules,
    )
    await outbox.add(session, event)
    metrics.ANSWERED.labels("adjudicate").inc()
    return answer_id, True


async def review(
    session: Session, lease_id: UUID, annotator: str, request: ReviewRequest, now: datetime
) -> tuple[UUID, bool]:
    """Accept, fix or reject a decided label; True if the verdict is new."""
    held = await _held(session, lease_id, annotator, ("review",))
    body = request.model_dump(mode="json")
    again = await _same_again(session, held, body)
    if again is not None:
        return again, False
    domain.check_live(held, now)
    if request.verdict == "fix":
        if request.label is None:
            raise domain.LabelMissing("Send `label` with the verdict `fix`.")
        (await _spec(session, held)).check(request.label, held.work.payload)
    await answers.add_answer(session, held, uuid4(), body, now)
    await answers.close(session, held.work.work_id)
    event = ReviewDecided(
        occurred_at=now,
        project=held.work.project,
        review_id=held.work.subject,
        task_id=held.work.task_id,
        item_id=held.work.item_id,
        spec_version=held.work.spec_version,
        reviewer=annotator,
        verdict=request.verdict,
        label=request.label,
        comment=request.comment,
    )
    await outbox.add(session, event)
    metrics.ANSWERED.labels("review").inc()
    return held.work.subject, True


async def _same_again(session: Session, held: Held, body: dict[str, Any]) -> UUID | None:
    """The id of the answer given with this lease, if it is this one."""
    if held.ended != "answered":
        return None
    given = await answers.given(session, held.lease_id)
    if given is None or given.body != body:
        raise domain.AlreadyAnswered("The answer given with this lease stands.")
    return given.answer_id if held.work.stage == "adjudicate" else held.work.subject


async def heartbeat(session: Session, lease_id: UUID, annotator: str, now: datetime) -> datetime:
    """Hold the lease longer; return until when."""
    held = await _held(session, lease_id, annotator, ANY_STAGE)
    domain.check_live(held, now)
    until = domain.lease_end((await _spec(session, held)).policy, now)
    await answers.beat(session, lease_id, until)
    return until


async def release(session: Session, lease_id: UUID, annotator: str, now: datetime) -> None:
    """Give a lease back; the task may come again. The same again changes nothing."""
    held = await _held(session, lease_id, annotator, ANY_STAGE)
    if held.ended is None:
        await leasing.end_leases(session, [lease_id], "released", now, forget=True)
        announce(session)


async def save_draft(
    session: Session,
    lease_id: UUID,
    annotator: str,
    draft: JsonValue,
    now: datetime,
) -> None:
    """Keep an unfinished answer; it outlives the lease."""
    held = await _held(session, lease_id, annotator, ANY_STAGE)
    await answers.save_draft(session, held, draft, now)


async def _held(session: Session, lease_id: UUID, annotator: str, stages: tuple[str, ...]) -> Held:
    held = await answers.held(session, lease_id)
    if held is None:
        raise domain.UnknownLease(f"No lease {lease_id}.")
    domain.check_holder(held, annotator, stages)
    return held


async def _spec(session: Session, held: Held) -> Compiled:
    work = held.work
    return await compiled(session, work.project, work.spec_version, work.spec_hash)
