"""Fleiss' kappa, Gwet's AC1 and AC2 and raw agreement: item agreement against label shares."""

from collections.abc import Callable
from typing import Literal

import numpy as np

from agreement.arrays import Floats, floats, tally
from agreement.bootstrap import Additive, Draws, Measure, Parts, estimate, estimate_counts
from agreement.counts import Counts
from agreement.estimate import Estimate
from agreement.pairs import pair_disagreement
from agreement.votes import BadVotes, Votes

Weights = Literal["identity", "linear", "quadratic", "ordinal"]
Chance = Literal["item_shares", "pooled_votes"]


def fleiss_kappa(
    votes: Votes,
    *,
    chance: Chance = "item_shares",
    replicates: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> Estimate:
    """Fleiss' kappa; where items have unequal numbers of votes, Gwet's generalisation.

    Fleiss, Psychological Bulletin 76 (1971), asks for equally many votes an item; with them, both
    readings of `chance` are his. Otherwise agreement is the mean over items with two votes or
    more, and the chance of a label is the mean over all items of its share there (Gwet, Handbook
    of Inter-Rater Reliability, 4th ed. 2014, ch. 2), or with "pooled_votes" its share of all votes.
    """
    measure = fleiss_measure(chance)
    return estimate(votes, measure, replicates=replicates, seed=seed, level=level)


def gwet_ac1(
    votes: Votes, *, replicates: int = 1000, seed: int = 0, level: float = 0.95
) -> Estimate:
    """Gwet's AC1 (British Journal of Mathematical and Statistical Psychology 61, 2008).

    Labels of the scale count as options even if no vote has them.
    """
    return gwet_ac2(votes, "identity", replicates=replicates, seed=seed, level=level)


def gwet_ac2(
    votes: Votes,
    weights: Weights = "quadratic",
    *,
    replicates: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> Estimate:
    """Gwet's AC2 (Handbook of Inter-Rater Reliability, 4th ed. 2014, ch. 4).

    The weights are by position on the scale `votes.labels`; "identity" is AC1.
    """
    measure = gwet_measure(len(votes.labels), weights)
    return estimate(votes, measure, replicates=replicates, seed=seed, level=level)


def raw_agreement(
    votes: Votes, *, replicates: int = 1000, seed: int = 0, level: float = 0.95
) -> Estimate:
    """The share of agreeing pairs of votes, averaged over items with two votes or more.

    Defined for a single label too, where it is 1: it does not correct for chance.
    """
    counts = Counts.of(votes)
    reason = None if (counts.total > 1).any() else "no pairable item: no item has two votes"
    sizes = (votes.n_items, votes.n_annotators, votes.n_pairable)
    return estimate_counts(counts, raw_measure, sizes, reason, Draws(replicates, seed, level))


def fleiss_measure(chance: Chance = "item_shares") -> Measure:
    """Fleiss' kappa as a measure over counts."""
    if chance not in ("item_shares", "pooled_votes"):
        raise BadVotes(f"The chance {chance!r} is not item_shares or pooled_votes.")

    def by_chance(agreed: Floats, shares: Floats) -> Floats:
        expected = (shares**2).sum(axis=1)
        return floats((agreed - expected) / _positive(1 - expected))

    def measure(counts: Counts) -> Parts:
        return _parts(counts, _identity_agreement(counts), by_chance, chance)

    return measure


def gwet_measure(n_labels: int, weights: Weights = "identity") -> Measure:
    """AC1 or AC2 as a measure over counts."""
    table = agreement_weights(n_labels, weights)
    scale = table.sum() / max(n_labels * (n_labels - 1), 1)

    def by_chance(agreed: Floats, shares: Floats) -> Floats:
        expected = scale * (shares * (1 - shares)).sum(axis=1)
        return floats((agreed - expected) / _positive(1 - expected))

    def measure(counts: Counts) -> Parts:
        if weights == "identity":
            agreed = _identity_agreement(counts)
        else:
            lost = pair_disagreement(counts, lambda first, second: 1 - table[first, second])
            agreed = 1 - lost / np.maximum(counts.total * (counts.total - 1), 1)
        return _parts(counts, agreed, by_chance, "item_shares")

    return measure


def raw_measure(counts: Counts) -> Parts:
    """Raw agreement as a measure over counts."""
    return _parts(counts, _identity_agreement(counts), lambda agreed, _: agreed, "item_shares")


def agreement_weights(n_labels: int, weights: Weights) -> Floats:
    """Return the agreement of two labels on a scale (n_labels, n_labels), 1 on the diagonal.

    "ordinal" is Gwet's: one less the share of all pairs of labels that lie between the two.
    """
    apart = np.abs(np.subtract.outer(np.arange(n_labels), np.arange(n_labels))).astype(np.float64)
    far = max(n_labels - 1, 1)
    tables: dict[str, Floats] = {
        "identity": (apart == 0).astype(np.float64),
        "linear": 1 - apart / far,
        "quadratic": 1 - (apart / far) ** 2,
        "ordinal": 1 - apart * (apart + 1) / max(n_labels * (n_labels - 1), 1),
    }
    if weights not in tables:
        raise BadVotes(f"The weights {weights!r} are not one of {', '.join(tables)}.")
    return tables[weights]


def _identity_agreement(counts: Counts) -> Floats:
    """The share of ordered pairs of votes on each row (n_rows,) that agree; 0 for one vote."""
    same = tally(counts.row, counts.count * (counts.count - 1), counts.n_rows)
    return same / np.maximum(counts.total * (counts.total - 1), 1)


def _parts(
    counts: Counts, agreed: Floats, by_chance: Callable[[Floats, Floats], Floats], chance: Chance
) -> Parts:
    """Parts: agreement and number of pairable rows in columns 0 and 1, then label shares."""
    rows = np.flatnonzero(counts.total > 1)
    share = counts.count if chance == "pooled_votes" else counts.count / counts.total[counts.row]

    def figure(sums: Floats) -> Floats:
        shares = sums[:, 2:] / sums[:, 2:].sum(axis=1, keepdims=True)
        return by_chance(sums[:, 0] / sums[:, 1], shares)

    return Additive(
        np.concatenate([rows, rows, counts.row]),
        np.concatenate([np.zeros_like(rows), np.ones_like(rows), counts.label + 2]),
        np.concatenate([agreed[rows], np.ones(len(rows)), share]),
        counts.n_rows,
        counts.n_labels + 2,
        figure,
    )


def _positive(room: Floats) -> Floats:
    """The room above chance, nan where there is none (rounding left aside)."""
    return np.where(room > 1e-12, room, np.nan)
