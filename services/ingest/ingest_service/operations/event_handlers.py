"""The handlers of events, one for each kind."""

from collections.abc import Sequence

from chassis.database import Session
from ingest_service.operations import repairs, specs
from schemas.events import (
    EvidenceRelabelRequested,
    LabelDecided,
    RelabelRequested,
    TaskSkipped,
)


async def on_label_decided(session: Session, events: Sequence[LabelDecided]) -> None:
    """Mark the tasks of the labels as decided."""
    await specs.decide_tasks(session, events)


async def on_relabel_requested(session: Session, event: RelabelRequested) -> None:
    """Create new tasks for items that are to be relabeled."""
    await specs.relabel(session, event)


async def on_evidence_relabel_requested(session: Session, event: EvidenceRelabelRequested) -> None:
    """Create new tasks for the items that are evidence for a spec issue."""
    await specs.relabel(session, event)


async def on_task_skipped(session: Session, events: Sequence[TaskSkipped]) -> None:
    """Open repairs for items that annotators skip as bad data."""
    await repairs.add_skips(session, events)
