"""Confidence intervals of shares and of their differences.

Wilson's interval stays within [0, 1] and covers well from the first few answers on. The tests
compare both functions with statsmodels, which the service itself does not import: it would add
four seconds and 190 MB to its start.
"""

from math import sqrt

from schemas.quality import Difference
from schemas.vocabulary import Accuracy

Z = 1.959963984540054
"""The normal quantile of a two-sided 95 % interval."""


def wilson_interval(right: float, n: int) -> Accuracy:
    """Return `right` / `n` with its 95 % score interval (Wilson 1927); no value if `n` is 0.

    `right` may be fractional: a sum of shares.
    """
    if n == 0:
        return Accuracy(value=None, low=None, high=None, n=0)
    p = right / n
    centre = p + Z * Z / (2 * n)
    half_width = Z * sqrt(p * (1 - p) / n + Z * Z / (4 * n * n))
    scale = 1 + Z * Z / n
    low, high = (centre - half_width) / scale, (centre + half_width) / scale
    # Rounding may push a bound by an ulp beyond the value at 0 and at 1.
    return Accuracy(value=p, low=min(max(low, 0.0), p), high=max(min(high, 1.0), p), n=n)


def newcombe_interval(first: Accuracy, second: Accuracy) -> Difference:
    """Return `first` - `second`, two independent shares, with its 95 % interval.

    The interval is the hybrid score interval (Newcombe 1998, method 10).
    """
    if first.value is None or second.value is None:
        return Difference(value=None, low=None, high=None)
    value = first.value - second.value
    down = sqrt(_below(first) ** 2 + _above(second) ** 2)
    up = sqrt(_above(first) ** 2 + _below(second) ** 2)
    return Difference(value=value, low=max(-1.0, value - down), high=min(1.0, value + up))


def _below(share: Accuracy) -> float:
    return (share.value or 0.0) - (share.low or 0.0)


def _above(share: Accuracy) -> float:
    return (share.high or 0.0) - (share.value or 0.0)
