"""Tests of the metrics of each kind of field."""

from typing import Any

import pytest

import labels

ORDERED = {"nominal", "ordinal", "interval", "ratio", "distance"}
OPTIONS = ["a", "b", "c"]


@pytest.mark.parametrize(
    ("definition", "expected"),
    [
        ({"kind": "choice", "options": OPTIONS}, {"nominal", "distance"}),
        ({"kind": "choice", "options": OPTIONS, "ordered": True}, ORDERED),
        ({"kind": "choices", "options": OPTIONS}, {"nominal", "distance"}),
        ({"kind": "text"}, {"nominal", "distance"}),
        ({"kind": "spans", "options": OPTIONS}, {"nominal", "distance"}),
        ({"kind": "boxes", "options": OPTIONS}, {"nominal", "distance"}),
        ({"kind": "ranking", "options": OPTIONS}, {"nominal", "distance"}),
        ({"kind": "pairwise", "options": ["a", "b"]}, {"nominal", "distance"}),
        ({"kind": "pairwise", "options": ["a", "b"], "tie": True}, ORDERED),
        ({"kind": "rating"}, ORDERED),
        ({"kind": "rating", "minimum": -2, "maximum": 2}, ORDERED - {"ratio"}),
        ({"kind": "number"}, ORDERED - {"ratio"}),
        ({"kind": "number", "minimum": 0}, ORDERED),
        ({"kind": "number", "minimum": 0, "scale": "ratio"}, ORDERED),
    ],
)
def test_a_kind_says_which_metrics_it_can_have(
    definition: dict[str, Any], expected: set[str]
) -> None:
    [field] = labels.compile_fields([{"name": "f", **definition}]).fields

    assert set(field.metrics) == expected
    assert field.metric in field.metrics
