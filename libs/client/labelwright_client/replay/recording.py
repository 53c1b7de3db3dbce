"""A recording: votes of annotators on items, and known labels, read from files."""

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from labelwright_client.replay.files import Row, read_rows
from labelwright_client.replay.scale import (
    OPTION_CHARACTERS_MAX,
    SCALES,
    LabelParser,
    Scale,
    ScaleName,
    Value,
    guess_scale,
)
from labelwright_client.replay.vote_rows import (
    COLUMN_ALIASES,
    VoteRow,
    known_labels,
    read_gold_rows,
    read_id,
    read_vote_rows,
)
from schemas.vocabulary import Payload

MILLISECONDS_MAX = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Vote:
    """One recorded vote."""

    item: str
    annotator: str
    value: Value
    active_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Recording:
    """All recorded votes and known labels, with the last vote of each annotator on each item."""

    scale: Scale
    votes: Sequence[Vote]
    payloads: dict[str, Payload]
    gold: dict[str, Value]
    """The known labels of items that have votes."""
    repeated: int = 0
    """Number of votes that a later vote of the same annotator on the same item replaces."""
    notes: tuple[str, ...] = ()
    """Sentences on what else was left out."""


@dataclass(frozen=True, slots=True)
class RecordingFiles:
    """The files of a recording."""

    votes: Path
    items: Path | None = None
    gold: Path | None = None


def read_recording(files: RecordingFiles, scale: ScaleName | None = None) -> Recording:
    """Read and check the files; guess the scale if it is None. Raises BadFile."""
    read = read_vote_rows(files.votes)
    gold_rows = read_gold_rows(files.gold) if files.gold else []
    labels = {row.label for row in read.votes} | {row.label for row in gold_rows}
    chosen = _scale(scale, files.votes, labels)
    parser = LabelParser(chosen.name, labels)
    votes = [_vote(row, parser) for row in read.votes]
    voted = {vote.item for vote in votes}
    gold = known_labels(gold_rows, lambda gold: _value(gold.row, gold.label, parser))
    payloads = dict(_payloads(files.items))
    return Recording(
        scale=chosen,
        votes=votes,
        payloads={item: payloads.get(item) or {"item_id": item} for item in _in_order(votes)},
        gold={item: value for item, value in gold.items() if item in voted},
        repeated=read.repeated,
        notes=tuple(_notes(files, read.missing, voted, gold, payloads)),
    )


def _scale(requested: ScaleName | None, votes: Path, labels: set[str]) -> Scale:
    if requested is not None:
        return Scale(requested, "as requested")
    try:
        named = json.loads((votes.parent / "meta.json").read_text("utf-8")).get("type")
    except (OSError, ValueError, AttributeError):
        named = None
    found = [name for name in SCALES if name == named]
    return Scale(found[0], "from meta.json beside the votes") if found else guess_scale(labels)


def _vote(vote: VoteRow, parser: LabelParser) -> Vote:
    return Vote(
        item=vote.item,
        annotator=vote.annotator,
        value=_value(vote.row, vote.label, parser),
        active_ms=_milliseconds(vote.row),
    )


def _value(row: Row, text: str, parser: LabelParser) -> Value:
    value = parser.value(text)
    if value is not None:
        return value
    if parser.scale == "interval":
        raise row.bad(f"the label '{text[:50]}' is not a number, as --type interval needs.")
    raise row.bad(
        f"the label '{text[:50]}' is longer than {OPTION_CHARACTERS_MAX} characters"
        " or holds control characters."
    )


def _milliseconds(row: Row) -> int | None:
    text = row.cells.get("duration_s", "").strip()
    if not text:
        return None
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not math.isfinite(seconds) or seconds < 0:
        raise row.bad(f"duration_s is '{text[:50]}': write a number of seconds, at least 0.")
    return min(MILLISECONDS_MAX, round(seconds * 1000))


def _payloads(file: Path | None) -> Iterator[tuple[str, Payload]]:
    if file is None:
        return
    seen: dict[str, Payload] = {}
    for row in read_rows(file, ("item_id",), aliases=COLUMN_ALIASES):
        item = read_id(row, "item_id")
        texts: Payload = {
            name: text for name, text in row.cells.items() if name and name != "item_id"
        }
        if any("\x00" in text for text in row.cells.values()):
            raise row.bad("a text holds the character NUL.")
        if seen.setdefault(item, texts) != texts:
            raise row.bad(f"the item '{item}' has other values in an earlier row.")
    yield from seen.items()


def _in_order(votes: Sequence[Vote]) -> Iterator[str]:
    return iter(dict.fromkeys(vote.item for vote in votes))


def _notes(
    files: RecordingFiles,
    missing: int,
    voted: set[str],
    gold: dict[str, Value],
    payloads: dict[str, Payload],
) -> Iterator[str]:
    if missing:
        yield f"{missing} rows in {files.votes} have no label and are left out."
    unused = len(payloads.keys() - voted)
    if unused:
        yield f"{unused} items in {files.items} have no votes and are left out."
    textless = len(voted - payloads.keys()) if payloads else 0
    if textless:
        yield f"{textless} items have votes but are not in {files.items}: they show their id only."
    unvoted = len(gold.keys() - voted)
    if unvoted:
        yield f"{unvoted} gold labels are of items without votes and are left out."
