"""The events that the dataset-store keeps."""

from chassis.delivery import on_many
from dataset_store_service.operations import hearing
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
    on_many(SpecPublished, hearing.keep_specs),
    on_many(TaskCreated, hearing.keep_tasks),
    on_many(TaskWithdrawn, hearing.keep_withdrawals),
    on_many(AnnotationSubmitted, hearing.keep_annotations),
    on_many(TaskSkipped, hearing.keep_skips),
    on_many(AdjudicationDecided, hearing.keep_adjudications),
    on_many(ReviewDecided, hearing.keep_reviews),
    on_many(ConflictRaised, hearing.keep_conflicts),
    on_many(LabelDecided, hearing.keep_decisions),
    on_many(ReviewRequested, hearing.keep_review_requests),
]
