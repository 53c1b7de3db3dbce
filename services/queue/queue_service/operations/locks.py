"""The locks of a batch of events, taken before the first event is handled."""

from collections.abc import Sequence

from chassis.db.database import Transaction
from chassis.db.locks import lock_names
from queue_service.store import locks
from schemas.events import (
    AnnotatorStandingChanged,
    ConflictRaised,
    ItemsRestored,
    ItemsWithdrawn,
    LabelDecided,
    RedundancyRaised,
    ReviewRequested,
    TaskReprioritized,
    TaskWithdrawn,
)

AboutTask = (
    TaskReprioritized
    | TaskWithdrawn
    | RedundancyRaised
    | ConflictRaised
    | LabelDecided
    | ReviewRequested
)
AboutItems = ItemsWithdrawn | ItemsRestored


async def lock_changed_rows(
    transaction: Transaction, events: Sequence[AboutTask | AboutItems | AnnotatorStandingChanged]
) -> None:
    """Lock the annotators, leases and work of `events`, in the order of `store.locks`."""
    standings = [event for event in events if isinstance(event, AnnotatorStandingChanged)]
    tasks = [event.task_id for event in events if isinstance(event, AboutTask)]
    items = [
        item_id for event in events if isinstance(event, AboutItems) for item_id in event.item_ids
    ]
    names = sorted({event.annotator for event in standings})
    leases = []
    if names:
        await lock_names(transaction, names)
        suspended = [event for event in standings if event.standing == "suspended"]
        leases = await locks.lock_leases(
            transaction,
            [event.annotator for event in suspended],
            [event.project for event in suspended],
        )
    if tasks or items or leases:
        await locks.lock_work(transaction, tasks, items, leases)
    if names:
        await locks.lock_annotators(transaction, names)
