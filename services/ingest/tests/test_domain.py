"""The rules of ingest, for every item that can exist."""

from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest_service.domain.intake import Incoming, Unfit, incoming, read, take_in
from ingest_service.domain.model import Gold, Item, Moves, Task
from ingest_service.domain.signals import KEPT_MAX, kept
from ingest_service.domain.specs import problems, spec_hash
from ingest_service.domain.tasks import honeypot_moves, overlap, work_moves
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
traps = tasks.filter(lambda task: task.state != "decided")


@st.composite
def items(draw: st.DrawFn) -> Item:
    revision = draw(st.integers(1, 3))
    return Item(
        item_id=draw(st.uuids()),
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
        is_work=draw(st.booleans()),
        gold=draw(st.none() | st.builds(Gold, st.integers(1, revision), st.just({}), st.just(()))),
        work=draw(st.none() | tasks.filter(lambda task: task.revision <= revision)),
        honeypot=draw(st.none() | traps.filter(lambda task: task.revision <= revision)),
    )


def after(task: Task | None, moves: Moves, version: int) -> Task | None:
    """The newest task once `moves` are carried out."""
    if moves.making is not None:
        made = moves.making
        return Task(UUID(int=1), made.item.revision, version, made.round, "open", 5)
    if moves.withdrawal is not None and task is not None:
        return Task(task.task_id, task.revision, task.spec_version, task.round, "withdrawn", 5)
    return task


@given(items(), st.integers(4, 6), st.integers(0, 7))
def test_moving_once_is_enough(item: Item, version: int, below: int) -> None:
    work = after(item.work, work_moves(item, version, relabel_below=below), version)
    trap = after(item.honeypot, honeypot_moves(item, version, fits=True), version)
    moved = replace(item, work=work, honeypot=trap)

    assert work_moves(moved, version, relabel_below=below) == Moves()
    assert honeypot_moves(moved, version, fits=True) == Moves()


@given(items(), st.integers(4, 6))
def test_no_open_task_stays_under_an_old_spec_or_an_old_payload(item: Item, version: int) -> None:
    work = after(item.work, work_moves(item, version), version)
    trap = after(item.honeypot, honeypot_moves(item, version, fits=False), version)

    for task in (work if item.is_work else None, trap):
        if task is not None and task.is_open:
            assert (task.spec_version, task.revision) == (version, item.revision)


@given(items(), st.integers(4, 6), st.integers(0, 7), st.booleans())
def test_a_task_is_never_made_twice(item: Item, version: int, below: int, fits: bool) -> None:
    pairs = [
        (item.work, work_moves(item, version, relabel_below=below)),
        (item.honeypot, honeypot_moves(item, version, fits=fits, again=True)),
    ]

    for task, moves in pairs:
        if task is None or moves.making is None:
            continue
        old = (task.revision, task.spec_version, task.round)
        assert (item.revision, version, moves.making.round) > old


@given(items(), st.integers(4, 6))
def test_a_decided_label_stands_unless_a_relabel_asks(item: Item, version: int) -> None:
    task = item.work
    if task is not None and task.state == "decided" and task.revision == item.revision:
        assert work_moves(item, version) == Moves()
        again = work_moves(item, version, relabel_below=version)
        asked = item.is_work and task.spec_version < version
        assert (again.making is not None) == asked
        assert again.withdrawal is None


@given(st.uuids(), st.floats(0, 1), st.floats(0, 1))
def test_a_larger_share_holds_all_of_a_smaller(item_id: UUID, one: float, two: float) -> None:
    small, large = sorted((one, two))

    if overlap("key", item_id, small) != "none":
        assert overlap("key", item_id, large) != "none"


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2), st.booleans()), max_size=12))
def test_a_batch_says_the_same_as_its_items_one_by_one(
    rows: list[tuple[int, int, bool]],
) -> None:
    batch = [coming(*row) for row in rows]
    alone: dict[UUID, Item] = {}
    verdicts = []
    for one in batch:
        changes = take_in([one], alone)
        verdicts += changes.verdicts
        alone |= changes.items

    together = take_in(batch, {})

    assert together.verdicts == verdicts
    assert together.items == alone


def coming(name: int, text: int, is_gold: bool) -> Incoming:
    facts = {"external_id": f"x{name}", "payload": {"text": text}}
    if is_gold:
        return incoming("p", GoldRequest.model_validate({**facts, "label": {"mood": text}}))
    return incoming("p", ItemRequest.model_validate(facts))


@given(st.lists(st.text(max_size=3).map(lambda text: {"kind": text}), max_size=300))
def test_the_newest_signals_are_kept(signals: list[dict[str, object]]) -> None:
    assert kept(signals) == signals[-KEPT_MAX:] if signals else kept(signals) == []


def test_signals_that_do_not_fit_are_dropped_oldest_first() -> None:
    large = [{"kind": "a", "reason": "x" * 40_000}, {"kind": "b", "reason": "y" * 40_000}]

    assert [signal["kind"] for signal in kept(large)] == ["b"]


def test_a_due_time_outside_of_all_years_is_unfit() -> None:
    facts = {"payload": {}, "due_at": "0001-01-01T00:00:00+14:00"}

    with pytest.raises(Unfit) as refusal:
        incoming("p", read(ItemRequest, facts))

    assert refusal.value.problem.pointer == "/due_at"


def test_an_item_is_known_by_its_name_else_by_its_payload() -> None:
    named = [incoming("p", ItemRequest(external_id="x", payload={"a": n})) for n in (1, 2)]
    nameless = [incoming("p", ItemRequest(payload={"a": n})) for n in (1, 1.0, 2)]

    assert len({one.item.item_id for one in named}) == 1
    assert [one.item.item_id == nameless[0].item.item_id for one in nameless] == [True, True, False]


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


def test_a_spec_that_does_not_hold_together_is_told_where() -> None:
    document = SpecDocument.model_validate(
        {
            "task_type": "t",
            "fields": FIELDS,
            "guidelines": [{"id": "R1", "text": "a"}, {"id": "R1", "text": "b"}],
            "policy": {"redundancy": 9, "decide_fields": {"tone": {}}},
        }
    )

    assert [one.pointer for one in problems(document)] == [
        "/policy/redundancy_max",
        "/policy/decide_fields/tone",
        "/guidelines/1/id",
    ]
    bad = SpecDocument(task_type="t", fields=[{}])
    assert {one.pointer.split("/")[1] for one in problems(bad)} == {"fields"}
