"""`labelwright import`: items out of CSV and NDJSON files, gzip or not."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from labelwright_client import ingest, upload
from labelwright_client.cli.gold_cells import Kinds, kinds_of, take_label
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
from labelwright_client.replay.files import BadFile, BadRow, Row, opened, read_rows
from labelwright_client.transport import Client
from labelwright_client.upload import Line, RejectedLine, Uploaded

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
    columns `label.FIELD` are the answers to the fields: text for choice, pairwise and text, JSON
    for every other kind.
    """
    for file in files:
        _check_name(file)
    done: dict[str, Uploaded] = {}
    with connect(home) as client, bar("Importing", None, quiet=as_json) as progress:
        kinds = _kinds(client, project) if gold and any(map(_is_csv, files)) else {}
        for file in files:
            bad_rows: list[BadRow] = []
            lines = _reader(file, gold, id_column, kinds=kinds, reject=bad_rows.append)

            def told(so_far: Uploaded, file: Path = file) -> None:
                progress.update(
                    progress.task_ids[0], description=f"{file.name}: {so_far.items:,} items"
                )

            done[str(file)] = upload.send_all(client, project, lines, gold=gold, told=told)
            done[str(file)].reject(
                RejectedLine(bad.line, "", "unreadable", bad.why) for bad in bad_rows
            )
    _show(done, as_json)
    if any(one.rejected for one in done.values()):
        raise typer.Exit(Code.REFUSED)


def _show(done: dict[str, Uploaded], as_json: bool) -> None:
    counts = ("created", "unchanged", "changed", "updated")
    total = {name: sum(getattr(one, name) for one in done.values()) for name in counts}
    rejected = _listed((file, one.rejected) for file, one in done.items())
    warnings = _listed((file, one.warnings) for file, one in done.items())
    if as_json:
        show_json({**total, "rejected": rejected, "warnings": warnings})
        return
    said = ", ".join(f"{total[name]:,} {name}" for name in counts)
    typer.echo(f"{said}, {len(rejected):,} rejected.")
    _say("", rejected)
    _say("warning: ", warnings)


def _listed(files: Iterable[tuple[str, Sequence[RejectedLine]]]) -> list[dict[str, object]]:
    return [{"file": file, **asdict(line)} for file, lines in files for line in lines]


def _say(kind: str, lines: Sequence[dict[str, object]]) -> None:
    for one in lines[:SHOWN_MAX]:
        place = f"{one['pointer']}: " if one["pointer"] else ""
        to_stderr(f"{kind}{one['file']}, line {one['line']}: {place}{one['message']}")
    if len(lines) > SHOWN_MAX:
        to_stderr(f"… and {len(lines) - SHOWN_MAX:,} more (--json lists all).")


def _kinds(client: Client, project: str) -> Kinds:
    """The kinds of the fields in the newest spec version; empty if there is none."""
    version = client.send(ingest.show_project(project)).spec_version
    if version is None:
        return {}
    return kinds_of(client.send(ingest.show_spec(project, version)).document.fields)


def _ending(file: Path) -> str:
    return Path(file.name.removesuffix(".gz")).suffix.lower()


def _is_csv(file: Path) -> bool:
    return _ending(file) in CSV


def _check_name(file: Path) -> None:
    if not file.is_file():
        raise WrongInput(f"{file} is not a file.")
    if _ending(file) not in CSV + NDJSON:
        raise WrongInput(
            f"{file}: what is in it? Its name ends neither in .csv nor in .jsonl/.ndjson."
        )


def _reader(
    file: Path,
    gold: bool,
    id_column: str | None,
    *,
    kinds: Kinds | None = None,
    reject: Callable[[BadRow], None] | None = None,
) -> Iterator[Line]:
    """The lines of a file, by its ending.

    `reject` is called with what cannot be read after the first row was; without it that raises.
    """
    lines = (
        _csv_lines(file, gold, id_column, kinds or {}, reject)
        if _is_csv(file)
        else _ndjson_lines(file)
    )
    return lines if reject is None else _until_unreadable(file, lines, reject)


def _until_unreadable(
    file: Path, lines: Iterator[Line], reject: Callable[[BadRow], None]
) -> Iterator[Line]:
    """The lines up to where the file cannot be read on. Raises BadFile if that is its beginning."""
    last = 0
    try:
        for number, line in lines:
            yield number, line
            last = number
    except BadFile as error:
        if not last:
            raise
        reject(BadRow(file, last + 1, f"nothing was read from here on: {error}"))


def _ndjson_lines(file: Path) -> Iterator[Line]:
    """Lines as they are: the server says what is wrong with each, and takes the others."""
    with opened(file) as stream:
        for number, line in enumerate(stream, 1):
            text = line.removeprefix(b"\xef\xbb\xbf").strip()
            if text:
                yield number, text


def _csv_lines(
    file: Path,
    gold: bool,
    id_column: str | None,
    kinds: Kinds,
    reject: Callable[[BadRow], None] | None,
) -> Iterator[Line]:
    for index, row in enumerate(read_rows(file, [id_column] if id_column else [], reject=reject)):
        if index == 0 and id_column is None and not row.cells.keys() & set(ID_COLUMNS):
            to_stderr(
                f"{file} has no id column ({', '.join(ID_COLUMNS)}, or name one with --id-column):"
                " an item is known by its whole payload, so a corrected line is another item."
            )
        try:
            item = _csv_item(row, gold, id_column, kinds)
        except BadRow as bad:
            if reject is None:
                raise
            reject(bad)
            continue
        yield row.line, json.dumps(item, ensure_ascii=False).encode()


def _csv_item(row: Row, gold: bool, id_column: str | None, kinds: Kinds) -> dict[str, Any]:
    cells = {name: text for name, text in row.cells.items() if name}
    named = id_column or next((name for name in ID_COLUMNS if name in cells), None)
    item: dict[str, Any] = {}
    if named is not None:
        item["external_id"] = row.need(named)
        del cells[named]
    if gold:
        item["label"] = take_label(row, cells, kinds)
    return {**item, "payload": cells}
