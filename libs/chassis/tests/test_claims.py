"""The claims of a token: whatever an issuer wrote there is read rightly or refused."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.claims import expiry, names, text

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)


@given(st.text(min_size=1))
def test_a_text_is_one_name_and_never_its_letters(value: str) -> None:
    assert names({"projects": value}, "projects") == {value}


@given(ANYTHING)
def test_a_claim_of_names_is_a_list_of_texts_or_refused(value: Any) -> None:
    is_right = isinstance(value, str) or (
        isinstance(value, list) and all(isinstance(one, str) for one in value)
    )
    if is_right:
        assert names({"roles": value}, "roles") == frozenset(
            [value] if isinstance(value, str) else value
        )
    else:
        with pytest.raises(ValueError, match="roles"):
            names({"roles": value}, "roles")


@given(ANYTHING)
def test_an_expiry_is_a_time_or_refused(value: Any) -> None:
    try:
        found = expiry({"exp": value})
    except ValueError:
        return
    assert not isinstance(value, bool)
    assert found == value
    assert 0 < found < 1e12


@pytest.mark.parametrize("value", [10**400, float("inf"), float("nan"), -1, 0, True, "1", None])
def test_an_expiry_that_is_no_time_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="exp"):
        expiry({"exp": value})


@pytest.mark.parametrize("value", [None, 7, ["a"], {}])
def test_a_subject_that_is_no_text_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="sub"):
        text({"sub": value}, "sub")


def test_a_missing_claim_gives_no_names() -> None:
    assert names({}, "projects") == frozenset()
