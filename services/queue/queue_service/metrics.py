"""Every metric of the queue, with what to do about it."""

from prometheus_client import Counter, Gauge

LEASED = Counter(
    "labelwright_queue_leased_total",
    "Leases given, by stage. Falls to zero while work waits: look at /v1/explain.",
    ["stage"],
)
ANSWERED = Counter(
    "labelwright_queue_answered_total", "Answers taken, by stage: the throughput.", ["stage"]
)
SKIPPED = Counter(
    "labelwright_queue_skipped_total",
    "Skips, by reason. Many `guideline_does_not_cover`: the specification has a gap.",
    ["reason"],
)
EXPIRED = Counter(
    "labelwright_queue_leases_expired_total",
    "Leases that ran out. A high rate: lease_seconds is too short, or a page loses its work.",
)

_SHARD = ["project", "stage", "task_type", "skill", "priority"]

READY = Gauge(
    "labelwright_queue_ready_slots",
    "Answers that are still wanted and not leased, by shard. Rising for days: ask more people.",
    _SHARD,
)
IN_FLIGHT = Gauge("labelwright_queue_in_flight", "Leases that are open, by shard.", _SHARD)
OLDEST = Gauge(
    "labelwright_queue_oldest_seconds",
    "Age of the oldest task with a free slot, by shard. Rising while others move: nobody has the "
    "skill, or what is more urgent never ends; see GET /v1/queues.",
    _SHARD,
)
RATE = Gauge(
    "labelwright_queue_answers_per_minute", "Answers taken in the last minute, by shard.", _SHARD
)
