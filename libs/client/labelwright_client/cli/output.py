"""What every command shares: options, what it prints, and with which code it ends."""

import json
import math
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import IntEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import BaseModel, ValidationError
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from labelwright_client.problems import (
    Fault,
    LabelwrightError,
    NotConfigured,
    NotVerified,
    Refused,
    Unreachable,
)
from labelwright_client.replay.files import BadFile
from labelwright_client.replay.plan import CannotPlan
from labelwright_client.replay.run import NotPlayed
from labelwright_client.retry import Retry
from labelwright_client.stack import Stack
from labelwright_client.tokens import NoKey
from labelwright_client.transport import Client
from schemas.repeated_keys import repeated_keys

PATIENCE = "LABELWRIGHT_PATIENCE"
PATIENCE_SECONDS = 5.0
PLAIN_WIDTH = 120
"""Of tables that go to a file or a pipe."""


class Code(IntEnum):
    """How a command ended."""

    DONE = 0
    FAILURE = 1
    USAGE = 2
    REFUSED = 3
    UNREACHABLE = 4
    NOT_VERIFIED = 5


class WrongInput(Exception):
    """What the caller gave cannot be used. The message is one sentence."""


_CODES: tuple[tuple[tuple[type[Exception], ...], Code], ...] = (
    ((WrongInput, BadFile, CannotPlan), Code.USAGE),
    ((Refused, NotPlayed), Code.REFUSED),
    ((Unreachable, NotConfigured, NoKey), Code.UNREACHABLE),
    ((NotVerified,), Code.NOT_VERIFIED),
)
_SAID = (LabelwrightError, Fault, WrongInput, BadFile, CannotPlan, NoKey)

HomeOption = Annotated[
    Path | None,
    typer.Option(
        "--home",
        help="Where the stack keeps its state (else LABELWRIGHT_HOME, else .labelwright).",
        show_default=False,
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one line of JSON.")]


def code_of(error: Exception) -> Code:
    """The exit code for what went wrong."""
    for kinds, code in _CODES:
        if isinstance(error, kinds):
            return code
    return Code.FAILURE


def sentence_of(error: Exception) -> str:
    """What went wrong, in a sentence for people."""
    if isinstance(error, _SAID):
        return str(error)
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        return f"{where}{error.strerror or error}."
    kind = type(error).__name__
    return f"A bug: {kind}: {error} (LABELWRIGHT_TRACEBACK=1 shows where)."


def connect(home: Path | None) -> Client:
    """A client for the stack that is meant, as patient as a person at a terminal."""
    return Client(Stack.find(home), retry=Retry(total=patience(PATIENCE_SECONDS)))


def patience(otherwise: float) -> float:
    """For how many seconds a service that is silent is asked again. Raises WrongInput."""
    text = os.environ.get(PATIENCE, "")
    try:
        seconds = float(text) if text else otherwise
    except ValueError:
        seconds = -1
    if not 0 <= seconds < math.inf:
        raise WrongInput(f"{PATIENCE} is '{text}', which is no number of seconds.")
    return seconds


def stdout() -> Console:
    """Where results go."""
    return Console(width=None if sys.stdout.isatty() else PLAIN_WIDTH)


def stderr() -> Console:
    """Where progress and errors go."""
    return Console(stderr=True, width=None if sys.stderr.isatty() else PLAIN_WIDTH)


def to_stderr(sentence: str) -> None:
    """A sentence, whole and unformatted."""
    typer.echo(sentence, err=True)


def show_json(value: object) -> None:
    """One line of JSON."""
    plain = value.model_dump(mode="json") if isinstance(value, BaseModel) else value
    typer.echo(json.dumps(plain, ensure_ascii=False, default=str))


def show_table(title: str | None, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A table; numbers to the right."""
    table = Table(title=title, title_justify="left")
    listed = [[_cell(value) for value in row] for row in rows]
    for index, column in enumerate(columns):
        numeric = listed and all(row[index].replace(",", "").isdigit() for row in listed)
        table.add_column(column, justify="right" if numeric else "left", overflow="fold")
    for row in listed:
        table.add_row(*row)
    stdout().print(table, markup=False, highlight=False)


def show_facts(facts: Mapping[str, object]) -> None:
    """Names and values, one a line."""
    width = max(map(len, facts), default=0)
    for name, value in facts.items():
        typer.echo(f"{name:<{width}}  {_cell(value)}")


def _cell(value: object) -> str:
    if value is None:
        return "-"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def read_model(kind: type[BaseModel], body: bytes, what: str) -> Any:  # noqa: ANN401
    """`body` as a `kind`. Raises WrongInput that names the place."""
    try:
        model = kind.model_validate_json(body)
    except ValidationError as error:
        first = error.errors()[0]
        place = "/" + "/".join(str(part) for part in first["loc"])
        raise WrongInput(f"{what}: {place}: {first['msg']}.") from error
    for repeated in repeated_keys(body):
        raise WrongInput(f"{what}: {repeated.pointer}: {repeated.sentence()} Write it once.")
    return model


@contextmanager
def bar(what: str, total: int | None, *, quiet: bool) -> Iterator[Progress]:
    """A progress bar on the terminal; nothing where there is none."""
    console = stderr()
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(
        *columns, console=console, transient=True, disable=quiet or not console.is_terminal
    ) as progress:
        progress.add_task(what, total=total)
        yield progress
