"""Reader of files of votes and of known labels, shared by `agreement` and `replay`."""

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
    """One vote in a file: texts without surrounding white space."""

    row: Row
    item: str
    annotator: str
    label: str


@dataclass(frozen=True, slots=True)
class VoteRows:
    """The votes of a file."""

    votes: list[VoteRow]
    """The last vote of each annotator on each item, in the order of the file."""
    missing: int
    """Number of rows without a label."""
    repeated: int
    """Number of votes that a later vote of the same annotator on the same item replaces."""


@dataclass(frozen=True, slots=True)
class GoldRow:
    """One known label in a file."""

    row: Row
    item: str
    label: str


def read_vote_rows(file: Path) -> VoteRows:
    """Read the votes in a CSV file of `item_id,annotator_id,label`. Raises BadFile, also for none.

    A row without a label is no vote. The last vote of an annotator on an item replaces earlier
    ones. `task` or `item` may stand for item_id, `worker` or `annotator` for annotator_id.
    """
    rows = read_rows(file, ("item_id", "annotator_id", "label"), aliases=COLUMN_ALIASES)
    last: dict[tuple[str, str], VoteRow] = {}
    missing = count = 0
    for row in rows:
        vote = VoteRow(row, read_id(row, "item_id"), read_id(row, "annotator_id"), _label(row))
        if not vote.label:
            missing += 1
            continue
        count += 1
        last[vote.item, vote.annotator] = vote
    if not last:
        raise BadFile(f"{file} holds no votes: each row needs a label.")
    return VoteRows(list(last.values()), missing, count - len(last))


def read_gold_rows(file: Path) -> list[GoldRow]:
    """Read the known labels in a CSV file of `item_id,label`; rows without a label are left out."""
    rows = read_rows(file, ("item_id", "label"), aliases=COLUMN_ALIASES)
    found = (GoldRow(row, read_id(row, "item_id"), _label(row)) for row in rows)
    return [gold for gold in found if gold.label]


def known_labels(rows: Iterable[GoldRow], value: Callable[[GoldRow], Label]) -> dict[str, Label]:
    """Return the known label of each item, parsed by `value`.

    Raises BadRow if an item has two different labels.
    """
    known: dict[str, Label] = {}
    for gold in rows:
        label = value(gold)
        if known.setdefault(gold.item, label) != label:
            raise gold.row.bad(f"the item '{gold.item}' has another gold label in an earlier row.")
    return known


def read_id(row: Row, column: str) -> str:
    """Return the id in a column. Raises BadRow if it is empty or too long."""
    value = row.need(column)
    if len(value) > ID_CHARACTERS_MAX:
        raise row.bad(f"{column} is longer than {ID_CHARACTERS_MAX} characters.")
    return value


def _label(row: Row) -> str:
    return row.need("label") if row.cells["label"].strip() else ""
