"""Every metric of ingest, with what to do about it."""

from prometheus_client import Counter, Gauge

ITEMS = Counter(
    "labelwright_ingest_items_total",
    "Items by verdict. Many `rejected`: a pipeline sends what is no item; its verdict says why.",
    ["verdict"],
)
TASKS = Counter(
    "labelwright_ingest_tasks_total",
    "Tasks made, by purpose. Far above the items: specs are published too often.",
    ["purpose"],
)
SIGNALS = Counter(
    "labelwright_ingest_signals_total",
    "Signals by what they did. Many `reopened`: decided labels do not hold in production.",
    ["effect"],
)
REPAIRS = Gauge(
    "labelwright_ingest_repairs_open",
    "Items whose data annotators call bad, and nobody has mended. Rising: tell the pipelines' "
    "owners, see /v1/projects/…/repairs.",
)
