"""Reproducible sampling by hashes: the same input is in the sample in every replay."""


def unit_interval(digest: bytes) -> float:
    """Return the first 53 bits of `digest`, at least 8 bytes, as a uniform number in [0, 1)."""
    return (int.from_bytes(digest[:8]) >> 11) / 2**53
