"""The events that the queue service reacts to."""

from chassis.delivery import Subscription, on, on_many
from queue_service.operations import hearing
from queue_service.operations.locking import lock_changed_rows
from schemas import events

SUBSCRIPTIONS = [
    on(events.SpecPublished, hearing.publish_spec),
    on_many(events.TaskCreated, hearing.create_tasks),
    on(events.TaskReprioritized, hearing.reprioritize_task, lock_changed_rows),
    on(events.TaskWithdrawn, hearing.withdraw_task, lock_changed_rows),
    on(events.RedundancyRaised, hearing.raise_redundancy, lock_changed_rows),
    on(events.ConflictRaised, hearing.raise_conflict, lock_changed_rows),
    Subscription(events.LabelDecided, hearing.close_decided, lock_changed_rows),
    on(events.AnnotatorStandingChanged, hearing.change_standing, lock_changed_rows),
    on(events.SkillChanged, hearing.change_skill),
    on(events.ReviewRequested, hearing.request_review, lock_changed_rows),
]
