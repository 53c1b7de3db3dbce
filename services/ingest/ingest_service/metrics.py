"""The metrics of ingest. Each help text says what to do about unusual values."""

from prometheus_client import Counter, Gauge

ITEMS = Counter(
    "labelwright_ingest_items_total",
    "Items by verdict. Many `rejected`: a pipeline sends invalid items; the verdicts say why.",
    ["verdict"],
)
TASKS = Counter(
    "labelwright_ingest_tasks_total",
    "Tasks created, by purpose. Far above the items: specs are published too often.",
    ["purpose"],
)
SIGNALS = Counter(
    "labelwright_ingest_signals_total",
    "Signals by outcome. Many `reopened`: decided labels do not hold in production.",
    ["effect"],
)
REPAIRS = Gauge(
    "labelwright_ingest_repairs_open",
    "Items that annotators report as bad data, not yet repaired. Rising: tell the pipelines' "
    "owners, see /v1/projects/…/repairs.",
)
