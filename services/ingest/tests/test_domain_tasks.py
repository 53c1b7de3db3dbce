"""Changes of an item's tasks, the content of a new task, and the effects of signals."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

import labels
from ingest_service.domain.intake import incoming_item
from ingest_service.domain.model import (
    Gold,
    Item,
    NewTask,
    Project,
    Spec,
    Task,
    TaskChanges,
    TaskContext,
    Withdrawal,
)
from ingest_service.domain.signals import SignalEffects, apply_signal, newest_signals, raised_tasks
from ingest_service.domain.tasks import (
    due_time,
    honeypot_task_changes,
    is_gold_valid,
    next_round,
    overlap,
    redundancy,
    task_created,
    work_task_changes,
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
    one = incoming_item("p", ItemRequest(external_id="x", payload={"text": "a"}), position=1).item
    return replace(one, **{"revision": 2, **facts})


# --- the work task


def test_an_item_without_a_task_gets_its_first_once_there_is_a_specification() -> None:
    assert work_task_changes(item(), 0) == TaskChanges()
    assert work_task_changes(item(is_work=False), 3) == TaskChanges()
    assert work_task_changes(item(), 3) == TaskChanges(new_task=NewTask(item(), "work", 0))


def test_a_new_payload_withdraws_the_open_task_and_asks_again() -> None:
    one = item(work=task(revision=1))
    decided = item(work=task("decided", revision=1))

    assert work_task_changes(one, 3) == TaskChanges(
        Withdrawal(OLD, "item_changed"), NewTask(one, "work", 0, supersedes=OLD)
    )
    assert work_task_changes(decided, 3) == TaskChanges(
        None, NewTask(decided, "work", 0, supersedes=OLD)
    )


def test_a_new_specification_supersedes_an_open_task_alone() -> None:
    one = item(work=task())

    assert work_task_changes(one, 3) == TaskChanges()
    assert work_task_changes(one, 4) == TaskChanges(
        Withdrawal(OLD, "superseded"), NewTask(one, "work", 0, supersedes=OLD)
    )
    assert work_task_changes(item(work=task("decided")), 4) == TaskChanges()


def test_a_relabel_asks_again_for_labels_of_older_versions_than_it_says() -> None:
    one = item(work=task("decided"))

    assert work_task_changes(one, 5, relabel_below=3) == TaskChanges()
    assert work_task_changes(one, 5, relabel_below=4).new_task == NewTask(
        one, "work", 0, supersedes=OLD
    )
    assert work_task_changes(one, 3, relabel_below=4) == TaskChanges(), "there is no newer version"


def test_a_withdrawn_item_has_no_open_task_and_a_restored_one_gets_a_new_one() -> None:
    withdrawn = item(work=task("withdrawn"), is_withdrawn=True)

    assert work_task_changes(withdrawn, 5, relabel_below=5) == TaskChanges()
    restored = work_task_changes(replace(withdrawn, is_withdrawn=False), 5)
    assert restored.new_task is not None
    assert restored.withdrawal is None
    open_one = work_task_changes(item(work=task("open"), is_withdrawn=True), 5)
    assert open_one.new_task is None
    assert open_one.withdrawal is not None


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

    assert honeypot_task_changes(one, 3, is_valid=True) == TaskChanges(
        new_task=NewTask(one, "honeypot", 0)
    )
    assert honeypot_task_changes(one, 3, is_valid=False) == TaskChanges()
    assert honeypot_task_changes(one, 0, is_valid=True) == TaskChanges()
    assert honeypot_task_changes(item(), 3, is_valid=True) == TaskChanges()


def test_a_honeypot_whose_gold_is_of_an_older_payload_is_withdrawn() -> None:
    old = Gold(1, {"mood": "good"}, ())

    for gold in (None, old):
        for is_valid in (False, True):
            changes = honeypot_task_changes(item(gold=gold, honeypot=task()), 3, is_valid=is_valid)
            assert changes == TaskChanges(Withdrawal(OLD, "item_changed"))
    assert (
        honeypot_task_changes(item(gold=old, honeypot=task("withdrawn")), 3, is_valid=True)
        == TaskChanges()
    )


@pytest.mark.parametrize(
    ("known", "version", "reason", "round_"),
    [
        (task(revision=1), 3, "item_changed", 0),
        (task(revision=1), 4, "item_changed", 0),
        (task(), 4, "superseded", 0),
        (task(), 3, "withdrawn", 5),
    ],
)
def test_a_honeypot_is_withdrawn_for_the_first_reason_that_holds(
    known: Task, version: int, reason: Any, round_: int
) -> None:
    one = item(gold=GOLD, honeypot=known)

    changes = honeypot_task_changes(one, version, is_valid=True, is_gold_changed=True)

    assert changes.withdrawal == Withdrawal(OLD, reason)
    assert changes.new_task == NewTask(one, "honeypot", round_, supersedes=OLD)


def test_a_honeypot_stays_while_nothing_changed() -> None:
    assert (
        honeypot_task_changes(item(gold=GOLD, honeypot=task()), 3, is_valid=True) == TaskChanges()
    )
    assert (
        honeypot_task_changes(item(gold=GOLD, honeypot=task()), 2, is_valid=False) == TaskChanges()
    )
    behind = item(gold=GOLD, honeypot=task(revision=1))
    assert honeypot_task_changes(behind, 3, is_valid=False) == TaskChanges(
        Withdrawal(OLD, "item_changed")
    )


def test_a_honeypot_that_was_withdrawn_is_made_again_and_supersedes_nothing() -> None:
    one = item(gold=GOLD, honeypot=task("withdrawn"))

    assert honeypot_task_changes(one, 3, is_valid=True) == TaskChanges(
        None, NewTask(one, "honeypot", 5)
    )


def test_gold_fits_where_it_is_a_label_of_the_fields() -> None:
    schema = labels.compile_fields([MOOD])

    assert is_gold_valid(item(gold=GOLD), schema)
    assert not is_gold_valid(item(gold=Gold(2, {"mood": "green"}, ())), schema)
    assert not is_gold_valid(item(), schema)


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

    assert due_time(item(due_at=said), hours, NOW) == said
    assert due_time(item(), hours, NOW) == datetime(2026, 1, 3, tzinfo=UTC)
    assert due_time(item(), Policy(), NOW) is None
    assert due_time(item(due_at=said), Policy(), NOW) == said
    assert due_time(item(), Policy(sla_hours=2**31 - 1), NOW) is None, "beyond the year 9999"


@pytest.mark.parametrize(("own", "maximum"), [(None, 5), (9, 9)])
def test_a_new_task_says_what_its_item_and_its_specification_say(
    own: int | None, maximum: int
) -> None:
    document = SpecDocument.model_validate(
        {"task_type": "mood", "fields": [MOOD], "policy": {"skills": ["b", "a"]}}
    )
    context = TaskContext(Project("p", "P", NOW, "key", 3), Spec(3, "0" * 64, document), NOW)
    one = item(skills=("c", "a"), redundancy=own)

    event = task_created(NewTask(one, "work", 0, supersedes=OLD), UUID(int=1), context)

    assert (event.redundancy, event.redundancy_max) == (own or 3, maximum)
    assert event.skills == ["a", "b", "c"]
    assert (event.payload, event.blob, event.overlap) == ({"text": "a"}, None, "all")
    assert (event.supersedes, event.reopens, event.spec_version) == (OLD, None, 3)
    large = replace(one, payload=None, blob_size=5)
    assert task_created(NewTask(large, "work", 0), OLD, context).blob == one.payload_sha256


# --- signals


def effects_of(one: Item, *signals: dict[str, Any], version: int = 3) -> SignalEffects:
    effects = SignalEffects()
    for signal in signals:
        apply_signal(effects, one, signal, version)
    return effects


def test_a_signal_raises_an_open_task() -> None:
    one = item(work=task(priority=9), signals=[ODD])

    effects = effects_of(one, LATE)

    assert effects.outcomes == ["raised"]
    assert effects.items[one.item_id] == replace(one, priority=8, signals=[ODD, LATE])
    assert raised_tasks(effects) == {OLD: (9, [LATE])}
    assert effects.new_tasks == {}


def test_a_signal_lowers_no_priority() -> None:
    one = item(work=task(), priority=9)

    effects = effects_of(one, ODD, LATE)

    assert effects.items[one.item_id].priority == 9
    assert raised_tasks(effects) == {OLD: (9, [ODD, LATE])}


def test_a_signal_opens_a_decided_item_again_once() -> None:
    one = item(work=task("decided"))

    effects = effects_of(one, ODD, LATE)

    assert effects.outcomes == ["reopened", "raised"]
    [new_task] = effects.new_tasks.values()
    assert (new_task.round, new_task.reopens, new_task.supersedes) == (5, OLD, None)
    assert new_task.item.signals == [ODD, LATE]
    assert raised_tasks(effects) == {}


@pytest.mark.parametrize("version", [0, 3])
def test_a_signal_brings_an_item_in_once(version: int) -> None:
    one = item(is_work=False)

    effects = effects_of(one, ODD, LATE, version=version)

    assert effects.outcomes == ["created", "raised"]
    raised = effects.items[one.item_id]
    assert (raised.is_work, raised.signals) == (True, [ODD, LATE])
    expected = [NewTask(raised, "work", 0)] if version else []
    assert list(effects.new_tasks.values()) == expected
    assert effects.raised == {}


@pytest.mark.parametrize("known", [None, task("withdrawn")])
def test_a_signal_about_work_without_an_open_task_is_kept_for_its_next_task(
    known: Task | None,
) -> None:
    effects = effects_of(item(work=known), ODD, version=0)

    assert effects.outcomes == ["raised"]
    assert (effects.new_tasks, effects.raised) == ({}, {})


@given(st.lists(st.integers(0, 30_000), max_size=9))
def test_as_many_of_the_newest_signals_are_kept_as_fit(lengths: list[int]) -> None:
    signals = [{"a": "x" * length} for length in lengths]

    found = newest_signals(signals)

    sizes = [length + len('{"a":""}') for length in lengths]
    count = len(found)
    assert found == signals[len(signals) - count :]
    assert sum(sizes[len(sizes) - count :]) <= 65_536
    assert count == len(signals) or sum(sizes[len(sizes) - count - 1 :]) > 65_536


def test_signals_are_kept_up_to_100_and_65536_bytes() -> None:
    assert newest_signals([{"n": n} for n in range(250)]) == [{"n": n} for n in range(150, 250)]
    half = {"a": "x" * (32_768 - 8)}

    assert newest_signals([ODD, half, half]) == [half, half]
    assert newest_signals([{"a": "x" * 70_000}, ODD]) == [ODD]
    assert newest_signals([half, {"a": "x" * (32_768 - 7)}]) == [{"a": "x" * (32_768 - 7)}]
