"""Migrations: data that describes how labels of one spec version become labels of the next.

A migration is a list of steps, applied in order; each is an object with one key:

- `{"rename": {"field": "mood", "from": "pos", "to": "positive"}}`
- `{"merge": {"field": "mood", "from": ["sad", "angry"], "to": "negative"}}`
- `{"split": {"field": "mood", "from": "other", "into": ["bored", "mixed"]}}`: it is not
  known which of them was meant, so labels with the option have to be made again.
- `{"require": {"field": "urgent", "default": "no"}}`: labels without the field get the default;
  without a default they have to be made again.
- `{"remove": {"field": "mood"}}` and `{"rename_field": {"from": "mood", "to": "tone"}}`
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from labels.json_limits import json_refusals
from labels.refusal import InvalidMigration, Json, Refusal
from schemas.json_values import json_pointer

STEPS_MAX = 200
_KEYS: dict[str, tuple[str, ...]] = {
    "rename": ("field", "from", "to"),
    "merge": ("field", "from", "to"),
    "split": ("field", "from", "into"),
    "require": ("field",),
    "remove": ("field",),
    "rename_field": ("from", "to"),
}
_LISTS = {("merge", "from"), ("split", "into")}

Label = dict[str, Json]


@dataclass(frozen=True, slots=True)
class Step:
    """One well-formed step; `index` is its position in the migration, from 0."""

    index: int
    name: str
    values: Mapping[str, Json]

    @property
    def field(self) -> str:
        """The field that the step changes, by its name before the step."""
        return str(self.values["from" if self.name == "rename_field" else "field"])

    @property
    def is_lossy(self) -> bool:
        """True if the step cannot convert some labels, which must then be made again."""
        return self.name == "split" or (self.name == "require" and "default" not in self.values)

    def refusal(self, key: str, keyword: str, message: str) -> Refusal:
        """Return a refusal that points at the step's `key`."""
        return Refusal(json_pointer(self.index, self.name, key), keyword, message)


def read_steps(migration: object) -> list[Step]:
    """Return the steps of a migration. Raises InvalidMigration if one is not well-formed."""
    if faults := json_refusals(migration):
        raise InvalidMigration(faults)
    if not isinstance(migration, list) or len(migration) > STEPS_MAX:
        message = f"A migration is a list of at most {STEPS_MAX} steps."
        raise InvalidMigration([Refusal("", "type", message)])
    refusals = [fault for index, raw in enumerate(migration) for fault in _faults(index, raw)]
    if refusals:
        raise InvalidMigration(refusals)
    return [
        Step(index, name, values)
        for index, raw in enumerate(migration)
        for name, values in raw.items()
    ]


def migrate(label: Label, migration: Json) -> Label | None:
    """Return `label`, valid under the old version, converted; None if it must be made again.

    `label` itself is not changed. That the result is valid under the new version is not checked
    here: `compatibility` proves it, `Compatibility.carry` checks it. Raises InvalidMigration if a
    step is not well-formed.
    """
    for step in read_steps(migration):
        converted = _STEPS[step.name](label, step)
        if converted is None:
            return None
        label = converted
    return dict(label)


def _faults(index: int, raw: Json) -> list[Refusal]:
    if not isinstance(raw, dict) or len(raw) != 1 or not set(raw) <= set(_KEYS):
        message = f"A step is an object with one key out of {', '.join(_KEYS)}."
        return [Refusal(json_pointer(index), "step", message)]
    ((name, values),) = raw.items()
    at = json_pointer(index, name)
    allowed = {*_KEYS[name], *(("default",) if name == "require" else ())}
    if not isinstance(values, dict) or not set(_KEYS[name]) <= set(values) <= allowed:
        return [Refusal(at, "step", f"“{name}” takes {', '.join(sorted(allowed))}.")]
    return [
        Refusal(at + json_pointer(key), "type", "This must be " + ("a list of " * listed) + "text.")
        for key in _KEYS[name]
        for listed in [(name, key) in _LISTS]
        if not (_is_texts(values[key]) if listed else isinstance(values[key], str))
    ]


def _is_texts(value: Json) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(part, str) for part in value)
        and len(set(value)) == len(value)
    )


def _rename(label: Label, step: Step) -> Label:
    return _replace(label, step.field, {step.values["from"]: step.values["to"]})


def _merge(label: Label, step: Step) -> Label:
    name: str = step.values["to"]
    return _replace(label, step.field, {option: name for option in step.values["from"]})


def _split(label: Label, step: Step) -> Label | None:
    return None if step.values["from"] in _options_in(label.get(step.field)) else label


def _require(label: Label, step: Step) -> Label | None:
    if step.field in label:
        return label
    return {**label, step.field: step.values["default"]} if "default" in step.values else None


def _remove(label: Label, step: Step) -> Label:
    return {name: value for name, value in label.items() if name != step.field}


def _rename_field(label: Label, step: Step) -> Label:
    names = {step.field: step.values["to"]}
    return {names.get(name, name): value for name, value in label.items()}


_STEPS: dict[str, Callable[[Label, Step], Label | None]] = {
    "rename": _rename,
    "merge": _merge,
    "split": _split,
    "require": _require,
    "remove": _remove,
    "rename_field": _rename_field,
}


def _options_in(value: Json) -> list[Json]:
    """Return the options in an answer: itself, the parts of a list, or the labels of its parts."""
    if isinstance(value, list):
        return [name for part in value for name in _options_in(part)]
    return [value.get("label")] if isinstance(value, dict) else [value]


def _replace(label: Label, field: str, names: Mapping[str, str]) -> Label:
    return {**label, field: _renamed(label[field], names)} if field in label else label


def _renamed(value: Json, names: Mapping[str, str]) -> Json:
    if isinstance(value, str):
        return names.get(value, value)
    if isinstance(value, list):
        # Options that became equal are kept once; 1 and 1.0 are equal.
        return list(
            {_identity(part): part for part in (_renamed(p, names) for p in value)}.values()
        )
    if isinstance(value, dict) and "label" in value:
        return {**value, "label": names.get(value["label"], value["label"])}
    return value


def _identity(part: Json) -> Json:
    return frozenset(part.items()) if isinstance(part, dict) else part
