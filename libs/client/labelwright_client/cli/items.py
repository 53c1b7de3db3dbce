"""`labelwright import`: files of rows become items, after it was said what they hold."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer
from rich.progress import Progress

from interop.files import (
    Options,
    Problem,
    RejectedRows,
    Understanding,
    UnknownColumn,
    UnreadableFile,
    Wishes,
    as_json,
    count_problems,
    describe,
    understand,
)
from labelwright_client import ingest
from labelwright_client.cli.import_files import files_of
from labelwright_client.cli.import_progress import ImportProgress
from labelwright_client.cli.import_run import FileImport
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
from labelwright_client.transport import Client
from labelwright_client.upload import RejectedLine, UploadResult
from labelwright_client.versions import cache_folder

COUNTS = ("created", "unchanged", "changed", "updated", "restored")
Files = Mapping[Path, Understanding]

FilesArgument = Annotated[
    list[str],
    typer.Argument(help="Files, folders, or patterns such as 'data/*.csv'.", show_default=False),
]
GoldOption = Annotated[
    bool, typer.Option("--gold", help="Import gold: items whose correct label is known.")
]
IdColumnOption = Annotated[
    str | None, typer.Option(help="The column of the ids; else it is found by its name.")
]
NoIdOption = Annotated[
    bool, typer.Option("--no-id", help="Import rows without ids: the payload identifies each.")
]
MetadataOption = Annotated[
    list[str] | None,
    typer.Option(help="A column that annotators do not see; give it once for each."),
]
EncodingOption = Annotated[
    str | None, typer.Option(help="The encoding of the texts, such as cp1252; else detected.")
]
SheetOption = Annotated[str | None, typer.Option(help="The sheet of a spreadsheet.")]
DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="Only say what the files hold; import nothing.")
]
RejectedOption = Annotated[
    Path | None,
    typer.Option(help="Write rejected rows with their reasons to this file, to be mended."),
]


def import_(  # noqa: PLR0913, PLR0917 (each is an option of the command)
    project: ProjectArgument,
    files: FilesArgument,
    gold: GoldOption = False,
    id_column: IdColumnOption = None,
    no_id: NoIdOption = False,
    metadata: MetadataOption = None,
    encoding: EncodingOption = None,
    sheet: SheetOption = None,
    dry_run: DryRunOption = False,
    rejected: RejectedOption = None,
    home: HomeOption = None,
    json_: JsonOption = False,
) -> None:
    """Import items, after saying what the files hold. Repeating an import changes nothing.

    CSV, TSV, XLSX, JSON, JSON lines, Parquet, Arrow; gzip or zstd. A JSON object with a payload is
    an item as in the API; otherwise one column is the id and the others are the payload. With
    --gold the columns `label` and `label.FIELD` are the answers. After an interruption the same
    command goes on.
    """
    wishes = Wishes(id_column, no_id, None, metadata or ())
    found = {
        path: _understand(path, Options(encoding, None, sheet), wishes) for path in files_of(files)
    }
    if not json_:
        for understanding in found.values():
            _print_lines(describe(understanding))
    if dry_run:
        _end_dry_run(found, json_)
        return
    _check_ids(found, no_id=no_id)
    with connect(home) as client:
        run = _Run(client, project, found, gold, rejected)
        results, import_id = run.all_files(quiet=json_, wishes=wishes)
    _show(results, found, import_id, json_)
    if any(result.rejected for result in results.values()):
        raise typer.Exit(ExitCode.REFUSED)


def _understand(path: Path, options: Options, wishes: Wishes) -> Understanding:
    try:
        return understand(path, options=options, wishes=wishes)
    except (UnreadableFile, UnknownColumn) as error:
        raise InvalidInput(f"{path}: {error}") from error


def _check_ids(files: Files, *, no_id: bool) -> None:
    """Raise InvalidInput if a file has no certain id column and the user did not say so."""
    for path, found in files.items():
        if found.needs_id_column and not no_id:
            names = ", ".join(f"'{name}'" for name in found.id_candidates or found.columns[:10])
            raise InvalidInput(
                f"{path}: which column holds the ids is not certain, and nothing was imported: pass"
                f" --id-column with one of {names}, or --no-id if it has none (a corrected row is"
                " then a new item)."
            )


def _end_dry_run(files: Files, json_: bool) -> None:
    if json_:
        show_json({"understood": [as_json(found) for found in files.values()]})
    else:
        print_error("This was a dry run: nothing was imported.")


@dataclass(frozen=True, slots=True)
class _Run:
    """One import of several files."""

    client: Client
    project: str
    files: Files
    gold: bool
    rejected: Path | None

    def all_files(self, *, quiet: bool, wishes: Wishes) -> tuple[dict[Path, UploadResult], UUID]:
        """Import the files one after the other; return the results and the id of the import."""
        kinds = _kinds(self.client, self.project) if self.gold else None
        state = ImportProgress(
            cache_folder(os.environ), self.project, list(self.files), [asdict(wishes), self.gold]
        )
        if state.is_resumed and not quiet:
            print_error("An import of these files was interrupted: it goes on.")
        total = sum(found.rows for found in self.files.values())
        results: dict[Path, UploadResult] = {}
        with progress_bar("Importing", total, quiet=quiet) as progress, self._output() as outputs:
            for path, found in self.files.items():
                columns = replace(found.used, kinds=kinds)
                one = FileImport(self.client, path, found, columns, outputs[path])
                done = sum(result.items for result in results.values())
                show = partial(_advance, progress, done)
                results[path] = one.run(self.project, state.import_id, show)
        state.end()
        return results, state.import_id

    @contextmanager
    def _output(self) -> Iterator[Mapping[Path, RejectedRows | None]]:
        """Yield the writer of rejected rows of each file; files are numbered from the second on."""
        with ExitStack() as stack:
            outputs: dict[Path, RejectedRows | None] = {}
            for number, (path, found) in enumerate(self.files.items(), 1):
                target = self.rejected
                if target is not None and number > 1:
                    target = target.with_name(f"{target.stem}-{number}{target.suffix}")
                outputs[path] = None
                if target is not None:
                    writer = RejectedRows(target, found.layout, found.columns)
                    outputs[path] = stack.enter_context(writer)
            yield outputs


def _advance(progress: Progress, done: int, so_far: UploadResult) -> None:
    progress.update(progress.task_ids[0], completed=done + so_far.items)


def _kinds(client: Client, project: str) -> dict[str, str]:
    """Return the kinds of the fields in the newest spec version; empty if there is none."""
    version = client.send(ingest.show_project(project)).spec_version
    if version is None:
        return {}
    fields = client.send(ingest.show_spec(project, version)).document.fields
    return {str(field["name"]): str(field["kind"]) for field in fields}


def _show(results: Mapping[Path, UploadResult], files: Files, import_id: UUID, json_: bool) -> None:
    total = {name: sum(getattr(result, name) for result in results.values()) for name in COUNTS}
    if json_:
        show_json(
            {
                **total,
                "import_id": str(import_id),
                "rejected": _listed(results, "rejected"),
                "warnings": _listed(results, "warnings"),
                "understood": [as_json(found) for found in files.values()],
            }
        )
        return
    rejected = sum(len(result.rejected) for result in results.values())
    summary = ", ".join(f"{count:,} {name}" for name, count in total.items())
    typer.echo(f"{summary}, {rejected:,} rejected. This is the import {import_id}.")
    for path, result in results.items():
        _print_lines(f"{path}: {sentence}" for sentence in _counted(result.rejected))
        _print_lines(f"{path}: warning: {sentence}" for sentence in _counted(result.warnings))


def _listed(results: Mapping[Path, UploadResult], name: str) -> list[dict[str, Any]]:
    return [
        {"file": str(path), **asdict(line)}
        for path, result in results.items()
        for line in getattr(result, name)
    ]


def _counted(lines: Sequence[RejectedLine]) -> Iterator[str]:
    """Yield a sentence for each reason, with its first lines and their ids, and its count."""
    problems = [Problem(line.line, line.message, line.pointer or None) for line in lines]
    ids = {line.line: line.external_id for line in lines if line.external_id is not None}
    for problem in count_problems(problems):
        named = [repr(ids[line]) for line in problem.lines if line in ids]
        yield problem.sentence() + (f" (ids: {', '.join(named)})" if named else "")


def _print_lines(lines: Iterator[str] | Sequence[str]) -> None:
    for line in lines:
        print_error(line)
