"""Every metric of the queue, with what to do about it."""

from prometheus_client import Counter

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
