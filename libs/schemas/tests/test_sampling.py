"""Numbers in [0, 1) from hashes."""

from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from schemas.sampling import unit_interval


@given(st.binary(min_size=8, max_size=32))
def test_every_digest_lies_in_the_unit_interval(digest: bytes) -> None:
    assert 0 <= unit_interval(digest) < 1


def test_the_largest_digest_stays_below_one() -> None:
    assert unit_interval(b"\xff" * 32) < 1


def test_digests_are_spread_evenly() -> None:
    numbers = [unit_interval(sha256(str(n).encode()).digest()) for n in range(10_000)]

    assert abs(sum(number < 0.25 for number in numbers) / 10_000 - 0.25) < 0.02
