"""The events that ingest subscribes to, with their handlers."""

from chassis.events.dispatch import subscribe, subscribe_batch
from ingest_service.operations import event_handlers as handlers
from schemas.events import (
    EvidenceRelabelRequested,
    LabelDecided,
    RelabelRequested,
    TaskSkipped,
)

SUBSCRIPTIONS = [
    subscribe_batch(LabelDecided, handlers.on_label_decided),
    subscribe(RelabelRequested, handlers.on_relabel_requested),
    subscribe(EvidenceRelabelRequested, handlers.on_evidence_relabel_requested),
    subscribe_batch(TaskSkipped, handlers.on_task_skipped),
]
