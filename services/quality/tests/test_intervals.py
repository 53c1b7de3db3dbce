"""Shares and differences against statsmodels, which loads for seconds: a file of its own."""

from math import isclose

from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from quality_service.domain.intervals import newcombe_interval, wilson_interval

counts = st.integers(1, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(counts)
def test_a_share_has_the_interval_that_statsmodels_gives(count: tuple[int, int]) -> None:
    found = wilson_interval(*count)

    low, high = proportion_confint(*count, method="wilson")
    assert found.value is not None
    assert found.low is not None
    assert found.high is not None
    assert isclose(found.low, low, abs_tol=1e-9)
    assert isclose(found.high, high, abs_tol=1e-9)
    assert 0 <= found.low <= found.value <= found.high <= 1


@given(counts, counts)
def test_a_difference_has_the_interval_that_statsmodels_gives(
    first: tuple[int, int], second: tuple[int, int]
) -> None:
    found = newcombe_interval(wilson_interval(*first), wilson_interval(*second))

    low, high = confint_proportions_2indep(*first, *second, compare="diff", method="newcomb")
    assert found.low is not None
    assert found.high is not None
    assert isclose(found.low, low, abs_tol=1e-9)
    assert isclose(found.high, high, abs_tol=1e-9)
