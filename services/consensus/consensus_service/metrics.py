"""The metrics of consensus; the help of each says what to do about it."""

from prometheus_client import Counter, Gauge

DECIDED = Counter(
    "labelwright_consensus_decided_total", "Labels decided, by the way of the decision.", ["how"]
)
CONFLICTS = Counter(
    "labelwright_consensus_conflicts_total",
    "Conflicts raised. If their share of the decisions rises: check the agreement on the fields.",
)
AGREEMENT = Gauge(
    "labelwright_consensus_agreement",
    "Agreement on a field of the newest spec version; `bound` is value, low or high. "
    "If high is below the floor of the policy: see the spec issue.",
    ["project", "field", "bound"],
)
AGREEMENT_ITEMS = Gauge(
    "labelwright_consensus_agreement_items",
    "Items from which the agreement was computed.",
    ["project", "field"],
)
