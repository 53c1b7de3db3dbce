"""Dawid and Skene's model of annotators, full and with one coin, by expectation maximisation.

Dawid, Skene, Maximum Likelihood Estimation of Observer Error-Rates Using the EM Algorithm, Applied
Statistics 28 (1979). A true label k has probability p_k; annotator j says l to it with probability
pi_jkl. E: P(k | votes) is p_k times the product of pi_jkl over the item's votes. M: p and pi are
the expected shares. With one coin, pi_jkk = a_j and every error is equally likely
(1 - a_j) / (K - 1). These are the plain models, without shrinkage: the default is in `bayes`.
"""

from collections.abc import Callable, Hashable, Mapping

import numpy as np

from agreement.arrays import Floats
from agreement.crowd import Crowd
from agreement.fitted import fitted
from agreement.inference import Convergence, Inference
from agreement.votes import Votes

# The smallest probability: an answer that never occurred must not exclude a label.
_FLOOR = 1e-10


def dawid_skene(
    votes: Votes,
    *,
    gold: Mapping[Hashable, Hashable] | None = None,
    tolerance: float = 1e-5,
    iterations_max: int = 100,
) -> Inference:
    """Infer labels by the full Dawid-Skene model, starting at the vote shares.

    It stops when the log likelihood per vote, gold items included, gains less than `tolerance`.
    """
    return _maximised("dawid-skene", votes, gold, _free_rows, (tolerance, iterations_max))


def one_coin(
    votes: Votes,
    *,
    gold: Mapping[Hashable, Hashable] | None = None,
    tolerance: float = 1e-5,
    iterations_max: int = 100,
) -> Inference:
    """Infer labels by Dawid-Skene with one accuracy per annotator, from the vote shares."""
    return _maximised("one-coin", votes, gold, _one_coin, (tolerance, iterations_max))


def _free_rows(counts: Floats) -> Floats:
    total = counts.sum(axis=2, keepdims=True)
    return np.asarray(np.maximum(counts / np.where(total > 0, total, 1.0), _FLOOR))


def _one_coin(counts: Floats) -> Floats:
    n_labels = len(counts)
    right = np.einsum("kjk->j", counts)
    total = counts.sum(axis=(0, 2))
    accuracy = np.where(total > 0, right / np.where(total > 0, total, 1.0), 1 / n_labels)
    error = (1 - accuracy) / max(n_labels - 1, 1)
    rows = np.where(np.eye(n_labels, dtype=np.bool_)[:, None, :], accuracy[:, None], error[:, None])
    return np.asarray(np.maximum(rows, _FLOOR))


def _maximised(
    method: str,
    votes: Votes,
    gold: Mapping[Hashable, Hashable] | None,
    rows_of: Callable[[Floats], Floats],
    stop: tuple[float, int],
) -> Inference:
    crowd = Crowd.of(votes, gold)
    tolerance, iterations_max = stop
    posterior, gain = crowd.shares(), np.inf
    objective: list[float] = []
    # Items without votes have equal posteriors, which must not change the prevalence.
    voted = crowd.voted.astype(np.float64)
    while len(objective) < iterations_max and gain >= tolerance:
        prior = np.maximum(posterior @ voted / max(voted.sum(), 1.0), _FLOOR)
        log_rows = np.log(rows_of(crowd.answer_counts(posterior)))
        joint = crowd.log_joint(log_rows, np.log(prior), out=posterior)
        posterior, evidence = crowd.settled(joint)
        objective.append(float(evidence @ voted))
        if len(objective) > 1:
            gain = (objective[-1] - objective[-2]) / max(len(votes), 1)
    convergence = Convergence(bool(gain < tolerance), len(objective), float(gain), tuple(objective))
    return fitted(method, votes, crowd, posterior, convergence)
