"""The properties that annotators of a crowd share: the prior to which each of them is shrunk.

There are two. The *shape*, one confusion matrix (n_labels true, n_labels given), itself
shrunk to "one accuracy, errors alike" (or, on a scale, errors near by more likely). And the
*spread*: how much annotators differ in accuracy, and how much their rows differ from what their
accuracy and the shape suggest. Both are estimated from the crowd (empirical Bayes), so that sparse
annotators are near the crowd and those with many votes near their own data.
"""

from dataclasses import dataclass

import numpy as np

from agreement.arrays import Floats
from agreement.special import digamma

# The plain shape weighs as much as this many items.
_SHAPE_ITEMS = 100.0
_STRENGTH = (0.2, 1000.0)
_FIXED_POINT_STEPS = 3


@dataclass(frozen=True, slots=True)
class Strength:
    """The weight of the prior in votes, for an annotator's accuracy and for each row."""

    accuracy: float = 10.0
    row: float = 10.0


def overall_accuracy(counts: Floats) -> float:
    """The expected share of right votes; never 0 or 1, and never below chance.

    A crowd that is worse than chance cannot be distinguished from one whose labels are permuted,
    so the accuracy is assumed to be above chance.
    """
    n_labels, n_votes = len(counts), float(counts.sum())
    right = float(np.einsum("kjk->", counts))
    estimate = (right + 1) / (n_votes + 1 + 1 / n_labels)
    return float(np.clip(estimate, 1 / n_labels + 1e-6, 1 - 1e-6))


def shared_shape(counts: Floats, votes_per_item: float, *, is_ordinal: bool) -> Floats:
    """The shared confusion matrix (n_labels, n_labels) from expected counts.

    Votes on one item are not independent evidence on how its label is confused (a hard item makes
    them all err alike), so an item counts once, however many votes it has. And a label keeps its
    name: no other label may be a more common answer to it (without that, a rare label drifts to
    the items on which two common ones are confused).
    """
    n_labels = len(counts)
    total = counts.sum(axis=1)
    plain = _plain_shape(total, overall_accuracy(counts), is_ordinal=is_ordinal)
    items = total / votes_per_item
    shape = items + _SHAPE_ITEMS * plain
    shape /= shape.sum(axis=1, keepdims=True)
    for label in range(n_labels):
        shape[label] = _led_by(shape[label], label)
    return np.asarray(shape)


def annotator_means(shape: Floats, accuracy: Floats, crowd_accuracy: float) -> Floats:
    """Expected rows (n_labels, n_annotators, n_labels) for accuracies (n_labels, n_annotators).

    An annotator better or worse than the crowd is taken to be so on each label by that shift of
    the log odds; the errors keep the proportions of the shape.
    """
    n_labels = len(shape)
    right = np.diagonal(shape)
    shift = _logit(accuracy) - _logit(np.asarray(crowd_accuracy))
    diagonal = 1 / (1 + np.exp(-(_logit(right)[:, None] + shift)))
    errors = shape * (1 - np.eye(n_labels))
    errors /= errors.sum(axis=1, keepdims=True)
    means = errors[:, None, :] * (1 - diagonal)[:, :, None]
    labels = np.arange(n_labels)
    means[labels, :, labels] = diagonal
    means = np.maximum(means, 1e-6)
    return np.asarray(means / means.sum(axis=2, keepdims=True))


def fitted_strength(counts: Floats, means: Floats, strength: float) -> float:
    """The strength at which the counts are likeliest, some steps nearer than the one given.

    Rows are Dirichlet-multinomial around `means` (last axis); the step is Minka's fixed point for
    the precision (Estimating a Dirichlet Distribution, 2000, eq. 58).
    """
    n = counts.sum(axis=-1)
    rows = n > 0
    counts, means, n = counts[rows], means[rows], n[rows]
    for _ in range(_FIXED_POINT_STEPS):
        prior = strength * means
        gained = (means * (digamma(counts + prior) - digamma(prior))).sum()
        spent = (digamma(n + strength) - digamma(np.full_like(n, strength))).sum()
        if not spent > 0:
            break
        strength = float(np.clip(strength * gained / spent, *_STRENGTH))
    return strength


def _plain_shape(total: Floats, accuracy: float, *, is_ordinal: bool) -> Floats:
    n_labels = len(total)
    apart = np.abs(np.subtract.outer(np.arange(n_labels), np.arange(n_labels)))
    errors = (apart > 0).astype(np.float64)
    if is_ordinal:
        errors *= _decay(total, apart) ** np.maximum(apart - 1, 0)
    errors /= errors.sum(axis=1, keepdims=True)
    return np.asarray(accuracy * np.eye(n_labels) + (1 - accuracy) * errors)


def _decay(total: Floats, apart: Floats) -> float:
    """By what factor an error one step further away is rarer: the likeliest of a grid."""
    grid = np.linspace(0.05, 1.0, 20)
    wrong = total * (apart > 0)
    scores = []
    for factor in grid:
        odds = np.where(apart > 0, factor ** np.maximum(apart - 1, 0), 0.0)
        share = odds / odds.sum(axis=1, keepdims=True)
        scores.append(float((wrong * np.log(np.where(apart > 0, share, 1.0))).sum()))
    return float(grid[int(np.argmax(scores))])


def _led_by(row: Floats, label: int) -> Floats:
    """The row with its other entries cut to a level that `label` reaches with what was cut off."""
    others = np.sort(np.delete(row, label))[::-1]
    if not len(others) or row[label] >= others[0]:
        return row
    # With the top t entries cut, the level is the mean of them and the label's own.
    levels = (row[label] + np.cumsum(others)) / np.arange(2, len(others) + 2)
    level = float(levels.max())
    cut = np.minimum(row, level)
    cut[label] = level
    return np.asarray(cut / cut.sum())


def _logit(share: Floats) -> Floats:
    return np.asarray(np.log(share) - np.log1p(-share))
