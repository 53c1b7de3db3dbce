"""Reviews and adjudications: creating their work, submitting them, and escalating them.

For a while only experienced annotators get such work, if there are any; then everyone who may do
it. After the deadline of the policy it goes, before all other work, to people with the skills that
the policy names.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4, uuid5

from chassis.db.database import Transaction
from chassis.events import outbox
from chassis.http.problem import Fault, Invalid
from queue_service import metrics
from queue_service.domain import leases as rules
from queue_service.domain import refusals
from queue_service.domain.dispatch import with_level
from queue_service.domain.leases import HeldLease, Holder
from queue_service.operations.blob_checks import BlobChecks
from queue_service.operations.leases import locked_lease
from queue_service.operations.notifications import notify_work
from queue_service.operations.specs import Compiled, compiled_for, policy_of
from queue_service.store import annotators, answers, intake
from queue_service.store.answers import NewAnswer
from queue_service.store.intake import NewWork, Task, WaitingWork
from schemas.events import AdjudicationDecided, ReviewDecided
from schemas.queue import AdjudicationRequest, ReviewRequest
from schemas.vocabulary import Policy, SecondLook, Stage

PRIORITY_MAX = 9


@dataclass(frozen=True, slots=True)
class Request:
    """A review or an adjudication that is needed."""

    subject: UUID
    """The id of the conflict, of the review, or of a later stage of the review."""
    stage: Stage
    context: dict[str, Any]
    policy: SecondLook
    review_id: UUID | None = None
    round: int = 1


async def add_request(
    transaction: Transaction, task: Task, request: Request, since: datetime
) -> None:
    """Add the work of a review or an adjudication of `task`."""
    policy = request.policy
    is_known = bool(policy.experienced_first_seconds) and await annotators.is_anyone_experienced(
        transaction, task, request.stage, since
    )
    audience = "experienced" if is_known else "all"
    work = NewWork(
        task_id=task.subject,
        stage=request.stage,
        subject=request.subject,
        project=task.project,
        item_id=task.item_id,
        external_id=task.external_id,
        position=task.position,
        batch=task.batch if policy.outside_batch else None,
        spec_version=task.spec_version,
        task_type=task.task_type,
        purpose="work",
        priority=task.priority,
        due_at=task.due_at,
        skills=[],
        audience=audience,
        payload=task.payload,
        blob=task.blob,
        blob_size=task.blob_size,
        prelabels=[],
        context=request.context,
        target=1,
        sort_key=0,
        escalates_at=_escalates_at(policy, audience, since),
        review_id=request.review_id,
        round=request.round,
        created_at=since,
    )
    await intake.add_work(transaction, [work])


def _escalates_at(policy: SecondLook, audience: str, since: datetime) -> datetime | None:
    if audience == "experienced":
        return since + timedelta(seconds=policy.experienced_first_seconds)
    hours = policy.escalate_hours
    return None if hours is None else since + timedelta(hours=hours)


async def escalate_due(transaction: Transaction, now: datetime) -> None:
    """Give reviews and adjudications that waited too long to other people."""
    escalated = []
    for work in await intake.due_escalations(transaction, now):
        policy = await policy_of(transaction, work.project, work.spec_version) or Policy()
        own = policy.review if work.stage == "review" else policy.adjudication
        escalated.append(_escalated(work, own))
    if escalated:
        await intake.escalate(transaction, escalated)
        notify_work(transaction)


def _escalated(work: WaitingWork, policy: SecondLook) -> WaitingWork:
    """Return the work in its next pool: first for everyone, then for the skills of the policy."""
    if work.audience == "experienced":
        escalates_at = _escalates_at(policy, "all", work.created_at)
        return replace(work, audience="all", escalates_at=escalates_at)
    skills = sorted(map(with_level, policy.escalate_skills))
    return replace(work, skills=skills, priority=PRIORITY_MAX, escalates_at=None)


async def adjudicate(
    transaction: Transaction,
    lease_id: UUID,
    holder: Holder,
    request: AdjudicationRequest,
    checks: BlobChecks,
    now: datetime,
) -> tuple[UUID, bool]:
    """Store the decision of a conflict; return its id, and True if it is new."""
    lease = await locked_lease(transaction, lease_id, holder, ("adjudicate",))
    stored_id = await _repeated(transaction, lease, request)
    if stored_id is not None:
        return stored_id, False
    rules.check_live(lease, now)
    spec = await compiled_for(transaction, lease.work)
    spec.check_rules(request.rules)
    spec.check(request.label, lease.work, checks)
    answer_id = await _store(transaction, lease, request, now)
    event = AdjudicationDecided(
        occurred_at=now,
        project=lease.work.project,
        adjudication_id=answer_id,
        task_id=lease.work.task_id,
        item_id=lease.work.item_id,
        spec_version=lease.work.spec_version,
        adjudicator=holder.annotator,
        label=request.label,
        rationale=request.rationale,
        cause=request.cause,
        rules=request.rules,
    )
    await outbox.add(transaction, event)
    return answer_id, True


async def review(
    transaction: Transaction,
    lease_id: UUID,
    holder: Holder,
    request: ReviewRequest,
    checks: BlobChecks,
    now: datetime,
) -> tuple[UUID, bool]:
    """Store the verdict on a decided label; return the review's id, and True if it is new."""
    lease = await locked_lease(transaction, lease_id, holder, ("review",))
    stored_id = await _repeated(transaction, lease, request)
    if stored_id is not None:
        return stored_id, False
    rules.check_live(lease, now)
    spec = await compiled_for(transaction, lease.work)
    _check_verdict(spec, lease, request)
    if request.label is not None:
        spec.check(request.label, lease.work, checks)
    await _store(transaction, lease, request, now)
    is_final = request.verdict != "accept"
    if is_final or not await _add_next_stage(transaction, lease, spec.policy, now):
        await outbox.add(transaction, await _reviewed(transaction, lease, request, now))
    return _review_id(lease), True


async def _store(
    transaction: Transaction,
    lease: HeldLease,
    request: AdjudicationRequest | ReviewRequest,
    now: datetime,
) -> UUID:
    """Store a submission and close its work; return the submission's id."""
    answer = NewAnswer(lease, uuid4(), request.model_dump(mode="json"))
    await answers.add_answers(transaction, [answer], now)
    await answers.add_history(transaction, lease.annotator, lease.work, now)
    await answers.close(transaction, lease.work.work_id)
    metrics.ANSWERED.labels(lease.work.stage).inc()
    return answer.answer_id


def _check_verdict(spec: Compiled, lease: HeldLease, request: ReviewRequest) -> None:
    """Raise LabelMissing, or Invalid for a label that contradicts the verdict."""
    if request.label is None:
        if request.verdict == "fix":
            raise refusals.LabelMissing("Send `label` with the verdict `fix`.")
        return
    decided = (lease.work.context or {}).get("label")
    is_decided = decided is not None and spec.is_same(request.label, decided)
    if request.verdict == "accept" and not is_decided:
        message = "This is not the decided label: send no label, or the verdict `fix`."
    elif request.verdict == "fix" and is_decided:
        message = "This is the decided label: send the verdict `accept`."
    elif request.verdict == "reject":
        message = "A rejection has no label: send no label, or the verdict `fix`."
    else:
        return
    raise Invalid([Fault("/label", "verdict", message)])


async def _add_next_stage(
    transaction: Transaction, lease: HeldLease, policy: Policy, now: datetime
) -> bool:
    """Add the next stage of an accepted review. Return False if there are no more stages."""
    review_id = lease.review_id
    if review_id is None or lease.round >= policy.review.stages:
        return False
    number = lease.round + 1
    subject = uuid5(review_id, str(number))
    task = await intake.task(transaction, lease.work.task_id, lock=False)
    if task is not None:
        context = lease.work.context or {}
        request = Request(subject, "review", context, policy.review, review_id, number)
        await add_request(transaction, task, request, now)
        notify_work(transaction)
    return True


def _review_id(lease: HeldLease) -> UUID:
    return lease.review_id or lease.work.subject


async def _reviewed(
    transaction: Transaction, lease: HeldLease, request: ReviewRequest, now: datetime
) -> ReviewDecided:
    """Return the event of a review's last verdict."""
    review_id, work = _review_id(lease), lease.work
    return ReviewDecided(
        occurred_at=now,
        project=work.project,
        review_id=review_id,
        task_id=work.task_id,
        item_id=work.item_id,
        spec_version=work.spec_version,
        reviewer=lease.annotator,
        verdict=request.verdict,
        label=request.label,
        comment=request.comment,
        accepted_before=(await answers.reviewers(transaction, review_id))[:-1],
    )


async def _repeated(
    transaction: Transaction, lease: HeldLease, request: AdjudicationRequest | ReviewRequest
) -> UUID | None:
    """Return the id of an equal submission made with this lease; None if there was none."""
    if lease.ended != "answered":
        return None
    stored = await answers.stored_answer(transaction, lease.lease_id)
    if stored is None or not _is_same(stored.body, request):
        raise refusals.AlreadyAnswered(rules.ALREADY_SUBMITTED)
    return stored.answer_id if lease.work.stage == "adjudicate" else _review_id(lease)


def _is_same(stored: dict[str, Any], request: AdjudicationRequest | ReviewRequest) -> bool:
    """Return True if `stored` equals `request`, with the defaults of fields that it lacks.

    It is not validated, because an older release may have accepted what is no longer allowed.
    """
    defaults = type(request).model_fields.items()
    known = {name: stored.get(name, field.get_default()) for name, field in defaults}
    return known == request.model_dump(mode="json")
