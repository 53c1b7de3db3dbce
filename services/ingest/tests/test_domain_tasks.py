"""What becomes of an item's tasks, what a new task says, and what a signal does to both."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

import labels
from ingest_service.domain.intake import incoming
from ingest_service.domain.model import (
    Basis,
    Gold,
    Item,
    Making,
    Moves,
    Project,
    Spec,
    Task,
    Withdrawal,
)
from ingest_service.domain.signals import Heard, by_task, hear, kept
from ingest_service.domain.tasks import (
    due,
    gold_fits,
    honeypot_moves,
    next_round,
    overlap,
    redundancy,
    task_created,
    work_moves,
)
from schemas.ingest import ItemRequest
from schemas.vocabulary import Policy, SpecDocument

MOOD = {"name": "mood", "kind": "choice", "options": ["good", "bad"]}
NOW = datetime(2026, 1, 1, tzinfo=UTC)
GOLD = Gold(2, {"mood": "good"}, ())
ODD, LATE = {"kind": "odd"}, {"kind": "late"}
OLD = UUID(int=7)


def task(
    state: Literal["open", "decided", "withdrawn"] = "open",
    *,
    revision: int = 2,
    version: int = 3,
    priority: int = 5,
) -> Task:
    return Task(OLD, revision, version, 4, state, priority)


def item(**facts: Any) -> Item:
    """An item at its second revision."""
    one = incoming("p", ItemRequest(external_id="x", payload={"text": "a"})).item
    return replace(one, **{"revision": 2, **facts})


# --- the work task


def test_an_item_without_a_task_gets_its_first_once_there_is_a_specification() -> None:
    assert work_moves(item(), 0) == Moves()
    assert work_moves(item(is_work=False), 3) == Moves()
    assert work_moves(item(), 3) == Moves(making=Making(item(), "work", 0))


def test_a_new_payload_withdraws_the_open_task_and_asks_again() -> None:
    one = item(work=task(revision=1))
    decided = item(work=task("decided", revision=1))

    assert work_moves(one, 3) == Moves(
        Withdrawal(OLD, "item_changed"), Making(one, "work", 0, supersedes=OLD)
    )
    assert work_moves(decided, 3) == Moves(None, Making(decided, "work", 0, supersedes=OLD))


def test_a_new_specification_supersedes_an_open_task_alone() -> None:
    one = item(work=task())

    assert work_moves(one, 3) == Moves()
    assert work_moves(one, 4) == Moves(
        Withdrawal(OLD, "superseded"), Making(one, "work", 0, supersedes=OLD)
    )
    assert work_moves(item(work=task("decided")), 4) == Moves()


def test_a_relabel_asks_again_for_labels_of_older_versions_than_it_says() -> None:
    one = item(work=task("decided"))

    assert work_moves(one, 5, relabel_below=3) == Moves()
    assert work_moves(one, 5, relabel_below=4).making == Making(one, "work", 0, supersedes=OLD)
    assert work_moves(one, 3, relabel_below=4) == Moves(), "there is no newer version"
    assert work_moves(item(work=task("withdrawn")), 5, relabel_below=5) == Moves()


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        (None, 0),
        (task(revision=1), 0),
        (task(version=2), 0),
        (task(), 5),
        (task(revision=1, version=2), 0),
    ],
)
def test_rounds_are_counted_under_one_revision_and_one_version(
    known: Task | None, expected: int
) -> None:
    assert next_round(item(), known, 3) == expected


# --- the honeypot


def test_a_honeypot_is_made_where_gold_is_a_label_of_the_specification() -> None:
    one = item(gold=GOLD)

    assert honeypot_moves(one, 3, fits=True) == Moves(making=Making(one, "honeypot", 0))
    assert honeypot_moves(one, 3, fits=False) == Moves()
    assert honeypot_moves(one, 0, fits=True) == Moves()
    assert honeypot_moves(item(), 3, fits=True) == Moves()


def test_a_honeypot_whose_gold_is_of_an_older_payload_is_withdrawn() -> None:
    old = Gold(1, {"mood": "good"}, ())

    for gold in (None, old):
        for fits in (False, True):
            moves = honeypot_moves(item(gold=gold, honeypot=task()), 3, fits=fits)
            assert moves == Moves(Withdrawal(OLD, "item_changed"))
    assert honeypot_moves(item(gold=old, honeypot=task("withdrawn")), 3, fits=True) == Moves()


@pytest.mark.parametrize(
    ("known", "version", "reason", "turn"),
    [
        (task(revision=1), 3, "item_changed", 0),
        (task(revision=1), 4, "item_changed", 0),
        (task(), 4, "superseded", 0),
        (task(), 3, "withdrawn", 5),
    ],
)
def test_a_honeypot_is_withdrawn_for_the_first_reason_that_holds(
    known: Task, version: int, reason: Any, turn: int
) -> None:
    one = item(gold=GOLD, honeypot=known)

    moves = honeypot_moves(one, version, fits=True, again=True)

    assert moves.withdrawal == Withdrawal(OLD, reason)
    assert moves.making == Making(one, "honeypot", turn, supersedes=OLD)


def test_a_honeypot_stays_while_nothing_changed() -> None:
    assert honeypot_moves(item(gold=GOLD, honeypot=task()), 3, fits=True) == Moves()
    assert honeypot_moves(item(gold=GOLD, honeypot=task()), 2, fits=False) == Moves()
    behind = item(gold=GOLD, honeypot=task(revision=1))
    assert honeypot_moves(behind, 3, fits=False) == Moves(Withdrawal(OLD, "item_changed"))


def test_a_honeypot_that_was_withdrawn_is_made_again_and_supersedes_nothing() -> None:
    one = item(gold=GOLD, honeypot=task("withdrawn"))

    assert honeypot_moves(one, 3, fits=True) == Moves(None, Making(one, "honeypot", 5))


def test_gold_fits_where_it_is_a_label_of_the_fields() -> None:
    schema = labels.compile_fields([MOOD])

    assert gold_fits(item(gold=GOLD), schema)
    assert not gold_fits(item(gold=Gold(2, {"mood": "green"}, ())), schema)
    assert not gold_fits(item(), schema)


# --- what a new task says


@given(st.uuids())
def test_a_whole_share_is_all_items_and_no_share_is_none(item_id: UUID) -> None:
    assert overlap("key", item_id, 1) == "all"
    assert overlap("key", item_id, 0) == "none"


def test_a_sample_holds_its_share_of_the_items_and_stays_the_same() -> None:
    ids = [UUID(int=n) for n in range(2000)]

    drawn = [overlap("key", one, 0.25) == "random" for one in ids]

    assert abs(sum(drawn) / 2000 - 0.25) < 0.03
    assert [n for n in range(30) if drawn[n]] == [7, 13, 14, 15, 28], "as ever"
    assert drawn != [overlap("other", one, 0.25) == "random" for one in ids]


def test_an_item_says_itself_how_many_label_it_else_its_sample_does() -> None:
    policy = Policy(redundancy=4)

    assert redundancy(item(redundancy=7), policy, "none") == 7
    assert [redundancy(item(), policy, place) for place in ("none", "random", "all")] == [1, 4, 4]


def test_a_label_is_due_when_the_item_says_else_after_the_hours_of_the_policy() -> None:
    said, hours = NOW + timedelta(days=9), Policy(sla_hours=48)

    assert due(item(due_at=said), hours, NOW) == said
    assert due(item(), hours, NOW) == datetime(2026, 1, 3, tzinfo=UTC)
    assert due(item(), Policy(), NOW) is None
    assert due(item(due_at=said), Policy(), NOW) == said
    assert due(item(), Policy(sla_hours=2**31 - 1), NOW) is None, "beyond the year 9999"


@pytest.mark.parametrize(("own", "maximum"), [(None, 5), (9, 9)])
def test_a_new_task_says_what_its_item_and_its_specification_say(
    own: int | None, maximum: int
) -> None:
    document = SpecDocument.model_validate(
        {"task_type": "mood", "fields": [MOOD], "policy": {"skills": ["b", "a"]}}
    )
    basis = Basis(Project("p", "P", NOW, "key", 3), Spec(3, "0" * 64, document), NOW)
    one = item(skills=("c", "a"), redundancy=own)

    told = task_created(Making(one, "work", 0, supersedes=OLD), UUID(int=1), basis)

    assert (told.redundancy, told.redundancy_max) == (own or 3, maximum)
    assert told.skills == ["a", "b", "c"]
    assert (told.payload, told.blob, told.overlap) == ({"text": "a"}, None, "all")
    assert (told.supersedes, told.reopens, told.spec_version) == (OLD, None, 3)
    large = replace(one, payload=None, blob_size=5)
    assert task_created(Making(large, "work", 0), OLD, basis).blob == one.payload_sha256


# --- signals


def heard_of(one: Item, *signals: dict[str, Any], version: int = 3) -> Heard:
    heard = Heard()
    for signal in signals:
        hear(heard, one, signal, version)
    return heard


def test_a_signal_raises_an_open_task() -> None:
    one = item(work=task(priority=9), signals=[ODD])

    heard = heard_of(one, LATE)

    assert heard.effects == ["raised"]
    assert heard.items[one.item_id] == replace(one, priority=8, signals=[ODD, LATE])
    assert by_task(heard) == {OLD: (9, [LATE])}
    assert heard.makings == {}


def test_a_signal_lowers_no_priority() -> None:
    one = item(work=task(), priority=9)

    heard = heard_of(one, ODD, LATE)

    assert heard.items[one.item_id].priority == 9
    assert by_task(heard) == {OLD: (9, [ODD, LATE])}


def test_a_signal_opens_a_decided_item_again_once() -> None:
    one = item(work=task("decided"))

    heard = heard_of(one, ODD, LATE)

    assert heard.effects == ["reopened", "raised"]
    [making] = heard.makings.values()
    assert (making.round, making.reopens, making.supersedes) == (5, OLD, None)
    assert making.item.signals == [ODD, LATE]
    assert by_task(heard) == {}


@pytest.mark.parametrize("version", [0, 3])
def test_a_signal_brings_an_item_in_once(version: int) -> None:
    one = item(is_work=False)

    heard = heard_of(one, ODD, LATE, version=version)

    assert heard.effects == ["created", "raised"]
    louder = heard.items[one.item_id]
    assert (louder.is_work, louder.signals) == (True, [ODD, LATE])
    expected = [Making(louder, "work", 0)] if version else []
    assert list(heard.makings.values()) == expected
    assert heard.raised == {}


@pytest.mark.parametrize("known", [None, task("withdrawn")])
def test_a_signal_about_work_without_an_open_task_is_kept_for_its_next_task(
    known: Task | None,
) -> None:
    heard = heard_of(item(work=known), ODD, version=0)

    assert heard.effects == ["raised"]
    assert (heard.makings, heard.raised) == ({}, {})


@given(st.lists(st.integers(0, 30_000), max_size=9))
def test_as_many_of_the_newest_signals_are_kept_as_fit(lengths: list[int]) -> None:
    signals = [{"a": "x" * length} for length in lengths]

    found = kept(signals)

    sizes = [length + len('{"a":""}') for length in lengths]
    count = len(found)
    assert found == signals[len(signals) - count :]
    assert sum(sizes[len(sizes) - count :]) <= 65_536
    assert count == len(signals) or sum(sizes[len(sizes) - count - 1 :]) > 65_536


def test_signals_are_kept_up_to_100_and_65536_bytes() -> None:
    assert kept([{"n": n} for n in range(250)]) == [{"n": n} for n in range(150, 250)]
    half = {"a": "x" * (32_768 - 8)}

    assert kept([ODD, half, half]) == [half, half]
    assert kept([{"a": "x" * 70_000}, ODD]) == [ODD]
    assert kept([half, {"a": "x" * (32_768 - 7)}]) == [{"a": "x" * (32_768 - 7)}]
