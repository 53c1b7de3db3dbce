"""Consensus of numbers, with annotators who differ in gain, bias and noise.

One-factor model: the vote of annotator j on item i is m + bias_j + gain_j * t_i + noise_j, with t_i
normal around 0. An annotator with a gain below 1 uses only the middle of the scale: the votes are
close together without being exact, which weights by variance alone would mistake for reliability.
Gains are normal around 1, biases around 0, and each annotator's noise is averaged with some votes'
worth of the crowd's, so that an annotator with three votes is near the crowd. Fitted by expectation
maximization (Rubin, Thayer, Psychometrika 47, 1982), from the plain means on.
"""

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np

from agreement.arrays import Floats, Ints, tally
from agreement.inference import Convergence
from agreement.votes import BadVotes, Votes, numbers

# The standard deviation of gains around 1, and the votes' worth of the crowd's noise.
_GAIN_SD = 0.5
_NOISE_VOTES = 5.0


@dataclass(frozen=True, slots=True, eq=False)
class NumberInference:
    """Inferred numbers (n_items,) of the items with votes, in the unit of the labels.

    `deviation` is each value's posterior standard deviation. `gain`, `bias` and `noise` are
    (n_annotators,). `mean` and `median` (n_items,) are the plain ones, to compare with.
    """

    items: tuple[Hashable, ...]
    annotators: tuple[Hashable, ...]
    value: Floats
    deviation: Floats
    mean: Floats
    median: Floats
    gain: Floats
    bias: Floats
    noise: Floats
    convergence: Convergence


def infer_numbers(
    votes: Votes, *, tolerance: float = 1e-5, iterations_max: int = 500
) -> NumberInference:
    """Infer a number for each item until none moves by `tolerance` times the spread of the votes.

    Raises `BadVotes` where a label is not a finite number, or there are no votes.
    """
    values = numbers(votes.labels)
    if values is None or not len(votes):
        raise BadVotes("Interval labels must be finite numbers, and there must be some.")
    used, item = np.unique(votes.item, return_inverse=True)
    number = values[votes.label]
    # In units of their spread and around their mean, no vote is large.
    centre, spread = float(number.mean()), float(number.std()) or 1.0
    fit = _Fit(item, votes.annotator.astype(np.int64), (number - centre) / spread)
    state, convergence = fit.converged(tolerance, iterations_max, len(votes.annotators))
    return NumberInference(
        tuple(votes.items[code] for code in used.tolist()),
        votes.annotators,
        centre + spread * state.factor,
        spread * np.sqrt(state.variance),
        tally(item, number, len(used)) / np.bincount(item),
        _medians(item, number, len(used)),
        state.gain,
        spread * state.bias,
        spread * np.sqrt(state.noise),
        convergence,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _State:
    """Items' factors and their variances (n_items,); annotators' parameters (n_annotators,)."""

    factor: Floats
    variance: Floats
    gain: Floats
    bias: Floats
    noise: Floats


@dataclass(frozen=True, slots=True, eq=False)
class _Fit:
    """The votes of a fit, standardized to mean 0 and standard deviation 1."""

    item: Ints
    annotator: Ints
    number: Floats

    def converged(
        self, tolerance: float, iterations_max: int, n_annotators: int
    ) -> tuple[_State, Convergence]:
        """Return the state when no factor changes by `tolerance`, and the convergence."""
        n_items = int(self.item.max()) + 1
        mean = tally(self.item, self.number, n_items) / np.bincount(self.item)
        noise = float(((self.number - mean[self.item]) ** 2).mean())
        ones, zeros = np.ones(n_annotators), np.zeros(n_annotators)
        state = _State(mean, np.zeros(n_items), ones, zeros, ones * max(noise, 1e-6))
        change, iterations = np.inf, 0
        while iterations < iterations_max and change >= tolerance:
            before = state.factor
            state = self._annotators(self._items(state))
            change = float(np.abs(state.factor - before).max())
            iterations += 1
        return state, Convergence(change < tolerance, iterations, change)

    def _items(self, state: _State) -> _State:
        """E: the factors' posterior given the annotators."""
        n_items = len(state.factor)
        spread = max(float((state.factor**2 + state.variance).mean()), 1e-9)
        gain = state.gain[self.annotator]
        weight = gain / state.noise[self.annotator]
        precision = tally(self.item, weight * gain, n_items) + 1 / spread
        pull = tally(self.item, weight * (self.number - state.bias[self.annotator]), n_items)
        return _State(pull / precision, 1 / precision, state.gain, state.bias, state.noise)

    def _annotators(self, state: _State) -> _State:
        """M: each annotator's line through the factors, under its priors, and their noise."""
        n_annotators = len(state.gain)
        weight = 1 / state.noise[self.annotator]
        x = state.factor[self.item]
        square = x**2 + state.variance[self.item]
        bias_spread = max(float((state.bias**2).mean()), 1e-3)
        s_1 = tally(self.annotator, weight, n_annotators) + 1 / bias_spread
        s_x = tally(self.annotator, weight * x, n_annotators)
        s_xx = tally(self.annotator, weight * square, n_annotators) + 1 / _GAIN_SD**2
        s_y = tally(self.annotator, weight * self.number, n_annotators)
        s_xy = tally(self.annotator, weight * x * self.number, n_annotators) + 1 / _GAIN_SD**2
        determinant = s_1 * s_xx - s_x**2
        bias = (s_xx * s_y - s_x * s_xy) / determinant
        gain = (s_1 * s_xy - s_x * s_y) / determinant
        residual = self.number - bias[self.annotator] - gain[self.annotator] * x
        squared = residual**2 + gain[self.annotator] ** 2 * state.variance[self.item]
        n_votes = np.bincount(self.annotator, minlength=n_annotators)
        own = tally(self.annotator, squared, n_annotators)
        noise = (own + _NOISE_VOTES * squared.mean()) / (n_votes + _NOISE_VOTES)
        return _State(state.factor, state.variance, gain, bias, np.maximum(noise, 1e-6))


def _medians(item: Ints, number: Floats, n_items: int) -> Floats:
    order = np.lexsort((number, item))
    ends = np.searchsorted(item[order], np.arange(n_items + 1))
    low = ends[:-1] + (np.diff(ends) - 1) // 2
    high = ends[:-1] + np.diff(ends) // 2
    ranked = number[order]
    return np.asarray((ranked[low] + ranked[high]) / 2)
