"""Compare two dataset versions record by record, in the order of item ids."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from dataset_store_service.domain import records
from schemas.dataset_store import ChangeCause, DiffChange, DiffCounts, DiffItem

Record = Mapping[str, Any]
Pair = tuple[Record | None, Record | None]


@dataclass(slots=True)
class Page:
    """At most `limit` differences with item ids beyond `after`, and the counts of all differences.

    `next` is the cursor of the next page; None if this is the last one.
    """

    after: str
    limit: int
    added: list[DiffItem] = field(default_factory=list)
    removed: list[DiffItem] = field(default_factory=list)
    changed: list[DiffChange] = field(default_factory=list)
    next: str | None = None
    counts: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(DiffCounts.model_fields, 0)
    )
    last: str = ""

    @property
    def size(self) -> int:
        """The number of differences on the page."""
        return len(self.added) + len(self.removed) + len(self.changed)


def compare(a: Iterable[bytes], b: Iterable[bytes], after: str, limit: int) -> Page:
    """Compare two sequences of record lines, each sorted by item id."""
    page = Page(after, limit)
    for before, now in _pairs(a, b):
        if before is None and now is not None:
            page.counts["added"] += 1
            _add(page, page.added, _item(now))
        elif now is None and before is not None:
            page.counts["removed"] += 1
            _add(page, page.removed, _item(before))
        elif before is not None and now is not None:
            change = _change(before, now)
            page.counts["changed"] += 1
            page.counts["labels_changed"] += change.label_changed
            _add(page, page.changed, change)
        else:
            page.counts["unchanged"] += 1
    return page


def _pairs(a: Iterable[bytes], b: Iterable[bytes]) -> Iterator[Pair]:
    """Yield the records of both by item id; a pair of None stands for two equal records."""
    left, right = iter(a), iter(b)
    line_a, line_b = next(left, None), next(right, None)
    while line_a is not None or line_b is not None:
        if line_a == line_b:
            yield None, None
            line_a, line_b = next(left, None), next(right, None)
            continue
        record_a, record_b = _read(line_a), _read(line_b)
        order = _order(record_a, record_b)
        yield (record_a if order <= 0 else None), (record_b if order >= 0 else None)
        line_a = next(left, None) if order <= 0 else line_a
        line_b = next(right, None) if order >= 0 else line_b


def _read(line: bytes | None) -> Record | None:
    return None if line is None else records.from_line(line)


def _order(a: Record | None, b: Record | None) -> int:
    if a is None or b is None:
        return 1 if a is None else -1
    id_a, id_b = str(a["item_id"]), str(b["item_id"])
    return (id_a > id_b) - (id_a < id_b)


def _add(page: Page, entries: list[Any], entry: DiffItem | DiffChange) -> None:
    item_id = str(entry.item_id)
    if item_id <= page.after:
        return
    if page.size < page.limit:
        entries.append(entry)
        page.last = item_id
    elif page.next is None:
        page.next = page.last


def _item(record: Record) -> DiffItem:
    columns = {name: record[name] for name in ("item_id", "external_id", "label")}
    return DiffItem.model_validate(columns)


def _change(before: Record, now: Record) -> DiffChange:
    return DiffChange.model_validate(
        {
            "item_id": before["item_id"],
            "external_id": now["external_id"],
            "before": before["label"],
            "after": now["label"],
            "label_changed": before["label"] != now["label"],
            "cause": cause(before, now),
        }
    )


def cause(before: Record, now: Record) -> ChangeCause:
    """Return the cause of a changed record: the first that applies, in the order below."""
    if before["payload_sha256"] != now["payload_sha256"]:
        return "item_changed"
    if before["spec_version"] != now["spec_version"]:
        return "new_spec"
    if before["decision_no"] == now["decision_no"]:
        return "context"
    if now["how"] == "review":
        return "review"
    if now["how"] == "adjudicated":
        return "adjudication"
    return "new_decision"
