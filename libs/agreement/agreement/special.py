"""Digamma and trigamma for positive arrays, to about 1e-12, with numpy alone.

Each argument is moved up past 8 by the recurrence and there the asymptotic series is used
(Abramowitz and Stegun 6.3.18, 6.4.12).
"""

import numpy as np

from agreement.arrays import Floats

_SHIFTS = 8


def digamma(x: Floats) -> Floats:
    """The derivative of log-gamma at positive x."""
    total = np.zeros_like(x)
    moved = x.copy()
    for _ in range(_SHIFTS):
        total -= 1 / moved
        moved += 1
    inverse = 1 / moved**2
    series = inverse * (
        1 / 12 - inverse * (1 / 120 - inverse * (1 / 252 - inverse * (1 / 240 - inverse / 132)))
    )
    return np.asarray(total + np.log(moved) - 0.5 / moved - series)


def trigamma(x: Floats) -> Floats:
    """The second derivative of log-gamma at positive x."""
    total = np.zeros_like(x)
    moved = x.copy()
    for _ in range(_SHIFTS):
        total += 1 / moved**2
        moved += 1
    inverse = 1 / moved**2
    series = 1 / 6 - inverse * (1 / 30 - inverse * (1 / 42 - inverse * (1 / 30 - inverse * 5 / 66)))
    return np.asarray(total + 1 / moved + inverse / 2 + series * inverse / moved)
