"""The figures by name, for breakdowns and differences of any of them."""

from typing import Any, Literal

from agreement.alpha import Distance, Metric, alpha_measure
from agreement.bootstrap import Measure
from agreement.chance import fleiss_measure, gwet_measure, raw_measure
from agreement.votes import BadVotes, Votes

Statistic = Literal["krippendorff_alpha", "fleiss_kappa", "gwet_ac1", "gwet_ac2", "raw_agreement"]


def measure_of(
    votes: Votes, statistic: Statistic, metric: Metric | Distance = "nominal", *, seed: int = 0
) -> Measure:
    """Return the named figure as a measure for these votes; `metric` is for alpha alone.

    AC2 has quadratic weights, Fleiss' kappa the chance of item shares.
    """
    makers: dict[str, Any] = {
        "krippendorff_alpha": lambda: alpha_measure(votes.labels, metric, seed=seed),
        "fleiss_kappa": fleiss_measure,
        "gwet_ac1": lambda: gwet_measure(len(votes.labels)),
        "gwet_ac2": lambda: gwet_measure(len(votes.labels), "quadratic"),
        "raw_agreement": lambda: raw_measure,
    }
    if statistic not in makers:
        raise BadVotes(f"The statistic {statistic!r} is not one of {', '.join(makers)}.")
    measure: Measure = makers[statistic]()
    return measure
