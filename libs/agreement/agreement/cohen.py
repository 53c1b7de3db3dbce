"""Cohen's kappa for a pair of annotators, weighted or not, and Light's mean over all pairs."""

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np

from agreement.arrays import Floats, Ints, floats, tally
from agreement.bootstrap import Additive, Draws, Measure, Parts, estimate_counts
from agreement.chance import Weights, agreement_weights
from agreement.counts import Counts
from agreement.estimate import Estimate
from agreement.pairs import label_pairs
from agreement.votes import Votes

# With fewer shared items the kappa of a pair is uncertain, and its resamples are biased.
SHARED_MIN = 10


def cohen_kappa(
    votes: Votes,
    pair: tuple[Hashable, Hashable] | None = None,
    *,
    weights: Weights = "identity",
    replicates: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> Estimate:
    """Cohen's kappa of two annotators over the items both voted on.

    Cohen, Educational and Psychological Measurement 20 (1960); weighted, Psychological Bulletin
    70 (1968), the weights by position on the whole scale `votes.labels`. Without a `pair`, and
    with more than two annotators, it is Light's kappa (Psychological Bulletin 76, 1971): the plain
    mean over the pairs for whom it is defined, here those who share at least ten items. Of
    repeated votes kept by `repeats="all"` every combination enters the pair's table.
    """
    chosen = votes if pair is None else votes.between(*pair)
    counts = answer_counts(chosen)
    shared_min = SHARED_MIN if pair is None and chosen.n_annotators > 2 else 1
    measure = light_measure(len(votes.labels), weights, shared_min)
    reason = _no_pair(chosen, counts, shared_min)
    sizes = (chosen.n_items, chosen.n_annotators, chosen.n_pairable)
    return estimate_counts(counts, measure, sizes, reason, Draws(replicates, seed, level))


def _no_pair(votes: Votes, counts: Counts, shared_min: int) -> str | None:
    if not len(votes):
        return "no votes"
    if not (counts.total > 1).any():
        return "no pairable item: no two annotators share an item"
    paired = (counts.total > 1)[counts.row]
    labels = counts.label[paired] % len(votes.labels)
    if (labels == labels[0]).all():
        return "no variation: one label only"
    shared = PairTables.of(counts, len(votes.labels)).shared(counts)
    if not len(shared) or shared.max() < shared_min:
        return f"no two annotators share {shared_min} items"
    return None


def answer_counts(votes: Votes) -> Counts:
    """Counts whose "labels" are answers: annotator * n_labels + label."""
    n_labels = max(len(votes.labels), 1)
    answer = votes.annotator.astype(np.int64) * n_labels + votes.label
    n_answers = len(votes.annotators) * n_labels
    cell, count = np.unique(votes.item.astype(np.int64) * n_answers + answer, return_counts=True)
    item, answer = np.divmod(cell, max(n_answers, 1))
    return Counts.from_cells(item, answer, count.astype(np.float64), n_answers)


@dataclass(frozen=True, slots=True, eq=False)
class PairTables:
    """The joint tables of all pairs of annotators, as the used cells of them.

    `row`, `cell`, `value` say how often a row falls into a cell; `owner`, `first`, `second`
    (n_cells,) are each cell's pair and labels; cells are in the order of `owner`; `pairs`
    (n_pairs, 2) are the annotators' codes.
    """

    row: Ints
    cell: Ints
    value: Floats
    owner: Ints
    first: Ints
    second: Ints
    pairs: Ints

    @classmethod
    def of(cls, counts: Counts, n_labels: int) -> "PairTables":
        """Return the tables of all pairs of annotators who voted on a common item."""
        met = label_pairs(counts)
        one, other = met.first // n_labels, met.second // n_labels
        apart = one != other
        n_annotators = counts.n_labels // max(n_labels, 1)
        code = (one * n_annotators + other)[apart] * n_labels**2
        code += (met.first[apart] % n_labels) * n_labels + met.second[apart] % n_labels
        used, cell = np.unique(code, return_inverse=True)
        pair, place = np.divmod(used, n_labels**2)
        named, owner = np.unique(pair, return_inverse=True)
        pairs = np.stack(np.divmod(named, max(n_annotators, 1)), axis=1)
        first, second = np.divmod(place, n_labels)
        return cls(met.row[apart], cell, met.times[apart] / 2, owner, first, second, pairs)

    def shared(self, counts: Counts) -> Floats:
        """Return the number of votes that each pair shares (n_pairs,)."""
        times = self.value * counts.multiplicity[self.row]
        return tally(self.owner[self.cell], times, len(self.pairs))

    def grouped(self, sums: Floats, group: Ints, n_groups: int) -> Floats:
        """Sums over cells (n_replicates, n_cells) added up by group."""
        lines = np.arange(len(sums))[:, None] * n_groups + group
        flat = tally(lines.ravel(), sums.ravel(), len(sums) * n_groups)
        return flat.reshape(len(sums), n_groups)


def light_measure(n_labels: int, weights: Weights = "identity", shared_min: int = 1) -> Measure:
    """Return the mean kappa of pairs who share `shared_min` votes, over answer counts."""
    table = agreement_weights(n_labels, weights)

    def measure(counts: Counts) -> Parts:
        tables = PairTables.of(counts, n_labels)
        is_meant = tables.shared(counts) >= shared_min

        def figure(sums: Floats) -> Floats:
            kappas = pair_kappas(tables, sums, table)
            defined = np.isfinite(kappas) & is_meant
            return floats(np.where(defined, kappas, 0.0).sum(axis=1) / defined.sum(axis=1))

        return Additive(
            tables.row, tables.cell, tables.value, counts.n_rows, len(tables.owner), figure
        )

    return measure


def pair_kappas(tables: PairTables, sums: Floats, table: Floats) -> Floats:
    """Kappa of each pair (n_replicates, n_pairs); nan where undefined."""
    n_pairs, n_labels = len(tables.pairs), len(table)
    n = tables.grouped(sums, tables.owner, n_pairs)
    agreed = tables.grouped(sums * table[tables.first, tables.second], tables.owner, n_pairs)
    shape = (len(sums), n_pairs, n_labels)
    rows = tables.grouped(sums, tables.owner * n_labels + tables.first, n_pairs * n_labels)
    columns = tables.grouped(sums, tables.owner * n_labels + tables.second, n_pairs * n_labels)
    chance = ((rows.reshape(shape) @ table) * columns.reshape(shape)).sum(axis=2)
    with np.errstate(divide="ignore", invalid="ignore"):
        room = 1 - chance / n**2
        kappa = (agreed / n - chance / n**2) / np.where(room > 1e-12, room, np.nan)
    return np.asarray(kappa)
