"""Compatibility of two versions of a label's fields: the old labels that the new version accepts.

It is proved from the definitions, without looking at labels.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import jsonschema_rs
from jsonschema_rs.canonical import CanonicalizationError, Containment, Satisfiability

from labels.definitions import check_fields, read_fields
from labels.field import Field
from labels.migration import Label, Step, migrate, read_steps
from labels.migration_types import Definitions, StepNotApplicable, definitions_after
from labels.refusal import InvalidFields, InvalidMigration, Json, Refusal
from labels.schema import LabelSchema, label_schema
from schemas.json_values import json_pointer

COMPARED_TOGETHER_MAX = 30
"""Versions with more fields are compared field by field only."""


@dataclass(frozen=True, slots=True)
class Compatibility:
    """The effect of a new version on the labels of the old one.

    `stays_valid`: it is proved that every label valid under the old version is, once migrated,
    valid under the new one. False means that some are not, or that no proof was found; then
    `carry` decides label by label. `touched` are the fields for which a label may be refused:
    changed ones, removed ones, and those that a step of the migration cannot convert. `refused`
    has, for touched fields that both versions have, the JSON Schema of the old values that the new
    version does not accept, where one can be written.
    """

    stays_valid: bool
    touched: tuple[str, ...]
    refused: Mapping[str, Json]
    new: LabelSchema
    migration: Sequence[Json]

    def carry(self, label: Label, payload: object = None) -> Label | None:
        """Return `label` migrated, if the new version accepts it; None if it must be made again."""
        after = migrate(label, self.migration)
        return after if after is not None and not self.new.check(after, payload) else None

    def accepts(self, label: Label, payload: object = None) -> bool:
        """Return True if an existing label can be kept, migrated where necessary."""
        return self.carry(label, payload) is not None


def compatibility(old_fields: object, new_fields: object, migration: object = ()) -> Compatibility:
    """Return the effect of the new version on the labels of the old one under `migration`.

    Raises InvalidFields, or InvalidMigration if the migration does not fit the two versions.
    Unknown keys of the old definitions are ignored: a newer release may have published them.
    """
    new = LabelSchema(read_fields(new_fields))
    steps = read_steps(list(migration) if isinstance(migration, tuple) else migration)
    old = _migrated_fields(old_fields, steps, new_fields)
    touched = _touched(old, new.fields, steps)
    refused = _refused(old, new.fields, touched)
    data = [{step.name: step.values} for step in steps]
    return Compatibility(not touched, touched, refused, new, data)


def check_migration(migration: object, old_fields: object, new_fields: object) -> list[Refusal]:
    """Return the reasons why a migration between two versions is invalid; empty if it is valid.

    Never raises on JSON values. Invalid fields are refused under `/old` and `/new`.
    """
    sides = (("old", old_fields), ("new", new_fields))
    faults = [
        Refusal(json_pointer(side) + fault.pointer, fault.keyword, fault.message)
        for side, fields in sides
        for fault in check_fields(fields)
    ]
    if faults:
        return faults
    try:
        _migrated_fields(old_fields, read_steps(migration), new_fields)
    except InvalidMigration as invalid:
        return invalid.refusals
    return []


def _migrated_fields(old: Json, steps: Sequence[Step], new: Json) -> tuple[Field, ...]:
    """Return the old fields after the migration. Raises InvalidMigration at the first fault."""
    definitions = _by_name(old)
    fields = read_fields(old, ignore_unknown=True)
    for step in steps:
        try:
            definitions = definitions_after(definitions, step, _by_name(new))
            fields = read_fields(list(definitions.values())) if definitions else ()
        except StepNotApplicable as wrong:
            raise InvalidMigration([wrong.refusal]) from None
        except InvalidFields as invalid:
            at = json_pointer(step.index, step.name)
            faults = [Refusal(at, fault.keyword, fault.message) for fault in invalid.refusals]
            raise InvalidMigration(faults) from None
    return fields


def _by_name(fields: Json) -> Definitions:
    return {definition["name"]: definition for definition in fields}


def _touched(old: Sequence[Field], new: Sequence[Field], steps: Sequence[Step]) -> tuple[str, ...]:
    """Return the fields for which a label may be refused; none only if that is proved."""
    before, after = _by_field(old), _by_field(new)
    lossy = [step.field for step in steps if step.is_lossy]
    lossy += [name for step in steps for name in _newly_required(step, after.values())]
    changed = [name for name in {**after, **before} if not _is_kept(name, before, after)]
    if not lossy and changed and _is_covered(old, new):
        return ()
    return tuple(dict.fromkeys([*changed, *lossy]))


def _newly_required(step: Step, fields: Iterable[Field]) -> list[str]:
    """Return the fields that a default may make required in labels that lack them."""
    if step.name != "require" or "default" not in step.values:
        return []
    default = step.values["default"]
    defaults = default if isinstance(default, list) else [default]
    conditions = [(field.name, field.condition) for field in fields if field.condition is not None]
    return [name for name, condition in conditions if any(v in condition.values for v in defaults)]


def _is_kept(name: str, before: Mapping[str, Field], after: Mapping[str, Field]) -> bool:
    """Return True if it is proved, from this field alone, that no label is refused for it."""
    if name not in after or name not in before:
        return name in after and not after[name].required
    old, new = before[name], after[name]
    if new.condition is None:
        is_answered = not new.required or (old.required and old.condition is None)
    else:
        is_answered = new.condition == old.condition and new.required <= old.required
    return is_answered and old.satisfies(new.extra_rules) and _covers(new.schema(), old.schema())


def _is_covered(old: Sequence[Field], new: Sequence[Field]) -> bool:
    """Return True if it is proved, from all fields together, that no label is refused.

    A condition may make a changed field harmless. The effort grows at least with the square of the
    number of fields, hence the limit.
    """
    before = _by_field(old)
    has_new_rule = any(
        f.name in before and not before[f.name].satisfies(f.extra_rules) for f in new
    )
    if has_new_rule or max(len(old), len(new)) > COMPARED_TOGETHER_MAX:
        return False
    return _covers(label_schema(tuple(new)), label_schema(tuple(old)))


def _covers(new: dict[str, Json], old: dict[str, Json]) -> bool:
    """Return True if it is proved that every value of the old schema satisfies the new one."""
    try:
        return _canonical(new).covers(_canonical(old)) == Containment.YES
    except CanonicalizationError:
        return False


def _canonical(schema: dict[str, Json]) -> jsonschema_rs.CanonicalSchema:
    """Return the canonical form, which decides containment. No reference is fetched."""
    options = jsonschema_rs.RegexOptions()
    return jsonschema_rs.canonicalize(schema, offline=True, pattern_options=options)


def _refused(
    old: Sequence[Field], new: Sequence[Field], touched: Sequence[str]
) -> dict[str, dict[str, Json]]:
    before, after = _by_field(old), _by_field(new)
    found: dict[str, dict[str, Json]] = {}
    for name in touched:
        if name in before and name in after:
            schema = _difference(before[name].schema(), after[name].schema())
            found |= {name: schema} if schema else {}
    return found


def _difference(old: dict[str, Json], new: dict[str, Json]) -> dict[str, Json] | None:
    """Return the JSON Schema of the values that `old` allows and `new` does not.

    None if there are no such values, or if no schema can express them.
    """
    try:
        rest = _canonical(old).subtract(_canonical(new))
        schema = rest.to_json_schema()
    except CanonicalizationError:
        return None
    is_empty = rest.satisfiability() == Satisfiability.NO
    return schema if isinstance(schema, dict) and not is_empty else None


def _by_field(fields: Sequence[Field]) -> dict[str, Field]:
    return {field.name: field for field in fields}
