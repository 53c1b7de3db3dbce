"""The models of annotators that are averaged with the default, from the plainest to the richest.

"pooled": all annotators share one confusion matrix. "one-coin": each has one accuracy, shrunk to
the crowd's, and errs evenly. "full": each has a confusion matrix of their own. "subtypes": a label
has easy and hard items, and each annotator has a confusion matrix for either (Li, Rubinstein, Cohn,
Exploiting Worker Correlation for Label Aggregation in Crowdsourcing, ICML 2019; here fitted by
expectation maximisation). So it separates the items on which most annotators err together.

In all of them the prevalence of the labels is held, as in the default (see `bayes`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from agreement.arrays import Floats, Ints
from agreement.bayes import held_prevalence
from agreement.community import fitted_strength, overall_accuracy
from agreement.crowd import Crowd, largest_change, normalised
from agreement.inference import Convergence

# Prior votes of each row: one for each answer, and three more for the right one.
_PRIOR_EACH, _PRIOR_RIGHT = 1.0, 3.0
# A united item starts mostly as an easy one, a split one mostly as a hard one.
_EASY_START = (0.1, 0.9)
_ITERATIONS_MAX = 100


@dataclass(frozen=True, slots=True)
class AnnotatorModel:
    """A model of annotators: their rows of answers, from expected counts, and its subtypes.

    `rows` takes counts (n_states, n_annotators, n_labels) and gives rows of that shape or one that
    broadcasts to it, each summing to 1; a label's subtypes are neighbours on the first axis.
    """

    rows: Callable[[Floats], Floats]
    n_subtypes: int = 1

    def fit(self, crowd: Crowd, tolerance: float) -> tuple[Floats, Convergence]:
        """The posterior of each label (n_labels, n_items), once none moves by `tolerance`.

        Items with a label in `crowd.known` are certain.
        """
        shares = crowd.shares()
        if crowd.n_labels == 1 or not len(crowd.item):
            return shares, Convergence(is_converged=True, iterations=0, change=0.0)
        prevalence = held_prevalence(crowd, shares)
        impossible = self._impossible(crowd)
        states, labels = self._start(crowd, shares), shares
        change, iterations = np.inf, 0
        while iterations < _ITERATIONS_MAX and change >= tolerance:
            rows = np.broadcast_to(
                self.rows(crowd.answer_counts(states)),
                (len(states), crowd.n_annotators, crowd.n_labels),
            )
            prior = self._prior(states, prevalence)
            joint = crowd.log_joint(np.log(rows), np.log(prior), out=states)
            joint[impossible] = -np.inf
            states, _ = normalised(joint)
            before, labels = labels, self._by_label(states).sum(axis=1)
            change = largest_change(labels, before)
            iterations += 1
        return labels, Convergence(change < tolerance, iterations, change)

    def _by_label(self, states: Floats) -> Floats:
        return states.reshape(-1, self.n_subtypes, states.shape[1])

    def _impossible(self, crowd: Crowd) -> tuple[Ints, Ints]:
        """Return (states, items): the states of another label than the known one of the item."""
        known = np.flatnonzero(crowd.known >= 0)
        label = np.repeat(np.arange(crowd.n_labels), self.n_subtypes)
        state, place = np.nonzero(label[:, None] != crowd.known[known])
        return state, known[place]

    def _start(self, crowd: Crowd, shares: Floats) -> Floats:
        if self.n_subtypes == 1:
            return shares.copy()
        votes_alone = crowd.without_known(np.flatnonzero(crowd.known >= 0)).shares()
        chance = 1 / crowd.n_labels
        easy = np.clip((votes_alone.max(axis=0) - chance) / (1 - chance), *_EASY_START)
        by_subtype = shares[:, None, :] * np.stack([easy, 1 - easy])
        return np.asarray(by_subtype.reshape(-1, crowd.n_items))

    def _prior(self, states: Floats, prevalence: Floats) -> Floats:
        """The prior of each state (n_states,): the label's prevalence, shared by its subtypes."""
        size = self._by_label(states).sum(axis=2) + 1.0
        share = size / size.sum(axis=1, keepdims=True)
        return np.asarray((share * prevalence[:, None]).ravel())


def _pooled_rows(counts: Floats) -> Floats:
    return _with_prior(counts.sum(axis=1, keepdims=True))


def _one_coin_rows(counts: Floats) -> Floats:
    n_labels = len(counts)
    right, total = np.einsum("kjk->j", counts), counts.sum(axis=(0, 2))
    average = overall_accuracy(counts)
    both = np.stack([right, total - right], axis=1)
    chance = np.broadcast_to([average, 1 - average], both.shape)
    worth = fitted_strength(both, chance, 10.0)
    accuracy = np.clip((right + worth * average) / (total + worth), 1e-6, 1 - 1e-6)
    error = (1 - accuracy) / (n_labels - 1)
    is_right = np.eye(n_labels, dtype=np.bool_)[:, None, :]
    return np.asarray(np.where(is_right, accuracy[:, None], error[:, None]))


def _with_prior(counts: Floats) -> Floats:
    """Each row of counts (n_states, any, n_labels) with its prior votes, as shares."""
    n_states, n_labels = counts.shape[0], counts.shape[2]
    right = np.repeat(np.eye(n_labels), n_states // n_labels, axis=0)
    rows = counts + (_PRIOR_EACH + _PRIOR_RIGHT * right)[:, None, :]
    return np.asarray(rows / rows.sum(axis=2, keepdims=True))


MODELS: Mapping[str, AnnotatorModel] = {
    "pooled": AnnotatorModel(_pooled_rows),
    "one-coin": AnnotatorModel(_one_coin_rows),
    "full": AnnotatorModel(_with_prior),
    "subtypes": AnnotatorModel(_with_prior, n_subtypes=2),
}
