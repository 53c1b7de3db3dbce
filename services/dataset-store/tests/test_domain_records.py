"""Records, their differences and their tables, at the bounds of what they hold."""

from typing import Any
from uuid import UUID

import orjson
import pytest

from dataset_store_service.domain import records
from dataset_store_service.domain.diff import compare
from dataset_store_service.domain.tables import FlatTable


def made(item: int = 1, **facts: Any) -> dict[str, Any]:
    """The record of a decided item."""
    decision: dict[str, Any] = {
        "item_id": UUID(int=item),
        "external_id": f"x{item}",
        "payload": {},
        "payload_sha256": "0" * 64,
        "metadata": {},
        "source": None,
        "label": {"mood": "good"},
        "how": "share",
        "why": "",
        "confidence": 2 / 3,
        "distribution": {"mood": {"good": 2 / 3, "bad": 1 / 3}},
        "spec_version": 1,
        "decision_no": 1,
        "annotation_ids": [],
    }
    evidence = facts.pop("evidence", records.Evidence({}, {}))
    return records.build_record({**decision, **facts}, evidence)


# --- records


def test_shares_have_six_digits_and_what_is_unknown_stays_so() -> None:
    assert made()["confidence"] == 0.666667
    assert made()["distribution"] == {"mood": {"good": 0.666667, "bad": 0.333333}}
    assert made(confidence=None)["confidence"] is None


def test_of_two_adjudications_the_last_by_id_stands() -> None:
    row = {"adjudicator": "b", "rationale": "r", "cause": "slip", "rules": []}
    both = {UUID(int=n): {**row, "adjudication_id": UUID(int=n)} for n in (2, 1)}
    annotation = {"annotator": "a", "annotator_kind": "human", "label": {}, "rules": ["R1"]}
    annotations = {UUID(int=3): {**annotation, "annotation_id": UUID(int=3)}}

    one = made(annotation_ids=[*both, *annotations], evidence=records.Evidence(annotations, both))

    assert one["adjudication"] == {
        "adjudication_id": str(UUID(int=2)),
        "adjudicator": "b",
        "rationale": "r",
        "cause": "slip",
    }
    assert [said["rules"] for said in one["annotations"]] == [["R1"]]
    assert "adjudication" not in made()


@pytest.mark.parametrize(
    ("digits", "kind"),
    [
        ("9007199254740991", int),
        ("9007199254740992", float),
        ("-9007199254740991", int),
        ("-9007199254740992", float),
        ("10000000000000000", float),
        ("1234567890123456", int),
        ("12", int),
    ],
)
def test_digits_beyond_what_json_keeps_exact_are_read_as_the_float_they_were(
    digits: str, kind: type
) -> None:
    found = records.from_line(b'{"n":' + digits.encode() + b"}")["n"]

    assert (type(found), found) == (kind, float(digits))


# --- differences


def lines(*rows: dict[str, Any]) -> list[bytes]:
    return [records.to_line(row) for row in rows]


def test_every_kind_of_difference_is_counted_and_shown() -> None:
    before = lines(made(1), made(2), made(3), made(5))
    other = made(3, label={"mood": "bad"}, decision_no=2)
    after = lines(made(2), other, made(4), made(5, metadata={"a": 1}))

    page = compare(before, after, "", 10)

    assert page.counts == {
        "added": 1,
        "removed": 1,
        "changed": 2,
        "labels_changed": 1,
        "unchanged": 1,
    }
    assert [(one.item_id.int, one.external_id) for one in page.added] == [(4, "x4")]
    assert [(one.item_id.int, one.label) for one in page.removed] == [(1, {"mood": "good"})]
    relabeled, described = page.changed
    assert (relabeled.before, relabeled.after) == ({"mood": "good"}, {"mood": "bad"})
    assert [relabeled.label_changed, described.label_changed] == [True, False]
    assert [relabeled.cause, described.cause] == ["new_decision", "context"]
    assert (page.size, page.next) == (4, None)


def test_a_page_ends_at_its_limit_and_the_next_begins_after_its_last() -> None:
    many = lines(*[made(n) for n in range(1, 5)])

    first = compare([], many, "", 2)
    second = compare([], many, first.next or "", 2)

    assert [one.item_id.int for one in first.added] == [1, 2]
    assert first.next == str(UUID(int=2))
    assert [one.item_id.int for one in second.added] == [3, 4]
    assert second.next is None
    assert first.counts == second.counts
    assert first.counts["added"] == 4


# --- tables


FIELDS = [
    {"name": "size", "kind": "number", "required": False},
    {"name": "tags", "kind": "choices", "options": ["a", "b"], "required": False},
    {"name": "note", "kind": "text", "required": False},
]


def test_a_row_holds_numbers_as_floats_and_lists_as_json() -> None:
    table = FlatTable.for_fields({1: FIELDS})

    full = table.row(made(label={"size": 5, "tags": ["a", "b"], "note": '{"a": 1}'}))
    empty = table.row(made(label={}, confidence=None))

    assert (type(full["label.size"]), full["label.size"]) == (float, 5.0)
    assert full["label.note"] == '{"a": 1}', "text stays as it is"
    assert orjson.loads(full["label"]) == {"size": 5, "tags": ["a", "b"], "note": '{"a": 1}'}
    assert (type(full["spec_version"]), full["confidence"]) == (int, 0.666667)
    assert (empty["label.size"], empty["label.note"], empty["confidence"]) == (None, None, None)
    assert empty["adjudication"] is None
    assert list(full) == list(table.columns)


def test_a_column_of_several_versions_keeps_a_type_that_they_share() -> None:
    older = [{"name": "size", "kind": "rating"}, FIELDS[2]]
    newer = [{"name": "size", "kind": "number"}, FIELDS[2]]

    table = FlatTable.for_fields({2: newer, 1: older})

    assert table.columns["label.note"] == "string"
    assert table.columns["label.size"] == "json"
    assert table.row(made(label={"size": 4}, spec_version=1))["label.size"] == "4"
    assert table.row(made(label={"size": 0.5}, spec_version=2))["label.size"] == "0.5"


def test_fields_of_a_newer_release_have_their_columns() -> None:
    later = [{"name": "size", "kind": "number", "later": 1}]

    assert FlatTable.for_fields({1: later}).columns["label.size"] == "number"
