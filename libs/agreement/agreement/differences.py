"""The difference of two agreements, with its interval and p-value."""

from collections.abc import Hashable

import numpy as np

from agreement.alpha import Distance, Metric
from agreement.arrays import Floats, Ints
from agreement.bootstrap import DEFAULT_DRAWS, Draws, Measure, percentiles, resampled, weight_blocks
from agreement.breakdown import agreement
from agreement.counts import Counts
from agreement.estimate import Difference
from agreement.statistics import Statistic, measure_of
from agreement.votes import Votes, codes_of


def difference(
    before: Votes,
    after: Votes,
    statistic: Statistic = "krippendorff_alpha",
    metric: Metric | Distance = "nominal",
    *,
    paired: bool | None = None,
    draws: Draws = DEFAULT_DRAWS,
) -> Difference:
    """Return the change of the figure from `before` to `after`.

    On the same items both are resampled together (`paired`, over items with votes in both), which
    takes the difficulty of the items out of the difference; on different items each is resampled
    alone. By default it is paired if at least half the items of the smaller side are shared.
    """
    shared = _shared_items(before, after)
    if paired is None:
        paired = 2 * len(shared) >= max(min(before.n_items, after.n_items), 1)
    if paired:
        before, after = before.on(shared), after.on(shared)
    old, new = (
        agreement(
            votes,
            statistic,
            metric,
            replicates=draws.replicates,
            seed=draws.seed,
            level=draws.level,
        )
        for votes in (before, after)
    )
    if old.value is None or new.value is None:
        why = f"before: {old.reason}" if old.value is None else f"after: {new.reason}"
        return Difference(None, None, None, None, paired, old, new, why)
    measures = [measure_of(votes, statistic, metric, seed=draws.seed) for votes in (before, after)]
    if paired:
        drawn = _paired((before, after), measures, shared, draws)
    else:
        drawn = _apart((before, after), measures, draws)
    low, high = percentiles(drawn, draws.level)
    p_value = None if low is None else _p_value(drawn)
    reason = None if low is not None else "too few resamples are defined: no interval"
    return Difference(new.value - old.value, low, high, p_value, paired, old, new, reason)


def _shared_items(before: Votes, after: Votes) -> list[Hashable]:
    """The names of the items with votes on both sides, in an order made from the names alone."""
    seen = {before.items[code] for code in np.unique(before.item).tolist()}
    return [name for code in np.unique(after.item).tolist() if (name := after.items[code]) in seen]


def _apart(sides: tuple[Votes, Votes], measures: list[Measure], draws: Draws) -> Floats:
    """Return differences of resamples that are drawn separately, each with its own seed."""
    seeds = np.random.SeedSequence(draws.seed).generate_state(2).tolist()
    old, new = (
        resampled(Counts.of(votes), measure, Draws(draws.replicates, seed, draws.level))
        for votes, measure, seed in zip(sides, measures, seeds, strict=True)
    )
    return new - old


def _paired(
    sides: tuple[Votes, Votes], measures: list[Measure], shared: list[Hashable], draws: Draws
) -> Floats:
    """Return differences of resamples that draw the same items on both sides."""
    old, new = (_in_order(votes, shared) for votes in sides)
    keys = old.keys() * np.uint64(0x9E3779B97F4A7C15) ^ new.keys()
    _, first, times = np.unique(keys, return_index=True, return_counts=True)
    before, after = (
        measure(counts.take(first, times))
        for measure, counts in zip(measures, (old, new), strict=True)
    )
    rng = np.random.default_rng(draws.seed)
    width = max(before.width, after.width)
    blocks = weight_blocks(times, draws.replicates, rng, width=width)
    return np.concatenate([after.figures(block) - before.figures(block) for block in blocks])


def _in_order(votes: Votes, shared: list[Hashable]) -> Counts:
    rows: Ints = np.searchsorted(np.unique(votes.item), codes_of(shared, votes.items))
    return Counts.of(votes).take(rows, np.ones(len(rows), np.int64))


def _p_value(drawn: Floats) -> float:
    """Twice the smaller share of replicates on either side of no difference."""
    defined = drawn[np.isfinite(drawn)]
    below = (np.count_nonzero(defined <= 0) + 1) / (len(defined) + 1)
    above = (np.count_nonzero(defined >= 0) + 1) / (len(defined) + 1)
    return float(min(1.0, 2 * min(below, above)))
