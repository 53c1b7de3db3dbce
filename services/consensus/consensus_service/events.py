"""The events that the consensus service subscribes to, with their handlers."""

from chassis.events.dispatch import subscribe, subscribe_batch
from consensus_service.operations import event_handlers as handlers
from schemas import events

SUBSCRIPTIONS = [
    subscribe(
        events.SpecPublished, handlers.on_spec_published, replay_key=handlers.spec_published_key
    ),
    subscribe_batch(
        events.TaskCreated, handlers.on_task_created, replay_key=handlers.task_created_key
    ),
    subscribe(events.TaskWithdrawn, handlers.on_task_withdrawn),
    subscribe(events.ItemsWithdrawn, handlers.on_items_withdrawn),
    subscribe(events.ItemsRestored, handlers.on_items_restored),
    subscribe_batch(events.AnnotationSubmitted, handlers.on_annotation_submitted),
    subscribe(events.AnnotationCorrected, handlers.on_annotation_corrected),
    subscribe(events.TaskSkipped, handlers.on_task_skipped),
    subscribe(events.AdjudicationDecided, handlers.on_adjudication_decided),
    subscribe(events.ReviewDecided, handlers.on_review_decided),
    subscribe(events.AnnotatorStandingChanged, handlers.on_annotator_standing_changed),
    subscribe(events.HoneypotScored, handlers.on_honeypot_scored),
]
