"""The events that the quality service reacts to."""

from chassis.delivery import on, on_many
from quality_service.operations import hearing, honeypots, issues, reviews
from schemas import events

SUBSCRIPTIONS = [
    on(events.SpecPublished, hearing.take_spec),
    on_many(events.TaskCreated, hearing.take_tasks),
    on_many(events.TaskWithdrawn, hearing.take_withdrawals),
    on_many(events.GoldRegistered, honeypots.take_gold),
    on_many(events.AnnotationSubmitted, hearing.take_annotations),
    on_many(events.TaskSkipped, hearing.take_skips),
    on_many(events.AdjudicationDecided, issues.take_adjudications),
    on_many(events.ReviewDecided, hearing.take_verdicts),
    on_many(events.LeaseExpired, hearing.take_expiries),
    on_many(events.ConflictRaised, issues.take_conflicts),
    on_many(events.LabelDecided, reviews.take_decisions),
    on_many(events.AgreementMeasured, issues.take_agreement),
]
