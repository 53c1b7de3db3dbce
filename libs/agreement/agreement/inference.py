"""The results of truth inference: labels, their confidence, and annotators' reliability."""

from collections.abc import Hashable
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from agreement.arrays import Floats
from agreement.crowd import Crowd, winners
from agreement.special import digamma, trigamma

# The guard warns above this share of items that differ from a clear majority.
_PART_SHARE = 0.1
# Beyond this a probability is 0 or 1 to every digit, and its exponential would overflow.
_LOGIT_MAX = 500.0


@dataclass(frozen=True, slots=True)
class Convergence:
    """The end of the iteration; `objective` has one value per iteration, not falling in EM."""

    is_converged: bool
    iterations: int
    change: float
    objective: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Guard:
    """A comparison of inferred labels with the majority's, over items that have both."""

    n_compared: int
    n_parted: int
    warning: str | None


@dataclass(frozen=True, slots=True)
class Reliability:
    """An annotator's probability of a correct label, with its credible interval."""

    annotator: Hashable
    n_votes: int
    accuracy: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, eq=False)
class Inference:
    """Inferred labels of `items` from the votes of `annotators`, by `method`.

    `posterior` is (n_items, n_labels), rows summing to 1. `answers` is (n_annotators, n_labels,
    n_labels): Dirichlet parameters of the labels an annotator gives (last axis) to a true label
    (middle axis); their normalized rows are the confusion matrix, their sums its precision.
    """

    method: str
    items: tuple[Hashable, ...]
    annotators: tuple[Hashable, ...]
    label_names: tuple[Hashable, ...]
    posterior: Floats
    answers: Floats
    n_votes: tuple[int, ...]
    convergence: Convergence
    guard: Guard

    @property
    def labels(self) -> tuple[Hashable | None, ...]:
        """The most probable label of each item; None where two are equally probable."""
        best, alone = winners(self.posterior.T)
        return tuple(
            self.label_names[code] if single else None
            for code, single in zip(best.tolist(), alone.tolist(), strict=True)
        )

    @property
    def confidence(self) -> Floats:
        """The probability (n_items,) of each item's most probable label."""
        return np.asarray(self.posterior.max(axis=1))

    @property
    def prevalence(self) -> Floats:
        """The expected share of each label among the items (n_labels,)."""
        return np.asarray(self.posterior.mean(axis=0))

    @property
    def confusion(self) -> Floats:
        """Each annotator's confusion matrix (n_annotators, n_labels true, n_labels given)."""
        return np.asarray(self.answers / self.answers.sum(axis=2, keepdims=True))

    @property
    def confusion_sd(self) -> Floats:
        """The standard deviation of each entry of `confusion`, under its Dirichlet."""
        size = self.answers.sum(axis=2, keepdims=True)
        mean = self.answers / size
        return np.asarray(np.sqrt(mean * (1 - mean) / (size + 1)))

    def reliability(self, level: float = 0.9) -> list[Reliability]:
        """Return each annotator's accuracy at the inferred prevalence, with its interval.

        The accuracy is a mean of Beta variables. It is approximated by one Beta with its mean and
        variance, whose interval is computed on the logit scale, where it is nearly normal.
        """
        mean, first, second = self._accuracy_beta()
        z = NormalDist().inv_cdf((1 + level) / 2)
        centre = digamma(first) - digamma(second)
        half_width = z * np.sqrt(trigamma(first) + trigamma(second))
        ends = (np.clip(centre + side * half_width, -_LOGIT_MAX, _LOGIT_MAX) for side in (-1, 1))
        low, high = (1 / (1 + np.exp(-end)) for end in ends)
        columns = (mean, np.minimum(low, mean), np.maximum(high, mean))
        rows = zip(self.annotators, self.n_votes, *(c.tolist() for c in columns), strict=True)
        return [Reliability(*row) for row in rows]

    def _accuracy_beta(self) -> tuple[Floats, Floats, Floats]:
        right = np.diagonal(self.confusion, axis1=1, axis2=2) @ self.prevalence
        spread = np.diagonal(self.confusion_sd, axis1=1, axis2=2) ** 2 @ self.prevalence**2
        right = np.clip(right, 1e-9, 1 - 1e-9)
        size = np.maximum(right * (1 - right) / np.maximum(spread, 1e-12) - 1, 1e-3)
        return right, right * size, (1 - right) * size


def guard_of(crowd: Crowd, posterior: Floats) -> Guard:
    """Compare a posterior (n_labels, n_items) with majority vote; gold items do not count."""
    inferred, inferred_alone = winners(posterior)
    voted, voted_alone = crowd.majority()
    both = inferred_alone & voted_alone & crowd.voted & (crowd.known < 0)
    n_compared = int(both.sum())
    n_parted = int((inferred != voted)[both].sum())
    warning = None
    if n_parted > _PART_SHARE * n_compared:
        warning = (
            f"The inferred label differs from a clear majority on {n_parted} of {n_compared} "
            "items: check some of them by hand before relying on either."
        )
    return Guard(n_compared, n_parted, warning)
