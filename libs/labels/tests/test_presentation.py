"""The order of the options is the lease's own, and favours none."""

from collections import Counter
from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

import labels
from labels.presentation import presentation

FIELDS: list[dict[str, Any]] = [
    {"name": "better", "kind": "pairwise", "options": ["left", "right"]},
    {"name": "best", "kind": "ranking", "options": ["a", "b", "c"]},
    {"name": "mood", "kind": "choice", "options": ["good", "bad"]},
]
SCHEMA = labels.compile_fields(FIELDS)


@given(st.uuids())
def test_each_lease_has_one_order_of_the_options_whose_order_can_sway_the_answer(
    lease_id: UUID,
) -> None:
    shown = presentation(SCHEMA, lease_id)

    assert shown.keys() == {"better", "best"}
    assert sorted(shown["better"]) == ["left", "right"]
    assert sorted(shown["best"]) == ["a", "b", "c"]
    assert shown == presentation(SCHEMA, lease_id)


def test_every_order_is_equally_likely() -> None:
    draws = 6000
    orders = [presentation(SCHEMA, UUID(int=n)) for n in range(draws)]

    pairs = Counter(tuple(order["better"]) for order in orders)
    ranks = Counter(tuple(order["best"]) for order in orders)
    joint = Counter((order["better"][0], order["best"][0]) for order in orders)

    # Five standard deviations of a share of n draws: the leases are fixed, so this always holds.
    for counts, kinds in ((pairs, 2), (ranks, 6), (joint, 6)):
        assert len(counts) == kinds
        spread = 5 * (draws * (1 / kinds) * (1 - 1 / kinds)) ** 0.5
        assert all(abs(count - draws / kinds) < spread for count in counts.values())
