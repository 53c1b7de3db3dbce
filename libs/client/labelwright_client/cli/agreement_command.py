"""`labelwright agreement`: how far annotators agree, from a file of votes."""

import csv
import json
from collections.abc import Hashable, Mapping, Sequence
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
    ModelAverage,
    NumberInference,
    SideBySide,
    Votes,
    average,
    by_label,
    distrusted,
    infer,
    infer_numbers,
    with_and_without,
)
from agreement.bayes import Kind
from agreement.report import LABELS_SHOWN, Report, shown
from agreement.summary import accuracy, as_json, calibration, coincidences, figures
from labelwright_client.cli.known_gold import check_known_rows
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

    AVERAGE = "average"
    BAYES = "bayes"
    MAJORITY = "majority"
    WEIGHTED = "weighted"
    ONE_COIN = "one-coin"
    DAWID_SKENE = "dawid-skene"
    GLAD = "glad"
    MACE = "mace"


@dataclass(frozen=True, slots=True)
class Gold:
    """Labels from files: those given to the models, and those that the result is scored against."""

    known: Mapping[Hashable, Hashable]
    scored: Mapping[Hashable, Hashable]

    @property
    def to_score(self) -> dict[Hashable, Hashable]:
        """The labels to score against, without the items whose label the models were given."""
        return {item: label for item, label in self.scored.items() if item not in self.known}


@dataclass(frozen=True, slots=True, eq=False)
class _Findings:
    """The results on one file of votes."""

    votes: Votes
    figures: Mapping[str, Estimate]
    inferred: Inference | NumberInference
    sides: SideBySide | None
    gold: Gold
    averaged: ModelAverage | None
    """The models beside each other; None where labels are numbers or a method was named."""
    ask_gold: Sequence[Hashable]


def agreement(  # noqa: PLR0913 - each is an option of the command
    votes: Annotated[Path, typer.Argument(help="CSV: item_id,annotator_id,label; .gz too.")],
    *,
    label_type: Annotated[
        LabelType, typer.Option("--type", help="The scale of the labels.")
    ] = LabelType.NOMINAL,
    gold: Annotated[
        Path | None, typer.Option(help="CSV item_id,label: what the result is scored against.")
    ] = None,
    known_gold: Annotated[
        Path | None, typer.Option(help="CSV item_id,label: known labels, given to the models.")
    ] = None,
    ask_gold: Annotated[
        int, typer.Option(min=0, help="Print so many items whose labels to find out first.")
    ] = 0,
    labels: Annotated[Path | None, typer.Option(help="Write the inferred labels here.")] = None,
    method: Annotated[Method, typer.Option(help="How labels are inferred.")] = Method.AVERAGE,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    html: Annotated[Path | None, typer.Option(help="Write a page with plots here.")] = None,
) -> None:
    """Measure the agreement of annotators, and infer labels from their votes.

    Labels of --gold are used to judge, not to infer. Labels of --known-gold are given to the
    models and choose among them: the accuracy shown leaves their items out.
    """
    try:
        found = _found(*_read(votes, gold, known_gold), label_type, method, ask_gold)
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


def _read(votes: Path, gold: Path | None, known_gold: Path | None) -> tuple[Votes, Gold]:
    """Read the votes and both gold files as `replay` does. Raises BadFile, BadVotes."""
    rows = read_vote_rows(votes).votes
    gold_rows = read_gold_rows(gold) if gold else []
    known_rows = read_gold_rows(known_gold) if known_gold else []
    labels = {row.label for row in rows} | {row.label for row in gold_rows + known_rows}
    reading = LabelParser("nominal", labels)
    read = Votes.of(
        [row.item for row in rows],
        [row.annotator for row in rows],
        [reading.plain(row.label) for row in rows],
    )
    if known_gold:
        check_known_rows(known_gold, known_rows, read, reading)
    known = known_labels(known_rows, lambda row: reading.plain(row.label))
    scored = known_labels(gold_rows, lambda row: reading.plain(row.label))
    return read, Gold(dict(known.items()), dict(scored.items()))


def _found(
    votes: Votes, gold: Gold, label_type: LabelType, method: Method, ask_gold: int
) -> _Findings:
    measured = figures(votes, label_type.value)
    if label_type is LabelType.INTERVAL:
        if gold.known or ask_gold:
            raise BadVotes("--known-gold and --ask-gold are for labels that are not numbers.")
        return _Findings(votes, measured, infer_numbers(votes), None, gold, None, ())
    kind: Kind = "ordinal" if label_type is LabelType.ORDINAL else "nominal"
    averaged = None
    if method is Method.AVERAGE or ask_gold:
        averaged = average(votes, gold=gold.known, kind=kind)
    if averaged is not None and method is Method.AVERAGE:
        inferred = averaged.inference
    else:
        inferred = infer(votes, method.value, kind=kind, gold=gold.known)
    known = {item: label for item, label in gold.scored.items() if label in votes.labels}
    known |= gold.known
    judged = infer(votes, kind=kind, gold=known) if known else inferred
    sides = with_and_without(votes, distrusted(judged), metric=kind)
    selected = averaged.ask_gold(ask_gold) if averaged is not None else ()
    return _Findings(votes, measured, inferred, sides, gold, averaged, selected)


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
    if found.averaged is not None:
        said += _of_models(found.averaged)
    said += [f"{name}: {value}." for name, value in _judged(found).items()]
    return said


def _of_models(averaged: ModelAverage) -> list[str]:
    """Describe the weights of the models, and the share of items on which they differ."""
    said = []
    if averaged.n_known:
        weights = ", ".join(f"{name} {weight:.2f}" for name, weight in averaged.weights.items())
        said.append(f"{averaged.n_known} known labels weigh the models: {weights}.")
    if averaged.warning:
        said.append(averaged.warning)
    elif averaged.n_disputed:
        said.append(
            f"The models differ on {averaged.n_disputed} of {averaged.n_open} items "
            f"({averaged.share_disputed:.1%})."
        )
    return said


def _judged(found: _Findings) -> dict[str, Any]:
    """Return the accuracy of the inferred labels, or their errors if they are numbers.

    Items whose labels the models were given are left out.
    """
    gold = found.gold.to_score
    if not gold:
        return {}
    if isinstance(found.inferred, Inference):
        return {
            "accuracy": accuracy(found.inferred, gold)["value"],
            "accuracy_majority": accuracy(infer(found.votes, "majority"), gold)["value"],
        }
    try:
        pairs = [(i, float(str(gold[x]))) for i, x in enumerate(found.inferred.items) if x in gold]
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
    if found.averaged is not None:
        averaged = found.averaged
        result["n_known_gold"] = averaged.n_known
        result["weights"] = dict(averaged.weights)
        result["n_disputed"], result["share_disputed"] = (
            averaged.n_disputed,
            averaged.share_disputed,
        )
        result["disputed_warning"] = averaged.warning
        result["ask_gold"] = [str(item) for item in found.ask_gold]
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
    if found.ask_gold:
        typer.echo("Label these items first:")
    for item in found.ask_gold:
        typer.echo(str(item))


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
    bins = calibration(inferred, found.gold.to_score) if isinstance(inferred, Inference) else []
    return Report(
        f"Agreement: {Path(title).name}",
        _sentences(found),
        found.figures,
        votes.labels,
        coincidences(votes),
        by_label(votes) if is_nominal else {},
        bins,
    )
