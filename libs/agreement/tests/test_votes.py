"""Tests of votes from sequences, files and frames, and of undefined figures."""

import gzip
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from agreement import (
    BadVotes,
    Draws,
    Votes,
    agreement,
    bias_index,
    by_label,
    by_slice,
    cohen_kappa,
    difference,
    fleiss_kappa,
    gwet_ac1,
    krippendorff_alpha,
    prevalence_index,
    raw_agreement,
    read_gold,
    read_votes,
    votes_from_frame,
)
from agreement.counts import Counts
from agreement.structured import sampled_alpha

FIGURES = [krippendorff_alpha, fleiss_kappa, gwet_ac1, cohen_kappa]


def test_of_repeated_votes_the_last_stands_unless_told() -> None:
    columns = ([1, 1, 1], ["x", "x", "y"], ["a", "b", "a"])

    last, first = Votes.of(*columns), Votes.of(*columns, repeats="first")
    every = Votes.of(*columns, repeats="all")

    assert [last.labels[code] for code in last.label] == ["b", "a"]
    assert [first.labels[code] for code in first.label] == ["a", "a"]
    assert len(every) == 3
    with pytest.raises(BadVotes, match="more than once"):
        Votes.of(*columns, repeats="refuse")


def test_missing_labels_are_no_votes() -> None:
    votes = Votes.of([1, 1, 2, 2], ["x", "y", "x", "y"], ["a", None, float("nan"), "b"])

    assert len(votes) == 2
    assert votes.n_pairable == 0


def test_numbers_are_ordered_as_numbers_even_as_text() -> None:
    assert Votes.of([1, 2, 3], [1, 1, 1], ["10", "9", "-1"]).labels == ("-1", "9", "10")
    assert Votes.of([1, 2], [1, 1], ["b", "a"], scale=["b", "a", "c"]).labels == ("b", "a", "c")


def test_far_apart_integers_and_negative_ones_keep_their_names() -> None:
    items = np.asarray([-5, 10**12, -5])
    votes = Votes.of(items, np.asarray([3, 3, -2], dtype=np.int8), np.asarray([True, False, True]))

    assert [votes.items[code] for code in votes.item] == [-5, 10**12, -5]
    assert [votes.annotators[code] for code in votes.annotator] == [3, 3, -2]
    assert [votes.labels[code] for code in votes.label] == [True, False, True]


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        (([1], [1, 2], [1]), "differ in length"),
        (([1], [1], [[1]]), "must be hashable"),
        ((np.zeros((1, 1)), [1], [1]), "one dimension"),
    ],
)
def test_bad_columns_are_refused(columns: tuple[list[int], ...], sentence: str) -> None:
    with pytest.raises(BadVotes, match=sentence):
        Votes.of(*columns)


@pytest.mark.parametrize("figure", FIGURES)
def test_one_label_is_undefined_and_says_so_but_raw_agreement_is_one(figure) -> None:  # noqa: ANN001
    votes = Votes.of([1, 1, 2, 2], ["x", "y", "x", "y"], ["a"] * 4, scale=["a", "b"])

    found = figure(votes)

    assert (found.value, found.low, found.reason) == (None, None, "no variation: one label only")
    assert raw_agreement(votes).value == 1


@pytest.mark.parametrize("figure", [*FIGURES, raw_agreement])
def test_no_pairable_item_is_undefined(figure) -> None:  # noqa: ANN001
    found = figure(Votes.of([1, 2], ["x", "y"], ["a", "b"]))

    assert found.value is None
    assert found.n_pairable == 0
    assert "no pairable item" in found.reason


def test_one_pairable_item_has_a_value_but_no_interval() -> None:
    found = krippendorff_alpha(Votes.of([1, 1, 1], ["x", "y", "z"], ["a", "a", "b"]))

    assert found.value == pytest.approx(0.0)
    assert (found.low, found.reason) == (None, "one pairable item only: no interval")


def test_metrics_that_need_numbers_refuse_words() -> None:
    votes = Votes.of([1, 1], ["x", "y"], ["a", "b"])

    with pytest.raises(BadVotes, match="finite numbers"):
        krippendorff_alpha(votes, "interval")
    with pytest.raises(BadVotes, match="not nominal"):
        krippendorff_alpha(votes, "octal")


def noisy(seed: int, n_items: int, error: float) -> Votes:
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 3, n_items).repeat(4)
    labels = np.where(rng.random(len(truth)) < error, rng.integers(0, 3, len(truth)), truth)
    return Votes.of(np.arange(n_items).repeat(4), np.tile(np.arange(4), n_items), labels)


def test_the_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    # Errors at random leave alpha (1 - error)^2, whatever the labels.
    found = [krippendorff_alpha(noisy(seed, 80, 0.3), replicates=300) for seed in range(200)]

    covered = sum(one.low <= 0.49 <= one.high for one in found)

    assert 0.88 <= covered / 200 <= 0.99


def test_a_change_is_found_and_no_change_is_not() -> None:
    changes = [difference(noisy(s, 100, 0.4), noisy(s + 500, 100, 0.1)) for s in range(20)]
    same = [
        difference(noisy(s, 100, 0.3), noisy(s + 500, 100, 0.3), draws=Draws(replicates=300))
        for s in range(100)
    ]

    assert all(change.is_paired and change.p_value < 0.05 for change in changes)
    assert all(change.low <= change.value <= change.high for change in changes)
    for change in same:
        # A p-value near 0.05 and an end of the interval near 0 are the same finding.
        assert change.p_value >= 0.035 or not change.low <= 0 <= change.high
        assert change.p_value <= 0.065 or change.low <= 0 <= change.high
    assert 0.005 <= sum(change.p_value < 0.05 for change in same) / 100 <= 0.12


def test_different_items_are_compared_apart_and_shared_ones_together() -> None:
    before = noisy(1, 100, 0.4)
    moved = noisy(2, 100, 0.1)
    after = Votes.of(
        [f"new {moved.items[code]}" for code in moved.item], moved.annotator, moved.label
    )

    apart = difference(before, after)

    assert not apart.is_paired
    assert apart.value == pytest.approx(difference(before, moved).value, abs=1e-12)
    assert apart.p_value < 0.05
    undefined = difference(before, after, paired=True)
    assert undefined.value is None
    assert undefined.reason == "before: no votes"


def test_a_distance_in_place_of_a_metric_is_that_metric() -> None:
    votes = noisy(3, 60, 0.4)

    nominal = krippendorff_alpha(votes, lambda a, b: float(a != b))
    interval = krippendorff_alpha(votes, lambda a, b: float(a - b) ** 2)

    assert nominal.value == pytest.approx(krippendorff_alpha(votes).value, abs=1e-12)
    assert nominal.low == pytest.approx(krippendorff_alpha(votes).low, abs=1e-9)
    assert interval.value == pytest.approx(krippendorff_alpha(votes, "interval").value, abs=1e-12)


def test_structured_answers_are_sampled_and_the_error_is_in_the_interval() -> None:
    rng = np.random.default_rng(0)
    centre = rng.uniform(0, 1, 400).repeat(3)
    labels = centre + rng.normal(0, 0.1, 1200)
    votes = Votes.of(np.arange(400).repeat(3), np.tile(np.arange(3), 400), labels)
    exact = krippendorff_alpha(votes, "interval")

    sampled = krippendorff_alpha(votes, lambda a, b: float(a - b) ** 2)

    assert len(votes.labels) == 1200
    assert sampled.value != exact.value
    assert sampled.value == pytest.approx(exact.value, abs=0.01)
    assert sampled.low <= exact.value <= sampled.high
    assert sampled.high - sampled.low > exact.high - exact.low
    order = rng.permutation(1200)
    shuffled = Votes.of(votes.item[order], votes.annotator[order], labels[order])
    again = krippendorff_alpha(shuffled, lambda a, b: float(a - b) ** 2)
    assert again.value == pytest.approx(sampled.value, abs=1e-12)


def test_the_luck_of_the_sample_is_as_large_as_seeds_show_it_to_be() -> None:
    rng = np.random.default_rng(0)
    labels = rng.uniform(0, 1, 900)
    votes = Votes.of(np.arange(300).repeat(3), np.tile(np.arange(3), 300), labels)
    counts = Counts.of(votes)

    def parts(seed: int):  # noqa: ANN202
        return sampled_alpha(votes.labels, lambda a, b: float(a - b) ** 2, seed)(counts)

    # Every item twice: no item is resampled, so that only the sample of pairs can move alpha.
    doubled = parts(0).figures(np.full((200, 300), 2.0))
    by_seed = [parts(seed).figures(np.ones((1, 300)))[0] for seed in range(40)]

    assert 0.6 < np.std(doubled) / np.std(by_seed) < 1.6


def test_labels_and_slices_are_told_apart() -> None:
    # On even items all agree; on odd ones they do not. Label 2 is never in dispute.
    rows = [(i, j, i // 2 % 3) for i in range(0, 60, 2) for j in range(3)]
    rows += [(i, j, 2 if i % 3 == 0 else j % 2) for i in range(1, 60, 2) for j in range(3)]
    votes = Votes.of(*zip(*rows, strict=True))

    slices = by_slice(votes, {i: "odd" if i % 2 else "even" for i in range(60)})
    labels = by_label(votes)

    assert slices["even"].value == 1
    assert slices["odd"].value < 0.7
    assert labels[2].value == 1
    assert labels[0].value < labels[2].value


def test_prevalence_and_bias_are_byrts() -> None:
    # Both yes 40, yes-no 15, no-yes 5, both no 20: |40 - 20| / 80 and |15 - 5| / 80.
    table = {("y", "y"): 40, ("y", "n"): 15, ("n", "y"): 5, ("n", "n"): 20}
    pairs = [pair for pair, times in table.items() for _ in range(times)]
    rows = [(item, j, pair[j]) for item, pair in enumerate(pairs) for j in range(2)]
    votes = Votes.of(*zip(*rows, strict=True))

    assert prevalence_index(votes, "y").value == pytest.approx(20 / 80)
    assert bias_index(votes, "y").value == pytest.approx(10 / 80)
    assert agreement(votes, "raw_agreement").value == pytest.approx(60 / 80)


@pytest.mark.parametrize("header", ["task,worker,label", "label,item_id,annotator_id"])
@pytest.mark.parametrize("suffix", [".csv", ".csv.gz"])
def test_a_long_csv_is_read(tmp_path: Path, header: str, suffix: str) -> None:
    names = header.split(",")
    text = "\ufeff" + header + "\n"
    for item, annotator, label in [("i", "x", "é,1"), ("i", "y", ""), ("j", "x", "b")]:
        row = {"task": item, "item_id": item, "worker": annotator, "annotator_id": annotator}
        row["label"] = label
        text += ",".join(f'"{row[name]}"' for name in names) + "\n"
    path = tmp_path / f"votes{suffix}"
    path.write_bytes(gzip.compress(text.encode()) if suffix == ".csv.gz" else text.encode())

    votes = read_votes(path)

    assert len(votes) == 2
    assert set(votes.labels) == {"é,1", "b"}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (b"", "is empty"),
        (b"task,worker\n1,2\n", "no column label"),
        (b"task,worker,label\n1,2\n", "row 2: 2 fields where the header has 3"),
        (b"task,worker,label\n", "holds no votes"),
        (b"task,worker,label\n\xff,1,2\n", "not UTF-8"),
        (b'task,worker,label\n1,2,"x\n', "cannot be read"),
    ],
)
def test_a_bad_csv_is_refused_with_a_sentence(tmp_path: Path, text: bytes, sentence: str) -> None:
    path = tmp_path / "votes.csv"
    path.write_bytes(text)

    with pytest.raises(BadVotes, match=sentence):
        read_votes(path)


def test_gold_is_read_and_contradictions_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "gold.csv"
    path.write_text("item_id,label\n1,a\n2,\n1,a\n")

    assert read_gold(path) == {"1": "a"}
    path.write_text("item_id,label\n1,a\n1,b\n")
    with pytest.raises(BadVotes, match="two different labels"):
        read_gold(path)
    with pytest.raises(BadVotes, match="There is no file"):
        read_gold(tmp_path / "none.csv")


def test_frames_are_read_without_their_library() -> None:
    columns = {"task": [1, 1, 2], "worker": ["x", "y", "x"], "label": ["a", None, "b"]}

    from_polars = votes_from_frame(pl.DataFrame(columns))

    assert len(from_polars) == 2
    assert from_polars.items == (1, 2)
    with pytest.raises(BadVotes, match="no column label"):
        votes_from_frame(pl.DataFrame({"task": [1], "worker": [1]}))
