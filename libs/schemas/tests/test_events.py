"""Tests that published events stay readable, and that the AsyncAPI document is current."""

import json
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError

from schemas import asyncapi
from schemas.envelope import Envelope, Event
from schemas.events import EVENTS, ConflictRaised, TaskSkipped
from schemas.queue import SkipRequest
from schemas.topics import TOPICS

GOLDEN = Path(__file__).parent / "golden"
ROOT = Path(__file__).parents[3]
KINDS = sorted(EVENTS.values(), key=lambda kind: kind.__name__)


def golden(kind: type[Event]) -> bytes:
    return (GOLDEN / f"{kind.__name__}.v{kind.version}.json").read_bytes()


@pytest.mark.parametrize("file", sorted(GOLDEN.glob("*.json")), ids=lambda file: file.stem)
def test_a_golden_event_is_read_and_written_as_it_was(file: Path) -> None:
    body = file.read_bytes()
    envelope = Envelope.read(body)

    event = envelope.event(EVENTS[envelope.kind])

    source = json.loads(body)["source"].removeprefix("labelwright/")
    written = json.loads(event.to_wire(source))
    old = json.loads(body)
    assert {name: written["data"][name] for name in old["data"]} == old["data"]
    assert {**written, "data": None} == {**old, "data": None}


@pytest.mark.parametrize(
    "change",
    [
        *({name: None} for name in ("id", "time", "project", "type", "data")),
        *({name: ...} for name in ("id", "time", "project", "type", "data", "source")),
        {"id": "x"},
        {"id": 7},
        {"time": "today"},
        {"time": "2026-01-01T00:00:00"},
        {"project": "Not A Name"},
        {"project": 7},
        {"type": 7},
        {"data": "x"},
        {"data": ["x"]},
    ],
    ids=str,
)
def test_a_record_without_a_valid_envelope_is_refused(change: dict[str, Any]) -> None:
    body = {**json.loads(golden(TaskSkipped)), **change}
    body = {name: value for name, value in body.items() if value is not ...}

    with pytest.raises(ValueError, match=r"not an event|validation error"):
        Envelope.read(json.dumps(body).encode()).event(TaskSkipped)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"7", b"null", b'"text"', b"\xff"], ids=str)
def test_a_record_that_is_not_a_json_object_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match="not an event"):
        Envelope.read(body)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_what_is_not_known_yet_is_passed_over(kind: type[Event]) -> None:
    body = json.loads(golden(kind))
    body["data"]["of_a_later_version"] = {"a": 1}
    body["extension"] = "x"

    event = Envelope.read(json.dumps(body).encode()).event(kind)

    assert event == Envelope.read(golden(kind)).event(kind)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_on_the_way_out_nothing_unknown_is_said(kind: type[Event]) -> None:
    facts: dict[str, Any] = Envelope.read(golden(kind)).event(kind).model_dump()

    with pytest.raises(ValidationError):
        kind(**facts, of_a_later_version=1)


def test_strict_on_the_way_out() -> None:
    kind = EVENTS["labelwright.RedundancyRaised.v1"]
    facts = Envelope.read(golden(kind)).event(kind).model_dump()

    with pytest.raises(ValidationError):
        kind(**{**facts, "target": "3"})


def test_what_was_skipped_before_labels_were_told_has_none() -> None:
    skipped = Envelope.read(golden(TaskSkipped)).event(TaskSkipped)
    conflict = Envelope.read(golden(ConflictRaised)).event(ConflictRaised)

    assert isinstance(skipped, TaskSkipped)
    assert isinstance(conflict, ConflictRaised)
    assert (skipped.labels, conflict.skips, conflict.raised_by) == ([], [], "votes")


GOOD, BAD = {"mood": "good"}, {"mood": "bad"}
LABELS_OF_A_SKIP = [
    ("two_labels_fit", [GOOD, BAD], ""),
    ("two_labels_fit", [{"n": 1}, {"n": True}], ""),
    ("two_labels_fit", None, ""),
    ("bad_data", None, ""),
    ("bad_data", [GOOD, BAD], "Only the reason two_labels_fit comes with labels."),
    ("two_labels_fit", [GOOD, GOOD], "Send two labels that differ: both fit."),
    ("two_labels_fit", [{"n": 1, "m": 2}, {"m": 2, "n": 1.0}], "Send two labels that differ"),
    ("two_labels_fit", [GOOD], "at least 2 items"),
    ("two_labels_fit", [], "at least 2 items"),
    ("two_labels_fit", [GOOD, BAD, {}], "at most 2 items"),
    ("two_labels_fit", [GOOD, "bad"], "valid dictionary"),
]


@pytest.mark.parametrize(("reason", "labels", "refusal"), LABELS_OF_A_SKIP)
def test_only_two_labels_that_differ_fit(reason: str, labels: Any, refusal: str) -> None:
    try:
        made = SkipRequest.model_validate({"reason": reason, "labels": labels})
    except ValidationError as error:
        [fault] = error.errors()
        assert fault["loc"][0] == "labels"
        assert refusal
        assert refusal in fault["msg"]
    else:
        assert (made.labels, refusal) == (labels, "")


def test_an_event_tells_of_no_labels_that_its_reason_does_not_have() -> None:
    skipped = Envelope.read(golden(TaskSkipped)).event(TaskSkipped).model_dump()

    with pytest.raises(ValidationError, match="Only the reason two_labels_fit"):
        TaskSkipped(**{**skipped, "labels": [GOOD, BAD]})


def test_the_key_is_the_fact_that_orders_the_topic() -> None:
    for kind in KINDS:
        event = Envelope.read(golden(kind)).event(kind)
        assert event.key == str(getattr(event, kind.keyed_by))
        assert kind.topic in TOPICS
        assert len({other.keyed_by for other in KINDS if other.topic == kind.topic}) <= 2


def test_an_event_has_an_id_of_its_own() -> None:
    kind = EVENTS["labelwright.TaskWithdrawn.v1"]
    facts = Envelope.read(golden(kind)).event(kind).model_dump(exclude={"event_id"})

    assert isinstance(kind(**facts).event_id, UUID)
    assert kind(**facts).event_id != kind(**facts).event_id


def test_the_document_of_the_events_is_as_the_classes_are() -> None:
    """If this fails: .venv/bin/python -m schemas.asyncapi > docs/asyncapi.json."""
    committed = json.loads((ROOT / "docs" / "asyncapi.json").read_text())

    assert committed == json.loads(json.dumps(asyncapi.document()))
