"""Reads YAML 1.2 as JSON values: no other types, and nothing that people misread.

A plain word is text unless JSON has it as a value: `no` and `2026-01-01` are texts. What YAML reads
as a number and JSON does not (`012`, `0x1f`, `1_000`) is refused, since a person may have meant
either. So are keys that are there twice, anchors, aliases, merged maps and tags.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from labels.json_limits import DEPTH_MAX
from labels.refusal import Json
from schemas.json_values import json_pointer

_TAG = "tag:yaml.org,2002:"
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_WORDS: dict[str, Json] = {"true": True, "false": False, "null": None, "~": None, "": None}
_DIGITS_MAX = 300
_ALIAS_OR_ANCHOR = "Anchors (&) and aliases (*) are not read: write the value out."


class NotYaml(ValueError):
    """The text is not YAML that can be read as JSON; the message says where and why."""


@dataclass(frozen=True, slots=True)
class YamlDocument:
    """A JSON value that was read from YAML."""

    value: Json
    lines: dict[str, int]
    """The line of each part, counted from 1, by its JSON pointer."""


def read_yaml(text: str) -> YamlDocument:
    """Return the value of a YAML document. Raises NotYaml at the first fault."""
    try:
        node: Node | None = YAML(typ="safe", pure=True).compose(text)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark is not None else 1
        raise NotYaml(f"Line {line}: this is not YAML: {error.problem}.") from error
    except (YAMLError, ValueError, RecursionError) as error:
        raise NotYaml(f"This is not YAML: {' '.join(str(error).split())}.") from error
    lines: dict[str, int] = {}
    value = None if node is None else _value(node, (), lines)
    return YamlDocument(value, lines)


def _value(node: Node, path: tuple[str | int, ...], lines: dict[str, int]) -> Json:
    lines.setdefault(json_pointer(*path), _line(node))
    if node.anchor is not None:
        raise _refused(node, _ALIAS_OR_ANCHOR)
    if len(path) > DEPTH_MAX:
        raise _refused(node, f"Values are nested deeper than {DEPTH_MAX} levels.")
    if isinstance(node, ScalarNode):
        return _scalar(node)
    _check_tag(node, "map" if isinstance(node, MappingNode) else "seq")
    if isinstance(node, SequenceNode):
        return [_value(part, (*path, index), lines) for index, part in enumerate(node.value)]
    members: dict[str, Json] = {}
    for name, key, member in _members(node):
        if name in members:
            raise _refused(key, f"The key “{name}” is there twice: write it once.")
        lines[json_pointer(*path, name)] = _line(key)
        members[_joined(name)] = _value(member, (*path, name), lines)
    return members


def _members(node: Node) -> Iterator[tuple[str, Node, Node]]:
    for key, member in node.value:
        if not isinstance(key, ScalarNode) or key.tag == _TAG + "merge":
            raise _refused(key, "A key is a text.")
        yield str(key.value), key, member


def _scalar(node: ScalarNode) -> Json:
    text = str(node.value)
    kind = str(node.tag).removeprefix(_TAG)
    if kind in ("str", "timestamp", "value"):
        return _joined(text)
    if kind in ("bool", "null") and text.lower() in _WORDS:
        return _WORDS[text.lower()]
    if kind in ("int", "float") and len(text) <= _DIGITS_MAX and _NUMBER.fullmatch(text):
        return int(text) if re.fullmatch(r"-?[0-9]+", text) else float(text)
    if kind in ("int", "float"):
        message = f"“{text}” may mean a text or a number: put quotes around it, or write 12 or 1.5."
        raise _refused(node, message)
    _check_tag(node, "str")
    return text


def _joined(text: str) -> str:
    r"""Return the text with pairs such as `\ud83d\ude00`, which JSON writes, as one character."""
    try:
        return text.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError:
        return text  # A half of a pair, which the check of the document refuses.


def _check_tag(node: Node, kind: str) -> None:
    if node.tag != _TAG + kind:
        raise _refused(node, f"The tag {node.tag} is not read: leave it out.")


def _line(node: Node) -> int:
    line: int = node.start_mark.line
    return line + 1


def _refused(node: Node, message: str) -> NotYaml:
    return NotYaml(f"Line {_line(node)}: {message}")
