"""Models weighed by known labels that they did not see, and the labels to ask for first."""

from typing import Protocol

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from agreement import AVERAGED, BadVotes, ModelAverage, Votes, average, infer
from agreement.averaging import _held_out
from agreement.crowd import Crowd

Row = tuple[int, int, int]
LABELS = ("a", "b", "c")

crowds_of_votes = st.lists(
    st.tuples(st.integers(0, 7), st.integers(0, 4), st.integers(0, 2)),
    min_size=1,
    max_size=40,
    unique_by=lambda row: row[:2],
)
known_labels = st.dictionaries(st.integers(0, 7), st.sampled_from(LABELS), max_size=6)


class Crowds(Protocol):
    """The fixture of conftest.py, which cannot be imported."""

    def votes(self, name: str) -> Votes: ...

    def gold(self, name: str) -> dict[object, object]: ...


def votes_of(rows: list[Row], labels: tuple[str, ...] = LABELS) -> Votes:
    items, annotators, given_labels = zip(*rows, strict=True)
    return Votes.of(items, annotators, [labels[label] for label in given_labels], scale=labels)


def right(found: ModelAverage, gold: dict[object, object], items: set[object]) -> float:
    labels = dict(zip(found.inference.items, found.inference.labels, strict=True))
    return float(np.mean([labels[item] == gold[item] for item in items]))


@given(rows=crowds_of_votes, gold=known_labels)
@settings(deadline=None, max_examples=25)
def test_weights_and_posteriors_are_distributions(rows: list[Row], gold: dict[int, str]) -> None:
    found = average(votes_of(rows), gold=gold)

    assert tuple(found.weights) == AVERAGED
    assert sum(found.weights.values()) == pytest.approx(1.0)
    assert min(found.weights.values()) > 0
    np.testing.assert_allclose(found.inference.posterior.sum(axis=1), 1.0)
    assert found.n_open + found.n_known == len(found.inference.items)
    assert (found.disagreement >= 0).all()


@given(rows=crowds_of_votes, gold=known_labels, data=st.data())
@settings(deadline=None, max_examples=25)
def test_order_of_votes_and_labels_and_names_of_annotators_do_not_matter(
    rows: list[Row], gold: dict[int, str], data: st.DataObject
) -> None:
    places = data.draw(st.permutations(range(3)))
    scale = tuple(LABELS[place] for place in places)
    moved = [
        (item, 90 - annotator, places.index(label))
        for item, annotator, label in data.draw(st.permutations(rows))
    ]

    one, other = average(votes_of(rows), gold=gold), average(votes_of(moved, scale), gold=gold)

    item = [other.inference.items.index(name) for name in one.inference.items]
    label = [other.inference.label_names.index(name) for name in one.inference.label_names]
    assert other.weights == pytest.approx(one.weights, abs=1e-6)
    np.testing.assert_allclose(
        other.inference.posterior[item][:, label], one.inference.posterior, atol=1e-6
    )
    np.testing.assert_allclose(other.disagreement[item], one.disagreement, atol=1e-6)


@given(rows=crowds_of_votes, gold=known_labels)
@settings(deadline=None, max_examples=25)
def test_known_labels_are_given_back_as_certain(rows: list[Row], gold: dict[int, str]) -> None:
    found = average(votes_of(rows), gold=gold)

    for item, line in zip(found.inference.items, found.inference.posterior, strict=True):
        if item in gold:
            assert line[LABELS.index(gold[item])] == pytest.approx(1.0)
    assert not set(found.ask_gold(100)) & set(gold)


@given(rows=crowds_of_votes, kind=st.sampled_from(["nominal", "ordinal"]))
@settings(deadline=None, max_examples=25)
def test_without_known_labels_the_answer_is_exactly_the_defaults(rows: list[Row], kind) -> None:  # noqa: ANN001
    default = infer(votes_of(rows), kind=kind)

    for gold in (None, {}, {"an item without votes": "a"}):
        found = average(votes_of(rows), gold=gold, kind=kind).inference

        assert (found.method, found.labels) == (default.method, default.labels)
        np.testing.assert_array_equal(found.posterior, default.posterior)
        np.testing.assert_array_equal(found.answers, default.answers)


@given(rows=crowds_of_votes, gold=known_labels.filter(bool), data=st.data())
@settings(deadline=None, max_examples=25)
def test_a_known_label_has_no_part_in_its_own_prediction(
    rows: list[Row], gold: dict[int, str], data: st.DataObject
) -> None:
    votes = votes_of(rows)
    item = data.draw(st.sampled_from(sorted(gold)))
    codes = [code for code, name in enumerate(votes.items) if name in gold]
    assume(item in votes.items)

    # If its label had a part in the fit, the predictions of its values would not sum to 1.
    total = sum(
        _held_out(votes, Crowd.of(votes, {**gold, item: label}), np.asarray(codes), "nominal")
        for label in LABELS
    )

    place = codes.index(votes.items.index(item))
    np.testing.assert_allclose(np.asarray(total)[:, place], 1.0)


def test_known_labels_move_the_weight_to_the_model_that_predicts_them(crowds: Crowds) -> None:
    votes, gold = crowds.votes("zencrowd_us"), crowds.gold("zencrowd_us")
    without = average(votes)
    selected = without.ask_gold(20)

    found = average(votes, gold={item: gold[item] for item in selected})

    others = set(gold) - set(selected)
    assert found.weights["one-coin"] + found.weights["subtypes"] > 0.9
    assert right(found, gold, others) > right(without, gold, others) + 0.05


def test_disputed_items_are_asked_for_first_and_many_of_them_are_a_warning(crowds: Crowds) -> None:
    votes = crowds.votes("zencrowd_us")

    found = average(votes)

    selected = found.ask_gold(20)
    place = [found.inference.items.index(item) for item in selected]
    assert len(set(selected)) == 20
    assert found.disputed[place].all()
    assert found.disagreement[place].min() >= np.quantile(found.disagreement[found.disputed], 0.9)
    assert found.warning is not None
    assert str(found.n_disputed) in found.warning


def test_a_crowd_that_models_agree_on_is_not_disputed_and_gives_no_warning() -> None:
    rows = [(item, annotator, item % 2) for item in range(40) for annotator in range(5)]

    found = average(votes_of(rows))

    assert (found.n_disputed, found.share_disputed, found.warning) == (0, 0.0, None)


def test_known_labels_tell_the_right_annotator_from_the_one_who_says_the_opposite() -> None:
    truth = {item: item % 2 for item in range(20)}
    rows = [(item, 0, label) for item, label in truth.items()]
    rows += [(item, 1, 1 - label) for item, label in truth.items()]

    found = average(votes_of(rows), gold={item: LABELS[truth[item]] for item in range(8)})

    assert list(found.inference.labels) == [LABELS[truth[item]] for item in found.inference.items]


def test_a_known_label_that_is_not_on_the_scale_is_refused() -> None:
    with pytest.raises(BadVotes, match="'z' is not on the scale"):
        average(votes_of([(0, 0, 0), (1, 0, 1)]), gold={0: "z"})
