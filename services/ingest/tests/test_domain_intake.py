"""Parsing of items, and the changes that a batch makes."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

import labels
from ingest_service.domain.intake import (
    Changes,
    Incoming,
    InvalidItem,
    check_payload,
    incoming_item,
    parse_request,
    prelabel_problems,
    upsert,
    without_prelabels,
)
from ingest_service.domain.model import Gold, Item, Task
from schemas.ingest import GoldRequest, ItemRequest

MOOD = {"name": "mood", "kind": "choice", "options": ["good", "bad"]}
NOTE = {"name": "note", "kind": "text"}
SPANS = {"name": "spans", "kind": "spans", "options": ["a"]}
ODD = {"kind": "odd", "score": 0.5, "reason": None, "model": None}
LATE = {**ODD, "kind": "late"}

OPEN = Task(UUID(int=7), 1, 1, 0, "open", 5)


def coming(payload: Any = None, *, label: Any = None, **facts: Any) -> Incoming:
    """The item `x` as it comes in, as gold if `label` is given."""
    said = {"external_id": "x", "payload": payload or {"text": "a"}, **facts}
    if label is None:
        return incoming_item("p", ItemRequest.model_validate(said), position=1)
    return incoming_item("p", GoldRequest.model_validate({**said, "label": label}), position=1)


def known_item(one: Incoming, **facts: Any) -> Item:
    """The item that `one` describes as it is known: at its third revision, unless said else."""
    fields = {name: getattr(one.item, name) for name in Item.__dataclass_fields__}
    return Item(**{**fields, "revision": 3, **facts})


def take(one: Incoming, known: Item) -> tuple[str, Changes]:
    changes = upsert([one], {known.item_id: known})
    [verdict] = changes.verdicts
    return verdict, changes


# --- one item


def test_a_payload_of_262144_bytes_travels_inline_and_a_larger_one_is_a_blob() -> None:
    fits, large = coming({"a": "x" * 262_136}), coming({"a": "x" * 262_137})

    assert (fits.blob, fits.item.payload, fits.item.blob_size) == (
        None,
        {"a": "x" * 262_136},
        None,
    )
    assert large.blob is not None
    assert (len(large.blob), large.item.payload, large.item.blob_size) == (262_145, None, 262_145)


def test_an_item_may_carry_262144_bytes_beside_its_payload_and_no_more() -> None:
    def beside(length: int) -> Incoming:
        return coming({"text": "x" * 9999}, metadata={"m": "y" * length})

    bare = '{"external_id":"x","source":null,"metadata":{"m":""},"priority":5,"due_at":null,'
    bare += '"skills":[],"signals":[],"prelabels":[],"redundancy":null}'
    room = 262_144 - len(bare)

    assert len(beside(room).item.metadata["m"]) == room
    with pytest.raises(InvalidItem, match="may have 262144 bytes; this one has 262145") as refusal:
        beside(room + 1)
    assert (refusal.value.problem.pointer, refusal.value.problem.keyword) == ("", "size")


def test_an_item_comes_in_at_its_first_revision_with_its_time_in_utc() -> None:
    one = coming(due_at="2026-03-01T12:00:00+02:00", label={"mood": "good"}, rules=["R1"])

    assert one.item.revision == 1
    assert one.item.due_at == datetime(2026, 3, 1, 10, tzinfo=UTC)
    assert one.item.gold == Gold(1, {"mood": "good"}, ("R1",))
    assert not one.item.is_work
    assert coming().item.is_work
    assert (coming().item.gold, coming().item.due_at) == (None, None)


def test_a_payload_without_exact_json_is_unfit() -> None:
    with pytest.raises(InvalidItem) as refusal:
        coming({"n": 2**60})

    assert refusal.value.problem.pointer == "/payload"


def test_a_request_is_refused_with_the_first_thing_that_is_wrong() -> None:
    with pytest.raises(InvalidItem) as refusal:
        parse_request(ItemRequest, {"payload": {}, "skills": ["a", ""], "priority": 10})

    assert refusal.value.problem.pointer == "/priority"


def test_a_payload_is_checked_as_soon_as_there_is_a_specification() -> None:
    check_payload({}, None)
    check_payload({"text": "a"}, labels.compile_fields([SPANS]))
    with pytest.raises(InvalidItem) as refusal:
        check_payload({}, labels.compile_fields([SPANS]))
    assert refusal.value.problem.pointer == "/payload/text"


# --- suggestions of models


def test_a_suggestion_may_be_a_part_of_a_label_and_is_told_the_first_thing_that_is_wrong() -> None:
    schema = labels.compile_fields([MOOD, {"name": "stars", "kind": "rating"}, NOTE])
    values: list[Any] = [{"mood": "good"}, {"mood": "green", "stars": 99}, {"stars": 4}]
    one = coming(prelabels=[{"model": "m", "value": value} for value in values])

    found = prelabel_problems(one, schema)

    assert {place: (one.pointer, one.keyword) for place, one in found.items()} == {
        1: ("/prelabels/1/value/mood", "enum")
    }
    kept = without_prelabels(one, found).item.prelabels
    assert [suggestion["value"] for suggestion in kept] == [values[0], values[2]]


@pytest.mark.parametrize("length", [10, 300_000])
def test_a_suggested_span_is_checked_against_the_text_wherever_that_is_kept(length: int) -> None:
    schema = labels.compile_fields([SPANS])
    span = {"start": 0, "end": 2, "label": "a", "quote": "xx"}
    wrong = {**span, "quote": "yy"}
    suggestions = [{"model": "m", "value": {"spans": [said]}} for said in (span, wrong)]
    one = coming({"text": "x" * length}, prelabels=suggestions)

    assert list(prelabel_problems(one, schema)) == [1]


# --- work that comes again


def test_the_same_item_again_changes_nothing() -> None:
    one = coming(priority=5, signals=[ODD], metadata={"a": 1})

    verdict, changes = take(one, known_item(one, work=OPEN))

    assert (verdict, changes) == ("unchanged", Changes(verdicts=["unchanged"]))


def test_a_new_payload_is_the_next_revision_of_the_item_with_what_is_known_of_it() -> None:
    gold = Gold(3, {"mood": "bad"}, ())
    known = known_item(coming(), work=OPEN, honeypot=OPEN, gold=gold)

    verdict, changes = take(coming({"text": "b"}), known)

    item = changes.items[known.item_id]
    assert (verdict, item.revision, item.payload) == ("changed", 4, {"text": "b"})
    assert (item.is_work, item.gold, item.work, item.honeypot) == (True, gold, OPEN, OPEN)
    assert changes.changed_gold == set()


@pytest.mark.parametrize("text", ["a", "b"])
def test_gold_becomes_work_when_it_comes_as_work(text: str) -> None:
    known = known_item(coming(label={"mood": "good"}))

    verdict, changes = take(coming({"text": text}), known)

    item = changes.items[known.item_id]
    assert (verdict, item.is_work, item.gold) == ("created", True, known.gold)
    assert item.revision == (3 if text == "a" else 4)


def test_work_that_comes_first_is_created() -> None:
    one = coming()

    changes = upsert([one], {})

    assert changes.verdicts == ["created"]
    assert changes.items == {one.item.item_id: one.item}
    assert (changes.changed_gold, changes.raised, changes.pending) == (set(), {}, [])


# --- gold


def test_gold_that_comes_first_is_created_and_makes_its_honeypot() -> None:
    one = coming(label={"mood": "good"})

    changes = upsert([one], {})

    assert (changes.verdicts, changes.changed_gold) == (["created"], {one.item.item_id})


@pytest.mark.parametrize(
    ("gold", "verdict"),
    [(None, "created"), ("bad", "changed"), ("good", "unchanged")],
)
def test_gold_is_of_the_revision_whose_payload_it_came_with(gold: str | None, verdict: str) -> None:
    known = known_item(coming(), gold=gold and Gold(3, {"mood": gold}, ()), work=OPEN)

    found, changes = take(coming(label={"mood": "good"}), known)

    assert found == verdict
    if verdict == "unchanged":
        assert changes.items == {}
    else:
        item = changes.items[known.item_id]
        assert (item.gold, item.is_work) == (Gold(3, {"mood": "good"}, ()), True)
        assert changes.changed_gold == {known.item_id}


@pytest.mark.parametrize(("gold", "verdict"), [(None, "created"), ("good", "changed")])
def test_gold_with_a_new_payload_is_of_the_next_revision(gold: str | None, verdict: str) -> None:
    known = known_item(coming(), gold=gold and Gold(3, {"mood": gold}, ()))

    found, changes = take(coming({"text": "b"}, label={"mood": "good"}), known)

    item = changes.items[known.item_id]
    assert (found, item.revision, item.gold) == (verdict, 4, Gold(4, {"mood": "good"}, ()))
    assert changes.changed_gold == {known.item_id}


def test_gold_that_is_no_work_stays_none() -> None:
    known = known_item(coming(label={"mood": "bad"}))

    _, changes = take(coming(label={"mood": "good"}), known)

    assert not changes.items[known.item_id].is_work


# --- fields that are said anew


def test_the_priority_reaches_an_open_task_and_other_fields_wait_for_the_next() -> None:
    known = known_item(coming(source="a", metadata={"a": 1}), work=OPEN)

    verdict, changes = take(coming(priority=9, source="b"), known)

    item = changes.items[known.item_id]
    assert (verdict, item.priority, item.source) == ("updated", 9, "b")
    assert item.metadata == {"a": 1}, "it was not said anew"
    assert changes.raised == {known.item_id: []}
    assert changes.pending == [(0, "source")]


@pytest.mark.parametrize("purpose", ["work", "honeypot"])
def test_every_field_waits_where_the_task_is_done(purpose: str) -> None:
    done = Task(UUID(int=7), 1, 1, 0, "decided", 5)
    known = known_item(coming(), **{purpose: done})

    _, changes = take(coming(priority=9), known)

    assert changes.items[known.item_id].priority == 9
    assert changes.raised == {}
    assert changes.pending == [(0, "priority")]


def test_no_field_waits_where_there_is_no_task() -> None:
    known = known_item(coming())

    verdict, changes = take(coming(skills=["french"]), known)

    assert (verdict, changes.items[known.item_id].skills) == ("updated", ("french",))
    assert (changes.raised, changes.pending) == ({}, [])


def test_new_signals_are_added_to_those_of_the_item_and_reach_its_open_task() -> None:
    known = known_item(coming(signals=[ODD]), work=OPEN)

    verdict, changes = take(coming(signals=[ODD, LATE]), known)

    assert (verdict, changes.items[known.item_id].signals) == ("updated", [ODD, LATE])
    assert changes.raised == {known.item_id: [LATE]}
    assert changes.pending == []


def test_gold_that_says_a_field_anew_keeps_its_own_verdict() -> None:
    known = known_item(coming(), work=OPEN)

    verdict, changes = take(coming(priority=9, label={"mood": "good"}), known)

    assert (verdict, changes.items[known.item_id].priority) == ("created", 9)
    assert changes.changed_gold == {known.item_id}


def test_the_place_in_the_batch_is_told_of_each_field_that_waits() -> None:
    known = known_item(coming(), work=OPEN)
    batch = [coming(), coming(source="b"), coming(redundancy=2)]

    changes = upsert(batch, {known.item_id: known})

    assert changes.verdicts == ["unchanged", "updated", "updated"]
    assert changes.pending == [(1, "source"), (2, "redundancy")]
