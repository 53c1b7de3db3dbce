"""Agreement that is updated vote by vote.

The state is whole numbers, separate for each number m of votes on an item. A vote moves its item's
numbers from m to m + 1, which takes time in that item's votes alone; the division by m - 1 is done
when a figure is read. Whole numbers do not drift, so that after any number of additions and
removals the figure is the one a batch would give.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable

from agreement.alpha import Distance, Metric
from agreement.bootstrap import DEFAULT_DRAWS, Draws
from agreement.breakdown import agreement
from agreement.estimate import Estimate
from agreement.statistics import Statistic
from agreement.stream_alpha import Disagreement, disagreement_for
from agreement.votes import BadVotes, Votes


class AgreementStream:
    """A set of votes that can be added and removed, with their current agreement.

    An annotator has one vote on an item: a second vote replaces the first, as in
    `Votes.of`. `scale` is the order of the labels, needed for "ordinal" where they are not
    numbers; it is also the options that Gwet's AC1 counts.
    """

    __slots__ = (
        "_agreeing", "_annotators", "_answers", "_disagreement", "_labels", "_metric", "_scale",
        "_tables",
    )  # fmt: skip

    def __init__(
        self, metric: Metric | Distance = "nominal", *, scale: Iterable[Hashable] | None = None
    ) -> None:
        """Create an empty stream, whose alpha has the given `metric`."""
        self._metric: Metric | Distance = metric
        self._scale = tuple(scale) if scale is not None else None
        self._answers: dict[Hashable, dict[Hashable, Hashable]] = {}
        self._tables: dict[Hashable, dict[Hashable, int]] = {}
        self._annotators: defaultdict[Hashable, int] = defaultdict(int)
        # For each m: the votes of each label, and the agreeing ordered pairs, on items of m votes.
        self._labels: defaultdict[int, defaultdict[Hashable, int]] = defaultdict(_zeros)
        self._agreeing: defaultdict[int, int] = defaultdict(int)
        self._disagreement: Disagreement | None = disagreement_for(metric)

    def add(self, item: Hashable, annotator: Hashable, label: Hashable) -> None:
        """Count one vote, in place of an earlier one of this annotator on this item.

        Raises `BadVotes` for a label that is not on the scale, where there is one.
        """
        if self._scale is not None and label not in self._scale:
            raise BadVotes(f"The label {label!r} is not on the scale.")
        answers = self._answers.get(item)
        if answers is None:
            answers = self._answers[item] = {}
            table = self._tables[item] = {}
        else:
            table = self._tables[item]
        if annotator in answers:
            self._move(table, len(answers), -1)
            _take(table, answers[annotator])
            table[label] = table.get(label, 0) + 1
            self._move(table, len(answers), 1)
        else:
            self._annotators[annotator] += 1
            self._grow(table, len(answers), label)
        answers[annotator] = label

    def add_many(
        self, items: Iterable[Hashable], annotators: Iterable[Hashable], labels: Iterable[Hashable]
    ) -> None:
        """Count a batch of votes, in their order."""
        for item, annotator, label in zip(items, annotators, labels, strict=True):
            self.add(item, annotator, label)

    def remove(self, item: Hashable, annotator: Hashable) -> None:
        """Remove an annotator's vote on an item; raises `BadVotes` if there is none."""
        answers = self._answers.get(item, {})
        if annotator not in answers:
            raise BadVotes(f"{annotator!r} has no vote on {item!r} that could be removed.")
        table = self._tables[item]
        self._move(table, len(answers), -1)
        _take(table, answers.pop(annotator))
        _take(self._annotators, annotator)
        if answers:
            self._move(table, len(answers), 1)
        else:
            del self._answers[item], self._tables[item]

    def value(self, statistic: Statistic = "krippendorff_alpha") -> Estimate:
        """Return the current figure without an interval, in time independent of the items.

        Under a callable with many different labels, expected disagreement is from a seeded sample
        of pairs; the interval of `estimate` includes that uncertainty.
        """
        sizes = (len(self._answers), len(self._annotators), self._n_pairable())
        reason = self._undefined(statistic)
        figure = None if reason else self._figure(statistic)
        if figure is None and reason is None:
            reason = "no disagreement is possible by chance"
        return Estimate(figure, None, None, *sizes, reason)

    def estimate(
        self, statistic: Statistic = "krippendorff_alpha", *, draws: Draws = DEFAULT_DRAWS
    ) -> Estimate:
        """Return the figure with its interval, in one pass over all votes."""
        return agreement(
            self.votes(),
            statistic,
            self._metric,
            replicates=draws.replicates,
            seed=draws.seed,
            level=draws.level,
        )

    def votes(self) -> Votes:
        """Return the current votes."""
        rows = [
            (item, annotator, label)
            for item, answers in self._answers.items()
            for annotator, label in answers.items()
        ]
        columns: list[list[Hashable]] = [list(column) for column in zip(*rows, strict=True)]
        return Votes.of(*(columns or [[], [], []]), scale=self._scale)

    def _move(self, table: dict[Hashable, int], m: int, sign: int) -> None:
        """Count an item's table in (1) or out (-1) among the items of m votes."""
        labels = self._labels[m]
        agreeing = 0
        for label, n in table.items():
            labels[label] += sign * n
            agreeing += n * (n - 1)
        self._agreeing[m] += sign * agreeing
        if self._disagreement is not None:
            self._disagreement.move(table, m, sign)

    def _grow(self, table: dict[Hashable, int], m: int, label: Hashable) -> None:
        """Move an item from m votes to m + 1, one more of them for `label`.

        The same as a move out and a move in, in one pass: this is what nearly every vote does.
        """
        if self._disagreement is not None and m:
            self._disagreement.move(table, m, -1)
        before, after = self._labels[m], self._labels[m + 1]
        agreeing = 0
        for known, n in table.items():
            before[known] -= n
            after[known] += n
            agreeing += n * (n - 1)
        after[label] += 1
        count = table.get(label, 0)
        table[label] = count + 1
        self._agreeing[m] -= agreeing
        self._agreeing[m + 1] += agreeing + 2 * count
        if self._disagreement is not None:
            self._disagreement.move(table, m + 1, 1)

    def _n_pairable(self) -> int:
        return sum(sum(labels.values()) for m, labels in self._labels.items() if m > 1)

    def _marginals(self) -> dict[Hashable, int]:
        """The pairable votes of each label."""
        marginals: defaultdict[Hashable, int] = defaultdict(int)
        for m, labels in self._labels.items():
            if m > 1:
                for label, n in labels.items():
                    marginals[label] += n
        return {label: n for label, n in marginals.items() if n}

    def _undefined(self, statistic: Statistic) -> str | None:
        if not self._answers:
            return "no votes"
        n_labels = len(self._marginals())
        if not n_labels:
            return "no pairable item: no item has two votes"
        if n_labels == 1 and statistic != "raw_agreement":
            return "no variation: one label only"
        return None

    def _figure(self, statistic: Statistic) -> float | None:
        if statistic == "krippendorff_alpha":
            return self._alpha()
        if statistic not in ("raw_agreement", "fleiss_kappa", "gwet_ac1"):
            raise BadVotes(f"{statistic} cannot be read from a stream; estimate() computes it.")
        agreed, shares = self._agreed_and_shares()
        if statistic == "raw_agreement":
            return agreed
        squares = sum(share**2 for share in shares.values())
        n_options = len(self._scale) if self._scale else len(shares)
        chance = squares if statistic == "fleiss_kappa" else (1 - squares) / (n_options - 1)
        return (agreed - chance) / (1 - chance) if chance < 1 else None

    def _alpha(self) -> float | None:
        marginals = self._marginals()
        n = sum(marginals.values())
        if self._disagreement is None:
            observed = sum(
                (sum(labels.values()) * (m - 1) - self._agreeing[m]) / (m - 1)
                for m, labels in self._labels.items()
                if m > 1
            )
            expected: float = n**2 - sum(count**2 for count in marginals.values())
        else:
            observed, expected = self._disagreement.read(marginals, self._scale)
        return 1 - (n - 1) * observed / expected if expected > 0 else None

    def _agreed_and_shares(self) -> tuple[float, dict[Hashable, float]]:
        """Mean agreement of the items with two votes or more, and mean shares of all items."""
        shares: defaultdict[Hashable, float] = defaultdict(float)
        agreed, n_pairable_items, n_items = 0.0, 0, len(self._answers)
        for m, labels in self._labels.items():
            for label, n in labels.items():
                shares[label] += n / m / n_items
            if m > 1:
                agreed += self._agreeing[m] / (m * (m - 1))
                n_pairable_items += sum(labels.values()) // m
        return agreed / n_pairable_items, {label: share for label, share in shares.items() if share}


def _zeros() -> defaultdict[Hashable, int]:
    return defaultdict(int)


def _take(counts: dict[Hashable, int], key: Hashable) -> None:
    """Decrease the count of `key` by 1, and remove it at 0."""
    if counts[key] == 1:
        del counts[key]
    else:
        counts[key] -= 1
