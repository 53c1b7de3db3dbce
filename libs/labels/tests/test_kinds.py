"""Tests of each kind with examples calculated by hand."""

from itertools import combinations, permutations
from math import fsum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import labels
from labels.levenshtein import normalized_edit_distance
from labels.matching import best_pairs, matched_distance


def _field(kind: str, **own: Any) -> labels.Field:
    return labels.compile_fields([{"name": "f", "kind": kind, **own}]).field("f")


def _span(start: int, end: int, label: str = "P") -> dict[str, Any]:
    return {"start": start, "end": end, "quote": "x" * (end - start), "label": label}


def _box(x: float, y: float, width: float, height: float, label: str = "C") -> dict[str, Any]:
    return {"x": x, "y": y, "width": width, "height": height, "label": label}


CHOICE = _field("choice", options=["a", "b", "c"], other=True)
SCALE = _field("choice", options=["low", "mid", "high"], ordered=True, tolerance=1)
JACCARD = _field("choices", options=["a", "b", "c", "d"], other=True)
MASI = _field("choices", options=["a", "b", "c", "d"], distance="masi")
RATING = _field("rating", tolerance=1)
NUMBER = _field("number", minimum=0, maximum=10, tolerance=0.5)
OPEN = _field("number", tolerance=2)
RATIO = _field("number", minimum=0, scale="ratio")
TEXT = _field("text", ignore_case=True)
SPANS = _field("spans", options=["P", "Q"])
BOXES = _field("boxes", options=["C", "D"])
RANKING = _field("ranking", options=["a", "b", "c", "d"], min_items=1)
PAIR = _field("pairwise", options=["left", "right"], tie=True)


@pytest.mark.parametrize(
    ("field", "metric", "levels"),
    [
        (CHOICE, "nominal", ()),
        (SCALE, "ordinal", ("low", "mid", "high")),
        (JACCARD, "distance", ()),
        (RATING, "ordinal", ("1", "2", "3", "4", "5")),
        (NUMBER, "interval", ()),
        (RATIO, "ratio", ()),
        (TEXT, "distance", ()),
        (SPANS, "distance", ()),
        (BOXES, "distance", ()),
        (RANKING, "distance", ()),
        (PAIR, "ordinal", ("left", "tie", "right")),
        (_field("pairwise", options=["left", "right"]), "nominal", ()),
    ],
)
def test_the_metric_of_each_kind(field: labels.Field, metric: str, levels: Any) -> None:
    assert field.metric == metric
    assert field.levels == levels


@pytest.mark.parametrize(
    ("field", "first", "second"),
    [
        (CHOICE, {"other": "So  so"}, {"other": " so SO "}),
        (JACCARD, ["a", "b"], ["b", "a"]),
        (RATING, 3, 3.0),
        (NUMBER, 0, -0.0),
        (NUMBER, 2.5, 2.50),
        (TEXT, "Straße  a", " STRASSE a\n"),
        (TEXT, "e\u0301", "é"),
        (TEXT, "\u0390", "\u03aa\u0301"),
        (SPANS, [_span(1, 3), _span(0, 2)], [_span(0, 2) | {"start": 0.0}, _span(1, 3)]),
        (BOXES, [_box(0.1, 0, 0.5, 1)], [_box(0.1 + 1e-9, 0.0, 0.5, 1.0)]),
        (RANKING, ["c", "a", "b"], ["c", "a", "b", "d"]),
    ],
)
def test_two_ways_to_write_one_answer_have_one_key(
    field: labels.Field, first: Any, second: Any
) -> None:
    assert field.key(first) == field.key(second)
    assert field.distance(first, second) == 0


def test_an_option_cannot_pose_as_another_answer() -> None:
    sly = _field("choice", options=['{"other":"x"}', '"x', "x"], other=True)

    keys = {sly.key(value) for value in ['{"other":"x"}', '"x', "x", {"other": "x"}]}

    assert len(keys) == 4


@pytest.mark.parametrize(
    ("field", "first", "second", "distance"),
    [
        (CHOICE, "a", "b", 1),
        (CHOICE, "a", {"other": "a"}, 1),
        (SCALE, "low", "mid", 1 / 2),
        (SCALE, "low", "high", 1),
        (JACCARD, ["a", "b"], ["b", "c"], 1 - 1 / 3),
        (JACCARD, [], ["b"], 1),
        (JACCARD, ["a", {"other": "x"}], [{"other": "X"}], 1 / 2),
        (MASI, ["a", "b"], ["b", "c"], 1 - 1 / 3 * 1 / 3),
        (MASI, ["a"], ["a", "b"], 1 - 1 / 2 * 2 / 3),
        (MASI, ["a"], ["b"], 1),
        (RATING, 1, 5, 1),
        (RATING, 2, 5.0, 3 / 4),
        (NUMBER, 2, 7, 1 / 2),
        (OPEN, -5, 7, 12),
        (RATIO, 1, 3, 1 / 2),
        (RATIO, 0, 3, 1),
        (TEXT, "kitten", "sitting", 2 * 3 / (6 + 7 + 3)),
        (TEXT, "a", "b", 2 / 3),
        (SPANS, [_span(0, 10)], [_span(5, 15)], 1 - 1 / 3),
        (SPANS, [_span(0, 10)], [_span(0, 10, "Q")], 1),
        (SPANS, [_span(0, 10)], [], 1),
        (SPANS, [_span(0, 10), _span(20, 30)], [_span(20, 30)], 1 - 2 / 3),
        # Greedy pairing would join [0, 10) with [2, 10) for 0.8 and leave the others alone.
        (SPANS, [_span(0, 10), _span(6, 12)], [_span(2, 10), _span(0, 6)], 1 - 2 * (0.6 + 0.4) / 4),
        (BOXES, [_box(0, 0, 0.5, 0.5)], [_box(0.25, 0, 0.5, 0.5)], 1 - 1 / 3),
        (BOXES, [_box(0, 0, 0.5, 0.5)], [_box(0, 0, 0.5, 0.5, "D")], 1),
        (BOXES, [_box(0, 0, 0.5, 0.5)], [_box(0.5, 0.5, 0.5, 0.5)], 1),
        (RANKING, ["a", "b", "c", "d"], ["d", "c", "b", "a"], 1),
        (RANKING, ["a", "b", "c", "d"], ["b", "a", "c", "d"], 1 / 6),
        # a before b, c, d in both; only the first answer orders b, c, d.
        (RANKING, ["a", "b", "c", "d"], ["a"], 3 * 0.5 / 6),
        # a and b in disorder; c and d are ordered by neither.
        (RANKING, ["a", "b"], ["b", "a"], 1 / 6),
        (PAIR, "left", "right", 1),
        (PAIR, "left", "tie", 1 / 2),
    ],
)
def test_the_distance_of_two_answers(
    field: labels.Field, first: Any, second: Any, distance: float
) -> None:
    assert field.distance(first, second) == pytest.approx(distance, abs=1e-12)
    assert field.distance(second, first) == pytest.approx(distance, abs=1e-12)


@pytest.mark.parametrize(
    ("field", "answer", "expected", "score"),
    [
        (CHOICE, "a", "a", 1),
        (CHOICE, "a", "b", 0),
        (SCALE, "low", "mid", 1),
        (SCALE, "low", "high", 0),
        (RATING, 4, 5, 1),
        (RATING, 3, 5, 1 - (1 / 2 - 1 / 4) / (1 - 1 / 4)),
        (NUMBER, 5.5, 5, 1),
        (_field("number", tolerance=0.1), 0.4, 0.3, 1),
        (NUMBER, 6, 5, 1 - 0.5 / 9.5),
        (OPEN, 1, 3, 1),
        (OPEN, -1, 3, 0.5),
        (_field("number"), 1, 1.001, 0),
        (RATIO, 1, 3, 0),
        (JACCARD, ["a", "b"], ["b"], 1 / 2),
        (
            _field("choices", options=["a", "b", "c"], tolerance=1 / 3),
            ["a", "b"],
            ["a", "b", "c"],
            1,
        ),
        (BOXES, [_box(0, 0, 0.5, 0.5)], [_box(0, 0, 0.45, 0.5)], 1),
        (BOXES, [_box(0, 0, 0.5, 0.5)], [_box(0.25, 0, 0.5, 0.5)], 1 - (2 / 3 - 0.2) / 0.8),
        (RANKING, ["a", "b", "c", "d"], ["b", "a", "c", "d"], 5 / 6),
        (PAIR, "tie", "left", 1 / 2),
    ],
)
def test_what_an_answer_earns_against_gold(
    field: labels.Field, answer: Any, expected: Any, score: float
) -> None:
    assert field.score(answer, expected) == pytest.approx(score, abs=1e-12)
    assert field.is_correct(answer, expected) == (score == 1)


@pytest.mark.parametrize(
    ("field", "answers", "weights", "merged"),
    [
        (CHOICE, ["a", "b", "a"], None, "a"),
        (CHOICE, ["a", "b"], None, None),
        (CHOICE, ["a", "b"], [1, 2], "b"),
        (CHOICE, ["a", "b", "b"], [0.3, 0.1, 0.2], None),
        (CHOICE, ["a"], [0], None),
        (CHOICE, [], None, None),
        (
            CHOICE,
            [{"other": "X y"}, {"other": "x y"}, {"other": "x y"}, "a"],
            None,
            {"other": "x y"},
        ),
        (SCALE, ["low", "high", "high"], None, "high"),
        (SCALE, ["low", "mid", "high"], None, "mid"),
        (SCALE, ["low", "high"], None, None),
        (JACCARD, [["a", "b"], ["b"], ["b", "c"]], None, ["b"]),
        (JACCARD, [["a"], ["a", "b"]], None, None),
        (JACCARD, [["a"]] * 4 + [["b"]] * 3, None, ["a"]),
        (JACCARD, [["a"], ["b"], ["c"]], None, None),
        (JACCARD, [[], [], ["c"]], None, []),
        (JACCARD, [["d", "a"], ["a", "d"]], None, ["a", "d"]),
        (JACCARD, [["a", {"other": "X"}], [{"other": "x"}]], [1, 2], [{"other": "x"}]),
        (RATING, [1, 2, 5], None, 2),
        (RATING, [2, 3], None, None),
        (RATING, [1, 4, 5], [5, 1, 1], 1),
        (NUMBER, [1, 2, 9], None, 2),
        (NUMBER, [1, 2], None, 1.5),
        (NUMBER, [1, 3], None, 2),
        (_field("number", step=1), [1, 2], None, None),
        (TEXT, ["so", "So", "no"], None, "So"),
        (TEXT, ["so", "no", "go"], None, None),
        (TEXT, ["so", "no", "go"], [1, 1, 9], None),
        (TEXT, ["only"], None, "only"),
        (SPANS, [[_span(0, 2)], [_span(0, 2), _span(3, 4)], [_span(3, 5)]], None, [_span(0, 2)]),
        (SPANS, [[_span(0, 2)], [_span(0, 3)], [_span(1, 2)]], None, None),
        (SPANS, [[], [], [_span(0, 3)]], None, []),
        (SPANS, [[_span(0, 2)], []], None, None),
        (
            BOXES,
            [[_box(0, 0, 0.5, 0.5)], [_box(0.02, 0, 0.5, 0.5)], [_box(0.04, 0, 0.4, 0.6)]],
            None,
            [_box(0.02, 0, 0.48, 0.5)],
        ),
        (BOXES, [[_box(0, 0, 0.5, 0.5)], [_box(0.6, 0, 0.3, 0.3)], []], None, None),
        (BOXES, [[], [_box(0.6, 0, 0.3, 0.3)], []], None, []),
        (
            BOXES,
            [[_box(0, 0, 0.2, 0.2), _box(0.5, 0.5, 0.2, 0.2)], [_box(0.5, 0.5, 0.2, 0.2)], []],
            None,
            [_box(0.5, 0.5, 0.2, 0.2)],
        ),
        (
            RANKING,
            [["a", "b", "c", "d"], ["b", "a", "c", "d"], ["a", "c", "b", "d"]],
            None,
            list("abcd"),
        ),
        (RANKING, [["a", "b"], ["a", "c"], ["a"]], None, ["a"]),
        (RANKING, [["a", "b"], ["b", "a"]], None, None),
        (RANKING, [["a", "b"], ["b"]], [1, 0], ["a", "b"]),
        (RANKING, [list("abcd"), list("bcad"), list("cabd")], None, None),
        (PAIR, ["left", "tie", "left"], None, "left"),
        (PAIR, ["left", "right"], None, None),
    ],
)
def test_what_several_answers_amount_to(
    field: labels.Field, answers: Any, weights: Any, merged: Any
) -> None:
    assert field.merge(answers, weights) == merged
    assert type(field.merge(answers, weights)) is type(merged)


def test_a_span_written_in_two_ways_merges_to_one_of_them_in_any_order() -> None:
    answers = [[_span(0, 1) | {"quote": quote}] for quote in "ab"]

    merged = SPANS.merge(answers)

    assert merged == SPANS.merge(answers[::-1]) == answers[1]
    assert SPANS.merge([[_span(0, 1) | {"start": 0.0}]]) == [_span(0, 1)]


@pytest.mark.parametrize("weights", [[1], [1, -1], [1, float("nan")], [1, float("inf")]])
def test_weights_that_are_none_are_refused(weights: list[float]) -> None:
    with pytest.raises(ValueError, match="weight"):
        CHOICE.merge(["a", "b"], weights)


@given(st.lists(st.permutations("abcd"), min_size=1, max_size=5))
def test_a_merged_ranking_is_the_only_one_nearest_to_all(answers: list[list[str]]) -> None:
    merged = RANKING.merge(answers)

    costs = {
        order: fsum(RANKING.distance(list(order), answer) for answer in answers)
        for order in permutations("abcd")
    }
    nearest = [order for order, cost in costs.items() if cost < min(costs.values()) + 1e-9]
    assert merged is None or nearest == [tuple(merged)]


@given(st.data())
def test_the_distance_of_rankings_and_of_texts_obeys_the_triangle_inequality(data: Any) -> None:
    ranks = st.permutations("abcd").flatmap(lambda o: st.integers(1, 4).map(lambda n: o[:n]))
    texts = st.text("ab", max_size=6)
    measures: list[tuple[Any, Any]] = [
        (RANKING.distance, ranks),
        (normalized_edit_distance, texts),
    ]
    for distance, answers in measures:
        a, b, c = (data.draw(answers) for _ in range(3))

        assert distance(a, c) <= distance(a, b) + distance(b, c) + 1e-12


@given(st.text("ab\U0001f600", max_size=12), st.text("ab\U0001f600", max_size=12))
def test_the_edit_distance_is_that_of_the_textbook(first: str, second: str) -> None:
    row = list(range(len(second) + 1))
    for i, a in enumerate(first, 1):
        before, row = row, [i]
        for j, b in enumerate(second, 1):
            row.append(min(before[j] + 1, row[-1] + 1, before[j - 1] + (a != b)))

    length = len(first) + len(second)
    expected = 2 * row[-1] / (length + row[-1]) if length else 0.0
    assert normalized_edit_distance(first, second) == pytest.approx(expected)


ranges = st.frozensets(
    st.tuples(st.integers(0, 12), st.integers(1, 6)).map(lambda p: (p[0], p[0] + p[1])), max_size=4
)


def _jaccard(first: tuple[int, int], second: tuple[int, int]) -> float:
    a, b = set(range(*first)), set(range(*second))
    return len(a & b) / len(a | b)


@given(ranges, ranges)
def test_no_pairing_is_better_than_the_one_that_is_found(
    first: frozenset[tuple[int, int]], second: frozenset[tuple[int, int]]
) -> None:
    few, many = sorted((sorted(first), sorted(second)), key=len)
    totals = [
        fsum(_jaccard(a, b) for a, b in zip(few, order, strict=True))
        for order in permutations(many, len(few))
    ]
    size = len(first) + len(second)

    distance = matched_distance(first, second, _jaccard)

    assert distance == pytest.approx(1 - 2 * max(totals) / size if size else 0, abs=1e-12)
    pairs = best_pairs(few, many, _jaccard)
    assert all(a[0] != b[0] and a[1] != b[1] for a, b in combinations(pairs, 2))


@pytest.mark.parametrize(
    ("field", "value", "cells"),
    [
        (CHOICE, "a", {"f": "a", "f.other": None}),
        (CHOICE, {"other": "x"}, {"f": None, "f.other": "x"}),
        (
            JACCARD,
            ["b", {"other": "x"}],
            {"f.a": False, "f.b": True, "f.c": False, "f.d": False, "f.other": "x"},
        ),
        (RATING, 3.0, {"f": 3}),
        (NUMBER, 3, {"f": 3.0}),
        (TEXT, "So", {"f": "So"}),
        (RANKING, ["c", "a"], {"f.a": 2, "f.b": None, "f.c": 1, "f.d": None}),
        (PAIR, "tie", {"f": "tie"}),
        (SPANS, [], {"f": "[]", "f.count": 0}),
        (
            BOXES,
            [_box(0, 0, 0.5, 1)],
            {"f": '[{"height":1,"label":"C","width":0.5,"x":0,"y":0}]', "f.count": 1},
        ),
    ],
)
def test_the_cells_of_a_flat_table(field: labels.Field, value: Any, cells: dict[str, Any]) -> None:
    assert field.cells(value) == cells
