"""The events that the quality service subscribes to, with their handlers."""

from chassis.events.dispatch import subscribe, subscribe_batch
from quality_service.operations import event_handlers as handlers
from quality_service.operations.deferred import spec_key
from schemas import events

SUBSCRIPTIONS = [
    subscribe(events.SpecPublished, handlers.on_spec_published, replay_key=spec_key),
    subscribe_batch(events.TaskCreated, handlers.on_task_created),
    subscribe_batch(events.TaskWithdrawn, handlers.on_task_withdrawn),
    subscribe(events.ItemsWithdrawn, handlers.on_items_withdrawn),
    subscribe(events.ItemsRestored, handlers.on_items_restored),
    subscribe_batch(events.GoldRegistered, handlers.on_gold_registered),
    subscribe_batch(events.AnnotationSubmitted, handlers.on_annotation_submitted),
    subscribe_batch(events.AnnotationCorrected, handlers.on_annotation_corrected),
    subscribe_batch(events.TaskSkipped, handlers.on_task_skipped),
    subscribe_batch(events.AdjudicationDecided, handlers.on_adjudication_decided),
    subscribe_batch(events.ReviewDecided, handlers.on_review_decided),
    subscribe_batch(events.LeaseExpired, handlers.on_lease_expired),
    subscribe_batch(events.ConflictRaised, handlers.on_conflict_raised),
    subscribe_batch(events.LabelDecided, handlers.on_label_decided),
    subscribe_batch(events.AgreementMeasured, handlers.on_agreement_measured),
]
