"""Tests of the summary of figures, and of the page of plots."""

import re
from html.parser import HTMLParser

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agreement import Votes, by_label, infer
from agreement.report import Report, shown
from agreement.summary import accuracy, calibration, coincidences, figures

rows = st.lists(
    st.tuples(st.integers(0, 5), st.integers(0, 3), st.sampled_from("abc")),
    min_size=1,
    unique_by=lambda row: row[:2],
)


class Tags(HTMLParser):
    """Collects the tags of a page, and checks that each opened tag is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()

    def handle_starttag(self, tag: str, attrs: object) -> None:  # noqa: ARG002 - the base gives it
        self.seen.add(tag)
        if tag not in ("meta", "th"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: object) -> None:  # noqa: ARG002 - the base gives it
        self.seen.add(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@given(rows=rows)
@settings(deadline=None, max_examples=50)
def test_coincidences_spread_the_pairable_votes(rows: list[tuple[int, int, str]]) -> None:
    votes = Votes.of(*zip(*rows, strict=True))

    table = coincidences(votes)

    np.testing.assert_allclose(table, table.T)
    assert table.sum() == pytest.approx(votes.n_pairable)


def test_each_type_of_label_has_its_figures() -> None:
    votes = Votes.of([1, 1, 2, 2], ["x", "y", "x", "y"], ["1", "2", "2", "2"])

    assert list(figures(votes, "interval")) == ["raw", "krippendorff_alpha"]
    assert "ac2" in figures(votes, "ordinal")
    assert "ac2" not in figures(votes, "nominal")
    assert figures(votes, "nominal")["ac1"].value is not None


def test_accuracy_and_calibration_are_of_gold_items_alone() -> None:
    votes = Votes.of([1, 1, 2, 2, 3], ["x", "y", "x", "y", "x"], ["a", "a", "a", "b", "b"])
    found = infer(votes, "majority")

    judged = accuracy(found, {1: "a", 2: "b", 9: "a"})
    bins = calibration(found, {1: "b", 2: "b"})

    assert judged == {"value": 0.75, "n_items": 2}
    assert [(one.confidence, one.accuracy, one.n_items) for one in bins] == [
        (0.5, 0.5, 1),
        (1.0, 0.0, 1),
    ]
    assert accuracy(found, {})["value"] is None


def test_the_page_is_one_file_without_script_and_escapes_what_people_wrote() -> None:
    label = "<script>alert('x')</script>"
    votes = Votes.of([1, 1, 2, 2], ["x", "y", "x", "y"], [label, "b", "b", "b"])
    found = infer(votes, "majority")
    bins = calibration(found, {1: "b", 2: "b"})
    page = Report(
        "T <i>",
        ["3 < 4"],
        figures(votes, "nominal"),
        votes.labels,
        coincidences(votes),
        by_label(votes),
        bins,
    ).html()

    tags = Tags()
    tags.feed(page)

    assert tags.open == []
    assert {"svg", "rect", "circle", "table"} <= tags.seen
    assert not {"script", "i", "img", "link"} & tags.seen
    assert not re.search(r"(src|href)=|https?://|nan", page)


def test_an_estimate_is_shown_with_its_interval_or_its_reason() -> None:
    nothing = figures(Votes.of([1, 1], ["x", "y"], ["a", "a"]), "nominal")

    assert shown(nothing["krippendorff_alpha"]) == ("undefined", "no variation: one label only")
    assert shown(nothing["raw"]) == ("1.000", "one pairable item only: no interval")
