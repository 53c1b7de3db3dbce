"""The events that ingest reacts to."""

from chassis.delivery import on, on_many
from ingest_service.operations import repairs, specs
from schemas.events import (
    EvidenceRelabelRequested,
    LabelDecided,
    RelabelRequested,
    TaskSkipped,
)

SUBSCRIPTIONS = [
    on_many(LabelDecided, specs.record_decisions),
    on(RelabelRequested, specs.relabel),
    on(EvidenceRelabelRequested, specs.relabel),
    on_many(TaskSkipped, repairs.record_skips),
]
