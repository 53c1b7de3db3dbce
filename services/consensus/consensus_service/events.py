"""The events that the consensus service reacts to."""

from chassis.events.dispatch import subscribe, subscribe_batch
from consensus_service.operations import hearing
from schemas import events

SUBSCRIPTIONS = [
    subscribe(events.SpecPublished, hearing.publish_spec),
    subscribe_batch(events.TaskCreated, hearing.create_tasks),
    subscribe(events.TaskWithdrawn, hearing.withdraw_task),
    subscribe_batch(events.AnnotationSubmitted, hearing.record_annotations),
    subscribe(events.TaskSkipped, hearing.record_skip),
    subscribe(events.AdjudicationDecided, hearing.record_adjudication),
    subscribe(events.ReviewDecided, hearing.record_review),
    subscribe(events.AnnotatorStandingChanged, hearing.change_standing),
    subscribe(events.HoneypotScored, hearing.record_score),
]
