"""The Kafka topics, each with the time for which it keeps its events."""

from datetime import timedelta

from schemas.envelope import Topic

_KEPT = timedelta(days=90)

SPECS = Topic("specs", None)
TASKS = Topic("tasks", _KEPT)
ITEMS = Topic("items", None)
GOLD = Topic("gold", None)
ANNOTATIONS = Topic("annotations", _KEPT)
LEASES = Topic("leases", timedelta(days=7))
CONSENSUS = Topic("consensus", _KEPT)
AGREEMENT = Topic("agreement", _KEPT)
ANNOTATORS = Topic("annotators", None)
SCORES = Topic("scores", _KEPT)
REVIEWS = Topic("reviews", _KEPT)
SPEC_ISSUES = Topic("spec-issues", None)
DATASET_VERSIONS = Topic("dataset-versions", None)
TOKENS = Topic("tokens", timedelta(days=400))
"""Longer than the longest token of an invitation is valid."""

TOPICS = (
    SPECS,
    TASKS,
    ITEMS,
    GOLD,
    ANNOTATIONS,
    LEASES,
    CONSENSUS,
    AGREEMENT,
    ANNOTATORS,
    SCORES,
    REVIEWS,
    SPEC_ISSUES,
    DATASET_VERSIONS,
    TOKENS,
)
