"""Two versions of a label's fields: which labels of the old one the new one accepts, proved."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import jsonschema_rs
from jsonschema_rs.canonical import CanonicalizationError, Containment, Satisfiability

from labels.carried import Definitions, NotCarried, carried
from labels.definitions import check_fields, read_fields
from labels.field import Field
from labels.migration import Label, Step, migrate, read_steps
from labels.refusal import InvalidFields, InvalidMigration, Json, Refusal, pointer
from labels.schema import LabelSchema, label_schema

WHOLE_MAX = 30
"""Versions with more fields are compared field by field only."""


@dataclass(frozen=True, slots=True)
class Compatibility:
    """What a new version makes of the labels of the old one.

    `stays_valid`: it is proved that every label valid under the old version is, once migrated,
    valid under the new one. False means no, or that it could not be proved; then `carry` decides
    label by label. `touched` are the fields for which a label may be refused: changed ones, ones
    that are gone, and those that a step of the migration cannot carry; empty if there is none.
    `refused` has, for touched fields that both versions know, the JSON Schema of the old values
    that the new version does not accept, where one can be written.
    """

    stays_valid: bool
    touched: tuple[str, ...]
    refused: Mapping[str, Json]
    new: LabelSchema
    migration: Sequence[Json]

    def carry(self, label: Label, payload: object = None) -> Label | None:
        """`label` migrated and accepted by the new version; None if it has to be made again."""
        after = migrate(label, self.migration)
        return after if after is not None and not self.new.check(after, payload) else None

    def accepts(self, label: Label, payload: object = None) -> bool:
        """Whether an existing label can be kept, migrated or as it is."""
        return self.carry(label, payload) is not None


def compatibility(old_fields: object, new_fields: object, migration: object = ()) -> Compatibility:
    """What the new version makes of the old one's labels, with the help of `migration`.

    Raises InvalidFields, or InvalidMigration if the migration does not fit the two versions.
    """
    new = LabelSchema(read_fields(new_fields))
    steps = read_steps(list(migration) if isinstance(migration, tuple) else migration)
    old = _carried_fields(old_fields, steps, new_fields)
    touched = _touched(old, new.fields, steps)
    refused = _refused(old, new.fields, touched)
    data = [{step.name: step.values} for step in steps]
    return Compatibility(not touched, touched, refused, new, data)


def check_migration(migration: object, old_fields: object, new_fields: object) -> list[Refusal]:
    """What is wrong with a migration from the old to the new version; empty if nothing is.

    Never raises on JSON values. Invalid fields are refused under `/old` and `/new`.
    """
    sides = (("old", old_fields), ("new", new_fields))
    faults = [
        Refusal(pointer(side) + fault.pointer, fault.keyword, fault.message)
        for side, fields in sides
        for fault in check_fields(fields)
    ]
    if faults:
        return faults
    try:
        _carried_fields(old_fields, read_steps(migration), new_fields)
    except InvalidMigration as invalid:
        return invalid.refusals
    return []


def _carried_fields(old: Json, steps: Sequence[Step], new: Json) -> tuple[Field, ...]:
    """The old fields under the migration. Raises InvalidMigration at the first wrong step."""
    definitions = _by_name(old)
    fields = read_fields(old)
    for step in steps:
        try:
            definitions = carried(definitions, step, _by_name(new))
            fields = read_fields(list(definitions.values())) if definitions else ()
        except NotCarried as wrong:
            raise InvalidMigration([wrong.refusal]) from None
        except InvalidFields as invalid:
            at = pointer(step.index, step.name)
            faults = [Refusal(at, fault.keyword, fault.message) for fault in invalid.refusals]
            raise InvalidMigration(faults) from None
    return fields


def _by_name(fields: Json) -> Definitions:
    return {definition["name"]: definition for definition in fields}


def _touched(old: Sequence[Field], new: Sequence[Field], steps: Sequence[Step]) -> tuple[str, ...]:
    """The fields for which a label may be refused; none only if it is proved that none is."""
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
    given = default if isinstance(default, list) else [default]
    conditions = [(one.name, one.condition) for one in fields if one.condition is not None]
    return [name for name, asked in conditions if any(value in asked.values for value in given)]


def _is_kept(name: str, before: Mapping[str, Field], after: Mapping[str, Field]) -> bool:
    """Whether it is proved, from this field alone, that no label is refused for it."""
    if name not in after or name not in before:
        return name in after and not after[name].required
    old, new = before[name], after[name]
    if new.condition is None:
        asked = not new.required or (old.required and old.condition is None)
    else:
        asked = new.condition == old.condition and new.required <= old.required
    return asked and old.obeys(new.unwritten) and _covers(new.schema(), old.schema())


def _is_covered(old: Sequence[Field], new: Sequence[Field]) -> bool:
    """Whether it is proved from all fields together: a condition may make a changed field harmless.

    The effort grows with the square of the fields and worse, hence the limit.
    """
    before = _by_field(old)
    has_new_rule = any(f.name in before and not before[f.name].obeys(f.unwritten) for f in new)
    if has_new_rule or max(len(old), len(new)) > WHOLE_MAX:
        return False
    return _covers(label_schema(tuple(new)), label_schema(tuple(old)))


def _covers(new: dict[str, Json], old: dict[str, Json]) -> bool:
    """Whether it is proved that every value of the old schema satisfies the new one."""
    try:
        return _canonical(new).covers(_canonical(old)) == Containment.YES
    except CanonicalizationError:
        return False


def _canonical(schema: dict[str, Json]) -> jsonschema_rs.CanonicalSchema:
    """The canonical form, which answers questions about all values at once. Nothing is fetched."""
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
    """The JSON Schema of what `old` allows and `new` does not; None if nothing, or not writable."""
    try:
        rest = _canonical(old).subtract(_canonical(new))
        schema = rest.to_json_schema()
    except CanonicalizationError:
        return None
    is_empty = rest.satisfiability() == Satisfiability.NO
    return schema if isinstance(schema, dict) and not is_empty else None


def _by_field(fields: Sequence[Field]) -> dict[str, Field]:
    return {field.name: field for field in fields}
