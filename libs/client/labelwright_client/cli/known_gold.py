"""Checks of a file of known labels before they are given to models."""

from collections.abc import Sequence
from pathlib import Path

from agreement import Votes
from labelwright_client.replay.files import BadFile
from labelwright_client.replay.scale import LabelParser
from labelwright_client.replay.vote_rows import GoldRow

LABELS_NAMED = 10


def check_known_rows(
    file: Path, rows: Sequence[GoldRow], votes: Votes, reading: LabelParser
) -> None:
    """Raise BadFile unless each row gives another item of `votes` a label that occurs in them."""
    if not rows:
        raise BadFile(f"{file} holds no label: each row needs an item_id and a label.")
    items, labels = set(votes.items), set(votes.labels)
    first: dict[str, int] = {}
    for gold in rows:
        if first.setdefault(gold.item, gold.row.line) != gold.row.line:
            raise gold.row.bad(
                f"the item '{gold.item}' is also in line {first[gold.item]}: keep one of the two."
            )
        if gold.item not in items:
            raise gold.row.bad(
                f"the item '{gold.item}' has no votes: take the row out, or write the id as in the "
                "file of votes."
            )
        if reading.plain(gold.label) not in labels:
            raise gold.row.bad(
                f"the label '{gold.label}' is not in the votes, whose labels are {_named(votes)}: "
                "a model cannot learn what nobody said."
            )


def _named(votes: Votes) -> str:
    names = [f"'{label}'" for label in votes.labels[:LABELS_NAMED]]
    return ", ".join(names) + (", ..." if len(votes.labels) > LABELS_NAMED else "")
