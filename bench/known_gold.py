"""Truth inference with a few known labels, on real crowds: what 20 of them gain.

    python bench/known_gold.py [--crowds FOLDER] [--draws 50] [--known 20] [--pick disputed|random]

For each set, each number of votes an item and each draw: that many votes of each item are drawn,
half of the items with gold are drawn as those that one may ask for, and of these the library picks
20 to be known. All methods are scored on the same remaining items with gold, a tie in parts.
*Spread* is how far the best and the worst of the models are apart without known labels, once a row.
"All" votes an item are the same in each draw; the items that one may ask for are not.

To save time, a set of more than 6,000 items is cut to those with gold and others drawn at random,
and all fits, the default's too, end when no posterior moves by 0.001 (the command: 0.0001).

The 95 % intervals are of paired differences. Their variance is that between draws plus that between
items (of each item's mean difference over the draws), since both are samples.
"""

import argparse
import json
import os
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agreement import (
    AVERAGED,
    Inference,
    ModelAverage,
    Votes,
    average,
    infer,
    read_gold,
    read_votes,
)
from agreement.annotator_models import MODELS
from agreement.bayes import bayes
from agreement.crowd import Crowd

CROWDS = Path(__file__).resolve().parents[2] / "shared" / "data"
SETS = ("music_genre", "bluebirds", "weather", "rte", "dog", "zencrowd_us", "fact_eval")
VOTES_AN_ITEM = (3, 5, None)
ITEMS_MAX = 6_000
TOLERANCE = 1e-3
METHODS = ("majority", "default", "default with gold", "average")
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class RandomDraw:
    """One random draw: `right` (methods, items with gold) is nan for items given as gold."""

    right: Floats
    weights: Floats
    share_disputed: float
    seconds: float


@cache
def read(folder: Path) -> tuple[Votes, dict[Any, Any]]:
    """The votes of a set, and its gold labels of items with votes."""
    votes = read_votes(next(folder.glob("votes.csv*")))
    gold = read_gold(folder / "gold.csv")
    has_gold = np.asarray([gold.get(item) in votes.labels for item in votes.items])
    others = np.random.default_rng(0).permutation(np.flatnonzero(~has_gold))
    kept = has_gold.copy()
    kept[others[: max(ITEMS_MAX - int(has_gold.sum()), 0)]] = True
    cut = votes.where(kept[votes.item])
    items = [votes.items[code] for code in cut.item]
    annotators = [votes.annotators[code] for code in cut.annotator]
    labels = [votes.labels[code] for code in cut.label]
    known = {votes.items[code]: gold[votes.items[code]] for code in np.flatnonzero(has_gold)}
    return Votes.of(items, annotators, labels, scale=votes.labels, repeats="all"), known


@cache
def without_gold(folder: Path) -> ModelAverage:
    """Return the result of all votes of a set without known labels: the same in each draw."""
    return average(read(folder)[0], tolerance=TOLERANCE)


def few(votes: Votes, n: int | None, chance: np.random.Generator) -> Votes:
    """At most `n` votes of each item, drawn at random; None: all."""
    if n is None:
        return votes
    order = chance.permutation(len(votes))
    by_item = order[np.argsort(votes.item[order], kind="stable")]
    item = votes.item[by_item]
    rank = np.arange(len(item)) - np.searchsorted(item, item)
    kept = np.zeros(len(votes), dtype=np.bool_)
    kept[by_item[rank < n]] = True
    return votes.where(kept)


def right(found: Inference, items: Sequence[Any], gold: dict[Any, Any]) -> Floats:
    """Return the probability that a random choice among the best labels of each item is right."""
    row = {item: code for code, item in enumerate(found.items)}
    column = {label: code for code, label in enumerate(found.label_names)}
    lines = found.posterior[[row[item] for item in items]]
    best = lines >= lines.max(axis=1, keepdims=True) - 1e-9
    said = best[np.arange(len(items)), [column[gold[item]] for item in items]]
    return np.asarray(said / best.sum(axis=1))


def one_draw(folder: Path, n: int | None, n_known: int, pick: str, number: int) -> RandomDraw:
    """Draw number `number` of a set: infer with and without known labels, and score."""
    started = time.process_time()
    all_votes, gold = read(folder)
    chance = np.random.default_rng([number, n or 0])
    votes = few(all_votes, n, chance)
    items = [item for item in votes.items if item in gold]
    half = chance.permutation(len(items))[: len(items) // 2]
    askable = {items[place] for place in half}
    without = average(votes, tolerance=TOLERANCE) if n else without_gold(folder)
    if pick == "random":
        selected = [items[place] for place in half[:n_known]]
    else:
        ranked = without.ask_gold(len(votes.items))
        selected = [item for item in ranked if item in askable][:n_known]
    known = {item: gold[item] for item in selected}
    weighed = average(votes, gold=known, tolerance=TOLERANCE)
    majority = infer(votes, "majority")
    found = (majority, without.inference, weighed.default, weighed.inference)
    scores = np.stack([right(one, items, gold) for one in found])
    scores[:, [items.index(item) for item in selected]] = np.nan
    weights = np.asarray([weighed.weights[name] for name in AVERAGED])
    return RandomDraw(scores, weights, without.share_disputed, time.process_time() - started)


def spread(folder: Path, n: int | None) -> float:
    """The points between the best and the worst model on all gold, without known labels."""
    all_votes, gold = read(folder)
    votes = few(all_votes, n, np.random.default_rng([0, n or 0]))
    items = list(gold)
    crowd, default = Crowd.of(votes), bayes(votes, tolerance=TOLERANCE)
    posteriors = [model.fit(crowd, TOLERANCE)[0] for model in MODELS.values()]
    found = [default, *(replace(default, posterior=one.T) for one in posteriors)]
    points = [float(right(one, items, gold).mean()) * 100 for one in found]
    return max(points) - min(points)


def difference(draws: Sequence[RandomDraw], method: str, other: str) -> tuple[float, float, float]:
    """The mean difference of two methods in points, and the ends of its 95 % interval."""
    first, second = METHODS.index(method), METHODS.index(other)
    # (draws, items); items that no draw scored have no column mean and are left out.
    apart = np.stack([draw.right[first] - draw.right[second] for draw in draws]) * 100
    apart = apart[:, ~np.isnan(apart).all(axis=0)]
    by_draw, by_item = np.nanmean(apart, axis=1), np.nanmean(apart, axis=0)
    error = np.sqrt(
        by_draw.var(ddof=1) / len(by_draw) + by_item.var(ddof=1) / len(by_item),
    )
    middle = float(by_draw.mean())
    return middle, middle - 1.96 * float(error), middle + 1.96 * float(error)


def row_of(draws: Sequence[RandomDraw]) -> dict[str, Any]:
    """Return the row of the table for one set at one number of votes."""
    points = [
        float(np.mean([np.nanmean(one.right[code]) for one in draws])) * 100 for code in range(4)
    ]
    return {
        "accuracy": dict(zip(METHODS, points, strict=True)),
        "average - default": difference(draws, "average", "default"),
        "average - default with gold": difference(draws, "average", "default with gold"),
        "average - majority": difference(draws, "average", "majority"),
        "share_disputed": float(np.mean([one.share_disputed for one in draws])),
        "weights": dict(
            zip(AVERAGED, np.mean([one.weights for one in draws], axis=0).tolist(), strict=True)
        ),
        "seconds_per_draw": float(np.mean([one.seconds for one in draws])),
    }


def overall(rows: dict[tuple[str, int | None], dict[str, Any]], name: str) -> tuple[float, ...]:
    """The mean of a difference over sets, with its interval.

    Sets are independent; the numbers of votes of one set are not, and their errors are added up as
    if they were one.
    """
    by_set: dict[str, list[tuple[float, float]]] = {}
    for (crowd, _), row in rows.items():
        middle, low, _ = row[name]
        by_set.setdefault(crowd, []).append((middle, (middle - low) / 1.96))
    means = np.asarray([np.mean(values, axis=0) for values in by_set.values()])
    error = float(np.sqrt((means[:, 1] ** 2).sum())) / len(means)
    middle = float(means[:, 0].mean())
    return middle, middle - 1.96 * error, middle + 1.96 * error


def shown(interval: Sequence[float]) -> str:
    """A difference with its interval."""
    return f"{interval[0]:+.2f} ({interval[1]:+.2f} to {interval[2]:+.2f})"


def show(crowd: str, n: int | None, row: dict[str, Any]) -> None:
    """Print one row of the table."""
    points = " | ".join(f"{value:.2f}" for value in row["accuracy"].values())
    apart = " | ".join(
        shown(row[f"average - {other}"]) for other in ("default", "default with gold", "majority")
    )
    weights = " ".join(f"{value:.2f}" for value in row["weights"].values())
    disputed = f"{row['share_disputed']:.1%}"
    start = f"| {crowd} | {n or 'all'} | {points} | {apart}"
    print(f"{start} | {disputed} | {row['spread']:.1f} | {weights} |", flush=True)


def main() -> None:
    """Run all draws and print them."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--crowds", type=Path, default=CROWDS, help="folder of sets with gold")
    parser.add_argument("--sets", nargs="*", help="names of sets; default: the seven nominal ones")
    parser.add_argument("--draws", type=int, default=50)
    parser.add_argument("--known", type=int, default=20, help="known labels in each draw")
    parser.add_argument("--pick", choices=["disputed", "random"], default="disputed")
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    options = parser.parse_args()
    rows: dict[tuple[str, int | None], dict[str, Any]] = {}
    print("| set | votes | " + " | ".join(METHODS), end=" | ")
    print(
        "average - default | - default with gold | - majority | disputed | spread of models |",
        *AVERAGED,
        "|",
    )
    with ProcessPoolExecutor(options.processes) as pool:
        for crowd in options.sets or SETS:
            for n in VOTES_AN_ITEM:
                work = partial(one_draw, options.crowds / crowd, n, options.known, options.pick)
                rows[crowd, n] = row_of(list(pool.map(work, range(options.draws))))
                rows[crowd, n]["spread"] = spread(options.crowds / crowd, n)
                show(crowd, n, rows[crowd, n])
    for name in ("average - default", "average - default with gold", "average - majority"):
        print(f"{name}, mean over sets: {shown(overall(rows, name))}")
    named = {f"{crowd}@{n or 'all'}": row for (crowd, n), row in rows.items()}
    print(json.dumps({"draws": options.draws, "known": options.known, "rows": named}))


if __name__ == "__main__":
    main()
