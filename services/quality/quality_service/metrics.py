"""The metrics of quality. Each help text says what to do about unusual values."""

from prometheus_client import Counter, Gauge

HONEYPOTS = Counter(
    "labelwright_quality_honeypot_fields_total",
    "Fields of honeypot answers, by outcome. Falls to zero while annotations come: add gold.",
    ["outcome"],
)
ANNOTATORS = Gauge(
    "labelwright_quality_annotators",
    "Annotators over all projects, by standing. Many flagged at once: check the gold first.",
    ["standing"],
)
ISSUES = Gauge(
    "labelwright_quality_spec_issues",
    "Spec issues, by state. Open ones wait for the spec owner: see /v1/projects/…/spec-issues.",
    ["state"],
)
ISSUE_AGE = Gauge(
    "labelwright_quality_spec_issue_oldest_seconds",
    "Age of the oldest spec issue that no spec version resolves. Above a week: call its owner.",
)
OVERDUE = Gauge(
    "labelwright_quality_tasks_overdue",
    "Undecided tasks past their due time or the policy's sla_hours, for the twenty projects with "
    "the most and, as `other`, the rest. Rising: too few annotators, see the queue's /v1/queues.",
    ["project"],
)
REVIEWS_WAITING = Gauge(
    "labelwright_quality_reviews_waiting",
    "Reviews requested and not yet decided. Rising: too few reviewers, or too high a rate.",
)
