"""GLAD: each annotator has an ability and each item a difficulty.

Whitehill, Ruvolo, Wu, Bergsma, Movellan, Whose Vote Should Count More, NIPS 2009. An annotator of
ability a answers an item of easiness exp(b) rightly with probability 1 / (1 + exp(-a exp(b))), and
errs evenly. E: the posterior of the true label. M: gradient ascent on abilities and easinesses
under the paper's normal priors of mean 1 and variance 1.
"""

from collections.abc import Hashable, Mapping

import numpy as np

from agreement.arrays import Floats, tally
from agreement.crowd import Crowd
from agreement.fitted import fitted
from agreement.inference import Convergence, Inference
from agreement.votes import Votes

_ASCENTS = 25
_RATE = 0.2


def glad(
    votes: Votes,
    *,
    gold: Mapping[Hashable, Hashable] | None = None,
    tolerance: float = 1e-5,
    iterations_max: int = 100,
) -> Inference:
    """GLAD from ability and easiness 1 on, until no posterior moves by `tolerance`."""
    crowd = Crowd.of(votes, gold)
    ability = np.ones(crowd.n_annotators)
    ease = np.ones(crowd.n_items)
    posterior, change, iterations = crowd.shares(), np.inf, 0
    while iterations < iterations_max and change >= tolerance:
        right = posterior[crowd.label, crowd.item]
        ability, ease = _ascended(crowd, right, ability, ease)
        before = posterior
        posterior, _ = crowd.settled(_log_joint(crowd, ability, ease))
        change = float(np.abs(posterior - before).max(initial=0.0))
        iterations += 1
    convergence = Convergence(change < tolerance, iterations, change)
    return fitted("glad", votes, crowd, posterior, convergence)


def _ascended(crowd: Crowd, right: Floats, ability: Floats, ease: Floats) -> tuple[Floats, Floats]:
    """Abilities and easinesses after some steps up the gradient of the expected log posterior.

    Each gradient is divided by its number of votes (and the prior's one), which makes one rate fit
    annotators of three votes and of three thousand.
    """
    annotator = crowd.annotator
    per_annotator = crowd.per_annotator(np.ones(len(right))) + 1
    per_item = tally(crowd.item, np.ones(len(right)), crowd.n_items) + 1
    for _ in range(_ASCENTS):
        easiness = np.exp(ease)[crowd.item]
        # The derivative of the expected log likelihood of a vote by its logit.
        slope = right - _sigmoid(ability[annotator] * easiness)
        up_ability = crowd.per_annotator(slope * easiness) - (ability - 1)
        pull = slope * easiness * ability[annotator]
        up_ease = tally(crowd.item, pull, crowd.n_items) - (ease - 1)
        ability = ability + _RATE * up_ability / per_annotator
        ease = np.clip(ease + _RATE * up_ease / per_item, -5.0, 5.0)
    return ability, ease


def _log_joint(crowd: Crowd, ability: Floats, ease: Floats) -> Floats:
    logit = ability[crowd.annotator] * np.exp(ease)[crowd.item]
    log_right = -np.logaddexp(0, -logit)
    log_wrong = -np.logaddexp(0, logit) - np.log(max(crowd.n_labels - 1, 1))
    wrong = tally(crowd.item, log_wrong, crowd.n_items)
    place = crowd.label * crowd.n_items + crowd.item
    gain = tally(place, log_right - log_wrong, crowd.n_labels * crowd.n_items)
    return np.asarray(gain.reshape(crowd.n_labels, crowd.n_items) + wrong)


def _sigmoid(logit: Floats) -> Floats:
    return np.asarray(np.exp(-np.logaddexp(0, -logit)))
