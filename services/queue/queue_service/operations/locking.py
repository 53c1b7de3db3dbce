"""What a batch of events will change is locked before the first of them is handled."""

from collections.abc import Sequence

from chassis.db.database import Transaction
from chassis.db.locks import lock_names
from queue_service.store import locking
from schemas.events import (
    AnnotatorStandingChanged,
    ConflictRaised,
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


async def lock_changed_rows(
    transaction: Transaction, events: Sequence[AboutTask | AnnotatorStandingChanged]
) -> None:
    """Lock the annotators, leases and work that `events` are about, in the order of the queue."""
    standings = [one for one in events if isinstance(one, AnnotatorStandingChanged)]
    tasks = [one.task_id for one in events if not isinstance(one, AnnotatorStandingChanged)]
    names = sorted({one.annotator for one in standings})
    leases = []
    if names:
        await lock_names(transaction, names)
        suspended = [one for one in standings if one.standing == "suspended"]
        leases = await locking.lock_leases(
            transaction, [one.annotator for one in suspended], [one.project for one in suspended]
        )
    if tasks or leases:
        await locking.lock_work(transaction, tasks, leases)
    if names:
        await locking.lock_annotators(transaction, names)
