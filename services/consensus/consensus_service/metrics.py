"""Every metric of consensus, with what to do about it."""

from prometheus_client import Counter, Gauge

DECIDED = Counter(
    "labelwright_consensus_decided_total", "Labels decided, by how: the yield.", ["how"]
)
CONFLICTS = Counter(
    "labelwright_consensus_conflicts_total",
    "Conflicts raised. A rising share of the decisions: look at the agreement of the fields.",
)
AGREEMENT = Gauge(
    "labelwright_consensus_agreement",
    "Agreement on a field of the newest spec version; `bound` is value, low or high. "
    "High below the floor: the specification fails, see its spec issue.",
    ["project", "field", "bound"],
)
AGREEMENT_ITEMS = Gauge(
    "labelwright_consensus_agreement_items",
    "Items that the agreement rests on.",
    ["project", "field"],
)
