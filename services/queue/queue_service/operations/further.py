"""Work about what people answered: who is asked first, and who when that takes too long.

People with a history in this work are asked alone for a while, where there are any; then everyone
who may; and after the policy's deadline it goes before everything else, to those whom the policy
names.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from chassis.db.database import Transaction
from queue_service.domain.choice import need
from queue_service.domain.leases import Held
from queue_service.operations.news import announce_work
from queue_service.operations.specs import policy_of
from queue_service.store import intake
from schemas.vocabulary import Policy, SecondLook, Stage

PRIORITY_MAX = 9
_BATCHES = UUID("0d4a9a37-6f0e-5f43-8a53-7b1f2c9d5e60")


@dataclass(frozen=True, slots=True)
class Further:
    """A conflict or a review that somebody has to look at."""

    subject: UUID
    stage: Stage
    context: dict[str, Any]
    look: SecondLook
    review_id: UUID | None = None
    round: int = 1


def batch_id(project: str, batch: object) -> UUID | None:
    """What stands for a batch, the metadata of an item; None where it has none."""
    return uuid5(_BATCHES, f"{project}\x00{batch}") if isinstance(batch, str) else None


async def add_further(
    transaction: Transaction, task: dict[str, Any], further: Further, since: datetime
) -> None:
    """Offer work about a task that people have answered."""
    look, stage = further.look, further.stage
    circle = "all"
    if look.experienced_first_seconds:
        known = await intake.is_anyone_experienced(transaction, task, stage, since)
        circle = "experienced" if known else "all"
    kept = ("project", "item_id", "external_id", "position", "spec_version", "task_type")
    urgency = ("priority", "due_at")
    content = ("payload", "blob", "blob_size")
    row = {
        **{name: task[name] for name in kept + urgency + content},
        "task_id": task["subject"],
        "stage": stage,
        "subject": further.subject,
        "batch": task["batch"] if look.outside_batch else None,
        "purpose": "work",
        "skills": [],
        "circle": circle,
        "prelabels": [],
        "context": further.context,
        "target": 1,
        "pick": 0,
        "review_id": further.review_id,
        "round": further.round,
        "moves_at": _moves_at(look, circle, since),
        "created_at": since,
    }
    await intake.add_work(transaction, [row])


async def ask_another(transaction: Transaction, held: Held, policy: Policy, now: datetime) -> bool:
    """Let one more person look at an accepted review. False if enough have."""
    work, review_id = held.work, held.review_id
    if review_id is None or held.round >= policy.review.stages:
        return False
    number = held.round + 1
    subject = uuid5(review_id, str(number))
    task = await intake.task(transaction, work.task_id, lock=False)
    if task is not None:
        context = work.context or {}
        further = Further(subject, "review", context, policy.review, review_id, number)
        await add_further(transaction, task, further, now)
        announce_work(transaction)
    return True


def _moves_at(look: SecondLook, circle: str, since: datetime) -> datetime | None:
    if circle == "experienced":
        return since + timedelta(seconds=look.experienced_first_seconds)
    return None if look.escalate_hours is None else since + timedelta(hours=look.escalate_hours)


async def move_work(transaction: Transaction, now: datetime) -> None:
    """Ask other people for what the first did not take in time."""
    rows = []
    for work in await intake.due_moves(transaction, now):
        policy = await policy_of(transaction, work["project"], work["spec_version"]) or Policy()
        look = policy.review if work["stage"] == "review" else policy.adjudication
        rows.append(work | _moved(work, look))
    if rows:
        await intake.move(transaction, rows)
        announce_work(transaction)


def _moved(work: dict[str, Any], look: SecondLook) -> dict[str, Any]:
    """Where it goes: from the experienced to all, from all to those it escalates to."""
    if work["circle"] == "experienced":
        return {"circle": "all", "moves_at": _moves_at(look, "all", work["created_at"])}
    return {
        "circle": "all",
        "skills": sorted(map(need, look.escalate_skills)),
        "priority": PRIORITY_MAX,
        "moves_at": None,
    }
