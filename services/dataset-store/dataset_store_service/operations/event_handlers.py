"""The handlers of events, one for each kind. Each stores facts in the ledger, in any order.

No event is deferred: a fact is stored when it arrives, and the fact that completes a decision
releases it.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Protocol, TypeVar
from uuid import UUID

from chassis.clock import utc_now
from chassis.db.database import Transaction
from dataset_store_service import metrics
from dataset_store_service.store import ledger
from schemas.events import (
    AdjudicationDecided,
    ConflictRaised,
    ItemsRestored,
    ItemsWithdrawn,
    LabelDecided,
    ReviewDecided,
    ReviewRequested,
    SpecPublished,
    TaskCreated,
    TaskSkipped,
    TaskWithdrawn,
)


class ItemFact(Protocol):
    """A fact about an item of a project."""

    @property
    def item_id(self) -> UUID:
        """The id of the item."""

    @property
    def project(self) -> str:
        """The project of the item."""


Fact = TypeVar("Fact", bound=ItemFact)
Add = Callable[[Transaction, Sequence[Fact]], Awaitable[None]]


async def on_spec_published(transaction: Transaction, events: Sequence[SpecPublished]) -> None:
    """Store spec versions."""
    await ledger.add_specs(transaction, events)


async def on_task_created(transaction: Transaction, events: Sequence[TaskCreated]) -> None:
    """Store work tasks. Honeypots are not part of the ledger."""
    work = [event for event in events if event.purpose == "work"]
    await _add_and_release(transaction, work, ledger.add_tasks)


async def on_task_withdrawn(transaction: Transaction, events: Sequence[TaskWithdrawn]) -> None:
    """Store withdrawals of tasks."""
    await ledger.add_withdrawals(transaction, events)


async def on_items_withdrawn(transaction: Transaction, event: ItemsWithdrawn) -> None:
    """Store that items are withdrawn: versions that are published later leave them out."""
    await ledger.set_withdrawn(transaction, event, is_withdrawn=True)


async def on_items_restored(transaction: Transaction, event: ItemsRestored) -> None:
    """Store that items count again."""
    await ledger.set_withdrawn(transaction, event, is_withdrawn=False)


async def on_annotation(transaction: Transaction, events: Sequence[ledger.Annotation]) -> None:
    """Store annotations and corrections; those of honeypots in a table of their own."""
    work = [event for event in events if event.purpose == "work"]
    await _add_and_release(transaction, work, ledger.add_annotations)
    honeypots = [event for event in events if event.purpose == "honeypot"]
    await ledger.add_honeypot_annotations(transaction, honeypots)


async def on_task_skipped(transaction: Transaction, events: Sequence[TaskSkipped]) -> None:
    """Store skips."""
    await ledger.add_skips(transaction, events)


async def on_adjudication_decided(
    transaction: Transaction, events: Sequence[AdjudicationDecided]
) -> None:
    """Store adjudications."""
    await _add_and_release(transaction, events, ledger.add_adjudications)


async def on_review_requested(transaction: Transaction, events: Sequence[ReviewRequested]) -> None:
    """Store requests for reviews."""
    await ledger.add_review_requests(transaction, events)


async def on_review_decided(transaction: Transaction, events: Sequence[ReviewDecided]) -> None:
    """Store the verdicts of reviewers."""
    await ledger.add_reviews(transaction, events)


async def on_conflict_raised(transaction: Transaction, events: Sequence[ConflictRaised]) -> None:
    """Store conflicts."""
    await _add_and_release(transaction, events, ledger.add_conflicts)


async def on_label_decided(transaction: Transaction, events: Sequence[LabelDecided]) -> None:
    """Store decisions."""
    await _add_and_release(transaction, events, ledger.add_decisions)


async def _add_and_release(
    transaction: Transaction, events: Sequence[Fact], add: Add[Fact]
) -> None:
    """Store facts about items, and release the decisions that they complete.

    A decision needs facts of two kinds, so the first facts about an item complete none.
    """
    if not events:
        return
    items = ((event.item_id, event.project) for event in events)
    known = await ledger.lock_items(transaction, items)
    await add(transaction, events)
    released = await ledger.release(transaction, known) if known else []
    if released:
        now = utc_now()
        transaction.after_commit(lambda: _observe(released, now))


def _observe(released: Sequence[ledger.Released], now: datetime) -> None:
    for decision in released:
        metrics.RELEASED.labels(decision.how).inc()
        if decision.last_submitted_at is not None:
            seconds = (now - decision.last_submitted_at).total_seconds()
            metrics.LEDGER_SECONDS.observe(max(0.0, seconds))
