"""Weighted majority: an annotator's vote weighs as much as they agree with the majority.

The rule of "worker agreement with aggregate" (Appen's trust score, crowd-kit's Wawa): one pass, no
iteration, so that it cannot run away on a small crowd.
"""

from collections.abc import Hashable, Mapping

import numpy as np

from agreement.arrays import tally
from agreement.crowd import TIE, Crowd
from agreement.fitted import fitted
from agreement.inference import Convergence, Inference
from agreement.votes import Votes


def weighted(votes: Votes, *, gold: Mapping[Hashable, Hashable] | None = None) -> Inference:
    """Vote shares, each vote weighted by its annotator's agreement with the majority.

    On a tied item each of the tied labels counts in its share as the majority's.
    """
    crowd = Crowd.of(votes, gold)
    shares = crowd.shares()
    best = shares >= shares.max(axis=0) - TIE
    agreed = (best / best.sum(axis=0))[crowd.label, crowd.item]
    n_votes = crowd.per_annotator(np.ones(len(crowd.item)))
    skill = crowd.per_annotator(agreed) / np.maximum(n_votes, 1)
    place = crowd.label * crowd.n_items + crowd.item
    weights = tally(place, skill[crowd.annotator], crowd.n_labels * crowd.n_items)
    table = weights.reshape(crowd.n_labels, crowd.n_items)
    total = table.sum(axis=0)
    # Where every annotator of an item has weight 0, all that is left is their shares.
    posterior = np.where(total > 0, table / np.where(total > 0, total, 1.0), shares)
    once = Convergence(is_converged=True, iterations=1, change=0.0)
    return fitted("weighted", votes, crowd, crowd.with_known(posterior), once)
