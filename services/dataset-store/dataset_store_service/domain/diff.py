"""How two dataset versions differ: their records side by side, in the order of item ids."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from dataset_store_service.domain import records
from schemas.dataset_store import ChangeCause, DiffChange, DiffCounts, DiffItem

Record = Mapping[str, Any]
Pair = tuple[Record | None, Record | None]


@dataclass(slots=True)
class Page:
    """The differences beyond `after`, `limit` at most, and the numbers of the whole."""

    after: str
    limit: int
    added: list[DiffItem] = field(default_factory=list)
    removed: list[DiffItem] = field(default_factory=list)
    changed: list[DiffChange] = field(default_factory=list)
    next: str | None = None
    numbers: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(DiffCounts.model_fields, 0)
    )
    last: str = ""

    @property
    def size(self) -> int:
        """How many differences are on the page."""
        return len(self.added) + len(self.removed) + len(self.changed)


def compare(a: Iterable[bytes], b: Iterable[bytes], after: str, limit: int) -> Page:
    """The differences of two sorted sequences of record lines."""
    page = Page(after, limit)
    for one, other in _pairs(a, b):
        if one is None and other is not None:
            page.numbers["added"] += 1
            _put(page, page.added, _item(other))
        elif other is None and one is not None:
            page.numbers["removed"] += 1
            _put(page, page.removed, _item(one))
        elif one is not None and other is not None:
            change = _change(one, other)
            page.numbers["changed"] += 1
            page.numbers["labels_changed"] += change.label_changed
            _put(page, page.changed, change)
        else:
            page.numbers["unchanged"] += 1
    return page


def _pairs(a: Iterable[bytes], b: Iterable[bytes]) -> Iterator[Pair]:
    """Records by item id; a pair of None stands for two that are equal."""
    left, right = iter(a), iter(b)
    one, other = next(left, None), next(right, None)
    while one is not None or other is not None:
        if one == other:
            yield None, None
            one, other = next(left, None), next(right, None)
            continue
        first, second = _read(one), _read(other)
        order = _order(first, second)
        yield (first if order <= 0 else None), (second if order >= 0 else None)
        one = next(left, None) if order <= 0 else one
        other = next(right, None) if order >= 0 else other


def _read(line: bytes | None) -> Record | None:
    return None if line is None else records.read(line)


def _order(first: Record | None, second: Record | None) -> int:
    if first is None or second is None:
        return 1 if first is None else -1
    mine, theirs = str(first["item_id"]), str(second["item_id"])
    return (mine > theirs) - (mine < theirs)


def _put(page: Page, where: list[Any], what: DiffItem | DiffChange) -> None:
    name = str(what.item_id)
    if name <= page.after:
        return
    if page.size < page.limit:
        where.append(what)
        page.last = name
    elif page.next is None:
        page.next = page.last


def _item(record: Record) -> DiffItem:
    facts = {name: record[name] for name in ("item_id", "external_id", "label")}
    return DiffItem.model_validate(facts)


def _change(one: Record, other: Record) -> DiffChange:
    return DiffChange.model_validate(
        {
            "item_id": one["item_id"],
            "external_id": other["external_id"],
            "before": one["label"],
            "after": other["label"],
            "label_changed": one["label"] != other["label"],
            "cause": cause(one, other),
        }
    )


def cause(one: Record, other: Record) -> ChangeCause:
    """Why a record is another than before: the first of the causes that holds."""
    if one["payload_sha256"] != other["payload_sha256"]:
        return "item_changed"
    if one["spec_version"] != other["spec_version"]:
        return "new_spec"
    if one["decision_no"] == other["decision_no"]:
        return "context"
    if other["how"] == "review":
        return "review"
    if other["how"] == "adjudicated":
        return "adjudication"
    return "new_decision"
