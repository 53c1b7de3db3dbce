"""The metrics of the queue. Their help texts say when to act."""

from prometheus_client import Counter, Gauge

LEASED = Counter(
    "labelwright_queue_leased_total",
    "Leases given, by stage. If it falls to zero while work waits, read GET /v1/explain.",
    ["stage"],
)
ANSWERED = Counter(
    "labelwright_queue_answered_total",
    "Annotations, reviews and adjudications accepted, by stage: the throughput.",
    ["stage"],
)
SKIPPED = Counter(
    "labelwright_queue_skipped_total",
    "Skips, by reason. Many `guideline_does_not_cover` show a gap in the guidelines.",
    ["reason"],
)
EXPIRED = Counter(
    "labelwright_queue_leases_expired_total",
    "Leases that expired. At a high rate, lease_seconds is too short, or a page loses its leases.",
)

_POOL = ["project", "stage", "task_type", "skill", "priority"]

READY = Gauge(
    "labelwright_queue_ready_slots",
    "Slots that are open and not leased, by pool. If it rises for days, add annotators.",
    _POOL,
)
IN_FLIGHT = Gauge("labelwright_queue_in_flight", "Open leases, by pool.", _POOL)
OLDEST = Gauge(
    "labelwright_queue_oldest_seconds",
    "Age of the oldest task with a free slot, by pool. If it rises while other pools move, no "
    "annotator has the skill, or more urgent work never ends; see GET /v1/queues.",
    _POOL,
)
RATE = Gauge(
    "labelwright_queue_answers_per_minute",
    "Annotations, reviews and adjudications accepted in the last minute, by pool.",
    _POOL,
)
