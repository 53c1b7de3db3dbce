"""The array types of this library and the one sum it does everywhere, typed once."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Codes = NDArray[np.int32]
Bools = NDArray[np.bool_]
Array = NDArray[Any]


def tally(place: Array, weight: Array, n_places: int) -> Floats:
    """The weights (n,) added up by place (n,), as floats (n_places,)."""
    return np.bincount(place, weight, minlength=n_places).astype(np.float64, copy=False)


def used_codes(codes: Ints, n_codes: int) -> tuple[Ints, Ints]:
    """The codes that occur, in order, and the place of each code (n,) among them."""
    if n_codes > 4 * len(codes) + 1024:
        used, place = np.unique(codes, return_inverse=True)
        return used, place
    used = np.flatnonzero(np.bincount(codes, minlength=n_codes))
    table = np.zeros(n_codes, dtype=np.int64)
    table[used] = np.arange(len(used))
    return used, table[codes]


def floats(values: ArrayLike) -> Floats:
    """The values as an array of floats."""
    return np.asarray(values, dtype=np.float64)
