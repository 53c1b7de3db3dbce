"""The events that the queue subscribes to, with their handlers."""

from chassis.events.dispatch import Subscription, subscribe, subscribe_batch
from queue_service.operations import event_handlers as handlers
from queue_service.operations.locks import lock_changed_rows
from schemas import events

SUBSCRIPTIONS = [
    subscribe(events.SpecPublished, handlers.on_spec_published, replay_key=handlers.spec_key),
    subscribe_batch(
        events.TaskCreated, handlers.on_task_created, replay_key=handlers.task_created_key
    ),
    subscribe(events.TaskReprioritized, handlers.on_task_reprioritized, lock_changed_rows),
    subscribe(events.TaskWithdrawn, handlers.on_task_withdrawn, lock_changed_rows),
    subscribe(events.ItemsWithdrawn, handlers.on_items_withdrawn, lock_changed_rows),
    subscribe(events.ItemsRestored, handlers.on_items_restored, lock_changed_rows),
    subscribe(events.RedundancyRaised, handlers.on_redundancy_raised, lock_changed_rows),
    subscribe(events.ConflictRaised, handlers.on_conflict_raised, lock_changed_rows),
    Subscription(events.LabelDecided, handlers.on_label_decided, lock_changed_rows),
    subscribe(
        events.AnnotatorStandingChanged, handlers.on_annotator_standing_changed, lock_changed_rows
    ),
    subscribe(events.SkillChanged, handlers.on_skill_changed),
    subscribe(events.ReviewRequested, handlers.on_review_requested, lock_changed_rows),
]
