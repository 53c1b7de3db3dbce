"""Several models of annotators, weighed by how well they predict gold that they did not see.

Votes group items but do not name the groups, so no rule without gold picks the better model on
every crowd. A few known labels can. They are dealt into folds; each model is fitted without a
fold's labels and scored by the logarithm of the probability that it gives them. A model's weight is
its prior, of which the default has most, times the exponential of its score (pseudo-Bayesian model
averaging: Yao, Vehtari, Simpson, Gelman, Using Stacking to Average Bayesian Predictive
Distributions, Bayesian Analysis 13, 2018). The answer is the weighted mean of the models'
posteriors, each fitted with all known labels.

Without known labels the answer is the default's, unchanged. The share of items on which the models
differ then says how much rests on that choice, and those items are the ones to label first.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass

import numpy as np

from agreement.annotator_models import MODELS
from agreement.arrays import Bools, Floats, Ints
from agreement.bayes import Kind, bayes
from agreement.crowd import Crowd, winners
from agreement.fitted import fitted
from agreement.inference import Convergence, Inference
from agreement.votes import Votes

AVERAGED = ("bayes", *MODELS)
"""The names of the models, the default first."""

_N_FOLDS = 5
# Held-out predictions are needed to a hundredth, labels to more.
_HELD_OUT_TOLERANCE = 1e-2
_DEFAULT_PRIOR = 0.7
# The models are too sure of themselves: with this probability an answer counts as drawn at random.
_DOUBT = 0.2
# Labels asked for where models differ are no random sample: each counts as half an observation.
_LABEL_WEIGHT = 0.5
# Above this share the best and the worst model were 2.9 points apart or more on real crowds, below
# it 3.0 or less (docs/agreement.md).
_DISPUTED_SHARE = 0.12


@dataclass(frozen=True, slots=True, eq=False)
class ModelAverage:
    """The averaged `inference`, the weight of each model, and where the models differ.

    `default` is the default model's own inference, given the same known labels.
    `disputed` (n_items,) are the items whose most probable label is not the same in all models,
    `disagreement` (n_items,) is the information in nats that the choice of the model gives about
    the label: the Jensen-Shannon divergence of the posteriors under the weights. Both are of the
    `n_open` items with votes and without a known label; of others they are False and 0.
    """

    inference: Inference
    default: Inference
    weights: Mapping[str, float]
    disputed: Bools
    disagreement: Floats
    n_open: int
    n_known: int

    @property
    def n_disputed(self) -> int:
        """The number of disputed items."""
        return int(self.disputed.sum())

    @property
    def share_disputed(self) -> float:
        """The share of disputed items among the open ones."""
        return self.n_disputed / self.n_open if self.n_open else 0.0

    @property
    def warning(self) -> str | None:
        """A sentence where many items are disputed and no known label says which model is right."""
        if self.n_known or self.share_disputed <= _DISPUTED_SHARE:
            return None
        return (
            f"Models of the annotators differ on {self.n_disputed} of {self.n_open} items, and "
            "votes alone do not say which is right: label some of these items by hand, and give "
            "their labels as known gold."
        )

    def ask_gold(self, n: int) -> list[Hashable]:
        """The at most `n` items whose label would tell most about the models, disputed first."""
        items = self.inference.items
        order = sorted(
            np.flatnonzero(self.disagreement > 0).tolist(),
            key=lambda code: (
                not self.disputed[code],
                -round(float(self.disagreement[code]), 9),
                str(items[code]),
            ),
        )
        return [items[code] for code in order[:n]]


def average(
    votes: Votes,
    *,
    gold: Mapping[Hashable, Hashable] | None = None,
    kind: Kind = "nominal",
    tolerance: float = 1e-4,
) -> ModelAverage:
    """Infer labels by all models, weighed by the known labels in `gold`.

    Known labels of items without votes are passed over. `kind` is for the default alone. Each fit
    ends when no posterior moves by `tolerance`. Raises `BadVotes` for a known label that is not on
    the scale.
    """
    crowd = Crowd.of(votes, gold)
    known = np.flatnonzero((crowd.known >= 0) & crowd.voted)
    default, posteriors, convergence = _fits(votes, crowd, kind, tolerance)
    weights = _weights(votes, crowd, known, kind)
    inference = default
    if len(known):
        mean = np.einsum("m,mki->ki", weights, posteriors)
        inference = fitted("average", votes, crowd, mean, convergence)
    is_open = crowd.voted & (crowd.known < 0)
    return ModelAverage(
        inference,
        default,
        dict(zip(AVERAGED, weights.tolist(), strict=True)),
        _disputed(posteriors) & is_open,
        np.where(is_open, _divergence(posteriors, weights), 0.0),
        int(is_open.sum()),
        len(known),
    )


def _fits(
    votes: Votes, crowd: Crowd, kind: Kind, tolerance: float
) -> tuple[Inference, Floats, Convergence]:
    """The default, the posteriors of all models (n_models, n_labels, n_items), how they ended."""
    default = bayes(votes, kind=kind, gold=_named(votes, crowd.known), tolerance=tolerance)
    others = [model.fit(crowd, tolerance) for model in MODELS.values()]
    ends = [default.convergence, *(end for _, end in others)]
    convergence = Convergence(
        all(end.is_converged for end in ends),
        max(end.iterations for end in ends),
        max(end.change for end in ends),
    )
    posteriors = [default.posterior.T, *(posterior for posterior, _ in others)]
    return default, np.stack(posteriors), convergence


def _weights(votes: Votes, crowd: Crowd, known: Ints, kind: Kind) -> Floats:
    """The weight of each model (n_models,), summing to 1, by held-out predictions of `known`."""
    prior = np.full(len(AVERAGED), (1 - _DEFAULT_PRIOR) / len(MODELS))
    prior[0] = _DEFAULT_PRIOR
    if not len(known):
        return prior
    predicted = _held_out(votes, crowd, known, kind)
    doubted = (1 - _DOUBT) * predicted + _DOUBT / crowd.n_labels
    score = np.log(prior) + _LABEL_WEIGHT * np.log(doubted).sum(axis=1)
    weight = np.exp(score - score.max())
    return np.asarray(weight / weight.sum())


def _held_out(votes: Votes, crowd: Crowd, known: Ints, kind: Kind) -> Floats:
    """The probability that each model, fitted without an item's fold, gives its known label.

    (n_models, n_known), in the order of `known`. Folds follow the names of the items, so that the
    order of the votes does not matter.
    """
    by_name = sorted(range(len(known)), key=lambda place: str(votes.items[known[place]]))
    fold = np.empty(len(known), dtype=np.int64)
    fold[by_name] = np.arange(len(known)) % _N_FOLDS
    predicted = np.empty((len(AVERAGED), len(known)))
    for number in np.unique(fold):
        out = known[fold == number]
        seen = crowd.without_known(out)
        _, posteriors, _ = _fits(votes, seen, kind, _HELD_OUT_TOLERANCE)
        predicted[:, fold == number] = posteriors[:, crowd.known[out], out]
    return predicted


def _named(votes: Votes, known: Ints) -> dict[Hashable, Hashable]:
    return {votes.items[code]: votes.labels[known[code]] for code in np.flatnonzero(known >= 0)}


def _disputed(posteriors: Floats) -> Bools:
    """Return (n_items,): True where a model (first axis) prefers another label than the default."""
    best, alone = zip(*(winners(posterior) for posterior in posteriors), strict=True)
    chosen = np.where(np.stack(alone), np.stack(best), -1)
    return np.asarray((chosen != chosen[0]).any(axis=0))


def _divergence(posteriors: Floats, weights: Floats) -> Floats:
    """The Jensen-Shannon divergence (n_items,) of posteriors (n_models, n_labels, n_items)."""
    mean = np.einsum("m,mki->ki", weights, posteriors)
    inside = np.einsum("m,mi->i", weights, np.stack([_entropy(one) for one in posteriors]))
    return np.asarray(np.maximum(_entropy(mean) - inside, 0.0))


def _entropy(table: Floats) -> Floats:
    """The entropy in nats of each column of shares (n_labels, n_items)."""
    return np.asarray(-(table * np.log(np.where(table > 0, table, 1.0))).sum(axis=0))
