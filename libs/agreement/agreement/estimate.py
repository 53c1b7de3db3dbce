"""Estimates: figures with their intervals and counts."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Estimate:
    """One figure of agreement.

    `value` is None where the figure is undefined; `low` and `high` are None where there is no
    interval (undefined, too few items, or none was asked for); `reason` then says why. Never nan.
    `n_items` and `n_annotators` count those with at least one vote, `n_pairable` the votes on
    items with two votes or more.
    """

    value: float | None
    low: float | None
    high: float | None
    n_items: int
    n_annotators: int
    n_pairable: int
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """The change of agreement, `after` minus `before`.

    `p_value` is two-sided and comes from the same bootstrap as the interval, so the two cannot
    contradict each other; with B replicates it is never below 2 / (B + 1).
    """

    value: float | None
    low: float | None
    high: float | None
    p_value: float | None
    is_paired: bool
    before: Estimate
    after: Estimate
    reason: str | None = None
