"""What the other services say goes into the ledger, in whatever order it comes.

Nothing is parked: every fact is kept as it comes, and a decision is released by whichever fact
completes it.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Protocol, TypeVar
from uuid import UUID

from chassis.clock import utc_now
from chassis.database import Session, after_commit
from dataset_store_service import metrics
from dataset_store_service.store import ledger
from schemas.events import (
    AdjudicationDecided,
    AnnotationSubmitted,
    ConflictRaised,
    LabelDecided,
    ReviewDecided,
    ReviewRequested,
    SpecPublished,
    TaskCreated,
    TaskSkipped,
    TaskWithdrawn,
)


class AboutItem(Protocol):
    """A fact about an item."""

    @property
    def item_id(self) -> UUID:
        """Which item."""

    @property
    def project(self) -> str:
        """Of which project."""


Fact = TypeVar("Fact", bound=AboutItem)
Add = Callable[[Session, Sequence[Fact]], Awaitable[None]]


async def keep_specs(session: Session, events: Sequence[SpecPublished]) -> None:
    """Keep spec versions."""
    await ledger.add_specs(session, events)


async def keep_tasks(session: Session, events: Sequence[TaskCreated]) -> None:
    """Keep tasks. Honeypots are no part of the ledger."""
    work = [event for event in events if event.purpose == "work"]
    await _keep(session, work, ledger.add_tasks)


async def keep_withdrawals(session: Session, events: Sequence[TaskWithdrawn]) -> None:
    """Keep why tasks were taken back."""
    await ledger.add_withdrawals(session, events)


async def keep_annotations(session: Session, events: Sequence[AnnotationSubmitted]) -> None:
    """Keep annotations; those of honeypots apart."""
    work = [event for event in events if event.purpose == "work"]
    await _keep(session, work, ledger.add_annotations)
    honeypots = [event for event in events if event.purpose == "honeypot"]
    await ledger.add_honeypot_annotations(session, honeypots)


async def keep_skips(session: Session, events: Sequence[TaskSkipped]) -> None:
    """Keep skips."""
    await ledger.add_skips(session, events)


async def keep_adjudications(session: Session, events: Sequence[AdjudicationDecided]) -> None:
    """Keep adjudications."""
    await _keep(session, events, ledger.add_adjudications)


async def keep_review_requests(session: Session, events: Sequence[ReviewRequested]) -> None:
    """Keep that decisions are to be looked at again."""
    await ledger.add_review_requests(session, events)


async def keep_reviews(session: Session, events: Sequence[ReviewDecided]) -> None:
    """Keep what reviewers said."""
    await ledger.add_reviews(session, events)


async def keep_conflicts(session: Session, events: Sequence[ConflictRaised]) -> None:
    """Keep conflicts."""
    await _keep(session, events, ledger.add_conflicts)


async def keep_decisions(session: Session, events: Sequence[LabelDecided]) -> None:
    """Keep decisions."""
    await _keep(session, events, ledger.add_decisions)


async def _keep(session: Session, events: Sequence[Fact], add: Add[Fact]) -> None:
    """Add facts about items, and release what they complete."""
    if not events:
        return
    await ledger.lock_items(session, ((event.item_id, event.project) for event in events))
    await add(session, events)
    released = await ledger.release(session, {event.item_id for event in events})
    if released:
        now = utc_now()
        after_commit(session, lambda: _measure(released, now))


def _measure(released: Sequence[ledger.Released], now: datetime) -> None:
    for one in released:
        metrics.RELEASED.labels(one.how).inc()
        if one.last_submitted_at is not None:
            seconds = (now - one.last_submitted_at).total_seconds()
            metrics.LEDGER_SECONDS.observe(max(0.0, seconds))
