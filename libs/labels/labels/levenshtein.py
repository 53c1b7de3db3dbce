"""The normalized Levenshtein distance of two texts."""

from rapidfuzz.distance import Levenshtein


def normalized_edit_distance(first: str, second: str) -> float:
    """Return 2d / (|a| + |b| + d) for the edit distance d: a metric in [0, 1], 0 for equal texts.

    d counts Unicode code points.

    Li Yujian and Liu Bo, "A Normalized Levenshtein Distance Metric", IEEE Transactions on
    Pattern Analysis and Machine Intelligence 29(6), 2007. (The more usual edit distance
    divided by the longer length violates the triangle inequality.)
    """
    if first == second:
        return 0.0
    edits = Levenshtein.distance(first, second)
    return 2 * edits / (len(first) + len(second) + edits)
