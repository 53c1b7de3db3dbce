"""The default: a Bayesian confusion matrix for each annotator, shrunk to what the crowd shares.

Each row of an annotator's matrix is Dirichlet around a mean made of the annotator's own accuracy
and the crowd's shape (see `community`), with a strength estimated from the crowd. Votes, gold
answers and priors about annotators are one body of evidence: a gold item is an item whose label
is certain, a prior is votes already seen. It is the model of Kim and Ghahramani (Bayesian
Classifier Combination, AISTATS 2012) with a hierarchy above it; labels and rows take turns, a row
entering by its posterior mean, which is the probability of the annotator's next answer.

What an annotator's accuracy says about a row is learnt from their *other* rows alone: a row's own
votes are counted beside that, and would otherwise be counted twice.

The prevalence of the labels is *not* re-estimated with them, but held at what the votes show
directly. Where votes are few, prevalence and confusion explain the same facts, and freed together
they run off to a crowd that is always wrong about a label that is nearly everywhere.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from agreement.arrays import Floats
from agreement.community import (
    Strength,
    annotator_means,
    fitted_strength,
    overall_accuracy,
    shared_shape,
)
from agreement.crowd import TIE, Crowd, largest_change
from agreement.fitted import fitted
from agreement.inference import Convergence, Inference
from agreement.votes import BadVotes, Votes

Kind = Literal["nominal", "ordinal"]


@dataclass(frozen=True, slots=True)
class AnnotatorPrior:
    """Prior knowledge of an annotator: an accuracy in [0, 1] that counts like `n_votes` votes."""

    accuracy: float
    n_votes: float


def bayes(
    votes: Votes,
    *,
    kind: Kind = "nominal",
    gold: Mapping[Hashable, Hashable] | None = None,
    priors: Mapping[Hashable, AnnotatorPrior] | None = None,
    tolerance: float = 1e-4,
    iterations_max: int = 200,
) -> Inference:
    """Infer labels and annotators together, until no posterior moves by `tolerance`.

    "ordinal" expects errors near the true label to be likelier, as far as the crowd shows it.
    """
    if kind not in ("nominal", "ordinal"):
        raise BadVotes(f"The kind {kind!r} is not nominal or ordinal.")
    crowd = Crowd.of(votes, gold)
    posterior = crowd.shares()
    if crowd.n_labels == 1 or not len(votes):
        return fitted(
            "bayes",
            votes,
            crowd,
            posterior,
            Convergence(is_converged=True, iterations=0, change=0.0),
        )
    log_prevalence = np.log(held_prevalence(crowd, posterior))
    prior_right, prior_all = _prior_votes(votes, priors or {})
    strength, change, iterations = Strength(), np.inf, 0
    while iterations < iterations_max and change >= tolerance:
        counts = crowd.answer_counts(posterior)
        rows, strength = _rows(crowd, counts, (prior_right, prior_all), strength, kind)
        log_rows = np.log(rows / rows.sum(axis=2, keepdims=True))
        before = posterior
        posterior, _ = crowd.settled(crowd.log_joint(log_rows, log_prevalence))
        change = largest_change(posterior, before)
        iterations += 1
    convergence = Convergence(change < tolerance, iterations, change)
    return fitted("bayes", votes, crowd, posterior, convergence, rows)


def _rows(
    crowd: Crowd, counts: Floats, prior: tuple[Floats, Floats], strength: Strength, kind: Kind
) -> tuple[Floats, Strength]:
    """Dirichlet parameters (n_labels, n_annotators, n_labels) of all rows, and the new strength."""
    votes_per_item = len(crowd.item) / max(int(crowd.voted.sum()), 1)
    shape = shared_shape(counts, votes_per_item, is_ordinal=kind == "ordinal")
    average = overall_accuracy(counts)
    right, total = np.einsum("kjk->j", counts), counts.sum(axis=(0, 2))
    both = np.stack([right, total - right], axis=1)
    chance = np.broadcast_to([average, 1 - average], both.shape)
    worth = fitted_strength(both, chance, strength.accuracy)
    others_right = right - np.einsum("kjk->kj", counts)
    others = total - counts.sum(axis=2)
    accuracy = (others_right + worth * average + prior[0]) / (others + worth + prior[1])
    means = annotator_means(shape, accuracy, average)
    strong = fitted_strength(counts, means, strength.row)
    return counts + strong * means, Strength(worth, strong)


def held_prevalence(crowd: Crowd, shares: Floats) -> Floats:
    """The share of each label among the items, halfway between votes and majority.

    Votes blur a skewed prevalence, majority vote sharpens it. Gold items are picked, not drawn:
    they are left out where there are others.
    """
    best = shares >= shares.max(axis=0) - TIE
    counted = crowd.voted & (crowd.known < 0)
    if not counted.any():
        counted = crowd.voted
    prevalence = (shares + best / best.sum(axis=0))[:, counted].mean(axis=1) / 2
    smallest = 1 / (2 * counted.sum() + crowd.n_labels)
    prevalence = np.maximum(prevalence, smallest)
    return np.asarray(prevalence / prevalence.sum())


def _prior_votes(votes: Votes, priors: Mapping[Hashable, AnnotatorPrior]) -> tuple[Floats, Floats]:
    """Votes already seen of each annotator (n_annotators,): the right ones, and all."""
    known = [priors.get(name, AnnotatorPrior(0.0, 0.0)) for name in votes.annotators]
    if any(not (0 <= prior.accuracy <= 1 and prior.n_votes >= 0) for prior in known):
        raise BadVotes("A prior needs an accuracy between 0 and 1 and a weight of 0 or more.")
    size = np.asarray([prior.n_votes for prior in known], dtype=np.float64)
    return size * np.asarray([prior.accuracy for prior in known]), size
