"""The similarity of a conflict to earlier adjudications."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from consensus_service.domain.precedents import Adjudication, Dispute, most_similar

NOW = datetime(2026, 1, 1, tzinfo=UTC)
Answers = dict[str, dict[str, float]]
distributions = st.dictionaries(
    st.sampled_from(["mood", "topic", "text"]),
    st.dictionaries(st.sampled_from(["a", "b", "c"]), st.floats(0.1, 1), min_size=1),
    min_size=1,
)


def settled(distribution: Answers, hours: float = 0, n: int = 1) -> Adjudication:
    return Adjudication(
        task_id=UUID(int=n),
        spec_version=1,
        fields=list(distribution),
        distribution=distribution,
        label={},
        rationale="because",
        cause="slip",
        rules=[],
        decided_at=NOW + timedelta(hours=hours),
    )


def dispute(distribution: Answers) -> Dispute:
    return Dispute.of(list(distribution), distribution)


def test_the_same_answers_in_dispute_come_before_the_same_field_and_new_before_old() -> None:
    same = settled({"mood": {"good": 0.5, "bad": 0.5}}, hours=-3)
    later = settled({"mood": {"good": 0.9, "bad": 0.1}}, hours=-2)
    other_answers = settled({"mood": {"odd": 0.5, "sad": 0.5}}, hours=-1)
    other_field = settled({"topic": {"good": 0.5, "bad": 0.5}})
    conflict = dispute({"mood": {"good": 0.6, "bad": 0.4}})

    found = most_similar(conflict, [other_field, other_answers, same, later], 9)

    assert found == [later, same, other_answers]


def test_answers_to_fields_that_are_not_in_dispute_do_not_count() -> None:
    distribution = {"mood": {"good": 1.0}, "topic": {"a": 0.5, "b": 0.5}}

    assert Dispute.of(["topic"], distribution).answers == {("topic", "a"), ("topic", "b")}


@given(distributions, st.lists(distributions, max_size=6), st.integers(0, 4), st.randoms())
def test_the_order_of_storage_makes_no_difference_and_the_limit_cuts_the_end(
    conflict: Answers, earlier: list[Answers], limit: int, random: st.DrawFn
) -> None:
    adjudications = [settled(one, hours=n, n=n) for n, one in enumerate(earlier)]
    shuffled = list(adjudications)
    random.shuffle(shuffled)  # type: ignore[attr-defined]

    found = most_similar(dispute(conflict), adjudications, 9)

    assert most_similar(dispute(conflict), shuffled, limit) == found[:limit]
    assert all(set(one.fields) & set(conflict) for one in found)
