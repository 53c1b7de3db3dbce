"""The events that ingest subscribes to, with their handlers."""

from chassis.delivery import on, on_many
from ingest_service.operations import event_handlers as handlers
from schemas.events import (
    EvidenceRelabelRequested,
    LabelDecided,
    RelabelRequested,
    TaskSkipped,
)

SUBSCRIPTIONS = [
    on_many(LabelDecided, handlers.on_label_decided),
    on(RelabelRequested, handlers.on_relabel_requested),
    on(EvidenceRelabelRequested, handlers.on_evidence_relabel_requested),
    on_many(TaskSkipped, handlers.on_task_skipped),
]
