"""The differences between two spec documents, in terms of what annotators see or do."""

from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any

from labels.definitions import read_fields
from labels.field import Field
from labels.reader import Option
from labels.refusal import Json
from schemas.json_values import json_pointer
from schemas.spec_previews import SpecChange
from schemas.vocabulary import Policy, Rule, SpecDocument


def spec_changes(old: SpecDocument | None, new: SpecDocument) -> list[SpecChange]:
    """Return the differences of two valid documents; without an old one, all its parts are added.

    A key that is written with its default value equals a key that is left out.
    """
    before = {} if old is None else _fields(old)
    changes = [
        *_task_type(old, new),
        *_field_changes(before, old, new),
        *_rule_changes([] if old is None else old.guidelines, new.guidelines),
    ]
    policy_before = (Policy() if old is None else old.policy).model_dump(mode="json")
    changes += _policy_changes(policy_before, new.policy.model_dump(mode="json"), ())
    return changes


def changed_rules(old: SpecDocument, new: SpecDocument) -> frozenset[str]:
    """Return the ids of the rules that differ between two documents, or that one of them lacks."""
    before = {rule.id: rule for rule in old.guidelines}
    after = {rule.id: rule for rule in new.guidelines}
    return frozenset(id_ for id_ in {*before, *after} if before.get(id_) != after.get(id_))


def _task_type(old: SpecDocument | None, new: SpecDocument) -> Iterator[SpecChange]:
    before = None if old is None else old.task_type
    if before != new.task_type:
        yield SpecChange(
            part="task_type",
            change="added" if old is None else "changed",
            name="task_type",
            pointer="/task_type",
            before=before,
            after=new.task_type,
        )


def _fields(document: SpecDocument) -> dict[str, Field]:
    fields = read_fields(document.fields, ignore_unknown=True)
    return {field.name: field for field in fields}


def _field_changes(
    before: Mapping[str, Field], old: SpecDocument | None, new: SpecDocument
) -> Iterator[SpecChange]:
    after = _fields(new)
    old_definitions = {} if old is None else _by_name(old)
    new_definitions = _by_name(new)
    yield from _whole("field", "/fields", old_definitions, new_definitions)
    for index, name in enumerate(after):
        if name not in before:
            continue
        at = f"/fields/{index}"
        if before[name] != after[name]:
            yield from _key_changes(name, at, old_definitions[name], new_definitions[name])
        yield from _option_changes(name, at, before[name].options, after[name].options)


def _by_name(document: SpecDocument) -> dict[str, dict[str, Any]]:
    return {str(definition["name"]): definition for definition in document.fields}


def _key_changes(
    name: str, at: str, old: Mapping[str, Json], new: Mapping[str, Json]
) -> Iterator[SpecChange]:
    """Yield the changed keys of a field; None stands for the default value."""
    for key in sorted({*old, *new} - {"options"}):
        if old.get(key) != new.get(key):
            yield SpecChange(
                part="field",
                change="changed",
                name=name,
                key=key,
                pointer=at + json_pointer(key),
                before=old.get(key),
                after=new.get(key),
            )


def _option_changes(
    field: str, at: str, old: Sequence[Option], new: Sequence[Option]
) -> Iterator[SpecChange]:
    before = {option.value: _as_json(option) for option in old}
    after = {option.value: _as_json(option) for option in new}
    for change in _whole("option", f"{at}/options", before, after):
        yield change.model_copy(update={"field": field})
    for index, value in enumerate(after):
        for key in ("title", "key"):
            if value in before and before[value].get(key) != after[value].get(key):
                yield SpecChange(
                    part="option",
                    change="changed",
                    name=value,
                    field=field,
                    key=key,
                    pointer=f"{at}/options/{index}",
                    before=before[value].get(key),
                    after=after[value].get(key),
                )


def _as_json(option: Option) -> dict[str, Json]:
    shown = {"value": option.value, "title": option.title}
    return shown if option.key is None else shown | {"key": option.key}


def _rule_changes(old: Sequence[Rule], new: Sequence[Rule]) -> Iterator[SpecChange]:
    before = {rule.id: rule.model_dump(mode="json") for rule in old}
    after = {rule.id: rule.model_dump(mode="json") for rule in new}
    yield from _whole("rule", "/guidelines", before, after)
    for index, name in enumerate(after):
        for key in after[name] if name in before else ():
            if before[name][key] != after[name][key]:
                yield SpecChange(
                    part="rule",
                    change="changed",
                    name=name,
                    key=key,
                    pointer=f"/guidelines/{index}/{key}",
                    before=before[name][key],
                    after=after[name][key],
                )


def _whole(
    part: Any,  # noqa: ANN401 # One of the literals of SpecChange.
    at: str,
    old: Mapping[str, Json],
    new: Mapping[str, Json],
) -> Iterator[SpecChange]:
    """Yield the parts that are added, removed, or at another place among those that remain."""
    for index, name in enumerate(old):
        if name not in new:
            place = f"{at}/{index}"
            yield SpecChange(
                part=part, change="removed", name=name, pointer=place, before=old[name]
            )
    for index, name in enumerate(new):
        if name not in old:
            yield SpecChange(
                part=part, change="added", name=name, pointer=f"{at}/{index}", after=new[name]
            )
    places = {name: index for index, name in enumerate(new)}
    for name, before, after in _moved([n for n in old if n in new], [n for n in new if n in old]):
        place = f"{at}/{places[name]}"
        yield SpecChange(
            part=part, change="moved", name=name, pointer=place, before=before, after=after
        )


def _moved(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[str, int, int]]:
    """Yield the names that stand elsewhere among the others, with both places counted from 1."""
    blocks = SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks()
    kept = {name for block in blocks for name in new[block.b : block.b + block.size]}
    places = {name: place for place, name in enumerate(old, 1)}
    for place, name in enumerate(new, 1):
        if name not in kept:
            yield name, places[name], place


def _policy_changes(before: Json, after: Json, path: tuple[str, ...]) -> Iterator[SpecChange]:
    """Yield the changed keys of the policy, each by its path such as `decide.threshold`."""
    if isinstance(after, dict) and isinstance(before or {}, dict):
        for key in sorted({*(before or {}), *after}):
            inner = (before or {}).get(key)
            yield from _policy_changes(inner, after.get(key), (*path, key))
    elif before != after:
        yield SpecChange(
            part="policy",
            change="changed",
            name=".".join(path),
            pointer="/policy" + json_pointer(*path),
            before=before,
            after=after,
        )
