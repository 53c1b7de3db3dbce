"""The metrics of the dataset-store. Each help text says what to do about unusual values."""

from prometheus_client import Counter, Histogram

LEDGER_SECONDS = Histogram(
    "labelwright_dataset_store_ledger_seconds",
    "Seconds from the last annotation of a label to the label being in the ledger. "
    "Rising: look at the outbox age of queue and consensus, then at the consumers' lag.",
    buckets=(0.01, 0.02, 0.04, 0.06, 0.1, 0.2, 0.4, 0.8, 1.5, 3, 6, 15, 60, 300),
)
RELEASED = Counter(
    "labelwright_dataset_store_released_total",
    "Labels whose annotations are all in the ledger, by how they were decided: the throughput.",
    ["how"],
)
PUBLISHED = Counter(
    "labelwright_dataset_store_published_total", "Dataset versions published for the first time."
)
PUBLISH_SECONDS = Histogram(
    "labelwright_dataset_store_publish_seconds",
    "Seconds that publishing a dataset version took. Minutes: too many items for one process.",
    buckets=(0.1, 0.3, 1, 3, 10, 30, 100, 300),
)
