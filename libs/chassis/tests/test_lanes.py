"""Lanes: many records of one project delay no other, none is lost, and keys keep their order."""

from collections.abc import Sequence

import pytest
from aiokafka import ConsumerRecord, TopicPartition
from hypothesis import given
from hypothesis import strategies as st

from chassis.events import lanes as module
from chassis.events.lanes import Lanes
from schemas.lane import Lane

BATCH = 500


def record(offset: int, project: str, kind: str = "human", key: str = "") -> ConsumerRecord:
    """Return a Kafka record of an annotation, with its own key if `key` is not set."""
    body = f'{{"project":"{project}","data":{{"annotator_kind":"{kind}"}}}}'.encode()
    return ConsumerRecord(
        topic="annotations",
        partition=0,
        offset=offset,
        timestamp=0,
        timestamp_type=0,
        key=(key or str(offset)).encode(),
        value=body,
        checksum=None,
        serialized_key_size=0,
        serialized_value_size=len(body),
        headers=(),
    )


def waiting(*records: ConsumerRecord) -> Lanes:
    """Return lanes with these records."""
    lanes = Lanes()
    lanes.add({TopicPartition("annotations", 0): records})
    return lanes


def offsets(records: Sequence[ConsumerRecord]) -> list[int]:
    return [one.offset for one in records]


def test_what_people_did_is_in_the_next_batch_however_much_models_did_before() -> None:
    flood = [record(n, "flood", "model") for n in range(20_000)]
    people = [record(20_000 + n, "people") for n in range(10)]

    batch = waiting(*flood, *people).take(BATCH)

    assert set(range(20_000, 20_010)) < set(offsets(batch))
    assert len(batch) == BATCH


def test_one_project_of_people_does_not_delay_another() -> None:
    flood = [record(n, "flood") for n in range(20_000)]
    others = [record(20_000 + n, f"other-{n % 3}") for n in range(30)]

    batch = waiting(*flood, *others).take(BATCH)

    assert set(range(20_000, 20_030)) < set(offsets(batch))


def test_one_project_of_models_does_not_delay_the_models_of_another() -> None:
    flood = [record(n, "flood", "model") for n in range(20_000)]
    others = [record(20_000 + n, "other", "function") for n in range(30)]

    batch = waiting(*flood, *others).take(BATCH)

    assert set(range(20_000, 20_030)) < set(offsets(batch))


def test_a_flood_of_people_leaves_models_a_quarter() -> None:
    people = [record(n, "people") for n in range(20_000)]
    models = [record(20_000 + n, "models", "model") for n in range(20_000)]

    batch = waiting(*people, *models).take(BATCH)

    assert sum(one.offset >= 20_000 for one in batch) == BATCH // 4


def test_a_person_does_not_overtake_a_model_at_the_same_task() -> None:
    flood = [record(n, "flood", "model", key="same" if n == 5000 else "") for n in range(10_000)]
    lanes = waiting(*flood, record(10_000, "flood", key="same"))

    taken: list[int] = []
    while lanes:
        taken += offsets(lanes.take(BATCH))

    assert taken.index(5000) < taken.index(10_000)
    assert sorted(taken) == list(range(10_001))


def test_reading_ahead_ends_at_the_bound_and_goes_on_once_there_is_room(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "RECORDS_MAX", 10)
    lanes = waiting(*(record(n, "flood", "model") for n in range(10)))
    assert not lanes.has_room

    lanes.take(1)

    assert lanes.has_room


STEPS = st.lists(
    st.tuples(
        st.sampled_from("abc"),
        st.sampled_from(["human", "model", "function"]),
        st.sampled_from("klmn"),
    ),
    max_size=60,
)


@given(STEPS, st.integers(1, 7), st.integers(1, 9))
def test_each_record_is_taken_once_in_the_order_of_its_key_and_offsets_never_pass_what_is_left(
    steps: list[tuple[str, str, str]], size: int, portion: int
) -> None:
    lanes, taken = Lanes(), []
    records = [record(n, *step) for n, step in enumerate(steps)]
    partition = TopicPartition("annotations", 0)
    for start in range(0, len(records) + portion, portion):
        lanes.add({partition: records[start : start + portion]})
        batch = lanes.take(size)
        left = set(range(min(start + portion, len(records)))) - set(offsets(taken))
        assert lanes.positions().get(partition, 0) <= min(left, default=len(records))
        lanes.delivered(batch)
        taken += batch
    while lanes:
        batch = lanes.take(size)
        lanes.delivered(batch)
        taken += batch

    assert sorted(offsets(taken)) == list(range(len(records)))
    for key in {one.key for one in records}:
        of_key = [one.offset for one in taken if one.key == key]
        assert of_key == sorted(of_key)
    if records:
        assert lanes.positions() == {partition: len(records)}


def test_what_went_to_another_replica_is_dropped_and_the_rest_waits_on() -> None:
    lanes = Lanes()
    ours, theirs = record(3, "a"), record(4, "b", "model")
    theirs.partition = 1
    lanes.add(
        {TopicPartition("annotations", 0): [ours], TopicPartition("annotations", 1): [theirs]}
    )

    lanes.drop([TopicPartition("annotations", 1)])

    assert lanes.take(BATCH) == [ours]
    assert lanes.positions() == {TopicPartition("annotations", 0): 3}


def test_a_lane_is_told_by_the_envelope_not_by_what_people_wrote() -> None:
    note = rb'{"project":"a","data":{"note":"\"annotator_kind\":\"model\" \"project\":\"b\""}}'

    assert Lane.of(note) == Lane(is_machine=False, project=b"a")
    assert Lane.of(b"no event") == Lane(is_machine=False, project=b"")
