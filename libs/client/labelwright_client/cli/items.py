"""`labelwright import`: items in CSV and NDJSON files, which may be compressed with gzip."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from labelwright_client import ingest, upload
from labelwright_client.cli.gold_cells import Kinds, kinds_of, take_label
from labelwright_client.cli.output import (
    ExitCode,
    HomeOption,
    InvalidInput,
    JsonOption,
    connect,
    print_error,
    progress_bar,
    show_json,
)
from labelwright_client.cli.projects import ProjectArgument
from labelwright_client.replay.files import BadFile, BadRow, Row, opened, read_rows
from labelwright_client.transport import Client
from labelwright_client.upload import Line, RejectedLine, UploadResult

ID_COLUMNS = ("external_id", "item_id", "id")
CSV = (".csv",)
NDJSON = (".jsonl", ".ndjson")
SHOWN_MAX = 20


def import_(
    project: ProjectArgument,
    files: Annotated[
        list[Path],
        typer.Argument(help="Files .csv, .jsonl or .ndjson; also .gz of them.", show_default=False),
    ],
    gold: Annotated[
        bool, typer.Option("--gold", help="Import gold: items whose correct label is known.")
    ] = False,
    id_column: Annotated[
        str | None,
        typer.Option(help="CSV: name of the id column; default: external_id, item_id or id."),
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Import items. An item that exists and is the same stays unchanged, so repeating is safe.

    An NDJSON line is an item as in the API. In a CSV file every column but the id is a part of the
    payload. With --gold the column `label` is the answer to the field `label`, and columns
    `label.FIELD` are the answers to the fields: text for choice, pairwise and text, JSON for every
    other kind.
    """
    for file in files:
        _check_name(file)
    results: dict[str, UploadResult] = {}
    with connect(home) as client, progress_bar("Importing", None, quiet=as_json) as progress:
        kinds = _kinds(client, project) if gold and any(map(_is_csv, files)) else {}
        for file in files:
            bad_rows: list[BadRow] = []
            lines = _reader(file, gold, id_column, kinds=kinds, reject=bad_rows.append)

            def show_progress(so_far: UploadResult, file: Path = file) -> None:
                progress.update(
                    progress.task_ids[0], description=f"{file.name}: {so_far.items:,} items"
                )

            result = upload.send_all(client, project, lines, gold=gold, on_progress=show_progress)
            result.reject(RejectedLine(bad.line, "", "unreadable", bad.why) for bad in bad_rows)
            results[str(file)] = result
    _show(results, as_json)
    if any(result.rejected for result in results.values()):
        raise typer.Exit(ExitCode.REFUSED)


def _show(results: dict[str, UploadResult], as_json: bool) -> None:
    counts = ("created", "unchanged", "changed", "updated")
    total = {name: sum(getattr(result, name) for result in results.values()) for name in counts}
    rejected = _listed((file, result.rejected) for file, result in results.items())
    warnings = _listed((file, result.warnings) for file, result in results.items())
    if as_json:
        show_json({**total, "rejected": rejected, "warnings": warnings})
        return
    summary = ", ".join(f"{total[name]:,} {name}" for name in counts)
    typer.echo(f"{summary}, {len(rejected):,} rejected.")
    _print_lines("", rejected)
    _print_lines("warning: ", warnings)


def _listed(files: Iterable[tuple[str, Sequence[RejectedLine]]]) -> list[dict[str, object]]:
    return [{"file": file, **asdict(line)} for file, lines in files for line in lines]


def _print_lines(prefix: str, lines: Sequence[dict[str, object]]) -> None:
    for line in lines[:SHOWN_MAX]:
        pointer = f"{line['pointer']}: " if line["pointer"] else ""
        print_error(f"{prefix}{line['file']}, line {line['line']}: {pointer}{line['message']}")
    if len(lines) > SHOWN_MAX:
        print_error(f"… and {len(lines) - SHOWN_MAX:,} more (--json lists all).")


def _kinds(client: Client, project: str) -> Kinds:
    """Return the kinds of the fields in the newest spec version; empty if there is none."""
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
        raise InvalidInput(f"{file} is not a file: name files to import.")
    if _ending(file) not in CSV + NDJSON:
        raise InvalidInput(
            f"{file} has an unknown format: its name must end in .csv, .jsonl or .ndjson (or .gz)."
        )


def _reader(
    file: Path,
    gold: bool,
    id_column: str | None,
    *,
    kinds: Kinds | None = None,
    reject: Callable[[BadRow], None] | None = None,
) -> Iterator[Line]:
    """Yield the lines of a file; the ending of its name decides the format.

    `reject` is called for each row that cannot be read; without it such a row raises BadFile.
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
    """Yield the lines up to the place where the file cannot be read, which is rejected.

    Raises BadFile if no line can be read.
    """
    last = 0
    try:
        for number, line in lines:
            yield number, line
            last = number
    except BadFile as error:
        if not last:
            raise
        reject(BadRow(file, last + 1, f"nothing was read from this line on: {error}"))


def _ndjson_lines(file: Path) -> Iterator[Line]:
    """Yield the lines without parsing them: the server rejects the invalid ones."""
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
            print_error(
                f"{file} has no id column ({', '.join(ID_COLUMNS)}, or name one with --id-column):"
                " items are identified by their whole payload, so a corrected line is a new item."
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
    id_name = id_column or next((name for name in ID_COLUMNS if name in cells), None)
    item: dict[str, Any] = {}
    if id_name is not None:
        item["external_id"] = row.need(id_name)
        del cells[id_name]
    if gold:
        item["label"] = take_label(row, cells, kinds)
    return {**item, "payload": cells}
