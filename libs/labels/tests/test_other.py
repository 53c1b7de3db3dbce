"""Tests that an "other" answer is refused if an option says the same."""

from typing import Any

import pytest

import labels

SPORT = {"name": "topic", "other": True, "options": [{"value": "sport", "title": "Sport & Spiel"}]}
CHOICE, CHOICES = SPORT | {"kind": "choice"}, SPORT | {"kind": "choices"}


@pytest.mark.parametrize("text", ["sport", " Sport ", "SPORT & spiel", "Spor\u0074"])
def test_an_other_answer_that_is_an_option_is_refused_with_its_name(text: str) -> None:
    single = labels.compile_fields([CHOICE]).check({"topic": {"other": text}}, {})
    several = labels.compile_fields([CHOICES]).check({"topic": [{"other": text}]}, {})

    assert [r.pointer for r in (*single, *several)] == ["/topic/other", "/topic/0/other"]
    assert all("“sport”" in r.message for r in (*single, *several))


@pytest.mark.parametrize("text", ["\u200b", " \u2060\ufeff", "\u00ad", " "])
def test_an_other_answer_that_shows_nothing_is_blank(text: str) -> None:
    assert labels.compile_fields([CHOICE]).check({"topic": {"other": text}}, {})
    field = {"name": "note", "kind": "text"}
    assert labels.compile_fields([field]).check({"note": text}, {})


@pytest.mark.parametrize("text", ["sports", "\u200bx", "中"])
def test_another_answer_is_taken(text: str) -> None:
    assert labels.compile_fields([CHOICE]).check({"topic": {"other": text}}, {}) == []


@pytest.mark.parametrize("fields", [[CHOICE], [CHOICES]])
def test_an_option_that_may_have_been_an_other_answer_is_not_said_to_keep_labels_valid(
    fields: list[dict[str, Any]],
) -> None:
    more: list[Any] = [*SPORT["options"], "music"]  # type: ignore[misc]
    wider = [{**fields[0], "options": more}]
    without = [{**fields[0], "other": False}]

    assert labels.compatibility(fields, wider).touched == ("topic",)
    if fields == [CHOICE]:
        assert labels.compatibility(without, wider).touched == ()
    assert labels.compatibility(fields, fields).stays_valid
