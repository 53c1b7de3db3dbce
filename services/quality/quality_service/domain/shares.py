"""Shares and their intervals.

Wilson's interval: it stays within [0, 1], has its coverage from the first few answers on, and is
two lines. `test_shares` holds both functions against statsmodels, which would cost a service four
seconds and 190 MB at its start.
"""

from math import sqrt

from schemas.quality import Difference
from schemas.vocabulary import Accuracy

Z = 1.959963984540054
"""The normal quantile of a two-sided 95 % interval."""


def share(right: float, n: int) -> Accuracy:
    """`right` of `n` with Wilson's 95 % interval; `right` may be a sum of parts."""
    if n == 0:
        return Accuracy(value=None, low=None, high=None, n=0)
    p = right / n
    centre = p + Z * Z / (2 * n)
    reach = Z * sqrt(p * (1 - p) / n + Z * Z / (4 * n * n))
    scale = 1 + Z * Z / n
    low, high = (centre - reach) / scale, (centre + reach) / scale
    # Rounding may push a bound by an ulp beyond the value at 0 and at 1.
    return Accuracy(value=p, low=min(max(low, 0.0), p), high=max(min(high, 1.0), p), n=n)


def difference(first: Accuracy, second: Accuracy) -> Difference:
    """`first` less `second`, two independent shares, with Newcombe's 95 % interval."""
    if first.value is None or second.value is None:
        return Difference(value=None, low=None, high=None)
    value = first.value - second.value
    down = sqrt(_below(first) ** 2 + _above(second) ** 2)
    up = sqrt(_above(first) ** 2 + _below(second) ** 2)
    return Difference(value=value, low=max(-1.0, value - down), high=min(1.0, value + up))


def _below(one: Accuracy) -> float:
    return (one.value or 0.0) - (one.low or 0.0)


def _above(one: Accuracy) -> float:
    return (one.high or 0.0) - (one.value or 0.0)
