"""Agreement per label, per pair of annotators and per slice of the items."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass

import numpy as np

from agreement.alpha import Distance, Metric
from agreement.arrays import Ints, tally
from agreement.bootstrap import Draws, estimate, estimate_counts, undefined
from agreement.chance import Weights
from agreement.cohen import PairTables, answer_counts, cohen_kappa
from agreement.counts import Counts
from agreement.estimate import Estimate
from agreement.statistics import Statistic, measure_of
from agreement.votes import Votes


@dataclass(frozen=True, slots=True)
class PairAgreement:
    """The agreement of two annotators on the items that both voted on."""

    first: Hashable
    second: Hashable
    n_shared: int
    kappa: Estimate


def agreement(
    votes: Votes,
    statistic: Statistic = "krippendorff_alpha",
    metric: Metric | Distance = "nominal",
    *,
    replicates: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> Estimate:
    """The named figure with its interval."""
    measure = measure_of(votes, statistic, metric, seed=seed)
    counts = Counts.of(votes)
    reason = undefined(counts)
    if statistic == "raw_agreement" and reason and reason.startswith("no variation"):
        reason = None
    sizes = (votes.n_items, votes.n_annotators, votes.n_pairable)
    return estimate_counts(counts, measure, sizes, reason, Draws(replicates, seed, level))


def by_label(
    votes: Votes,
    statistic: Statistic = "krippendorff_alpha",
    *,
    replicates: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> dict[Hashable, Estimate]:
    """The figure for each label of the scale read as "this label or any other"."""
    found = {}
    for label in votes.labels:
        binary = votes.against_rest(label)
        measure = measure_of(binary, statistic)
        found[label] = estimate(binary, measure, replicates=replicates, seed=seed, level=level)
    return found


def by_slice(
    votes: Votes,
    slices: Mapping[Hashable, Hashable],
    statistic: Statistic = "krippendorff_alpha",
    metric: Metric | Distance = "nominal",
    *,
    replicates: int = 1000,
    seed: int = 0,
) -> dict[Hashable, Estimate]:
    """The figure within each slice, `slices` giving an item's slice; other items are left out."""
    names = list(dict.fromkeys(slices[item] for item in votes.items if item in slices))
    place = {name: code for code, name in enumerate(names)}
    owner = np.asarray(
        [place[slices[item]] if item in slices else -1 for item in votes.items], dtype=np.int64
    )
    return {
        name: agreement(
            votes.where(owner[votes.item] == code),
            statistic,
            metric,
            replicates=replicates,
            seed=seed,
        )
        for name, code in place.items()
    }


def by_pair(
    votes: Votes,
    *,
    weights: Weights = "identity",
    shared_min: int = 1,
    replicates: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> list[PairAgreement]:
    """Cohen's kappa of each pair of annotators who share at least `shared_min` items."""
    tables = PairTables.of(answer_counts(votes), max(len(votes.labels), 1))
    shared = tally(tables.owner[tables.cell], tables.value, len(tables.pairs))
    order = np.argsort(votes.annotator, kind="stable")
    ends = np.searchsorted(votes.annotator[order], np.arange(len(votes.annotators) + 1))
    found = []
    for (one, other), n_shared in zip(tables.pairs.tolist(), shared.tolist(), strict=True):
        if n_shared < shared_min:
            continue
        rows = np.concatenate([order[ends[code] : ends[code + 1]] for code in (one, other)])
        pair = _only(votes, rows, one)
        kappa = cohen_kappa(pair, weights=weights, replicates=replicates, seed=seed, level=level)
        names = (votes.annotators[one], votes.annotators[other])
        found.append(PairAgreement(*names, int(n_shared), kappa))
    return found


def _only(votes: Votes, rows: Ints, one: int) -> Votes:
    """Return the votes of two annotators, with codes that number only their items."""
    names, item = np.unique(votes.item[rows], return_inverse=True)
    return Votes(
        item.astype(np.int32),
        (votes.annotator[rows] != one).astype(np.int32),
        votes.label[rows],
        tuple(votes.items[code] for code in names.tolist()),
        ("first", "second"),
        votes.labels,
    )
