"""Votes from files and data frames: the only module of this library that reads anything."""

import csv
import gzip
from collections.abc import Hashable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TextIO

from agreement.votes import BadVotes, Repeats, Votes

ITEM = ("item_id", "task", "item")
ANNOTATOR = ("annotator_id", "worker", "annotator")
LABEL = ("label",)


def read_votes(
    path: str | Path,
    *,
    scale: Sequence[Hashable] | None = None,
    repeats: Repeats = "last",
) -> Votes:
    """Return the votes in a CSV file with a header, one vote per row; gzipped if it ends in .gz.

    White space around a value is ignored.

    The columns are `item_id,annotator_id,label` or `task,worker,label`, in any order, among others.
    All three are text; an empty label is a missing vote. Raises `BadVotes` with the line at fault.
    """
    items, annotators, labels = _read_columns(Path(path), (ITEM, ANNOTATOR, LABEL))
    present = [label if label != "" else None for label in labels]
    votes = Votes.of(items, annotators, present, scale=scale, repeats=repeats)
    if not len(votes):
        raise BadVotes(f"{path} holds no votes.")
    return votes


def read_gold(path: str | Path) -> dict[Hashable, Hashable]:
    """Return known labels from a CSV file of `item_id,label` (or `task,label`).

    Rows with an empty label are left out.
    """
    items, labels = _read_columns(Path(path), (ITEM, LABEL))
    gold: dict[Hashable, Hashable] = {}
    for item, label in zip(items, labels, strict=True):
        if gold.get(item, label) != label:
            raise BadVotes(f"{path} gives item {item!r} two different labels.")
        if label != "":
            gold[item] = label
    return gold


def votes_from_frame(
    frame: Any,  # noqa: ANN401 - any frame with columns by name
    *,
    scale: Sequence[Hashable] | None = None,
    repeats: Repeats = "last",
) -> Votes:
    """Return the votes in a data frame (pandas, polars, arrow and others) with the same columns.

    None of those libraries is imported: a column is looked up by its name and converted by the
    method it has.
    """
    if not hasattr(frame, "__getitem__"):
        raise BadVotes("The frame gives no column by its name.")
    names = [str(name) for name in getattr(frame, "column_names", getattr(frame, "columns", ()))]
    columns = [frame[_found(names, wanted, "The frame")] for wanted in (ITEM, ANNOTATOR, LABEL)]
    return Votes.of(*(_listed(column) for column in columns), scale=scale, repeats=repeats)


def _listed(column: Any) -> Iterable[Any]:  # noqa: ANN401 - see votes_from_frame
    for method in ("to_list", "to_pylist", "tolist"):
        if hasattr(column, method):
            listed: Iterable[Any] = getattr(column, method)()
            return listed
    return list(column)


def _read_columns(path: Path, wanted: Sequence[tuple[str, ...]]) -> list[list[str]]:
    try:
        with _opened(path) as text:
            return _columns_of(csv.reader(text, strict=True), wanted, path)
    except FileNotFoundError:
        raise BadVotes(f"There is no file {path}.") from None
    except UnicodeDecodeError:
        raise BadVotes(f"{path} is not UTF-8 text.") from None
    except (OSError, EOFError, csv.Error) as error:
        raise BadVotes(f"{path} cannot be read: {error}.") from None


def _opened(path: Path) -> TextIO:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")


def _columns_of(
    rows: Iterator[list[str]], wanted: Sequence[tuple[str, ...]], path: Path
) -> list[list[str]]:
    header = next(rows, None)
    if header is None:
        raise BadVotes(f"{path} is empty.")
    names = [name.strip() for name in header]
    places = [names.index(_found(names, options, str(path))) for options in wanted]
    columns: list[list[str]] = [[] for _ in places]
    for line, row in enumerate(rows, start=2):
        if not row:
            continue
        if len(row) != len(names):
            raise BadVotes(
                f"{path}, row {line}: {len(row)} fields where the header has {len(names)}."
            )
        for column, place in zip(columns, places, strict=True):
            column.append(row[place].strip())
    return columns


def _found(names: Sequence[str], options: tuple[str, ...], where: str) -> str:
    for option in options:
        if option in names:
            return option
    raise BadVotes(f"{where} has no column {' or '.join(options)}.")
