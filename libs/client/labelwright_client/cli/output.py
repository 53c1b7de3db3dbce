"""Shared parts of the commands: options, output, exit codes and error messages."""

import json
import math
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import IntEnum
from pathlib import Path
from typing import Annotated

import typer
from pydantic import BaseModel
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from labelwright_client.problems import (
    LabelwrightError,
    NotConfigured,
    NotVerified,
    Refused,
    ServerError,
    Unreachable,
)
from labelwright_client.replay.files import BadFile
from labelwright_client.replay.plan import PlanError
from labelwright_client.replay.run import ItemRejected
from labelwright_client.retry import Retry
from labelwright_client.stack import Stack
from labelwright_client.tokens import NoSigningKey
from labelwright_client.transport import Client

PATIENCE = "LABELWRIGHT_PATIENCE"
PATIENCE_SECONDS = 5.0
PLAIN_WIDTH = 120
"""Width of tables in a file or a pipe."""


class ExitCode(IntEnum):
    """The exit code of a command."""

    DONE = 0
    FAILURE = 1
    USAGE = 2
    REFUSED = 3
    UNREACHABLE = 4
    NOT_VERIFIED = 5


class InvalidInput(Exception):
    """Raised when an argument or an input file cannot be used. The message is one sentence."""


_CODES: tuple[tuple[tuple[type[Exception], ...], ExitCode], ...] = (
    ((InvalidInput, BadFile, PlanError), ExitCode.USAGE),
    ((Refused, ItemRejected), ExitCode.REFUSED),
    ((Unreachable, NotConfigured, NoSigningKey), ExitCode.UNREACHABLE),
    ((NotVerified,), ExitCode.NOT_VERIFIED),
)
_WITH_MESSAGE = (LabelwrightError, ServerError, InvalidInput, BadFile, PlanError, NoSigningKey)

HomeOption = Annotated[
    Path | None,
    typer.Option(
        "--home",
        help="Folder with the state of the stack; default: LABELWRIGHT_HOME, else .labelwright.",
        show_default=False,
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as one line of JSON.")]


def exit_code(error: Exception) -> ExitCode:
    """Return the exit code for `error`."""
    for kinds, code in _CODES:
        if isinstance(error, kinds):
            return code
    return ExitCode.FAILURE


def error_message(error: Exception) -> str:
    """Return the message for `error`: one sentence."""
    if isinstance(error, _WITH_MESSAGE):
        return str(error)
    if isinstance(error, OSError):
        file = f"{error.filename}: " if error.filename else ""
        return f"{file}{error.strerror or error}."
    kind = type(error).__name__
    return f"Unexpected error: {kind}: {error} (set LABELWRIGHT_TRACEBACK=1 to see the traceback)."


def connect(home: Path | None) -> Client:
    """Return a client for the stack in `home`, which retries for a few seconds."""
    return Client(Stack.find(home), retry=Retry(total=retry_seconds(PATIENCE_SECONDS)))


def retry_seconds(default: float) -> float:
    """Return LABELWRIGHT_PATIENCE, the seconds for which failed calls are retried, or `default`.

    Raises InvalidInput.
    """
    text = os.environ.get(PATIENCE, "")
    try:
        seconds = float(text) if text else default
    except ValueError:
        seconds = -1
    if not 0 <= seconds < math.inf:
        raise InvalidInput(f"{PATIENCE} is '{text}': set it to a number of seconds, at least 0.")
    return seconds


def stdout() -> Console:
    """Return the console for results."""
    return Console(width=None if sys.stdout.isatty() else PLAIN_WIDTH)


def stderr() -> Console:
    """Return the console for progress and errors."""
    return Console(stderr=True, width=None if sys.stderr.isatty() else PLAIN_WIDTH)


def print_error(sentence: str) -> None:
    """Print a message on the standard error, unformatted and in one line."""
    typer.echo(sentence, err=True)


def show_json(value: object) -> None:
    """Print `value` as one line of JSON."""
    plain = value.model_dump(mode="json") if isinstance(value, BaseModel) else value
    typer.echo(json.dumps(plain, ensure_ascii=False, default=str))


def show_table(title: str | None, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table, with numbers aligned to the right."""
    table = Table(title=title, title_justify="left")
    listed = [[_cell(value) for value in row] for row in rows]
    for index, column in enumerate(columns):
        numeric = listed and all(row[index].replace(",", "").isdigit() for row in listed)
        table.add_column(column, justify="right" if numeric else "left", overflow="fold")
    for row in listed:
        table.add_row(*row)
    stdout().print(table, markup=False, highlight=False)


def show_facts(facts: Mapping[str, object]) -> None:
    """Print names and values, one pair per line."""
    width = max(map(len, facts), default=0)
    for name, value in facts.items():
        typer.echo(f"{name:<{width}}  {_cell(value)}")


def _cell(value: object) -> str:
    if value is None:
        return "-"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


@contextmanager
def progress_bar(title: str, total: int | None, *, quiet: bool) -> Iterator[Progress]:
    """Show a progress bar on a terminal; show nothing if `quiet` or without a terminal."""
    console = stderr()
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(
        *columns, console=console, transient=True, disable=quiet or not console.is_terminal
    ) as progress:
        progress.add_task(title, total=total)
        yield progress
