"""The events that the queue service reacts to."""

from chassis.delivery import on, on_many
from queue_service.operations import hearing
from schemas import events

SUBSCRIPTIONS = [
    on(events.SpecPublished, hearing.publish_spec),
    on_many(events.TaskCreated, hearing.create_tasks),
    on(events.TaskReprioritized, hearing.reprioritize_task),
    on(events.TaskWithdrawn, hearing.withdraw_task),
    on(events.RedundancyRaised, hearing.raise_redundancy),
    on(events.ConflictRaised, hearing.raise_conflict),
    on_many(events.LabelDecided, hearing.close_decided),
    on(events.AnnotatorStandingChanged, hearing.change_standing),
    on(events.SkillChanged, hearing.change_skill),
    on(events.ReviewRequested, hearing.request_review),
]
