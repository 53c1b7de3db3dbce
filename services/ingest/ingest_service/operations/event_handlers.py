"""The handlers of events, one for each kind."""

from collections.abc import Sequence

from chassis.db.database import Transaction
from ingest_service.operations import repairs, specs
from schemas.events import (
    EvidenceRelabelRequested,
    LabelDecided,
    RelabelRequested,
    TaskSkipped,
)


async def on_label_decided(transaction: Transaction, events: Sequence[LabelDecided]) -> None:
    """Mark the tasks of the labels as decided."""
    await specs.decide_tasks(transaction, events)


async def on_relabel_requested(transaction: Transaction, event: RelabelRequested) -> None:
    """Create new tasks for items that are to be relabeled."""
    await specs.relabel(transaction, event)


async def on_evidence_relabel_requested(
    transaction: Transaction, event: EvidenceRelabelRequested
) -> None:
    """Create new tasks for the items that are evidence for a spec issue."""
    await specs.relabel(transaction, event)


async def on_task_skipped(transaction: Transaction, events: Sequence[TaskSkipped]) -> None:
    """Open repairs for items that annotators skip as bad data."""
    await repairs.add_skips(transaction, events)
