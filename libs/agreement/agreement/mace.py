"""MACE: an annotator either knows the label or answers by an individual habit.

Hovy, Berg-Kirkpatrick, Vaswani, Hovy, Learning Whom to Trust with MACE, NAACL 2013, by variational
Bayes. With probability t_j annotator j gives the true label, otherwise one drawn from the habit
h_j. The posterior of (true label, knew or not) is closed, so that the update needs only the
expected counts. It is started at random several times; the best evidence wins.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass

import numpy as np

from agreement.arrays import Floats
from agreement.crowd import Crowd
from agreement.fitted import fitted
from agreement.inference import Convergence, Inference
from agreement.special import digamma
from agreement.votes import Votes

_RESTARTS = 10
_KNOW_PRIOR = 0.5
_HABIT_PRIOR = 10.0


def mace(
    votes: Votes,
    *,
    gold: Mapping[Hashable, Hashable] | None = None,
    seed: int = 0,
    tolerance: float = 1e-5,
    iterations_max: int = 50,
) -> Inference:
    """Infer labels by MACE, the best of ten random starts drawn with `seed`."""
    crowd = Crowd.of(votes, gold)
    rng = np.random.default_rng(seed)
    runs = [_run(crowd, rng, tolerance, iterations_max) for _ in range(_RESTARTS)]
    best = max(runs, key=lambda run: run.evidence)
    convergence = Convergence(best.change < tolerance, best.iterations, best.change)
    return fitted("mace", votes, crowd, best.posterior, convergence)


@dataclass(frozen=True, slots=True, eq=False)
class _Run:
    posterior: Floats
    evidence: float
    iterations: int
    change: float


def _run(crowd: Crowd, rng: np.random.Generator, tolerance: float, iterations_max: int) -> _Run:
    shape = (crowd.n_annotators, crowd.n_labels)
    knows = rng.uniform(0.4, 0.9, crowd.n_annotators)
    habit = rng.dirichlet(np.ones(crowd.n_labels) * 5, crowd.n_annotators).reshape(shape)
    posterior, change, iterations, evidence = crowd.shares(), np.inf, 0, -np.inf
    log_prior = np.full(crowd.n_labels, -np.log(crowd.n_labels))
    while iterations < iterations_max and change >= tolerance:
        before = posterior
        guess = (1 - knows)[:, None] * habit
        rows = np.broadcast_to(guess, (crowd.n_labels, *shape)).copy()
        diagonal = np.arange(crowd.n_labels)
        rows[diagonal, :, diagonal] += knows
        joint = crowd.log_joint(np.log(np.maximum(rows, 1e-300)), log_prior)
        posterior, per_item = crowd.settled(joint)
        evidence = float(per_item.sum())
        knows, habit = _updated(crowd.answer_counts(posterior), knows, guess)
        change = float(np.abs(posterior - before).max(initial=0.0))
        iterations += 1
    return _Run(posterior, evidence, iterations, change)


def _updated(counts: Floats, knows: Floats, guess: Floats) -> tuple[Floats, Floats]:
    """The geometric means of both parameters' posteriors, given the expected counts."""
    answers = counts.sum(axis=0)
    matching = np.einsum("kjk->jk", counts)
    total = knows[:, None] + guess
    known = matching * knows[:, None] / np.where(total > 0, total, 1.0)
    guessed = answers - known
    n_known, n_guessed = known.sum(axis=1) + _KNOW_PRIOR, guessed.sum(axis=1) + _KNOW_PRIOR
    log_total = digamma(n_known + n_guessed)
    knew = np.exp(digamma(n_known) - log_total)
    did_not = np.exp(digamma(n_guessed) - log_total)
    habit = guessed + _HABIT_PRIOR
    log_habit = digamma(habit) - digamma(habit.sum(axis=1, keepdims=True))
    return knew / (knew + did_not), np.asarray(np.exp(log_habit))
