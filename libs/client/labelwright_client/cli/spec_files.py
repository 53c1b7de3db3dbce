"""Spec documents in files: YAML or JSON by the ending of the name."""

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, get_args

import typer

from labels.specs.check import spec_problems
from labels.specs.yaml_reader import NotYaml, read_yaml
from labelwright_client.cli.output import InvalidInput
from schemas.ingest import SpecRequest
from schemas.repeated_keys import repeated_keys
from schemas.vocabulary import Relabel

JSON_ENDING = ".json"

FileArgument = Annotated[
    Path, typer.Argument(help="Spec document: a YAML file, or a .json file.", show_default=False)
]
RelabelOption = Annotated[
    str | None,
    typer.Option(help="Decided labels to annotate again: none, evidence, touched or all."),
]


@dataclass(frozen=True, slots=True)
class SpecFile:
    """The content of a file, which may be an invalid document."""

    path: Path
    document: Any
    lines: dict[str, int] = field(default_factory=dict)
    """The line of each part by its JSON pointer; empty for JSON."""

    def place(self, pointer: str) -> str:
        """Return the place of a part for people: its line, if that is known, and its pointer."""
        known = pointer
        while known and known not in self.lines:
            known = known.rpartition("/")[0]
        return f"line {self.lines[known]}, {pointer}" if known else pointer or "the document"


def read_spec_file(path: Path) -> SpecFile:
    """Return the content of a file. Raises InvalidInput if it is neither YAML nor JSON."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{path} is not in UTF-8: save it in UTF-8.") from error
    if path.suffix.lower() == JSON_ENDING:
        return SpecFile(path, _read_json(path, text))
    try:
        content = read_yaml(text)
    except NotYaml as error:
        raise InvalidInput(f"{path}: {error}") from error
    return SpecFile(path, content.value, content.lines)


def _read_json(path: Path, text: str) -> object:
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        raise InvalidInput(
            f"{path}: line {error.lineno}: this is not JSON: {error.msg}."
        ) from error
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"{path}: this is not JSON: {error}.") from error
    for repeated in repeated_keys(text):
        raise InvalidInput(f"{path}: {repeated.pointer}: {repeated.sentence()} Write it once.")
    return value


def read_valid_spec(path: Path) -> SpecRequest:
    """Return the document of a file that can be published. Raises InvalidInput."""
    content = read_spec_file(path)
    problems = spec_problems(content.document)
    if problems:
        first = f"{content.place(problems[0].pointer)}: {problems[0].message}"
        more = f" (and {len(problems) - 1} more: `labelwright spec check {path}` lists all)"
        raise InvalidInput(f"{path}: {first}{more if len(problems) > 1 else ''}")
    return SpecRequest.model_validate(content.document)


def with_relabel(spec: SpecRequest, relabel: str | None) -> SpecRequest:
    """Return `spec` with the value of --relabel, if that is set. Raises InvalidInput."""
    if relabel is None:
        return spec
    if relabel not in get_args(Relabel):
        raise InvalidInput(f"--relabel is '{relabel}': use one of {', '.join(get_args(Relabel))}.")
    return spec.model_copy(update={"relabel": relabel})


def write_new(path: Path, text: str) -> None:
    """Write a new file. Raises InvalidInput if it exists."""
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        message = f"{path} exists already: name another file with --out, or delete it."
        raise InvalidInput(message) from error


def one_line(value: object, limit: int = 60) -> str:
    """Return a JSON value as one short line of text; a default value as `-`."""
    if value is None:
        return "-"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    line = re.sub(r"\s+", " ", text)
    return line if len(line) <= limit else line[: limit - 1] + "…"
