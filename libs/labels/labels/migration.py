"""A migration: how labels of one spec version become labels of the next, written as data.

A list of steps, applied in order; each is an object with one key:

- `{"rename": {"field": "mood", "from": "pos", "to": "positive"}}`
- `{"merge": {"field": "mood", "from": ["sad", "angry"], "to": "negative"}}`
- `{"split": {"field": "mood", "from": "other", "into": ["bored", "mixed"]}}`: nobody knows which of
  them was meant, so labels with the option have to be made again.
- `{"require": {"field": "urgent", "default": "no"}}`: labels without the field get the default;
  without a default they have to be made again.
- `{"remove": {"field": "mood"}}` and `{"rename_field": {"from": "mood", "to": "tone"}}`
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from labels.refusal import InvalidMigration, Json, Refusal, pointer
from labels.storable import unstorable

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
    """One step, well-formed; `index` is its place in the migration."""

    index: int
    name: str
    values: Mapping[str, Json]

    @property
    def field(self) -> str:
        """The field that the step is about, as it is called before the step."""
        return str(self.values["from" if self.name == "rename_field" else "field"])

    @property
    def is_lossy(self) -> bool:
        """Whether there may be labels that the step cannot carry over."""
        return self.name == "split" or (self.name == "require" and "default" not in self.values)

    def refusal(self, key: str, keyword: str, message: str) -> Refusal:
        """What is wrong with the step's `key`."""
        return Refusal(pointer(self.index, self.name, key), keyword, message)


def read_steps(migration: object) -> list[Step]:
    """The steps of a migration. Raises InvalidMigration if one is not well-formed."""
    if faults := unstorable(migration):
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
    """`label`, valid under the old version, as a label of the new one; None: it must be made again.

    `label` itself is left as it is. Whether the result is valid under the new version is what
    `compatibility` proves, and `Compatibility.carry` checks. Raises InvalidMigration if a step is
    not well-formed.
    """
    for step in read_steps(migration):
        carried = _STEPS[step.name](label, step)
        if carried is None:
            return None
        label = carried
    return dict(label)


def _faults(index: int, raw: Json) -> list[Refusal]:
    if not isinstance(raw, dict) or len(raw) != 1 or not set(raw) <= set(_KEYS):
        message = f"A step is an object with one key out of {', '.join(_KEYS)}."
        return [Refusal(pointer(index), "step", message)]
    ((name, values),) = raw.items()
    at = pointer(index, name)
    allowed = {*_KEYS[name], *(("default",) if name == "require" else ())}
    if not isinstance(values, dict) or not set(_KEYS[name]) <= set(values) <= allowed:
        return [Refusal(at, "step", f"“{name}” takes {', '.join(sorted(allowed))}.")]
    return [
        Refusal(at + pointer(key), "type", "This must be " + ("a list of " * listed) + "text.")
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
    return None if step.values["from"] in _named(label.get(step.field)) else label


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


def _named(value: Json) -> list[Json]:
    """The options in an answer: itself, the parts of a list, the labels of spans and boxes."""
    if isinstance(value, list):
        return [name for part in value for name in _named(part)]
    return [value.get("label")] if isinstance(value, dict) else [value]


def _replace(label: Label, field: str, names: Mapping[str, str]) -> Label:
    return {**label, field: _renamed(label[field], names)} if field in label else label


def _renamed(value: Json, names: Mapping[str, str]) -> Json:
    if isinstance(value, str):
        return names.get(value, value)
    if isinstance(value, list):
        # Two options that became one are one; 1 and 1.0 are one number.
        return list(
            {_identity(part): part for part in (_renamed(p, names) for p in value)}.values()
        )
    if isinstance(value, dict) and "label" in value:
        return {**value, "label": names.get(value["label"], value["label"])}
    return value


def _identity(part: Json) -> Json:
    return frozenset(part.items()) if isinstance(part, dict) else part
