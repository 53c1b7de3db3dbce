"""Compares every figure with a library that computes the same named variant."""

from typing import Protocol

import krippendorff
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats.inter_rater import cohens_kappa
from statsmodels.stats.inter_rater import fleiss_kappa as statsmodels_fleiss

from agreement import (
    Votes,
    by_pair,
    cohen_kappa,
    fleiss_kappa,
    gwet_ac1,
    gwet_ac2,
    krippendorff_alpha,
    raw_agreement,
)
from agreement.chance import Weights


class Crowds(Protocol):
    """The fixture of conftest.py, which cannot be imported."""

    def votes(self, name: str) -> Votes: ...


NOMINAL = ["music_genre", "bluebirds", "weather", "rte", "dog", "sarcasm", "headlines_valence"]
METRICS = ["nominal", "ordinal", "interval", "ratio"]


@st.composite
def matrices(draw: st.DrawFn, holes: bool = True) -> NDArray[np.float64]:
    """Annotators x items, labels 1 to 5, nan where there is no vote."""
    shape = draw(st.tuples(st.integers(2, 6), st.integers(2, 12)))
    n_labels = draw(st.integers(2, 5))
    label = st.integers(1, n_labels).map(float)
    cell = st.one_of(label, st.just(float("nan"))) if holes else label
    size = shape[0] * shape[1]
    return np.asarray(draw(st.lists(cell, min_size=size, max_size=size))).reshape(shape)


def votes_of(matrix: NDArray[np.float64], scale: list[float] | None = None) -> Votes:
    annotators, items = np.nonzero(~np.isnan(matrix))
    return Votes.of(items, annotators, matrix[annotators, items], scale=scale)


def matrix_of(votes: Votes, values: NDArray[np.float64]) -> NDArray[np.float64]:
    matrix = np.full((len(votes.annotators), len(votes.items)), np.nan)
    matrix[votes.annotator, votes.item] = values[votes.label]
    return matrix


def table_of(votes: Votes) -> NDArray[np.int64]:
    table = np.zeros((len(votes.items), len(votes.labels)), dtype=np.int64)
    np.add.at(table, (votes.item, votes.label), 1)
    return table


@pytest.mark.parametrize("metric", METRICS)
@given(matrix=matrices())
@settings(deadline=None, max_examples=200)
def test_alpha_is_krippendorffs(metric: str, matrix: NDArray[np.float64]) -> None:
    ours = krippendorff_alpha(votes_of(matrix), metric, replicates=0)

    pairable = matrix[:, (~np.isnan(matrix)).sum(axis=0) > 1]
    if ours.value is None:
        assert len(np.unique(pairable[~np.isnan(pairable)])) < 2
    else:
        theirs = krippendorff.alpha(matrix, level_of_measurement=metric)
        assert ours.value == pytest.approx(theirs, abs=1e-12)


@pytest.mark.parametrize("name", NOMINAL)
def test_nominal_alpha_is_krippendorffs_on_real_crowds(crowds: Crowds, name: str) -> None:
    votes = crowds.votes(name)
    theirs = krippendorff.alpha(value_counts=table_of(votes), level_of_measurement="nominal")

    assert krippendorff_alpha(votes, replicates=0).value == pytest.approx(theirs, abs=1e-12)


@pytest.mark.parametrize("metric", ["ordinal", "interval"])
@pytest.mark.parametrize("name", ["sarcasm", "headlines_valence"])
def test_graded_alpha_is_krippendorffs_on_real_crowds(
    crowds: Crowds, name: str, metric: str
) -> None:
    text = crowds.votes(name)
    values = np.asarray([float(str(label)) for label in text.labels])
    votes = Votes.of(text.item, text.annotator, values[text.label])
    matrix = matrix_of(text, values)
    theirs = krippendorff.alpha(matrix, level_of_measurement=metric)

    assert krippendorff_alpha(votes, metric, replicates=0).value == pytest.approx(theirs, abs=1e-12)


def test_ratio_alpha_with_a_thousand_and_more_labels_is_the_definition() -> None:
    """The package would make a table of items x labels x labels, so all pairs are written out."""
    rng = np.random.default_rng(1)
    matrix = rng.uniform(1, 2, (3, 350))
    flat = matrix.ravel()
    apart = (np.subtract.outer(flat, flat) / np.add.outer(flat, flat)) ** 2
    together = np.tile(np.arange(350), 3)
    observed = apart[together[:, None] == together].sum() / 2 / len(flat)
    expected = apart.sum() / (len(flat) * (len(flat) - 1))
    votes = votes_of(matrix)

    ours = krippendorff_alpha(votes, "ratio", replicates=50)

    assert len(votes.labels) > 1000
    assert ours.value == pytest.approx(1 - observed / expected, abs=1e-12)
    assert ours.low is not None
    assert ours.high is not None
    assert ours.low < 1 - observed / expected < ours.high


@given(matrix=matrices(holes=False))
@settings(deadline=None, max_examples=200)
def test_fleiss_is_the_published_one_where_votes_are_equal(matrix: NDArray[np.float64]) -> None:
    votes = votes_of(matrix)
    ours = fleiss_kappa(votes, replicates=0)

    pooled = fleiss_kappa(votes, chance="pooled_votes", replicates=0)
    if ours.value is None:
        assert len(np.unique(matrix)) == 1
    else:
        theirs = statsmodels_fleiss(table_of(votes))
        assert ours.value == pytest.approx(theirs, abs=1e-12)
        assert pooled.value == pytest.approx(theirs, abs=1e-12)


@pytest.mark.parametrize("name", ["bluebirds", "rte", "dog", "headlines_valence"])
def test_fleiss_is_the_published_one_on_real_crowds(crowds: Crowds, name: str) -> None:
    votes = crowds.votes(name)
    theirs = statsmodels_fleiss(table_of(votes))

    assert fleiss_kappa(votes, replicates=0).value == pytest.approx(theirs, abs=1e-12)


@pytest.mark.parametrize(
    ("name", "fleiss", "ac1"),
    [
        ("music_genre", 0.263, 0.266),
        ("sarcasm", 0.113, 0.187),
        ("bluebirds", 0.125, 0.222),
        ("weather", 0.521, 0.546),
        ("rte", 0.241, 0.273),
        ("dog", 0.519, 0.522),
        ("headlines_valence", 0.067, 0.227),
    ],
)
def test_unequal_votes_follow_gwet(crowds: Crowds, name: str, fleiss: float, ac1: float) -> None:
    """The figures are irrCAC's, as printed with three decimals."""
    votes = crowds.votes(name)

    assert round(fleiss_kappa(votes, replicates=0).value, 3) == fleiss
    assert round(gwet_ac1(votes, replicates=0).value, 3) == ac1


@pytest.mark.parametrize(
    ("ours", "theirs"), [("identity", None), ("linear",) * 2, ("quadratic",) * 2]
)
@given(matrix=matrices())
@settings(deadline=None, max_examples=150)
def test_cohen_is_sklearns_and_statsmodels(
    ours: str, theirs: str | None, matrix: NDArray[np.float64]
) -> None:
    scale = [1.0, 2.0, 3.0, 4.0, 5.0]
    both = ~np.isnan(matrix[:2]).any(axis=0)
    kappa = cohen_kappa(votes_of(matrix[:2], scale), weights=ours, replicates=0)

    if kappa.value is None:
        assert not both.any() or len(np.unique(matrix[:2, both])) == 1
        return
    first, second = matrix[:2, both]
    assert kappa.value == pytest.approx(
        cohen_kappa_score(first, second, labels=scale, weights=theirs), abs=1e-12
    )
    table = np.zeros((5, 5))
    np.add.at(table, (first.astype(int) - 1, second.astype(int) - 1), 1)
    power = {"identity": None, "linear": "linear", "quadratic": "quadratic"}[ours]
    found = cohens_kappa(table, wt=power, return_results=False)
    assert kappa.value == pytest.approx(found, abs=1e-12)


def test_every_pair_of_a_real_crowd_is_sklearns(crowds: Crowds) -> None:
    votes = crowds.votes("bluebirds")
    matrix = matrix_of(votes, np.arange(len(votes.labels), dtype=np.float64))
    place = {name: code for code, name in enumerate(votes.annotators)}

    pairs = by_pair(votes, replicates=0)

    assert len(pairs) == 39 * 38 // 2
    for pair in pairs:
        rows = matrix[place[pair.first]], matrix[place[pair.second]]
        assert pair.n_shared == 108
        assert pair.kappa.value == pytest.approx(cohen_kappa_score(*rows), abs=1e-12)
    mean = np.mean([pair.kappa.value for pair in pairs])
    assert cohen_kappa(votes, replicates=0).value == pytest.approx(mean, abs=1e-12)
    assert round(float(mean), 3) == 0.140


@pytest.mark.parametrize(
    ("name", "mean"), [("music_genre", 0.359), ("weather", 0.492), ("rte", 0.316), ("dog", 0.516)]
)
def test_light_is_sklearns_mean_over_pairs_who_share_ten_items(
    crowds: Crowds, name: str, mean: float
) -> None:
    votes = crowds.votes(name)
    ours = cohen_kappa(votes, replicates=200)
    pairs = [pair for pair in by_pair(votes, replicates=0) if pair.n_shared >= 10]

    assert round(ours.value or 0.0, 3) == mean
    assert ours.value == pytest.approx(np.mean([p.kappa.value for p in pairs]), abs=1e-12)
    assert ours.low is not None
    assert ours.high is not None
    assert ours.low < ours.value < ours.high


# Gwet, Handbook of Inter-Rater Reliability (4th ed.), table 2.10: 12 subjects, 4 raters, and the
# coefficients that irrCAC prints for it.
GWET = [
    [1, 1, None, 1], [2, 2, 3, 2], [3, 3, 3, 3], [3, 3, 3, 3], [2, 2, 2, 2], [1, 2, 3, 4],
    [4, 4, 4, 4], [1, 1, 2, 1], [2, 2, 2, 2], [None, 5, 5, 5], [None, None, 1, 1],
    [None, None, 3, None],
]  # fmt: skip


def gwet_votes() -> Votes:
    rows = [(i, j, x) for i, row in enumerate(GWET) for j, x in enumerate(row) if x is not None]
    return Votes.of(*zip(*rows, strict=True))


def test_gwets_own_example_gives_his_figures() -> None:
    votes = gwet_votes()

    assert raw_agreement(votes, replicates=0).value == pytest.approx(0.8181818, abs=1e-7)
    assert gwet_ac1(votes, replicates=0).value == pytest.approx(0.77544, abs=5e-6)
    assert fleiss_kappa(votes, replicates=0).value == pytest.approx(0.76117, abs=5e-6)
    assert krippendorff_alpha(votes, replicates=0).value == pytest.approx(0.74342, abs=5e-6)


@pytest.mark.parametrize(
    ("weights", "theirs"),
    [("identity", 0.77544), ("linear", 0.85874), ("quadratic", 0.914), ("ordinal", 0.89894)],
)
def test_ac2_on_gwets_example_is_what_irrcac_prints(weights: Weights, theirs: float) -> None:
    assert round(gwet_ac2(gwet_votes(), weights, replicates=0).value or 0.0, 5) == theirs
