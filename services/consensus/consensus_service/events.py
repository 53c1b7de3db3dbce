"""The events that the consensus service reacts to."""

from chassis.delivery import on, on_many
from consensus_service.operations import hearing
from schemas import events

SUBSCRIPTIONS = [
    on(events.SpecPublished, hearing.publish_spec),
    on_many(events.TaskCreated, hearing.create_tasks),
    on(events.TaskWithdrawn, hearing.withdraw_task),
    on_many(events.AnnotationSubmitted, hearing.record_annotations),
    on(events.TaskSkipped, hearing.record_skip),
    on(events.AdjudicationDecided, hearing.record_adjudication),
    on(events.ReviewDecided, hearing.record_review),
    on(events.AnnotatorStandingChanged, hearing.change_standing),
    on(events.HoneypotScored, hearing.record_score),
]
