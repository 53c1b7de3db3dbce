"""Builds an `Inference` from a posterior: the last step of every method."""

import numpy as np

from agreement.arrays import Floats
from agreement.crowd import Crowd
from agreement.inference import Convergence, Inference, guard_of
from agreement.votes import Votes


def fitted(
    method: str,
    votes: Votes,
    crowd: Crowd,
    posterior: Floats,
    convergence: Convergence,
    answers: Floats | None = None,
) -> Inference:
    """Return the inference with this posterior (n_labels, n_items).

    `answers` (n_labels, n_annotators, n_labels) are Dirichlet parameters of the annotators; if
    the method has none, its expected counts plus one pseudo-vote per row are used.
    """
    if answers is None:
        answers = crowd.answer_counts(posterior) + 1 / crowd.n_labels
    n_votes = np.bincount(crowd.annotator, minlength=crowd.n_annotators)
    return Inference(
        method,
        votes.items,
        votes.annotators,
        votes.labels,
        posterior.T,
        answers.transpose(1, 0, 2),
        tuple(n_votes.tolist()),
        convergence,
        guard_of(crowd, posterior),
    )
