"""The rules of quality, as properties and by example."""

import random
from datetime import UTC, datetime
from math import isclose
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labels import compile_fields
from quality_service.domain import issues, reviews, scoring, skips
from quality_service.domain.intervals import newcombe_interval, wilson_interval
from quality_service.domain.rationales import Rationale, group_rationales
from quality_service.domain.refusals import UnreadableSpec
from quality_service.domain.scoring import GoldCount
from quality_service.domain.spec import read_spec
from quality_service.domain.standing import (
    CROWD_MIN,
    ERROR_RATE,
    HONEYPOTS_MIN,
    SprtHypotheses,
    Tally,
    assess,
)
from schemas.events import ConflictRaised
from schemas.vocabulary import Measure, Policy, Skip

MOOD = {"name": "mood", "kind": "choice", "options": ["good", "bad"]}
LEVEL = {"name": "level", "kind": "rating", "minimum": 1, "maximum": 5, "tolerance": 1}
NUMBER = {"name": "size", "kind": "number", "minimum": 0, "maximum": 100, "tolerance": 2}
CAUSES = ("spec_gap", "ambiguous_data", "perspective", "slip")
counts = st.integers(1, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


def test_nothing_counted_is_no_share_and_no_difference() -> None:
    assert wilson_interval(0, 0).value is None
    assert newcombe_interval(wilson_interval(0, 0), wilson_interval(1, 2)).value is None


def flagged_at(
    accuracy: float, hypotheses: SprtHypotheses, chance: random.Random, honeypots: int
) -> int | None:
    """Return the number of honeypots after which an annotator of this accuracy is first flagged."""
    right = 0
    for n in range(1, honeypots + 1):
        right += chance.random() < accuracy
        if assess(Tally("a", "new", right, n), hypotheses)[0] == "flagged":
            return n
    return None


@pytest.mark.parametrize(("typical", "chance_level"), [(0.85, 0.5), (0.7, 0.29), (0.8, 0.11)])
def test_a_typical_annotator_is_hardly_ever_flagged(typical: float, chance_level: float) -> None:
    crowd = [Tally(str(n), "new", typical * 100, 100) for n in range(CROWD_MIN)]
    hypotheses, chance = SprtHypotheses.from_crowd(crowd, chance_level), random.Random(7)

    flagged = sum(flagged_at(typical, hypotheses, chance, 100) is not None for _ in range(2000))

    assert flagged <= ERROR_RATE * 2000


@pytest.mark.parametrize(("typical", "chance_level"), [(0.85, 0.5), (0.7, 0.29), (0.8, 0.11)])
def test_a_guessing_annotator_is_flagged_within_thirty_honeypots(
    typical: float, chance_level: float
) -> None:
    crowd = [Tally(str(n), "new", typical * 100, 100) for n in range(CROWD_MIN)]
    hypotheses, chance = SprtHypotheses.from_crowd(crowd, chance_level), random.Random(7)

    found = [flagged_at(chance_level, hypotheses, chance, 30) for _ in range(1000)]

    assert sum(place is not None for place in found) >= 800
    assert min(place for place in found if place is not None) >= HONEYPOTS_MIN


def test_on_a_hard_task_the_crowd_is_not_accused() -> None:
    chance = random.Random(7)
    crowd = [Tally(str(n), "new", 62 + chance.randrange(5), 100) for n in range(20)]

    hypotheses = SprtHypotheses.from_crowd(crowd, 0.55)

    assert {assess(tally, hypotheses)[0] for tally in crowd} == {"new"}


def test_a_crowd_of_guessers_does_not_make_guessing_typical() -> None:
    crowd = [Tally(str(n), "new", 500, 1000) for n in range(20)]

    assert {assess(tally, SprtHypotheses.from_crowd(crowd, 0.5))[0] for tally in crowd} == {
        "flagged"
    }


def test_without_a_crowd_guessing_and_work_are_distinguished() -> None:
    hypotheses = SprtHypotheses.from_crowd([], 0.5)

    assert assess(Tally("a", "new", 20, 40), hypotheses)[0] == "flagged"
    assert assess(Tally("b", "new", 36, 40), hypotheses)[0] == "good"
    assert assess(Tally("c", "new", 0, HONEYPOTS_MIN - 1), hypotheses)[0] == "new"


tallies = st.builds(
    lambda count, decided, before: Tally(
        "a", "new", count[0], count[1], decided, "so", *((0, 0) if before else count)
    ),
    counts,
    st.sampled_from(["new", "good", "flagged", "suspended"]),
    st.booleans(),
)


@given(tallies, st.floats(0.01, 0.95))
def test_only_people_suspend_and_only_people_lift(tally: Tally, chance_level: float) -> None:
    standing, _ = assess(tally, SprtHypotheses.from_crowd([], chance_level))

    assert (standing == "suspended") == (tally.decided == "suspended")


@given(tallies, st.floats(0.01, 0.95))
def test_a_person_begins_a_new_count(tally: Tally, chance_level: float) -> None:
    after = Tally("a", "new", tally.right, tally.n, "good", "so", tally.right, tally.n)

    assert assess(after, SprtHypotheses.from_crowd([], chance_level)) == ("good", "so")


@given(st.integers(0, 60), st.integers(0, 60), st.floats(0.01, 0.95))
def test_one_more_right_answer_never_speaks_against_anyone(
    right: int, wrong: int, chance_level: float
) -> None:
    hypotheses = SprtHypotheses.from_crowd([], chance_level)

    ratio = hypotheses.log_likelihood_ratio(right, right + wrong)

    assert hypotheses.log_likelihood_ratio(right + 1, right + wrong + 1) <= ratio


def test_a_constant_answer_on_skewed_gold_is_a_guess() -> None:
    schema = compile_fields([MOOD])
    golds = [GoldCount({"mood": "good"}, 80), GoldCount({"mood": "bad"}, 20)]

    right, total = scoring.chance_hits(schema, golds)

    assert total == 100
    assert isclose(right / total, 81 / 102)


def test_one_gold_alone_does_not_make_guessing_certain() -> None:
    right, total = scoring.chance_hits(compile_fields([MOOD]), [GoldCount({"mood": "good"}, 1)])

    assert right / total == 2 / 3


def test_tolerance_makes_guessing_easier() -> None:
    golds = [GoldCount({"level": level}, 10) for level in range(1, 6)]

    right, total = scoring.chance_hits(compile_fields([LEVEL]), golds)

    assert right / total == 33 / 55


def test_gold_that_the_spec_does_not_accept_counts_nowhere() -> None:
    schema = compile_fields([MOOD])

    assert scoring.chance_hits(schema, [GoldCount({"mood": "green"}, 5)]) == (0.0, 0)
    assert scoring.score(schema, {"mood": "good"}, {"mood": "green"}) == []


@pytest.mark.parametrize(
    ("field", "answer", "gold", "right"),
    [
        (MOOD, "good", "good", True),
        (MOOD, "bad", "good", False),
        (LEVEL, 4, 5, True),
        (LEVEL, 3, 5, False),
        (NUMBER, 51.5, 50, True),
        (NUMBER, 53, 50, False),
        (MOOD, "green", "good", False),
    ],
)
def test_an_answer_is_right_within_the_tolerance(
    field: dict[str, object], answer: object, gold: object, right: bool
) -> None:
    name = str(field["name"])

    scores = scoring.score(compile_fields([field]), {name: answer}, {name: gold})

    assert [score.is_correct for score in scores] == [right]


def test_fields_that_gold_leaves_out_are_not_scored() -> None:
    note = {"name": "note", "kind": "text", "required": False}
    schema = compile_fields([MOOD, note])

    scores = scoring.score(schema, {"mood": "good", "note": "hm"}, {"mood": "good"})

    assert [(score.field, score.is_correct) for score in scores] == [("mood", True)]


def measure(value: float, half_width: float = 0.05, n_items: int = 100) -> Measure:
    return Measure(
        value=value,
        low=value - half_width,
        high=value + half_width,
        n_items=n_items,
        n_annotators=5,
        n_pairable=100,
    )


@pytest.mark.parametrize(
    ("measured", "without", "verdict"),
    [
        (measure(0.5), None, "spec"),
        (measure(0.5), measure(0.6), "spec"),
        (measure(0.5), measure(0.7), "people"),
        (measure(0.68), None, "unclear"),
        (measure(0.65), None, "unclear"),
        (measure(0.8), None, "fine"),
        (measure(0.5, n_items=19), None, "too_few"),
        (
            Measure(value=None, low=None, high=None, n_items=50, n_annotators=3, n_pairable=0),
            None,
            "unclear",
        ),
    ],
)
def test_people_are_at_fault_if_leaving_out_the_distrusted_raises_agreement_else_the_spec_is(
    measured: Measure, without: Measure | None, verdict: str
) -> None:
    finding = issues.interpret_agreement(measured, without, Policy(), "mood")

    assert finding.verdict == verdict
    assert finding.why


def test_low_agreement_on_a_subjective_field_is_no_fault() -> None:
    policy = Policy.model_validate({"decide_fields": {"mood": {"how": "subjective"}}})

    assert issues.interpret_agreement(measure(0.1), None, policy, "mood").verdict == "subjective"


@given(st.dictionaries(st.sampled_from(CAUSES), st.integers(0, 20)))
def test_the_leading_cause_is_named_most_often(causes: dict[str, int]) -> None:
    leading = issues.leading_cause(causes)  # type: ignore[arg-type]

    if sum(causes.values()) < issues.CAUSES_MIN:
        assert leading is None
    else:
        assert leading is not None
        assert causes.get(leading, 0) == max(causes.values())


def items(answers: list[list[str]]) -> list[tuple[UUID, list[str]]]:
    return [(UUID(int=place), texts) for place, texts in enumerate(answers)]


@given(st.lists(st.lists(st.sampled_from("abc")), max_size=20))
def test_a_pair_of_answers_is_one_confusion_in_either_order(answers: list[list[str]]) -> None:
    found = issues.confusions(items(answers))

    assert found == issues.confusions([(item, texts[::-1]) for item, texts in items(answers)[::-1]])
    assert found == issues.confusions(items(answers) * 2)
    assert all(first < second for first, second, _ in found)
    assert sum(count for *_, count in found) == sum(
        len(set(texts)) * (len(set(texts)) - 1) // 2 for texts in answers
    )


GOOD, BAD = {"mood": "good", "tone": "dry"}, {"mood": "bad", "tone": "dry"}


@pytest.mark.parametrize(
    ("reason", "labels", "fields"),
    [
        ("guideline_does_not_cover", [], []),
        ("two_labels_fit", [], []),
        ("two_labels_fit", [GOOD, BAD], ["mood"]),
        ("two_labels_fit", [GOOD, {"mood": "bad"}], ["mood", "tone"]),
        ("bad_data", [], None),
        ("not_my_skill", [], None),
        ("other", [], None),
    ],
)
def test_a_skip_disputes_fields_by_its_reason_and_its_labels(
    reason: Any, labels: Any, fields: Any
) -> None:
    assert skips.disputed_fields(reason, labels) == fields


def conflict(by: Any, *skipped: Skip) -> ConflictRaised:
    return ConflictRaised(
        occurred_at=datetime(2026, 1, 1, tzinfo=UTC),
        project="p",
        task_id=UUID(int=1),
        item_id=UUID(int=2),
        spec_version=1,
        fields=["mood", "tone"],
        reason="",
        annotation_ids=[],
        raised_by=by,
        skips=list(skipped),
    )


def test_a_conflict_raised_by_skips_disputes_the_same_fields_as_they_do() -> None:
    data, skill = Skip(reason="bad_data"), Skip(reason="not_my_skill")
    two, gap = Skip(reason="two_labels_fit", labels=[GOOD, BAD]), Skip(reason=skips.SPEC_REASONS[0])

    assert skips.disputed_by_conflict(conflict("skips", data, skill)) is None
    assert skips.disputed_by_conflict(conflict("skips", data, two)) == ["mood"]
    assert skips.disputed_by_conflict(conflict("skips", data, two, gap)) == ["mood", "tone"]
    assert skips.disputed_by_conflict(conflict("votes", data)) == ["mood", "tone"]
    assert skips.disputed_by_conflict(conflict("review", data)) == ["mood", "tone"]


def test_ambiguous_pairs_are_canonical_texts_of_labels_that_the_spec_accepts() -> None:
    fields = [
        {"name": "tags", "kind": "choices", "options": ["a", "b"], "required": False},
        {"name": "n", "kind": "number", "minimum": 0, "maximum": 9},
    ]
    named = [
        [{"tags": ["b", "a"], "n": 1}, {"n": 1.0}],
        [{"tags": ["a"], "n": 1}, {"tags": ["c"], "n": 1}],
    ]

    found = skips.ambiguous_pairs(compile_fields(fields), "tags", named)

    assert found == [['["a","b"]', ""], []]
    assert skips.ambiguous_pairs(compile_fields(fields), "n", named) == [["1", "1"], []]


def test_rationales_in_the_same_words_are_one_group() -> None:
    texts = ["No rule for irony.", "no rule, for IRONY", "Sarcasm is not covered"]
    written = [
        Rationale(UUID(int=place), text, "spec_gap", (f"R{place + 1}",))
        for place, text in enumerate(texts)
    ]

    groups = group_rationales(written)

    assert [(group.text, group.count) for group in groups] == [
        ("No rule for irony.", 2),
        ("Sarcasm is not covered", 1),
    ]
    assert groups[0].rules == {"R1", "R2"}


@settings(max_examples=20)
@given(st.floats(0, 1), st.text())
def test_the_review_rate_is_kept(rate: float, project: str) -> None:
    picked = [reviews.is_sampled(project, UUID(int=5), number, rate) for number in range(2000)]

    assert abs(sum(picked) / 2000 - rate) < 0.06


def test_all_or_nothing_is_reviewed_at_the_ends_of_the_rate() -> None:
    numbers = range(500)

    assert all(reviews.is_sampled("p", UUID(int=5), number, 1.0) for number in numbers)
    assert not any(reviews.is_sampled("p", UUID(int=5), number, 0.0) for number in numbers)


@pytest.mark.parametrize("document", ["{}", '{"task_type": "t", "fields": [{"kind": "x"}]}', "[]"])
def test_an_unreadable_spec_is_refused(document: str) -> None:
    with pytest.raises(UnreadableSpec):
        read_spec(document)


def test_an_answer_that_is_invalid_in_one_field_is_wrong_in_every_field() -> None:
    schema = compile_fields([MOOD, LEVEL])

    scores = scoring.score(schema, {"mood": "good", "level": 9}, {"mood": "good", "level": 3})

    assert [(score.field, score.is_correct) for score in scores] == [
        ("level", False),
        ("mood", False),
    ]
