"""The events that the dataset-store subscribes to, with their handlers."""

from chassis.delivery import on_many
from dataset_store_service.operations import event_handlers as handlers
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

SUBSCRIPTIONS = [
    on_many(SpecPublished, handlers.on_spec_published),
    on_many(TaskCreated, handlers.on_task_created),
    on_many(TaskWithdrawn, handlers.on_task_withdrawn),
    on_many(AnnotationSubmitted, handlers.on_annotation_submitted),
    on_many(TaskSkipped, handlers.on_task_skipped),
    on_many(AdjudicationDecided, handlers.on_adjudication_decided),
    on_many(ReviewDecided, handlers.on_review_decided),
    on_many(ConflictRaised, handlers.on_conflict_raised),
    on_many(LabelDecided, handlers.on_label_decided),
    on_many(ReviewRequested, handlers.on_review_requested),
]
