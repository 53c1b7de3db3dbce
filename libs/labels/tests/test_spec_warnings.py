"""The warnings about a specification that can be published."""

from typing import Any

import pytest

from labels.specs.check import check_spec

MOOD = {"name": "mood", "kind": "choice", "options": ["good", "bad"]}
RULES = [{"id": "R1", "text": "Good songs make you dance, bad ones leave."}]


def warnings(**changes: Any) -> list[tuple[str, str]]:
    """Return the pointers and keywords for a document that has no warnings without changes."""
    policy = {"redundancy": 2, "redundancy_max": 3, "decide": {"how": "share"}}
    document = {"task_type": "mood", "fields": [MOOD], "guidelines": RULES, "policy": policy}
    found = check_spec({**document, **changes})
    assert found.problems == []
    return [(warning.pointer, warning.keyword) for warning in found.warnings]


def test_a_careful_specification_has_no_warnings() -> None:
    assert warnings() == []


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ({}, [("/policy/decide/how", "needs_adjudicator")]),
        ({"redundancy": 1}, []),
        (
            {"redundancy_max": 5},
            [("/policy/redundancy_max", "no_effect"), ("/policy/decide/how", "needs_adjudicator")],
        ),
        ({"redundancy_max": 5, "decide_fields": {"mood": {"how": "posterior"}}}, []),
        (
            {"redundancy_max": 5, "decide": {"how": "subjective"}},
            [("/policy/redundancy_max", "no_effect")],
        ),
        ({"redundancy": 5, "redundancy_max": 5, "decide": {"how": "subjective"}}, []),
        (
            {"decide": {"how": "unanimous", "threshold": 0.8}, "redundancy": 1},
            [("/policy/decide/threshold", "no_effect")],
        ),
        (
            {"decide": {"how": "share"}, "votes_floor": 3, "known_after": 5},
            [("/policy/votes_floor", "no_effect"), ("/policy/known_after", "no_effect")],
        ),
        ({"decide": {"how": "posterior", "threshold": 0.8}, "votes_floor": 3}, []),
    ],
)
def test_settings_that_do_nothing_and_conflicts_that_wait_are_said(
    policy: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    assert warnings(policy=policy) == expected


@pytest.mark.parametrize(
    ("options", "is_mentioned"),
    [
        (["good", "bad"], True),
        (["GOOD", "bad"], True),
        (["song", "bad"], True),  # The rule has the plural.
        (["good_songs", "bad ones"], True),
        ([{"value": "g", "title": "Songs > Good"}, "bad"], True),
        (["goo", "bad"], False),
        (["good ones", "bad"], False),
    ],
)
def test_an_option_that_no_rule_mentions_is_named(options: list[Any], is_mentioned: bool) -> None:
    found = warnings(fields=[{**MOOD, "options": options}])

    assert found == ([] if is_mentioned else [("/fields/0/options", "no_rule")])


def test_options_are_found_in_scripts_without_spaces_and_in_the_help_of_their_field() -> None:
    chinese = {"name": "mood", "kind": "choice", "options": ["好", "坏"]}
    rules = [{"id": "R1", "text": "如果歌曲很好听就选好"}]

    assert warnings(fields=[chinese], guidelines=rules) == [("/fields/0/options", "no_rule")]
    assert warnings(fields=[{**chinese, "help": "其他选坏"}], guidelines=rules) == []


def test_many_options_without_a_rule_are_one_warning() -> None:
    many = {**MOOD, "options": [f"option {n}" for n in range(500)]}

    document = {
        "task_type": "m",
        "fields": [many],
        "guidelines": RULES,
        "policy": {"redundancy": 1},
    }
    [found] = check_spec(document).warnings

    assert "“option 9” and 490 more of “mood”" in found.message


def test_a_rule_that_is_about_no_field_is_named_where_there_are_several() -> None:
    fields = [{**MOOD, "help": "See R3."}, {"name": "stars", "kind": "rating"}]
    rules = [
        *RULES,
        {"id": "R2", "text": "Be quick."},
        {"id": "R3", "text": "Listen to the end."},
        {"id": "R4", "text": "Five stars are rare."},
        {"id": "R3.1", "text": "Use headphones."},
    ]

    found = warnings(fields=fields, guidelines=rules)

    assert found == [("/guidelines/1", "no_field"), ("/guidelines/4", "no_field")]
    assert warnings(guidelines=rules) == []


def test_a_specification_without_rules_is_named() -> None:
    assert warnings(guidelines=[]) == [("/guidelines", "no_rules")]
