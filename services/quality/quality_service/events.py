"""The events that the quality service subscribes to, with their handlers."""

from chassis.delivery import on, on_many
from quality_service.operations import event_handlers as handlers
from schemas import events

SUBSCRIPTIONS = [
    on(events.SpecPublished, handlers.on_spec_published),
    on_many(events.TaskCreated, handlers.on_task_created),
    on_many(events.TaskWithdrawn, handlers.on_task_withdrawn),
    on_many(events.GoldRegistered, handlers.on_gold_registered),
    on_many(events.AnnotationSubmitted, handlers.on_annotation_submitted),
    on_many(events.TaskSkipped, handlers.on_task_skipped),
    on_many(events.AdjudicationDecided, handlers.on_adjudication_decided),
    on_many(events.ReviewDecided, handlers.on_review_decided),
    on_many(events.LeaseExpired, handlers.on_lease_expired),
    on_many(events.ConflictRaised, handlers.on_conflict_raised),
    on_many(events.LabelDecided, handlers.on_label_decided),
    on_many(events.AgreementMeasured, handlers.on_agreement_measured),
]
