"""Mathematical properties of the figures and of inference, for random crowds."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agreement import (
    AgreementStream,
    Draws,
    Estimate,
    Inference,
    Votes,
    agreement,
    cohen_kappa,
    dawid_skene,
    difference,
    fleiss_kappa,
    gwet_ac1,
    infer,
    krippendorff_alpha,
    one_coin,
    raw_agreement,
)

Row = tuple[int, int, int]
LABELS = ("a", "b", "c")
METHODS = ["bayes", "majority", "weighted", "one-coin", "dawid-skene", "glad", "mace"]
FIGURES = [krippendorff_alpha, fleiss_kappa, gwet_ac1, raw_agreement, cohen_kappa]

crowds_of_votes = st.lists(
    st.tuples(st.integers(0, 7), st.integers(0, 4), st.integers(0, 2)),
    min_size=1,
    max_size=40,
    unique_by=lambda row: row[:2],
)


def votes_of(rows: list[Row], names: tuple[str, ...] = LABELS) -> Votes:
    items, annotators, labels = zip(*rows, strict=True)
    return Votes.of(items, annotators, [names[label] for label in labels], scale=sorted(names))


def table_of(found: Inference) -> dict[object, dict[object, float]]:
    return {
        item: dict(zip(found.label_names, line.tolist(), strict=True))
        for item, line in zip(found.items, found.posterior, strict=True)
    }


def assert_same(one: Inference, other: Inference, names: dict[object, object]) -> None:
    first, second = table_of(one), table_of(other)
    assert first.keys() == second.keys()
    for item, line in first.items():
        for label, share in line.items():
            assert share == pytest.approx(second[item][names.get(label, label)], abs=1e-6)


@pytest.mark.parametrize("figure", FIGURES)
@given(rows=crowds_of_votes, data=st.data())
@settings(deadline=None, max_examples=60)
def test_shuffled_and_renamed_votes_give_the_same_figure_and_interval(
    figure: Callable[..., Estimate], rows: list[Row], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(rows))
    renamed = [(70 - item, annotator, label) for item, annotator, label in shuffled]

    assert figure(votes_of(rows), replicates=60).value == pytest.approx(
        figure(votes_of(renamed), replicates=60).value, abs=1e-12
    )
    if figure is not cohen_kappa:
        one, other = figure(votes_of(rows), replicates=60), figure(votes_of(renamed), replicates=60)
        assert one.low == pytest.approx(other.low, abs=1e-9)
        assert one.high == pytest.approx(other.high, abs=1e-9)


@pytest.mark.parametrize("figure", FIGURES)
@given(rows=crowds_of_votes)
@settings(deadline=None, max_examples=60)
def test_a_figure_is_a_number_with_counts_or_a_reason(
    figure: Callable[..., Estimate], rows: list[Row]
) -> None:
    found = figure(votes_of(rows), replicates=40)

    assert found.n_items == len({row[0] for row in rows})
    assert found.n_annotators == len({row[1] for row in rows})
    if found.value is None:
        assert found.reason
        assert found.low is None
    else:
        assert found.value <= 1 + 1e-9
        assert (found.low is None) == (found.high is None)
        assert found.low is not None or found.reason
        assert found.low is None or found.low <= found.high


@pytest.mark.parametrize("figure", [krippendorff_alpha, fleiss_kappa, gwet_ac1, cohen_kappa])
@given(truth=st.lists(st.integers(0, 2), min_size=2, max_size=8).filter(lambda t: len(set(t)) > 1))
@settings(deadline=None, max_examples=40)
def test_unanimity_over_two_labels_is_agreement_one(
    figure: Callable[..., Estimate], truth: list[int]
) -> None:
    # Two annotators: kappa over more of them wants ten shared items.
    rows = [(i, j, label) for i, label in enumerate(truth) for j in range(2)]

    assert figure(votes_of(rows), replicates=0).value == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize("method", METHODS)
@given(rows=crowds_of_votes, data=st.data())
@settings(deadline=None, max_examples=25)
def test_order_and_names_of_annotators_do_not_matter(
    method: str, rows: list[Row], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(rows)) if method != "mace" else rows
    renamed = [(item, annotator + 100, label) for item, annotator, label in shuffled]

    assert_same(infer(votes_of(rows), method), infer(votes_of(renamed), method), {})


@pytest.mark.parametrize("method", [name for name in METHODS if name != "mace"])
@given(rows=crowds_of_votes)
@settings(deadline=None, max_examples=25)
def test_renamed_labels_rename_the_answer(method: str, rows: list[Row]) -> None:
    one = infer(votes_of(rows), method)
    other = infer(votes_of(rows, ("c", "a", "b")), method)

    assert_same(one, other, {"a": "c", "b": "a", "c": "b"})


@pytest.mark.parametrize("method", METHODS)
@given(rows=crowds_of_votes)
@settings(deadline=None, max_examples=40)
def test_posteriors_and_confusions_are_distributions(method: str, rows: list[Row]) -> None:
    found = infer(votes_of(rows), method)

    assert np.isfinite(found.posterior).all()
    assert found.posterior.min() >= 0
    np.testing.assert_allclose(found.posterior.sum(axis=1), 1, atol=1e-9)
    np.testing.assert_allclose(found.confusion.sum(axis=2), 1, atol=1e-9)
    for known in found.reliability():
        assert 0 <= known.low <= known.accuracy <= known.high <= 1


@pytest.mark.parametrize("method", METHODS)
@given(truth=st.lists(st.integers(0, 2), min_size=3, max_size=8))
@settings(deadline=None, max_examples=25)
def test_unanimity_gives_that_label(method: str, truth: list[int]) -> None:
    rows = [(i, j, label) for i, label in enumerate(truth) for j in range(4)]

    found = infer(votes_of(rows), method)

    assert list(found.labels) == [LABELS[label] for label in truth]
    assert found.guard.n_parted == 0


@pytest.mark.parametrize("fit", [dawid_skene, one_coin])
@given(rows=crowds_of_votes)
@settings(deadline=None, max_examples=60)
def test_the_likelihood_never_falls(fit: Callable[[Votes], Inference], rows: list[Row]) -> None:
    objective = np.asarray(fit(votes_of(rows)).convergence.objective)

    assert (np.diff(objective) >= -1e-6).all()


@pytest.mark.parametrize("method", ["bayes", "weighted", "one-coin", "glad"])
@given(shift=st.integers(0, 2), n_labels=st.integers(2, 3))
@settings(deadline=None, max_examples=10)
def test_equal_annotators_reduce_to_the_majority(method: str, shift: int, n_labels: int) -> None:
    # Three annotators in turn are the one who errs, on each label equally often.
    rows = []
    for item in range(3 * n_labels * n_labels):
        right, wrong = (item + shift) % n_labels, (item + shift + 1) % n_labels
        odd = item // n_labels % 3
        rows += [(item, j, wrong if j == odd else right) for j in range(3)]
    votes = votes_of(rows)

    assert infer(votes, method).labels == infer(votes, "majority").labels


@pytest.mark.parametrize("method", ["majority", "weighted"])
@given(rows=crowds_of_votes)
@settings(deadline=None, max_examples=40)
def test_one_more_vote_for_the_winner_does_not_dethrone_it(method: str, rows: list[Row]) -> None:
    before = infer(votes_of(rows), method)
    winner = before.labels[before.items.index(rows[0][0])]
    if winner is None:
        return

    after = infer(votes_of([*rows, (rows[0][0], 99, LABELS.index(str(winner)))]), method)

    assert after.labels[after.items.index(rows[0][0])] == winner


@pytest.mark.parametrize("method", METHODS)
def test_a_tie_stays_a_tie(method: str) -> None:
    votes = Votes.of([1, 1], ["x", "y"], ["a", "b"])

    found = infer(votes, method, seed=3)

    # MACE draws its start, which tells two annotators apart that nothing else does.
    assert method == "mace" or found.labels == (None,)
    assert method != "mace" or found.posterior.shape == (1, 2)


@pytest.mark.parametrize("metric", ["nominal", "ordinal", "interval", "ratio"])
@given(data=st.data())
@settings(deadline=None, max_examples=60)
def test_a_stream_with_additions_and_removals_is_the_batch(
    metric: str, data: st.DataObject
) -> None:
    stream = AgreementStream(metric)
    standing: dict[tuple[int, int], int] = {}
    steps = data.draw(
        st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3), st.integers(1, 4), st.booleans()))
    )
    for item, annotator, label, leaves in steps:
        if leaves and (item, annotator) in standing:
            stream.remove(item, annotator)
            del standing[item, annotator]
        else:
            stream.add(item, annotator, label)
            standing[item, annotator] = label
    votes = Votes.of(*([key[i] for key in standing] for i in (0, 1)), list(standing.values()))

    for statistic in ("krippendorff_alpha", "fleiss_kappa", "gwet_ac1", "raw_agreement"):
        batch = agreement(votes, statistic, metric, replicates=0)
        now = stream.value(statistic)
        assert now.value == pytest.approx(batch.value, abs=1e-9)
        assert (now.n_items, now.n_annotators) == (batch.n_items, batch.n_annotators)
        assert (now.n_pairable, now.reason) == (batch.n_pairable, batch.reason)


@given(rows=crowds_of_votes)
@settings(deadline=None, max_examples=30)
def test_nothing_has_changed_between_a_crowd_and_itself(rows: list[Row]) -> None:
    votes = votes_of(rows)

    change = difference(votes, votes, draws=Draws(replicates=50))

    assert change.is_paired
    assert change.value is None or change.value == 0
    assert change.p_value is None or change.p_value == 1
