"""`labelwright agreement`: how far annotators agree, from a file of votes."""

import csv
import json
from collections.abc import Hashable, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, NoReturn

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from agreement import (
    BadVotes,
    Estimate,
    Inference,
    NumberInference,
    SideBySide,
    Votes,
    by_label,
    distrusted,
    infer,
    infer_numbers,
    with_and_without,
)
from agreement.bayes import Kind
from agreement.report import LABELS_SHOWN, Report, shown
from agreement.summary import accuracy, as_json, calibration, coincidences, figures
from labelwright_client.replay.files import BadFile
from labelwright_client.replay.scale import LabelParser
from labelwright_client.replay.vote_rows import known_labels, read_gold_rows, read_vote_rows


class LabelType(StrEnum):
    """The scale of the labels."""

    NOMINAL = "nominal"
    ORDINAL = "ordinal"
    INTERVAL = "interval"


class Method(StrEnum):
    """The method that infers labels."""

    BAYES = "bayes"
    MAJORITY = "majority"
    WEIGHTED = "weighted"
    ONE_COIN = "one-coin"
    DAWID_SKENE = "dawid-skene"
    GLAD = "glad"
    MACE = "mace"


@dataclass(frozen=True, slots=True, eq=False)
class _Findings:
    """The results on one file of votes."""

    votes: Votes
    figures: Mapping[str, Estimate]
    inferred: Inference | NumberInference
    sides: SideBySide | None
    gold: Mapping[Hashable, Hashable]


def agreement(  # noqa: PLR0913 - each is an option of the command
    votes: Annotated[Path, typer.Argument(help="CSV: item_id,annotator_id,label; .gz too.")],
    *,
    label_type: Annotated[
        LabelType, typer.Option("--type", help="The scale of the labels.")
    ] = LabelType.NOMINAL,
    gold: Annotated[Path | None, typer.Option(help="CSV of known labels: item_id,label.")] = None,
    labels: Annotated[Path | None, typer.Option(help="Write the inferred labels here.")] = None,
    method: Annotated[Method, typer.Option(help="How labels are inferred.")] = Method.BAYES,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    html: Annotated[Path | None, typer.Option(help="Write a page with plots here.")] = None,
) -> None:
    """Measure the agreement of annotators, and infer labels from their votes.

    Gold labels are used to judge, not to infer: the accuracy shown is that of the votes alone.
    """
    try:
        found = _found(*_read(votes, gold), label_type, method)
        if labels:
            _write_labels(labels, found.inferred)
        if html:
            html.write_text(_report(found, str(votes)).html(), encoding="utf-8")
    except (BadVotes, BadFile) as refusal:
        _refuse(str(refusal))
    except OSError as error:
        _refuse(f"{error.filename} cannot be written: {error.strerror}.")
    if as_json:
        typer.echo(json.dumps(_object(found)))
    else:
        _print(found)


def _refuse(sentence: str) -> NoReturn:
    typer.echo(sentence, err=True)
    raise typer.Exit(2)


def _read(votes: Path, gold: Path | None) -> tuple[Votes, Mapping[Hashable, Hashable]]:
    """Read the votes and the known labels as `replay` does. Raises BadFile, BadVotes."""
    rows = read_vote_rows(votes).votes
    gold_rows = read_gold_rows(gold) if gold else []
    labels = {row.label for row in rows} | {row.label for row in gold_rows}
    reading = LabelParser("nominal", labels)
    read = Votes.of(
        [row.item for row in rows],
        [row.annotator for row in rows],
        [reading.plain(row.label) for row in rows],
    )
    known = known_labels(gold_rows, lambda gold_row: reading.plain(gold_row.label))
    return read, dict(known.items())


def _found(
    votes: Votes, gold: Mapping[Hashable, Hashable], label_type: LabelType, method: Method
) -> _Findings:
    measured = figures(votes, label_type.value)
    if label_type is LabelType.INTERVAL:
        return _Findings(votes, measured, infer_numbers(votes), None, gold)
    kind: Kind = "ordinal" if label_type is LabelType.ORDINAL else "nominal"
    inferred = infer(votes, method.value, kind=kind)
    known = {item: label for item, label in gold.items() if label in votes.labels}
    judged = infer(votes, kind=kind, gold=known) if known else inferred
    sides = with_and_without(votes, distrusted(judged), metric=kind)
    return _Findings(votes, measured, inferred, sides, gold)


def _sentences(found: _Findings) -> list[str]:
    votes = found.votes
    said = [f"{votes.n_items} items, {votes.n_annotators} annotators, {len(votes)} votes."]
    if found.sides is not None and found.sides.distrusted:
        value, interval = shown(found.sides.trusted)
        out = found.sides
        said.append(
            f"Without {len(out.distrusted)} distrusted annotators ({out.share_of_votes_out:.0%} of "
            f"the votes) alpha is {value} ({interval}): "
            + ", ".join(str(name) for name in out.distrusted[:10])
            + (", ..." if len(out.distrusted) > 10 else ".")
        )
    if isinstance(found.inferred, Inference):
        ties = sum(label is None for label in found.inferred.labels)
        if ties:
            said.append(f"{ties} items are tied and get no label.")
        if not found.inferred.convergence.is_converged:
            said.append("The inference was stopped before it had settled.")
        if found.inferred.guard.warning:
            said.append(found.inferred.guard.warning)
    said += [f"{name}: {value}." for name, value in _judged(found).items()]
    return said


def _judged(found: _Findings) -> dict[str, Any]:
    """Return the accuracy of the inferred labels, or their errors if they are numbers."""
    if not found.gold:
        return {}
    if isinstance(found.inferred, Inference):
        return {
            "accuracy": accuracy(found.inferred, found.gold)["value"],
            "accuracy_majority": accuracy(infer(found.votes, "majority"), found.gold)["value"],
        }
    try:
        pairs = [
            (i, float(str(found.gold[x])))
            for i, x in enumerate(found.inferred.items)
            if x in found.gold
        ]
    except ValueError:
        raise BadVotes("The gold labels of an interval scale must be numbers.") from None
    if not pairs:
        return {}
    rows, known = [i for i, _ in pairs], np.asarray([value for _, value in pairs])
    columns = {"": "value", "_mean": "mean", "_median": "median"}
    return {
        f"mean_absolute_error{suffix}": float(
            np.abs(getattr(found.inferred, name)[rows] - known).mean()
        )
        for suffix, name in columns.items()
    }


def _object(found: _Findings) -> dict[str, Any]:
    votes = found.votes
    result: dict[str, Any] = {
        "n_items": votes.n_items,
        "n_annotators": votes.n_annotators,
        "n_votes": len(votes),
    }
    result |= {name: as_json(estimate) for name, estimate in found.figures.items()}
    if found.sides is not None:
        result["krippendorff_alpha_without_distrusted"] = as_json(found.sides.trusted)
        result["distrusted"] = [str(name) for name in found.sides.distrusted]
    if isinstance(found.inferred, Inference):
        result["method"] = found.inferred.method
        result["guard"] = asdict(found.inferred.guard)
    result["is_converged"] = found.inferred.convergence.is_converged
    return result | _judged(found)


def _print(found: _Findings) -> None:
    console = Console()
    table = Table("figure", "value", "95 % interval", "items", "pairable votes")
    for name, estimate in found.figures.items():
        counts = (str(estimate.n_items), str(estimate.n_pairable))
        table.add_row(name, *shown(estimate), *counts)
    console.print(table)
    for sentence in _sentences(found):
        console.print(sentence, markup=False, highlight=False)


def _write_labels(path: Path, inferred: Inference | NumberInference) -> None:
    """Write a CSV file; a tie has an empty label, numbers have a deviation, not a confidence."""
    with path.open("w", encoding="utf-8", newline="") as text:
        rows = csv.writer(text, lineterminator="\n")
        if isinstance(inferred, NumberInference):
            rows.writerow(("item_id", "label", "deviation"))
            columns = (inferred.value.tolist(), inferred.deviation.tolist())
        else:
            rows.writerow(("item_id", "label", "confidence"))
            said = ["" if label is None else label for label in inferred.labels]
            columns = (said, inferred.confidence.tolist())
        rows.writerows(zip(inferred.items, *columns, strict=True))


def _report(found: _Findings, title: str) -> Report:
    votes, inferred = found.votes, found.inferred
    is_nominal = isinstance(inferred, Inference) and len(votes.labels) <= LABELS_SHOWN
    bins = calibration(inferred, found.gold) if isinstance(inferred, Inference) else []
    return Report(
        f"Agreement: {Path(title).name}",
        _sentences(found),
        found.figures,
        votes.labels,
        coincidences(votes),
        by_label(votes) if is_nominal else {},
        bins,
    )
