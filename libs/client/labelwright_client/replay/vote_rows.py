"""Reading files of votes and of known labels: one set of rules for `agreement` and `replay`."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from labelwright_client.replay.files import BadFile, Row, read_rows

COLUMN_ALIASES = {
    "task": "item_id",
    "item": "item_id",
    "worker": "annotator_id",
    "annotator": "annotator_id",
}
ID_CHARACTERS_MAX = 500

Label = TypeVar("Label")


@dataclass(frozen=True, slots=True)
class VoteRow:
    """One vote as it stands in a file: texts without outer white space."""

    row: Row
    item: str
    annotator: str
    label: str


@dataclass(frozen=True, slots=True)
class VoteRows:
    """The votes of a file."""

    votes: list[VoteRow]
    """In the order of the file; each annotator's last vote on each item."""
    missing: int
    """Rows without a label."""
    repeated: int
    """Votes that a later one of the same annotator on the same item replaces."""


@dataclass(frozen=True, slots=True)
class GoldRow:
    """The known label of an item as it stands in a file."""

    row: Row
    item: str
    label: str


def read_vote_rows(file: Path) -> VoteRows:
    """The votes in a CSV of `item_id,annotator_id,label`. Raises BadFile, also if there are none.

    An empty label is a missing vote. Of an annotator's votes on one item the last one stands, as a
    correction. `task` or `item` may stand for item_id, `worker` or `annotator` for annotator_id.
    """
    rows = read_rows(file, ("item_id", "annotator_id", "label"), aliases=COLUMN_ALIASES)
    last: dict[tuple[str, str], VoteRow] = {}
    missing = given = 0
    for row in rows:
        vote = VoteRow(row, read_id(row, "item_id"), read_id(row, "annotator_id"), _label(row))
        if not vote.label:
            missing += 1
            continue
        given += 1
        last[vote.item, vote.annotator] = vote
    if not last:
        raise BadFile(f"{file} holds no votes.")
    return VoteRows(list(last.values()), missing, given - len(last))


def read_gold_rows(file: Path) -> list[GoldRow]:
    """The known labels in a CSV of `item_id,label`; rows with an empty label are left out."""
    rows = read_rows(file, ("item_id", "label"), aliases=COLUMN_ALIASES)
    found = (GoldRow(row, read_id(row, "item_id"), _label(row)) for row in rows)
    return [gold for gold in found if gold.label]


def known_labels(rows: Iterable[GoldRow], value: Callable[[GoldRow], Label]) -> dict[str, Label]:
    """The label of each item, made by `value`. Raises BadRow if an item has two different ones."""
    known: dict[str, Label] = {}
    for gold in rows:
        label = value(gold)
        if known.setdefault(gold.item, label) != label:
            raise gold.row.bad(f"the item '{gold.item}' has another gold label further up.")
    return known


def read_id(row: Row, column: str) -> str:
    """The id in a column. Raises BadRow if it is empty or too long."""
    value = row.need(column)
    if len(value) > ID_CHARACTERS_MAX:
        raise row.bad(f"{column} is longer than {ID_CHARACTERS_MAX} characters.")
    return value


def _label(row: Row) -> str:
    return row.need("label") if row.cells["label"].strip() else ""
