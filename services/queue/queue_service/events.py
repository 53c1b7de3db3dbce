"""The events that the queue service reacts to."""

from chassis.events.dispatch import Subscription, subscribe, subscribe_batch
from queue_service.operations import hearing
from queue_service.operations.locking import lock_changed_rows
from schemas import events

SUBSCRIPTIONS = [
    subscribe(events.SpecPublished, hearing.publish_spec),
    subscribe_batch(events.TaskCreated, hearing.create_tasks),
    subscribe(events.TaskReprioritized, hearing.reprioritize_task, lock_changed_rows),
    subscribe(events.TaskWithdrawn, hearing.withdraw_task, lock_changed_rows),
    subscribe(events.RedundancyRaised, hearing.raise_redundancy, lock_changed_rows),
    subscribe(events.ConflictRaised, hearing.raise_conflict, lock_changed_rows),
    Subscription(events.LabelDecided, hearing.close_decided, lock_changed_rows),
    subscribe(events.AnnotatorStandingChanged, hearing.change_standing, lock_changed_rows),
    subscribe(events.SkillChanged, hearing.change_skill),
    subscribe(events.ReviewRequested, hearing.request_review, lock_changed_rows),
]
