"""`labelwright import`: items out of CSV and NDJSON files, gzip or not."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from labelwright_client import upload
from labelwright_client.cli.output import (
    Code,
    HomeOption,
    JsonOption,
    WrongInput,
    bar,
    connect,
    show_json,
    to_stderr,
)
from labelwright_client.cli.projects import ProjectArgument
from labelwright_client.replay.files import Row, open_bytes, read_rows
from labelwright_client.upload import Line, Uploaded

ID_COLUMNS = ("external_id", "item_id", "id")
CSV = (".csv",)
NDJSON = (".jsonl", ".ndjson")
SHOWN_MAX = 20


def import_(
    project: ProjectArgument,
    files: Annotated[
        list[Path],
        typer.Argument(help=".csv, .jsonl or .ndjson, also with .gz.", show_default=False),
    ],
    gold: Annotated[
        bool, typer.Option("--gold", help="Items whose right label is known (honeypots).")
    ] = False,
    id_column: Annotated[
        str | None,
        typer.Option(help="CSV: which column is the id (else external_id, item_id, id)."),
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Bring items in. What is there already stays unchanged, so this can be repeated.

    NDJSON lines are items as the API takes them. Of a CSV file every column but the id becomes a
    part of the payload; with --gold the column `label` is the answer to the field `label`, or
    columns `label.FIELD` are the answers to the fields.
    """
    readers = [(file, _reader(file, gold, id_column)) for file in files]
    done: dict[str, Uploaded] = {}
    with connect(home) as client, bar("Importing", None, quiet=as_json) as progress:
        for file, lines in readers:

            def told(so_far: Uploaded, file: Path = file) -> None:
                progress.update(
                    progress.task_ids[0], description=f"{file.name}: {so_far.items:,} items"
                )

            done[str(file)] = upload.send_all(client, project, lines, gold=gold, told=told)
    _show(done, as_json)
    if any(one.rejected for one in done.values()):
        raise typer.Exit(Code.REFUSED)


def _show(done: dict[str, Uploaded], as_json: bool) -> None:
    counts = ("created", "unchanged", "changed")
    total: dict[str, Any] = {
        name: sum(getattr(one, name) for one in done.values()) for name in counts
    }
    rejected = [
        {
            "file": file,
            "line": line.line,
            "pointer": line.pointer,
            "keyword": line.keyword,
            "message": line.message,
        }
        for file, one in done.items()
        for line in one.rejected
    ]
    if as_json:
        show_json({**total, "rejected": rejected})
        return
    said = ", ".join(f"{total[name]:,} {name}" for name in counts)
    typer.echo(f"{said}, {len(rejected):,} rejected.")
    for one in rejected[:SHOWN_MAX]:
        place = f"{one['pointer']}: " if one["pointer"] else ""
        to_stderr(f"{one['file']}, line {one['line']}: {place}{one['message']}")
    if len(rejected) > SHOWN_MAX:
        to_stderr(f"… and {len(rejected) - SHOWN_MAX:,} more (--json lists all).")


def _reader(file: Path, gold: bool, id_column: str | None) -> Iterator[Line]:
    """The lines of a file, by its ending."""
    ending = Path(file.name.removesuffix(".gz")).suffix.lower()
    if not file.is_file():
        raise WrongInput(f"{file} is not a file.")
    if ending in CSV:
        return _csv_lines(file, gold, id_column)
    if ending in NDJSON:
        return _ndjson_lines(file)
    raise WrongInput(f"{file}: what is in it? Its name ends neither in .csv nor in .jsonl/.ndjson.")


def _ndjson_lines(file: Path) -> Iterator[Line]:
    """Lines as they are: the server says what is wrong with each, and takes the others."""
    with open_bytes(file) as stream:
        for number, line in enumerate(stream, 1):
            text = line.removeprefix(b"\xef\xbb\xbf").strip()
            if text:
                yield number, text


def _csv_lines(file: Path, gold: bool, id_column: str | None) -> Iterator[Line]:
    for row in read_rows(file, [id_column] if id_column else []):
        item = _csv_item(row, gold, id_column)
        yield row.line, json.dumps(item, ensure_ascii=False).encode()


def _csv_item(row: Row, gold: bool, id_column: str | None) -> dict[str, Any]:
    cells = {name: text for name, text in row.cells.items() if name}
    named = id_column or next((name for name in ID_COLUMNS if name in cells), None)
    item: dict[str, Any] = {}
    if named is not None:
        item["external_id"] = row.need(named)
        del cells[named]
    if gold:
        item["label"] = _take_label(row, cells)
    return {**item, "payload": cells}


def _take_label(row: Row, cells: dict[str, str]) -> dict[str, str]:
    """The answers in the columns `label` or `label.FIELD`, which leave the payload."""
    names = [name for name in cells if name == "label" or name.startswith("label.")]
    if not names:
        raise row.bad("gold needs a column 'label' (or 'label.FIELD').")
    return {name.removeprefix("label.") or name: cells.pop(name) for name in names}
