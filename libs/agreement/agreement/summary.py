"""The usual figures of a set of votes, as the command `labelwright agreement` prints them."""

from collections.abc import Hashable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

from agreement.alpha import krippendorff_alpha
from agreement.arrays import Floats
from agreement.chance import fleiss_kappa, gwet_ac1, gwet_ac2, raw_agreement
from agreement.cohen import cohen_kappa
from agreement.counts import Counts
from agreement.crowd import TIE
from agreement.estimate import Estimate
from agreement.inference import Inference
from agreement.pairs import label_pairs
from agreement.votes import Votes

LabelType = Literal["nominal", "ordinal", "interval"]


@dataclass(frozen=True, slots=True)
class Calibration:
    """One bin of items by confidence: mean confidence, share correct, number of items."""

    confidence: float
    accuracy: float
    n_items: int


def figures(votes: Votes, label_type: LabelType, *, seed: int = 0) -> dict[str, Estimate]:
    """Return the figures that fit a type of label, by name; alpha has the metric of the type."""
    found = {
        "raw": raw_agreement(votes, seed=seed),
        "krippendorff_alpha": krippendorff_alpha(votes, label_type, seed=seed),
    }
    if label_type == "interval":
        return found
    found["fleiss_kappa"] = fleiss_kappa(votes, seed=seed)
    found["cohen_kappa"] = cohen_kappa(votes, replicates=200, seed=seed)
    found["ac1"] = gwet_ac1(votes, seed=seed)
    if label_type == "ordinal":
        found["ac2"] = gwet_ac2(votes, seed=seed)
    return found


def accuracy(inference: Inference, gold: Mapping[Hashable, Hashable]) -> dict[str, Any]:
    """Return the share of gold items whose inferred label is gold's; ties count in parts."""
    score = [
        _right(inference, line, gold[item])
        for item, line in zip(inference.items, inference.posterior, strict=True)
        if item in gold
    ]
    return {"value": float(np.mean(score)) if score else None, "n_items": len(score)}


def calibration(
    inference: Inference, gold: Mapping[Hashable, Hashable], *, n_bins: int = 10
) -> list[Calibration]:
    """Return the share of correct inferred labels in bins of confidence."""
    rows = [
        (float(line.max()), _right(inference, line, gold[item]))
        for item, line in zip(inference.items, inference.posterior, strict=True)
        if item in gold
    ]
    if not rows:
        return []
    sure, right = np.asarray(rows).T
    place = np.minimum((sure * n_bins).astype(np.int64), n_bins - 1)
    return [
        Calibration(float(sure[inside].mean()), float(right[inside].mean()), int(inside.sum()))
        for inside in (place == code for code in range(n_bins))
        if inside.any()
    ]


def coincidences(votes: Votes) -> Floats:
    """Return Krippendorff's coincidence matrix (n_labels, n_labels).

    Each item distributes its votes over its pairs, so that the table sums to the pairable votes.
    """
    counts = Counts.of(votes)
    table = np.zeros((len(votes.labels), len(votes.labels)))
    pairs = label_pairs(counts)
    share = pairs.times / 2 / (counts.total[pairs.row] - 1)
    np.add.at(table, (pairs.first, pairs.second), share)
    np.add.at(table, (pairs.second, pairs.first), share)
    same = counts.count * (counts.count - 1) / np.maximum(counts.total[counts.row] - 1, 1)
    np.add.at(table, (counts.label, counts.label), same)
    return table


def as_json(estimate: Estimate) -> dict[str, Any]:
    """Return an estimate as a JSON object."""
    return asdict(estimate)


def _right(inference: Inference, line: Floats, label: Hashable) -> float:
    best = np.flatnonzero(line >= line.max() - TIE)
    return float(label in [inference.label_names[code] for code in best]) / len(best)
