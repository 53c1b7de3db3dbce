"""Compares speed, memory and accuracy of libs/agreement with other libraries, in one run.

    python bench/crowd_statistics.py [--json] [--crowds FOLDER] [--small]

prints tables, and with --json one JSON object as the last line. `krippendorff` is in the
development lock. crowd-kit is not: it brings half a gigabyte of packages that nothing here needs.
To measure it too, create a temporary environment and run the benchmark there:

    uv venv /tmp/ck && uv pip install --python /tmp/ck crowd-kit krippendorff "scikit-learn<1.6"
    uv pip install --python /tmp/ck --no-deps -e libs/agreement
    /tmp/ck/bin/python bench/crowd_statistics.py

Both sides of a ratio start from the same three integer arrays (item, annotator, label), so that
the conversion to the format of each library is included. Times are CPU times, the best of several
runs, so that other load on the machine affects both sides alike.
"""

import argparse
import gzip
import json
import time
import tracemalloc
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np

from agreement import (
    AgreementStream,
    Inference,
    Votes,
    dawid_skene,
    infer,
    infer_numbers,
    krippendorff_alpha,
    read_gold,
    read_votes,
)
from agreement.bayes import Kind

try:
    import krippendorff
except ImportError:
    krippendorff = None  # type: ignore[assignment,unused-ignore]
try:
    import crowdkit.aggregation as kit
    import pandas as pd  # type: ignore[import-untyped,unused-ignore]
except ImportError:
    kit = None

CROWDS = Path(__file__).resolve().parents[2] / "shared" / "data"
Long = tuple[Any, Any, Any]
Metric = Literal["nominal", "ordinal", "interval"]
METRICS: tuple[Metric, ...] = ("nominal", "ordinal", "interval")


def seconds(work: Callable[[], object], runs: int = 3) -> float:
    """Return the CPU seconds of the fastest of some runs."""
    found = []
    for _ in range(runs):
        start = time.process_time()
        work()
        found.append(time.process_time() - start)
    return min(found)


def made_up(n_votes: int, n_items: int, n_annotators: int, n_labels: int) -> Long:
    """Return random votes, 70 % of them correct, at most one per annotator and item."""
    rng = np.random.default_rng(0)
    per_item = n_votes // n_items
    item = np.arange(n_items).repeat(per_item)
    first = rng.integers(0, n_annotators, n_items).repeat(per_item)
    annotator = (first + np.tile(np.arange(per_item) * 7, n_items)) % n_annotators
    truth = rng.integers(0, n_labels, n_items).repeat(per_item)
    wrong = rng.random(len(item)) > 0.7
    label = np.where(wrong, rng.integers(0, n_labels, len(item)), truth)
    order = rng.permutation(len(item))
    return item[order], annotator[order], label[order]


def alpha_speed(n_votes: int) -> dict[str, Any]:
    """Compare alpha of 500 annotators: ours from arrays, theirs from the matrix made of them."""
    if krippendorff is None:
        return {"alpha": {"left out": "krippendorff is not installed"}}
    found: dict[str, Any] = {}
    for per_item in (5, 20):
        long = made_up(n_votes, n_votes // per_item, 500, 5)

        def theirs(metric: Metric, long: Long = long, n_items: int = n_votes // per_item) -> float:
            matrix = np.full((500, n_items), np.nan)
            matrix[long[1], long[0]] = long[2]
            return float(krippendorff.alpha(matrix, level_of_measurement=metric))

        def ours(metric: Metric, long: Long = long) -> float:
            value = krippendorff_alpha(Votes.of(*long), metric, replicates=0).value
            return float(value or 0.0)

        for metric in METRICS:
            fast = seconds(partial(ours, metric))
            slow = seconds(partial(theirs, metric), runs=1)
            found[f"alpha {metric}, {per_item} votes an item"] = {
                "ours_s": fast,
                "theirs_s": slow,
                "ratio": slow / fast,
                "apart": abs(ours(metric) - theirs(metric)),
            }
    return found


def dawid_skene_speed(n_votes: int) -> dict[str, Any]:
    """Compare Dawid-Skene with 20 labels, until the gain is below 1e-5, at most 100 passes."""
    if kit is None:
        return {"dawid-skene": {"left out": "crowd-kit is not installed"}}
    long = made_up(n_votes, n_votes // 5, 500, 20)
    votes = Votes.of(*long)

    def theirs() -> object:
        frame = pd.DataFrame(dict(zip(("task", "worker", "label"), long, strict=True)))
        return kit.DawidSkene(n_iter=100, tol=1e-5).fit(frame)

    fit: list[Any] = []
    slow = seconds(lambda: fit.append(theirs()), runs=1)
    fast = seconds(lambda: dawid_skene(Votes.of(*long)), runs=1)
    found = dawid_skene(votes)
    same = fit[0].labels_.reindex(list(found.items)).to_numpy() == np.asarray(found.labels)
    return {
        "dawid-skene": {
            "ours_s": fast,
            "theirs_s": slow,
            "ratio": slow / fast,
            "our_iterations": found.convergence.iterations,
            "their_iterations": len(fit[0].loss_history_),
            "same_labels": float(np.mean(same)),
        }
    }


def own_speed(n_votes: int) -> dict[str, Any]:
    """Measure a streamed vote, a bootstrap, and memory as a multiple of the input."""
    item, annotator, label = (column.tolist() for column in made_up(n_votes, n_votes // 5, 500, 5))

    def streamed() -> AgreementStream:
        stream = AgreementStream()
        for start in range(0, len(item), 100):
            batch = slice(start, start + 100)
            stream.add_many(item[batch], annotator[batch], label[batch])
        return stream

    per_vote = seconds(streamed, runs=1) / len(item)
    apart = streamed().value().value or 0.0
    apart -= krippendorff_alpha(Votes.of(item, annotator, label), replicates=0).value or 0.0
    many = Votes.of(*made_up(500_000, 100_000, 500, 5))
    replicates = seconds(lambda: krippendorff_alpha(many, replicates=1000))
    return {
        "streamed nominal vote": {"microseconds": per_vote * 1e6, "apart_from_batch": abs(apart)},
        "1000 replicates, 100000 items": {"seconds": replicates},
        "the same, items all unlike": {"seconds": unlike_replicates()},
        "memory, alpha nominal": memory(n_votes, 5, krippendorff_alpha),
        "memory, alpha ordinal": memory(n_votes, 5, lambda v: krippendorff_alpha(v, "ordinal")),
        "memory, dawid-skene, 20 labels": memory(n_votes // 2, 20, dawid_skene),
    }


def unlike_replicates() -> float:
    """Return the seconds of 1000 replicates when almost all items have different votes."""
    rng = np.random.default_rng(0)
    places = (rng.integers(0, size, 1_000_000) for size in (100_000, 500, 5))
    votes = Votes.of(*places)
    return seconds(lambda: krippendorff_alpha(votes, replicates=1000))


def memory(n_votes: int, n_labels: int, work: Callable[[Votes], object]) -> dict[str, float]:
    """Return the peak of new allocations, and its ratio to the size of the three input arrays."""
    long = made_up(n_votes, n_votes // 5, 500, n_labels)
    size = sum(column.nbytes for column in long)
    tracemalloc.start()
    work(Votes.of(*long))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return {"input_mb": size / 1e6, "peak_mb": peak / 1e6, "times_input": peak / size}


def accuracy(crowds: Path) -> dict[str, Any]:
    """Return the share of correct gold items by method; a tie of n labels counts 1/n."""
    found: dict[str, Any] = {}
    for folder in sorted(crowds.iterdir()):
        meta = folder / "meta.json"
        if not meta.is_file() or not json.loads(meta.read_text())["n_gold"]:
            continue
        votes = read_votes(next(folder.glob("votes.csv*")))
        gold = read_gold(folder / "gold.csv")
        if json.loads(meta.read_text())["type"] == "interval":
            found[folder.name] = interval_errors(votes, gold)
            continue
        kind: Kind = "ordinal" if json.loads(meta.read_text())["type"] == "ordinal" else "nominal"
        line = {"bayes": share_right(infer(votes, kind=kind), gold)}
        for method in ("majority", "weighted", "one-coin", "dawid-skene", "glad", "mace"):
            line[method] = share_right(infer(votes, method), gold)
        found[folder.name] = line | crowdkit_accuracy(next(folder.glob("votes.csv*")), gold)
    return found


def share_right(found: Inference, gold: dict[Any, Any]) -> float:
    """Return the share of items with gold whose most probable label is correct."""
    score = []
    for item, line in zip(found.items, found.posterior, strict=True):
        if item in gold:
            best = np.flatnonzero(line >= line.max() - 1e-9)
            named = [found.label_names[code] for code in best]
            score.append((gold[item] in named) / len(best))
    return float(np.mean(score))


def interval_errors(votes: Votes, gold: dict[Any, Any]) -> dict[str, Any]:
    """Return correlation and mean absolute error of our value, the mean and the median."""
    found = infer_numbers(votes)
    known = np.asarray([float(gold.get(item, "nan")) for item in found.items])
    has = np.isfinite(known)
    line = {}
    for name in ("value", "mean", "median"):
        values = getattr(found, name)[has]
        line[f"{name} r"] = float(np.corrcoef(values, known[has])[0, 1])
        line[f"{name} error"] = float(np.abs(values - known[has]).mean())
    return line


def crowdkit_accuracy(path: Path, gold: dict[Any, Any]) -> dict[str, float]:
    """Return the accuracy of six methods of crowd-kit at their defaults, if it is installed."""
    if kit is None:
        return {}
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8") as text:
        frame = pd.read_csv(text, dtype=str).rename(
            columns={"item_id": "task", "annotator_id": "worker"}
        )
    line = {}
    for name in ("MajorityVote", "DawidSkene", "OneCoinDawidSkene", "GLAD", "MACE", "Wawa"):
        labels = getattr(kit, name)().fit_predict(frame)
        line[f"crowd-kit {name}"] = float(
            np.mean([labels[item] == gold[item] for item in labels.index if item in gold])
        )
    return line


def table(title: str, rows: dict[str, Any]) -> None:
    """Print rows of figures under a title."""
    print(f"\n{title}")
    for name, figures in rows.items():
        shown = "  ".join(
            f"{key} {value:.4g}" if isinstance(value, float) else f"{key} {value}"
            for key, value in figures.items()
        )
        print(f"  {name:34}{shown}", flush=True)


def main() -> None:
    """Measure everything and print it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument(
        "--json", action="store_true", help="print one JSON object as the last line"
    )
    parser.add_argument("--crowds", type=Path, default=CROWDS, help="folder of sets with gold")
    parser.add_argument("--small", action="store_true", help="a tenth of the votes")
    options = parser.parse_args()
    scale = 10 if options.small else 1
    found = {"accuracy": accuracy(options.crowds) if options.crowds.is_dir() else {}}
    table("Accuracy against gold", found["accuracy"])
    found["ours"] = own_speed(1_000_000 // scale)
    table("Stream, bootstrap, memory", found["ours"])
    found["dawid_skene"] = dawid_skene_speed(500_000 // scale)
    table("Dawid-Skene beside crowd-kit", found["dawid_skene"])
    found["alpha"] = alpha_speed(1_000_000 // scale)
    table("Alpha beside krippendorff", found["alpha"])
    if options.json:
        print(json.dumps(found))


if __name__ == "__main__":
    main()
