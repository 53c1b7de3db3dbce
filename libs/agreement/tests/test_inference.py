"""Tests of truth inference on real crowds, on few votes, and with gold and priors."""

from typing import Protocol

import numpy as np
import pytest

from agreement import (
    AnnotatorPrior,
    BadVotes,
    Inference,
    Votes,
    distrusted,
    infer,
    infer_numbers,
    with_and_without,
)

# The best of crowd-kit's MajorityVote, DawidSkene, OneCoinDawidSkene, GLAD, MACE and Wawa, as
# items right of items with gold; bench/crowd_statistics.py measures them anew where there is
# crowd-kit.
BEST_OF_SIX = {
    "music_genre": (557, 700),
    "bluebirds": (96, 108),
    "weather": (258, 300),
    "rte": (742, 800),
    "dog": (680, 807),
}


class Crowds(Protocol):
    """The fixture of conftest.py, which cannot be imported."""

    def votes(self, name: str) -> Votes: ...

    def gold(self, name: str) -> dict[object, object]: ...


def right(found: Inference, gold: dict[object, object]) -> float:
    """Items right; a tie is as right as one of its labels drawn at random would be."""
    total = 0.0
    for item, line in zip(found.items, found.posterior, strict=True):
        if item in gold:
            best = np.flatnonzero(line >= line.max() - 1e-9)
            total += (gold[item] in [found.label_names[code] for code in best]) / len(best)
    return total


@pytest.mark.parametrize("name", BEST_OF_SIX)
def test_the_default_is_near_the_best_of_six_and_not_below_majority(
    crowds: Crowds, name: str
) -> None:
    votes, gold = crowds.votes(name), crowds.gold(name)
    best, n_gold = BEST_OF_SIX[name]

    ours = right(infer(votes), gold)

    assert len(gold) == n_gold
    assert ours >= best - max(1.5, 0.005 * n_gold)
    assert ours >= right(infer(votes, "majority"), gold) - 0.003 * n_gold


@pytest.mark.parametrize("name", BEST_OF_SIX)
def test_two_votes_an_item_do_not_make_the_default_worse_than_majority(
    crowds: Crowds, name: str
) -> None:
    votes, gold = crowds.votes(name), crowds.gold(name)
    order = np.random.default_rng(5).permutation(len(votes))
    rank = np.empty(len(votes), dtype=np.int64)
    seen: dict[int, int] = {}
    for row in order.tolist():
        rank[row] = seen[votes.item[row]] = seen.get(votes.item[row], -1) + 1
    few = votes.where(rank < 2)

    # A tie that the model decides is a coin that majority counts as half: allow two deviations.
    luck = np.sqrt(sum(label is None for label in infer(few, "majority").labels))
    majority = right(infer(few, "majority"), gold)
    assert right(infer(few), gold) >= majority - 0.003 * len(gold) - luck


def test_leaving_out_the_distrusted_tells_whom_to_ask(crowds: Crowds) -> None:
    lifted = {}
    for name in BEST_OF_SIX:
        votes = crowds.votes(name)
        sides = with_and_without(votes, distrusted(infer(votes)))
        assert sides.everyone.value is not None
        assert sides.trusted.value is not None
        lifted[name] = sides.trusted.value - sides.everyone.value

    # Spammers cast a third of the votes of these two; elsewhere items or guide are at fault.
    assert lifted["music_genre"] > 0.4
    assert lifted["rte"] > 0.3
    assert max(lifted["dog"], lifted["weather"]) < 0.1


def test_the_guard_speaks_where_model_and_majority_part(crowds: Crowds) -> None:
    parted = infer(crowds.votes("bluebirds")).guard
    alike = infer(crowds.votes("weather")).guard

    assert parted.n_parted > 10
    assert parted.warning is not None
    assert str(parted.n_parted) in parted.warning
    assert alike.warning is None


def crowd_with_a_saboteur() -> tuple[Votes, dict[object, object]]:
    """Two annotators who always say the opposite, one of them right, on 20 items."""
    truth = {item: "yn"[item % 2] for item in range(20)}
    rows = [(item, "good", label) for item, label in truth.items()]
    rows += [(item, "bad", "ny"[item % 2]) for item in truth]
    return Votes.of(*zip(*rows, strict=True)), dict(truth)


def test_gold_on_some_items_decides_the_others() -> None:
    votes, truth = crowd_with_a_saboteur()
    known = {item: truth[item] for item in range(8)}

    assert set(infer(votes).labels) == {None}
    found = infer(votes, gold=known)

    assert list(found.labels) == [truth[item] for item in found.items]
    good, bad = found.reliability()
    assert good.low > 0.5 > bad.high


def test_a_prior_about_an_annotator_is_votes_already_seen() -> None:
    votes, truth = crowd_with_a_saboteur()

    found = infer(votes, priors={"good": AnnotatorPrior(0.95, 40)})

    assert list(found.labels) == [truth[item] for item in found.items]


@pytest.mark.parametrize("method", ["majority", "weighted", "one-coin", "dawid-skene", "glad"])
def test_gold_is_certain_in_every_method(method: str) -> None:
    votes, truth = crowd_with_a_saboteur()

    found = infer(votes, method, gold={0: "n"})

    assert found.labels[found.items.index(0)] == "n"
    assert truth[0] == "y"


def test_refusals_are_one_sentence() -> None:
    votes, _ = crowd_with_a_saboteur()

    with pytest.raises(BadVotes, match="'x' is not on the scale"):
        infer(votes, gold={0: "x"})
    with pytest.raises(BadVotes, match="no use for priors"):
        infer(votes, "glad", priors={"good": AnnotatorPrior(0.9, 1)})
    with pytest.raises(BadVotes, match="accuracy between 0 and 1"):
        infer(votes, priors={"good": AnnotatorPrior(1.2, 1)})
    with pytest.raises(BadVotes, match="not one of"):
        infer(votes, "best")
    with pytest.raises(BadVotes, match="nominal or ordinal"):
        infer(votes, kind="interval")


@pytest.mark.parametrize("method", ["bayes", "dawid-skene", "one-coin", "mace"])
def test_a_seed_gives_the_same_answer_again(crowds: Crowds, method: str) -> None:
    votes = crowds.votes("bluebirds")

    first, second = infer(votes, method, seed=7), infer(votes, method, seed=7)

    np.testing.assert_array_equal(first.posterior, second.posterior)


def test_one_class_one_item_and_no_vote_are_defined() -> None:
    one_class = infer(Votes.of([1, 1, 2], ["x", "y", "x"], ["a", "a", "a"]))
    nothing = infer(Votes.of([], [], []))

    assert one_class.labels == ("a", "a")
    assert nothing.labels == ()


def test_an_ordinal_crowd_that_errs_by_one_step_is_told_apart() -> None:
    rng = np.random.default_rng(3)
    truth = rng.integers(0, 7, 400)
    rows = []
    for item, label in enumerate(truth.tolist()):
        for annotator in rng.choice(60, 3, replace=False).tolist():
            slip = rng.choice([-1, 0, 1], p=[0.25, 0.5, 0.25])
            rows.append((item, annotator, int(np.clip(label + slip, 0, 6))))
    votes = Votes.of(*zip(*rows, strict=True))
    gold: dict[object, object] = dict(enumerate(truth.tolist()))

    ordinal = right(infer(votes, kind="ordinal"), gold)

    assert ordinal > right(infer(votes), gold)
    assert ordinal > right(infer(votes, "majority"), gold) + 20


def test_hundreds_of_classes_are_no_trouble() -> None:
    rng = np.random.default_rng(4)
    truth = rng.integers(0, 300, 500)
    rows = [
        (item, annotator, label if rng.random() < 0.7 else int(rng.integers(0, 300)))
        for item, label in enumerate(truth.tolist())
        for annotator in range(4)
    ]
    votes = Votes.of(*zip(*rows, strict=True))

    found = infer(votes)

    gold: dict[object, object] = dict(enumerate(truth.tolist()))
    assert right(found, gold) >= right(infer(votes, "majority"), gold) - 1


def test_numbers_are_nearer_to_gold_than_mean_and_median(crowds: Crowds) -> None:
    votes, gold = crowds.votes("headlines_valence"), crowds.gold("headlines_valence")

    found = infer_numbers(votes)

    known = np.asarray([float(str(gold[item])) for item in found.items])
    errors = [np.abs(value - known).mean() for value in (found.value, found.mean, found.median)]
    assert errors[0] < min(errors[1:])
    ours, plain = (np.corrcoef(value, known)[0, 1] for value in (found.value, found.mean))
    assert ours > plain - 0.01


def test_steady_annotators_weigh_more_and_biases_are_taken_out() -> None:
    rng = np.random.default_rng(6)
    truth = rng.normal(0, 10, 200)
    steady, shaky, high = truth + rng.normal(0, 1, 200), truth + rng.normal(0, 15, 200), truth + 20
    numbers = np.concatenate([steady, shaky, high + rng.normal(0, 1, 200)])
    votes = Votes.of(np.tile(np.arange(200), 3), np.repeat(["a", "b", "c"], 200), numbers)

    found = infer_numbers(votes)

    order = np.argsort(found.items)
    error = np.std(found.value[order] - truth)
    assert found.noise[0] < found.noise[1]
    assert found.bias[2] - found.bias[0] == pytest.approx(20, abs=1.5)
    assert error < np.std(found.mean[order] - truth) / 3


def test_numbers_that_are_none_are_refused() -> None:
    with pytest.raises(BadVotes, match="finite numbers"):
        infer_numbers(Votes.of([1], [1], ["warm"]))
