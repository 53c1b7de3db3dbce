"""Writes the documentation of spec documents from their models: `python -m labels.specs.pages`.

One page for each kind of field, one for all keys of the policy, one with the recipes.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from labels.kinds import KINDS
from labels.specs.json_schema import spec_json_schema
from labels.specs.templates import recipe, recipe_names, templates

MADE = (
    "<!-- Written by `python -m labels.specs.pages docs/spec`: change the models, not this. -->\n"
)
INTRODUCTION = """# Spec documents

A spec document has the questions for annotators, the rules of the answers, and the policy by which
answers become labels. It is a YAML or JSON file. `labelwright spec init` writes one from a
template, `labelwright spec check` finds all its faults at once, and `labelwright spec schema`
prints its JSON Schema, with which editors complete keys.
"""
Schema = Mapping[str, Any]


def pages() -> dict[str, str]:
    """Return the text of each page by its file name."""
    whole = spec_json_schema()
    fields = whole["$defs"]
    kinds = {kind: fields[f"{kind.title()}Field"] for kind in KINDS}
    found = {f"{kind}.md": _kind_page(kind, schema) for kind, schema in kinds.items()}
    found["policy.md"] = _policy_page(whole)
    found["recipes.md"] = _recipes_page()
    found["README.md"] = _index(whole, kinds)
    return {name: f"{MADE}\n{text.rstrip()}\n" for name, text in found.items()}


def _index(whole: Schema, kinds: Mapping[str, Schema]) -> str:
    listed = [f"- [`{kind}`]({kind}.md): {schema['description']}" for kind, schema in kinds.items()]
    return "\n".join(
        [
            INTRODUCTION,
            *_table(whole, ("task_type", "fields", "guidelines", "policy")),
            "\nA rule of `guidelines`:\n",
            *_table(whole["$defs"]["Rule"]),
            "\nBeside the document stand, when it is published:\n",
            *_table(whole, ("resolves", "relabel")),
            "\n## Kinds of field\n",
            *listed,
            "\nEvery option is a value, or an object:\n",
            *_table(whole["$defs"]["Option"]),
            "\n`required_if` is an object:\n",
            *_table(whole["$defs"]["RequiredIf"]),
            "\n## Policy\n",
            "[Every key of the policy](policy.md), and [recipes](recipes.md) for the common ways to"
            " decide labels.",
        ]
    )


def _kind_page(kind: str, schema: Schema) -> str:
    examples = [
        (template.name, field)
        for template in templates()
        for field in _fields(template.document)
        if field["kind"] == kind
    ]
    name, field = examples[0]
    return "\n".join(
        [
            f"# `{kind}`\n",
            f"{schema['description']}\n",
            *_table(schema),
            "",
            f"From the template `{name}`:\n",
            *_code(field),
            "",
            f"Values, distances and merging: [labels.md](../labels.md#{kind}).",
        ]
    )


def _fields(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    fields: list[dict[str, Any]] = document["fields"]
    return fields


def _policy_page(whole: Schema) -> str:
    definitions = whole["$defs"]
    policy = definitions["Policy"]
    lines = ["# Policy\n", f"{policy['description']} Every key may be left out.\n", *_table(policy)]
    for key, schema in policy["properties"].items():
        part = _part(schema)
        if part is not None:
            lines += ["", f"## `{key}`\n", f"{definitions[part]['description']}\n"]
            lines += _table(definitions[part])
    lines += ["", "`decide_fields` has such an object as `decide` for each field that it names."]
    return "\n".join(lines)


def _recipes_page() -> str:
    lines = [
        "# Recipes\n",
        "Policies for common ways to decide labels."
        " `labelwright spec init --template T --recipe R` writes a\ndocument with one.\n",
    ]
    for name in recipe_names():
        found = recipe(name)
        lines += [f"## {found.title}\n", f"{found.description}\n", f"Recipe `{name}`:\n"]
        lines += [
            "```yaml",
            "policy:",
            *(f"  {line}" for line in found.text.splitlines()),
            "```",
            "",
        ]
    return "\n".join(lines)


def _table(schema: Schema, keys: tuple[str, ...] | None = None) -> Iterator[str]:
    yield "| key | value | default | means |"
    yield "| --- | --- | --- | --- |"
    for key, described in schema["properties"].items():
        if keys is None or key in keys:
            text, _, written = " ".join(described["description"].split()).partition(" Default: ")
            default = _default(described, written, is_needed=key in schema.get("required", ()))
            text = text.replace("None: ", "`null`: ")
            yield f"| `{key}` | {_value(described)} | {default} | {text} |"


def _default(described: Schema, written: str, *, is_needed: bool) -> str:
    if is_needed:
        return "needed"
    if written:
        return written.removesuffix(".")
    if "default" not in described or isinstance(described["default"], dict):
        return ""
    return f"`{json.dumps(described['default'])}`"


def _value(described: Schema) -> str:
    """Return the allowed values of a key in a few words."""
    if "const" in described:
        return f"`{described['const']}`"
    if "enum" in described:
        return ", ".join(f"`{value}`" for value in described["enum"])
    if "anyOf" in described:
        return " or ".join(_value(part) for part in described["anyOf"])
    if described.get("type") in ("integer", "number"):
        return _number(described)
    if described.get("type") == "array":
        return f"list of {_value(described['items'])}" if "enum" in described["items"] else "list"
    return _WORDS.get(described.get("type", "object"), "object")


_WORDS = {"string": "text", "boolean": "`true` or `false`", "null": "`null`"}


def _number(described: Schema) -> str:
    name = "whole number" if described["type"] == "integer" else "number"
    low, high = described.get("minimum"), described.get("maximum")
    if high is not None and high < 2**31 - 1:
        return f"{name}, {low:,} to {high:,}"
    return name if low is None or low < 0 else f"{name}, at least {low:,}"


def _part(schema: Schema) -> str | None:
    """Return the name of the object that a key has as its value; None for other values."""
    reference = schema.get("$ref")
    return str(reference).rsplit("/", 1)[1] if reference else None


def _code(value: Mapping[str, Any]) -> list[str]:
    return ["```json", *json.dumps(value, ensure_ascii=False, indent=2).splitlines(), "```"]


def write(folder: Path) -> None:
    """Write all pages into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (folder / name).write_text(text, "utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
