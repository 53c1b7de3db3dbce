"""The rules of ingest, as properties of every item."""

from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest_service.domain.intake import Incoming, InvalidItem, incoming_item, parse_request, upsert
from ingest_service.domain.model import Gold, Item, Task, TaskChanges
from ingest_service.domain.signals import SIGNALS_MAX, newest_signals
from ingest_service.domain.specs import spec_hash
from ingest_service.domain.tasks import honeypot_task_changes, overlap, work_task_changes
from schemas.ingest import GoldRequest, ItemRequest
from schemas.vocabulary import SpecDocument

FIELDS = [{"name": "mood", "kind": "choice", "options": ["good", "bad"]}]

tasks = st.builds(
    Task,
    task_id=st.uuids(),
    revision=st.integers(1, 3),
    spec_version=st.integers(1, 4),
    round=st.integers(0, 3),
    state=st.sampled_from(["open", "decided", "withdrawn"]),
    priority=st.integers(0, 9),
)
honeypots = tasks.filter(lambda task: task.state != "decided")


@st.composite
def items(draw_from: st.DrawFn) -> Item:
    revision = draw_from(st.integers(1, 3))
    return Item(
        item_id=draw_from(st.uuids()),
        project="p",
        external_id=None,
        revision=revision,
        payload_sha256="0" * 64,
        payload={},
        source=None,
        metadata={},
        priority=5,
        due_at=None,
        skills=(),
        signals=[],
        prelabels=[],
        redundancy=None,
        is_work=draw_from(st.booleans()),
        gold=draw_from(
            st.none() | st.builds(Gold, st.integers(1, revision), st.just({}), st.just(()))
        ),
        work=draw_from(st.none() | tasks.filter(lambda task: task.revision <= revision)),
        honeypot=draw_from(st.none() | honeypots.filter(lambda task: task.revision <= revision)),
    )


def after(task: Task | None, changes: TaskChanges, version: int) -> Task | None:
    """Return the newest task after the changes."""
    if changes.new_task is not None:
        made = changes.new_task
        return Task(UUID(int=1), made.item.revision, version, made.round, "open", 5)
    if changes.withdrawal is not None and task is not None:
        return Task(task.task_id, task.revision, task.spec_version, task.round, "withdrawn", 5)
    return task


@given(items(), st.integers(4, 6), st.integers(0, 7))
def test_changes_applied_once_leave_no_further_changes(
    item: Item, version: int, below: int
) -> None:
    work = after(item.work, work_task_changes(item, version, relabel_below=below), version)
    honeypot = after(item.honeypot, honeypot_task_changes(item, version, is_valid=True), version)
    moved = replace(item, work=work, honeypot=honeypot)

    assert work_task_changes(moved, version, relabel_below=below) == TaskChanges()
    assert honeypot_task_changes(moved, version, is_valid=True) == TaskChanges()


@given(items(), st.integers(4, 6))
def test_no_open_task_stays_under_an_old_spec_or_an_old_payload(item: Item, version: int) -> None:
    work = after(item.work, work_task_changes(item, version), version)
    honeypot = after(item.honeypot, honeypot_task_changes(item, version, is_valid=False), version)

    for task in (work if item.is_work else None, honeypot):
        if task is not None and task.is_open:
            assert (task.spec_version, task.revision) == (version, item.revision)


@given(items(), st.integers(4, 6), st.integers(0, 7), st.booleans())
def test_no_task_is_created_twice(item: Item, version: int, below: int, is_valid: bool) -> None:
    pairs = [
        (item.work, work_task_changes(item, version, relabel_below=below)),
        (
            item.honeypot,
            honeypot_task_changes(item, version, is_valid=is_valid, is_gold_changed=True),
        ),
    ]

    for task, changes in pairs:
        if task is None or changes.new_task is None:
            continue
        old = (task.revision, task.spec_version, task.round)
        assert (item.revision, version, changes.new_task.round) > old


@given(items(), st.integers(4, 6))
def test_a_decided_label_stays_unless_a_relabel_is_requested(item: Item, version: int) -> None:
    task = item.work
    if task is not None and task.state == "decided" and task.revision == item.revision:
        assert work_task_changes(item, version) == TaskChanges()
        change = work_task_changes(item, version, relabel_below=version)
        is_relabeled = item.is_work and task.spec_version < version
        assert (change.new_task is not None) == is_relabeled
        assert change.withdrawal is None


@given(st.uuids(), st.floats(0, 1), st.floats(0, 1))
def test_a_larger_share_contains_a_smaller_one(item_id: UUID, first: float, second: float) -> None:
    small, large = sorted((first, second))

    if overlap("key", item_id, small) != "none":
        assert overlap("key", item_id, large) != "none"


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2), st.booleans()), max_size=12))
def test_a_batch_has_the_same_verdicts_as_its_items_one_by_one(
    rows: list[tuple[int, int, bool]],
) -> None:
    batch = [entry(*row) for row in rows]
    alone: dict[UUID, Item] = {}
    verdicts = []
    for incoming in batch:
        changes = upsert([incoming], alone)
        verdicts += changes.verdicts
        alone |= changes.items

    together = upsert(batch, {})

    assert together.verdicts == verdicts
    assert together.items == alone


def entry(name: int, text: int, is_gold: bool) -> Incoming:
    facts = {"external_id": f"x{name}", "payload": {"text": text}}
    if is_gold:
        return incoming_item(
            "p", GoldRequest.model_validate({**facts, "label": {"mood": text}}), position=1
        )
    return incoming_item("p", ItemRequest.model_validate(facts), position=1)


@given(st.lists(st.text(max_size=3).map(lambda text: {"kind": text}), max_size=300))
def test_the_newest_signals_are_kept(signals: list[dict[str, object]]) -> None:
    assert (
        newest_signals(signals) == signals[-SIGNALS_MAX:]
        if signals
        else newest_signals(signals) == []
    )


def test_signals_that_do_not_fit_are_dropped_oldest_first() -> None:
    large = [{"kind": "a", "reason": "x" * 40_000}, {"kind": "b", "reason": "y" * 40_000}]

    assert [signal["kind"] for signal in newest_signals(large)] == ["b"]


def test_a_due_time_outside_of_all_years_is_invalid() -> None:
    facts = {"payload": {}, "due_at": "0001-01-01T00:00:00+14:00"}

    with pytest.raises(InvalidItem) as refusal:
        incoming_item("p", parse_request(ItemRequest, facts), position=1)

    assert refusal.value.problem.pointer == "/due_at"


def test_an_item_is_known_by_its_name_else_by_its_payload() -> None:
    named = [
        incoming_item("p", ItemRequest(external_id="x", payload={"a": n}), position=1)
        for n in (1, 2)
    ]
    nameless = [incoming_item("p", ItemRequest(payload={"a": n}), position=1) for n in (1, 1.0, 2)]

    assert len({incoming.item.item_id for incoming in named}) == 1
    assert [incoming.item.item_id == nameless[0].item.item_id for incoming in nameless] == [
        True,
        True,
        False,
    ]


def test_defaults_belong_to_the_hash_of_a_spec() -> None:
    bare = SpecDocument.model_validate({"task_type": "t", "fields": FIELDS})
    said = SpecDocument.model_validate(
        {"task_type": "t", "fields": FIELDS, "policy": {"redundancy": 3, "overlap_share": 1}}
    )
    other = SpecDocument.model_validate(
        {"task_type": "t", "fields": FIELDS, "policy": {"redundancy": 4}}
    )

    assert spec_hash(bare) == spec_hash(said)
    assert spec_hash(bare) != spec_hash(other)
