"""Records, tables and differences of versions, as properties and by example."""

import tempfile
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset_store_service.domain import records
from dataset_store_service.domain.diff import compare
from dataset_store_service.domain.tables import FlatTable
from dataset_store_service.operations import files
from schemas.dataset_store import Record

FIELDS = [{"name": "mood", "kind": "choice", "options": ["good", "bad"]}]

numbers = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**53) + 1, 2**53 - 1)
values = st.recursive(
    st.none() | st.booleans() | numbers | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab", max_size=2), inner),
    max_leaves=8,
)
payloads = st.dictionaries(st.text("xyz", min_size=1, max_size=3), values, max_size=4)


def decision(payload: Any, item: int = 1, **more: Any) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "item_id": UUID(int=item),
        "external_id": "x",
        "payload": payload,
        "payload_sha256": "0" * 64,
        "metadata": {},
        "source": None,
        "label": {"mood": "good"},
        "how": "unanimous",
        "why": "",
        "confidence": 1 / 3,
        "distribution": {"mood": {"good": 1.0}},
        "spec_version": 1,
        "decision_no": 1,
        "annotation_ids": [],
    }
    return {**facts, **more}


NO_EVIDENCE = records.Evidence({}, {})


@given(payloads)
def test_a_line_is_the_same_after_parsing(payload: Any) -> None:
    line = records.to_line(records.build_record(decision(payload), NO_EVIDENCE))

    assert records.to_line(records.from_line(line)) == line
    Record.model_validate(records.from_line(line), strict=False)


@given(payloads)
def test_every_record_has_its_row(payload: Any) -> None:
    line = records.to_line(records.build_record(decision(payload), NO_EVIDENCE))
    table = FlatTable.for_fields({1: FIELDS})

    row = table.row(records.from_line(line))

    assert set(row) == set(table.columns)
    assert row["label.mood"] == "good"
    assert records.from_line(row["payload"].encode()) == records.from_line(line)["payload"]


def test_evidence_is_sorted_and_named_once() -> None:
    ids = [UUID(int=n) for n in (3, 1, 2)]
    row = {"annotator": "a", "annotator_kind": "human", "label": {}, "rules": []}
    annotations = {one: {**row, "annotation_id": one} for one in ids[:2]}
    judged = {"adjudicator": "b", "rationale": "r", "cause": "slip", "rules": ["R1"]}
    adjudications = {ids[2]: {**judged, "adjudication_id": ids[2]}}
    evidence = records.Evidence(annotations, adjudications)

    made = records.build_record(decision({}, annotation_ids=[*ids, ids[0]]), evidence)

    assert [one["annotation_id"][-1] for one in made["annotations"]] == ["1", "3"]
    assert "rules" not in made["annotations"][0]
    assert made["adjudication"]["rules"] == ["R1"]


def test_the_name_of_a_version_holds_no_clock_and_no_writer() -> None:
    content = records.version_content("p", {1: ("0" * 64, FIELDS)}, 3, "1" * 64)

    assert set(content) == {"format", "project", "specs", "fields", "records"}


def test_a_column_that_changed_its_type_holds_json() -> None:
    number = [{"name": "mood", "kind": "number"}]
    table = FlatTable.for_fields({1: FIELDS, 2: number})

    rows = [
        table.row({"label": {"mood": "good"}, "spec_version": 1}),
        table.row({"label": {"mood": 0.5}, "spec_version": 2}),
    ]

    assert table.columns["label.mood"] == "json"
    assert [row["label.mood"] for row in rows] == ['"good"', "0.5"]


versions = st.dictionaries(st.integers(0, 12), st.integers(0, 2), max_size=10)


def lines_of(version: dict[int, int]) -> list[bytes]:
    made = [decision({"n": n}, item, decision_no=n) for item, n in sorted(version.items())]
    return [records.to_line(records.build_record(one, NO_EVIDENCE)) for one in made]


@given(versions, versions, st.integers(1, 4))
def test_a_difference_holds_every_record_once(
    a: dict[int, int], b: dict[int, int], limit: int
) -> None:
    seen: list[tuple[str, int]] = []
    after = ""
    for _ in range(len(a) + len(b) + 1):
        page = compare(lines_of(a), lines_of(b), after, limit)
        for name in ("added", "removed", "changed"):
            seen += [(name, one.item_id.int) for one in getattr(page, name)]
        if page.next is None:
            break
        after = page.next

    both = a.keys() & b.keys()
    assert sorted(seen) == sorted(
        [
            *(("added", item) for item in b.keys() - a.keys()),
            *(("removed", item) for item in a.keys() - b.keys()),
            *(("changed", item) for item in both if a[item] != b[item]),
        ]
    )
    assert page.counts["unchanged"] == sum(a[item] == b[item] for item in both)


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        ({"payload_sha256": "1" * 64, "spec_version": 2}, "item_changed"),
        ({"spec_version": 2, "decision_no": 2}, "new_spec"),
        ({"spec_version": 0, "decision_no": 2}, "new_spec"),
        ({"decision_no": 2, "how": "review"}, "review"),
        ({"decision_no": 2, "how": "adjudicated"}, "adjudication"),
        ({"decision_no": 2}, "new_decision"),
        ({"metadata": {"a": 1}}, "context"),
    ],
)
def test_a_change_has_its_cause(change: dict[str, Any], cause: str) -> None:
    before = [records.to_line(records.build_record(decision({}), NO_EVIDENCE))]
    after = [records.to_line(records.build_record(decision({}, **change), NO_EVIDENCE))]

    [changed] = compare(before, after, "", 10).changed

    assert changed.cause == cause


@given(st.sets(st.integers(0, 200), max_size=30), st.integers(0, 200))
def test_an_item_is_found_in_its_file(items: set[int], wanted: int) -> None:

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / files.RECORDS
        path.touch()
        files.append(path, lines_of(dict.fromkeys(items, 1)))

        found = files.find_record(path, UUID(int=wanted))

    assert (found is not None) == (wanted in items)
    assert found is None or orjson.loads(found)["item_id"] == str(UUID(int=wanted))
