"""The two sums of every annotator model: from votes to items, and from items to annotators.

Tables are label-major, (n_labels, ...): one label's row is contiguous and stays in the cache while
all votes are run through, and no array of votes x labels is ever made.
"""

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from agreement.arrays import Bools, Floats, Ints, tally
from agreement.votes import BadVotes, Votes

# Two posteriors closer than this are a tie.
TIE = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Crowd:
    """Votes in the form that the models use.

    `item` (n_votes,) is the item's code, `answer` (n_votes,) is annotator * n_labels + label, and
    `known` (n_items,) is the gold label's code, or -1 without one.
    """

    item: Ints
    answer: Ints
    known: Ints
    n_items: int
    n_annotators: int
    n_labels: int

    @classmethod
    def of(cls, votes: Votes, gold: Mapping[Hashable, Hashable] | None = None) -> Self:
        """The crowd of these votes; raises `BadVotes` for a gold label that is not on the scale."""
        n_labels = max(len(votes.labels), 1)
        answer = votes.annotator.astype(np.intp)
        answer *= n_labels
        answer += votes.label
        known = _known(votes, gold or {})
        sizes = (len(votes.items), len(votes.annotators), n_labels)
        return cls(votes.item.astype(np.intp), answer, known, *sizes)

    @property
    def label(self) -> Ints:
        """The label of each vote (n_votes,)."""
        return self.answer % self.n_labels

    @property
    def annotator(self) -> Ints:
        """The annotator of each vote (n_votes,)."""
        return self.answer // self.n_labels

    @property
    def voted(self) -> Bools:
        """True for each item that has a vote (n_items,)."""
        return np.bincount(self.item, minlength=self.n_items) > 0

    def without_known(self, items: Ints) -> Self:
        """The crowd with the labels of these items (their codes) not known."""
        known = self.known.copy()
        known[items] = -1
        return replace(self, known=known)

    def shares(self) -> Floats:
        """Each label's share of an item's votes (n_labels, n_items); known items are certain."""
        table = np.empty((self.n_labels, self.n_items))
        for label, votes in enumerate(self._items_by_label()):
            table[label] = np.bincount(votes, minlength=self.n_items)
        totals = table.sum(axis=0)
        table[:, totals == 0] = 1.0
        table /= np.where(totals == 0, self.n_labels, totals)
        return self.with_known(table)

    def with_known(self, table: Floats) -> Floats:
        """The table (n_labels, n_items), changed in place to be certain where gold is known."""
        where = np.flatnonzero(self.known >= 0)
        table[:, where] = 0.0
        table[self.known[where], where] = 1.0
        return table

    def answer_counts(self, posterior: Floats) -> Floats:
        """Expected votes by true label, annotator and given label (K, n_annotators, K).

        A posterior over other states than labels (n_states, n_items) has those on the first axis.
        """
        size = self.n_annotators * self.n_labels
        counts = np.empty((len(posterior), size))
        for state, line in enumerate(posterior):
            counts[state] = np.bincount(self.answer, line[self.item], minlength=size)
        return counts.reshape(len(posterior), self.n_annotators, self.n_labels)

    def majority(self) -> tuple[Ints, Bools]:
        """The label with most votes (n_items,), and whether it is the only one; gold is no vote."""
        best = np.zeros(self.n_items, dtype=np.int64)
        most = np.zeros(self.n_items, dtype=np.int64)
        alone = np.zeros(self.n_items, dtype=np.bool_)
        # Label by label, so that no second table of labels x items is needed beside a posterior.
        for label, votes in enumerate(self._items_by_label()):
            count = np.bincount(votes, minlength=self.n_items)
            alone = (count > most) | (alone & (count < most))
            best[count > most] = label
            np.maximum(most, count, out=most)
        return best, alone

    def _items_by_label(self) -> Iterator[Ints]:
        """Yield for each label the items of its votes."""
        labels = np.empty(len(self.answer), dtype=np.int32)
        np.remainder(self.answer, self.n_labels, out=labels, casting="unsafe")
        for label in range(self.n_labels):
            yield self.item[labels == label]

    def log_joint(
        self, log_answers: Floats, log_prior: Floats, out: Floats | None = None
    ) -> Floats:
        """log P(label, votes) of each item (n_labels, n_items), in `out` if that is given.

        `log_answers` is (n_labels, n_annotators, n_labels), `log_prior` (n_labels,). With other
        states than labels, n_states takes the place of the first n_labels in all three.
        """
        joint = np.empty((len(log_answers), self.n_items)) if out is None else out
        for label, line in enumerate(log_answers.reshape(len(log_answers), -1)):
            joint[label] = np.bincount(self.item, line[self.answer], minlength=self.n_items)
            joint[label] += log_prior[label]
        return joint

    def settled(self, joint: Floats) -> tuple[Floats, Floats]:
        """Posteriors in place of the log joint, and each item's log evidence (n_items,).

        A known item is certain, and its evidence is that of the votes and the gold label.
        """
        where = np.flatnonzero(self.known >= 0)
        at_known = joint[self.known[where], where]
        posterior, evidence = normalised(joint)
        evidence[where] = at_known
        return self.with_known(posterior), evidence

    def per_annotator(self, weight: Floats) -> Floats:
        """A weight of each vote (n_votes,) added up by annotator (n_annotators,)."""
        return tally(self.annotator, weight, self.n_annotators)


def normalised(joint: Floats) -> tuple[Floats, Floats]:
    """Posteriors (n_labels, n_items) in place of the log joint, and each item's log evidence."""
    peak = joint.max(axis=0)
    joint -= peak
    np.exp(joint, out=joint)
    total = joint.sum(axis=0)
    joint /= total
    return joint, peak + np.log(total)


def largest_change(posterior: Floats, before: Floats) -> float:
    """The largest difference of two posteriors (n_labels, n_items)."""
    changes = (
        np.abs(new - old).max(initial=0.0) for new, old in zip(posterior, before, strict=True)
    )
    return float(max(changes))


def winners(table: Floats) -> tuple[Ints, Bools]:
    """The best label of each item (n_items,), and whether it is the only best."""
    most = table.max(axis=0)
    best = np.full(table.shape[1], -1, dtype=np.int64)
    n_best = np.zeros(table.shape[1], dtype=np.int64)
    # Label by label: argmax along the first axis would copy the table.
    for label, line in enumerate(table):
        is_best = line >= most - TIE
        n_best += is_best
        best[is_best & (best < 0)] = label
    return best, n_best == 1


def _known(votes: Votes, gold: Mapping[Hashable, Hashable]) -> Ints:
    place = {label: code for code, label in enumerate(votes.labels)}
    known = np.full(len(votes.items), -1, dtype=np.int64)
    if not gold:
        return known
    for code, item in enumerate(votes.items):
        if item in gold:
            if gold[item] not in place:
                raise BadVotes(f"The gold label {gold[item]!r} is not on the scale of the votes.")
            known[code] = place[gold[item]]
    return known
