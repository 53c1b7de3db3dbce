"""The types of migrated labels: field definitions that every migrated label satisfies.

They may allow more than the migrated labels use, never less. So if the new version accepts all
that they allow, it accepts every migrated label. No single label is needed for that proof.
"""

from collections.abc import Callable

from labels.migration import Step
from labels.refusal import Json, Refusal
from labels.schema import compile_fields
from schemas.json_values import INTEGER_MAX

Definition = dict[str, Json]
Definitions = dict[str, Definition]

_MERGED = ("choice", "choices", "spans", "boxes")


class StepNotApplicable(Exception):
    """A step does not fit the fields; `refusal` says why."""

    def __init__(self, refusal: Refusal) -> None:
        """Keep `refusal`; its message is the message of the error."""
        super().__init__(refusal.message)
        self.refusal = refusal


def definitions_after(definitions: Definitions, step: Step, new: Definitions) -> Definitions:
    """Return the definitions after `step`; `new` are the definitions of the new version.

    Raises StepNotApplicable.
    """
    return _STEPS[step.name](definitions, step, new)


def option_values(definition: Definition) -> list[str]:
    """Return the values of the options."""
    options = definition.get("options", [])
    return [option if isinstance(option, str) else option["value"] for option in options]


def _field(definitions: Definitions, step: Step, *options: str) -> Definition:
    """Return a copy of the step's field, which must have all of `options`."""
    if step.field not in definitions:
        key = "from" if step.name == "rename_field" else "field"
        raise StepNotApplicable(step.refusal(key, "field", f"There is no field “{step.field}”."))
    definition = dict(definitions[step.field])
    if missing := [option for option in options if option not in option_values(definition)]:
        message = f"“{missing[0]}” is not an option of “{step.field}”."
        raise StepNotApplicable(step.refusal("from", "option", message))
    return definition


def _rename(definitions: Definitions, step: Step, _new: Definitions) -> Definitions:
    old, name = step.values["from"], step.values["to"]
    field = _field(definitions, step, old)
    if name in option_values(field) and name != old:
        message = f"“{name}” is an option already: merge the two."
        raise StepNotApplicable(step.refusal("to", "unique", message))
    field["options"] = [name if option == old else option for option in option_values(field)]
    return _conditions({**definitions, step.field: field}, step.field, {old: name})


def _merge(definitions: Definitions, step: Step, _new: Definitions) -> Definitions:
    merged, name = step.values["from"], step.values["to"]
    field = _mergeable(_field(definitions, step, *merged), step)
    gone = {*merged, name} & set(option_values(field))
    kept = [option for option in option_values(field) if option not in gone]
    field |= {"options": [*kept, name], "min_items": min(1, field.get("min_items", 0))}
    after = {**definitions, step.field: _within_options(field)}
    # A condition that named only some of the merged options can no longer be evaluated.
    for other, definition in definitions.items():
        named = gone & set(_condition_values(definition, step.field))
        if named and named != gone:
            after[other] = _optional(definition)
    return _conditions(after, step.field, dict.fromkeys(gone, name))


def _split(definitions: Definitions, step: Step, new: Definitions) -> Definitions:
    gone = step.values["from"]
    field = _mergeable(_field(definitions, step, gone), step)
    known = option_values(new.get(step.field, {}))
    if unknown := [option for option in step.values["into"] if option not in known]:
        message = f"“{unknown[0]}” is not an option of “{step.field}” in the new version."
        raise StepNotApplicable(step.refusal("into", "option", message))
    field["options"] = [option for option in option_values(field) if option != gone]
    if not field["options"]:
        message = "No label would be left: publish the new version without this migration."
        raise StepNotApplicable(step.refusal("from", "option", message))
    field["min_items"] = field.get("min_items", 0)
    return _conditions(
        {**definitions, step.field: _within_options(field)}, step.field, {gone: None}
    )


def _mergeable(field: Definition, step: Step) -> Definition:
    if field["kind"] not in _MERGED:
        message = f"The options of a {field['kind']} can be renamed, but not {step.name}d."
        raise StepNotApplicable(step.refusal("field", "kind", message.replace("splitd", "split")))
    return field


def _within_options(field: Definition) -> Definition:
    """Return the field with limits that its options allow, without keys that only score gold."""
    field = {key: value for key, value in field.items() if key not in ("tolerance", "ordered")}
    if field["kind"] == "choice":
        del field["min_items"]
    if field["kind"] == "choices":
        most = len(field["options"]) + field.get("other", False)
        field["max_items"] = min(most, field.get("max_items", INTEGER_MAX))
        field["min_items"] = min(field["min_items"], field["max_items"])
    return field


def _require(definitions: Definitions, step: Step, new: Definitions) -> Definitions:
    target = new.get(step.field, {})
    if target.get("required_if") is not None:
        message = "This field is asked under a condition: leave the step out."
        raise StepNotApplicable(step.refusal("field", "condition", message))
    if step.field not in definitions and not target:
        raise StepNotApplicable(
            step.refusal("field", "field", f"There is no field “{step.field}”.")
        )
    field = _optional(definitions.get(step.field, target)) | {"required": True}
    if "default" in step.values:
        _check_default(field, step)
    return {**definitions, step.field: field}


def _check_default(field: Definition, step: Step) -> None:
    """Raise StepNotApplicable unless the default is valid for every item, whatever its payload."""
    label = {step.field: step.values["default"]}
    for fault in compile_fields([field]).check(label, payload={}):
        raise StepNotApplicable(step.refusal("default", fault.keyword, fault.message))


def _remove(definitions: Definitions, step: Step, _new: Definitions) -> Definitions:
    _field(definitions, step)
    return {
        name: _optional(definition) if _condition_values(definition, step.field) else definition
        for name, definition in definitions.items()
        if name != step.field
    }


def _rename_field(definitions: Definitions, step: Step, _new: Definitions) -> Definitions:
    _field(definitions, step)
    name = step.values["to"]
    if name in definitions and name != step.field:
        raise StepNotApplicable(step.refusal("to", "unique", f"There is a field “{name}” already."))
    after = {}
    for key, definition in definitions.items():
        values = _condition_values(definition, step.field)
        condition = {"required_if": {"field": name, "in": values}} if values else {}
        new_key = name if key == step.field else key
        after[new_key] = definition | condition | {"name": new_key}
    return after


_STEPS: dict[str, Callable[[Definitions, Step, Definitions], Definitions]] = {
    "rename": _rename,
    "merge": _merge,
    "split": _split,
    "require": _require,
    "remove": _remove,
    "rename_field": _rename_field,
}


def _optional(definition: Definition) -> Definition:
    """Return the definition without its condition, as one that may be answered or left out."""
    kept = {key: value for key, value in definition.items() if key != "required_if"}
    return kept | {"required": False}


def _condition_values(definition: Definition, field: str) -> list[Json]:
    """Return the answers to `field` under which the definition is asked; empty if unconditional."""
    condition = definition.get("required_if")
    return condition["in"] if condition is not None and condition["field"] == field else []


def _conditions(definitions: Definitions, field: str, names: dict[str, str | None]) -> Definitions:
    """Return the definitions with conditions on `field` renamed as its options (None: removed)."""
    after = {}
    for name, definition in definitions.items():
        values = _condition_values(definition, field)
        renamed = list(dict.fromkeys(names.get(value, value) for value in values))
        kept = [value for value in renamed if value is not None]
        if kept:
            after[name] = definition | {"required_if": {"field": field, "in": kept}}
        else:
            after[name] = _optional(definition) if values else definition
    return after
