"""The events that the dataset-store subscribes to, with their handlers."""

from chassis.events.dispatch import subscribe, subscribe_batch
from dataset_store_service.operations import event_handlers as handlers
from schemas.events import (
    AdjudicationDecided,
    AnnotationCorrected,
    AnnotationSubmitted,
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

SUBSCRIPTIONS = [
    subscribe_batch(SpecPublished, handlers.on_spec_published),
    subscribe_batch(TaskCreated, handlers.on_task_created),
    subscribe_batch(TaskWithdrawn, handlers.on_task_withdrawn),
    subscribe(ItemsWithdrawn, handlers.on_items_withdrawn),
    subscribe(ItemsRestored, handlers.on_items_restored),
    subscribe_batch(AnnotationSubmitted, handlers.on_annotation),
    subscribe_batch(AnnotationCorrected, handlers.on_annotation),
    subscribe_batch(TaskSkipped, handlers.on_task_skipped),
    subscribe_batch(AdjudicationDecided, handlers.on_adjudication_decided),
    subscribe_batch(ReviewDecided, handlers.on_review_decided),
    subscribe_batch(ConflictRaised, handlers.on_conflict_raised),
    subscribe_batch(LabelDecided, handlers.on_label_decided),
    subscribe_batch(ReviewRequested, handlers.on_review_requested),
]
