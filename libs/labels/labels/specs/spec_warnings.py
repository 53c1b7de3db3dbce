"""Parts of a spec document that can be published, but do not do what their owner may expect."""

import re
from collections.abc import Iterator, Mapping

from labels.field import Field
from labels.reader import Option
from labels.refusal import Json
from labels.specs.problems import ReadableSpec, problem
from labels.specs.prose import Name, Prose
from schemas.spec_checks import SpecFinding
from schemas.vocabulary import Policy

SHOWN_MAX = 10
COMPARED_MAX = 1_000_000
_ASKS_MORE = frozenset({"share", "posterior"})
"""The ways of deciding that request further annotations, up to `redundancy_max`."""


def spec_warnings(spec: ReadableSpec) -> list[SpecFinding]:
    """Return the warnings about the readable parts of a document."""
    ways = {field.name: spec.policy.decision(field.name).how for field in spec.fields.values()}
    return [
        *_missing_rules(spec),
        *_options_without_rule(spec),
        *_rules_without_field(spec),
        *_redundancy(spec, set(ways.values())),
        *_needs_adjudicator(spec.policy, ways),
        *_unused_keys(spec, set(ways.values())),
    ]


def _missing_rules(spec: ReadableSpec) -> Iterator[SpecFinding]:
    if spec.source.get("guidelines", []) == []:
        yield problem(
            "/guidelines",
            "no_rules",
            "There are no rules: annotators have nothing to go by, and nothing to cite.",
            "Write at least one rule for each answer, with an example and a counter-example.",
        )


def _options_without_rule(spec: ReadableSpec) -> Iterator[SpecFinding]:
    """Find options whose value and title no rule mentions."""
    written = " ".join(_texts(rule) for _, rule in spec.rules)
    for index, field in spec.fields.items() if spec.rules else ():
        prose = Prose(f"{written} {field.help}")
        missing = [
            f"“{option.value}”"
            for option in field.options
            if not any(prose.mentions(name) for name in _option_names(option))
        ]
        if missing:
            more = f" and {len(missing) - SHOWN_MAX} more" if len(missing) > SHOWN_MAX else ""
            yield problem(
                f"/fields/{index}/options",
                "no_rule",
                f"No rule mentions {', '.join(missing[:SHOWN_MAX])}{more} of “{field.name}”.",
                "Write when the answer fits, and when it does not.",
            )


def _rules_without_field(spec: ReadableSpec) -> Iterator[SpecFinding]:
    """Find rules that name no field and no option, and that no field's help names.

    With one field every rule is about that one. Documents with more than `COMPARED_MAX` pairs of a
    rule and a name are not searched, since that takes seconds.
    """
    fields = list(spec.fields.values())
    names = list(_names(fields))
    if len(fields) < 2 or len(spec.rules) * len(names) > COMPARED_MAX:
        return
    helps = " ".join(field.help for field in fields)
    for index, rule in spec.rules:
        prose = Prose(_texts(rule))
        is_named = re.search(rf"\b{re.escape(str(rule.get('id')))}\b(?!\.\d)", helps) is not None
        if not is_named and not any(map(prose.mentions, names)):
            yield problem(
                f"/guidelines/{index}",
                "no_field",
                f"Rule {rule.get('id')} names no field and no option, and no field's “help” names"
                " the rule: annotators cannot see what it is about.",
                "Name the field in the rule, or the rule in the “help” of the field.",
            )


def _names(fields: list[Field]) -> Iterator[Name]:
    for field in fields:
        yield from (Name.of(field.name), Name.of(field.title))
        for option in field.options:
            yield from _option_names(option)


def _option_names(option: Option) -> list[Name]:
    """Return the names of an option; a title such as `Animals > Cat` is a path of names."""
    return [Name.of(text) for text in (option.value, *option.title.split(" > "))]


def _texts(rule: Mapping[str, Json]) -> str:
    """Return all texts of a rule that a person has written, also of an invalid rule."""
    parts = [rule.get("text")]
    for key in ("examples", "counter_examples"):
        listed = rule.get(key)
        parts += listed if isinstance(listed, list) else []
    return " ".join(part for part in parts if isinstance(part, str))


def _redundancy(spec: ReadableSpec, ways: set[str]) -> Iterator[SpecFinding]:
    policy = spec.policy
    is_set = "redundancy_max" in policy.model_fields_set
    if is_set and policy.redundancy_max > policy.redundancy and ways and not ways & _ASKS_MORE:
        way = "unanimous" if "unanimous" in ways else "subjective"
        why = {
            "unanimous": "the first annotation that differs makes a conflict",
            "subjective": "the first annotations decide",
        }[way]
        yield problem(
            "/policy/redundancy_max",
            "no_effect",
            f"“redundancy_max” has no effect with `how: {way}`: {why}, and no more are requested.",
            "Leave it out, or decide by `how: share` to request another annotation in a tie.",
        )


def _needs_adjudicator(policy: Policy, ways: Mapping[str, str]) -> Iterator[SpecFinding]:
    waiting = [f"“{name}”" for name, how in ways.items() if how == "unanimous"]
    if waiting and policy.redundancy > 1:
        yield problem(
            "/policy/decide/how",
            "needs_adjudicator",
            f"Annotators who disagree on {', '.join(waiting[:SHOWN_MAX])} make a conflict, which no"
            " majority settles: the item waits for an adjudicator.",
            "Give a person the role adjudicator, or let a majority decide: redundancy 2,"
            " redundancy_max 3, decide {how: share, threshold: 0.66}.",
        )


def _unused_keys(spec: ReadableSpec, ways: set[str]) -> Iterator[SpecFinding]:
    """Find keys that the document sets and that nothing reads with the other settings."""
    policy = spec.policy
    if ways and "threshold" in policy.decide.model_fields_set and not ways & _ASKS_MORE:
        reason = "only `how: share` and `how: posterior` compare with it"
        yield _no_effect("/policy/decide/threshold", reason)
    for key in ("votes_floor", "known_after"):
        if ways and key in policy.model_fields_set and "posterior" not in ways:
            yield _no_effect(f"/policy/{key}", "only `how: posterior` knows annotators")


def _no_effect(pointer: str, reason: str) -> SpecFinding:
    name = pointer.rsplit("/", 1)[1]
    return problem(pointer, "no_effect", f"“{name}” has no effect: {reason}.")
