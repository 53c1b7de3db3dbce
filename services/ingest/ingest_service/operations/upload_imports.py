"""Import an uploaded file: a job that sends its rows to the intake chunk by chunk.

Each chunk is a transaction and has an Idempotency-Key, so that a job that was interrupted imports
no row twice: the chunks that were done answer with their first verdicts.
"""

import asyncio
import json
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4, uuid5

from blobs import BlobStore
from chassis.clock import utc_now
from chassis.db.database import Database, Transaction
from chassis.jobs.jobs import NewJob, Outcome, Progress
from chassis.jobs.runner import Handler
from ingest_service.domain.refusals import NoIdColumn
from ingest_service.operations import intake
from ingest_service.operations.batches import Batch
from ingest_service.operations.uploads import find_upload
from ingest_service.settings import Settings
from ingest_service.store import uploads as store
from ingest_service.store.specs import newest_spec
from ingest_service.store.uploads import UploadRow
from interop.files import (
    Columns,
    Entry,
    Layout,
    Problem,
    RejectedRows,
    Row,
    choose_columns,
    read_rows,
)
from schemas.ingest import ImportVerdict, Rejection
from schemas.uploads import (
    RejectedRow,
    RowProblem,
    UploadImportRequest,
    UploadVerdict,
)

KIND = "import"
CHUNK_ROWS = 1000
SHOWN_ROWS = 100
SHOWN_LINES = 5
PROBLEMS_MAX = 100
_COUNTS = ("created", "unchanged", "changed", "updated", "restored")


async def new_job(
    transaction: Transaction,
    project: str,
    upload_id: UUID,
    request: UploadImportRequest,
    key: str | None,
) -> NewJob:
    """Return the job of an import. Raise UnknownUpload, UnknownColumn, NoIdColumn."""
    row = await find_upload(transaction, project, upload_id)
    columns_of(row, request, {})
    import_id = uuid4() if key is None else uuid5(upload_id, key)
    arguments = {
        "project": project,
        "upload_id": str(upload_id),
        "import_id": str(import_id),
        "request": request.model_dump(mode="json"),
    }
    return NewJob(KIND, project, arguments, key)


def columns_of(row: UploadRow, request: UploadImportRequest, kinds: dict[str, str]) -> Columns:
    """Return the columns that make items. Raise UnknownColumn, NoIdColumn."""
    known = row.understood
    if known["shape"] == "items":
        return Columns(None, (), are_items=True)
    id_column = None if request.no_id else request.id_column or known["id_column"]
    if id_column is None and not request.no_id:
        likely = ", ".join(f"'{name}'" for name in known["id_candidates"] or known["columns"][:10])
        raise NoIdColumn(
            "Which column holds the ids is not certain: pass `id_column` with one of"
            f" {likely}, or `no_id` if the file has none."
        )
    chosen = choose_columns(
        known["columns"],
        id_column,
        payload=request.payload_columns,
        metadata=request.metadata_columns,
    )
    return Columns(
        chosen.id_column,
        chosen.payload_columns,
        chosen.metadata_columns,
        kinds=kinds if request.gold else None,
    )


def import_job(database: Callable[[], Database], blobs: BlobStore, settings: Settings) -> Handler:
    """Return the handler of import jobs. `database`: returns the service's database."""

    async def run(
        transaction: Transaction, arguments: dict[str, Any], progress: Progress
    ) -> Outcome:
        request = UploadImportRequest.model_validate(arguments["request"])
        upload_id, import_id = UUID(arguments["upload_id"]), UUID(arguments["import_id"])
        async with database().transaction() as own:
            row = await find_upload(own, arguments["project"], upload_id)
            spec = await newest_spec(own, row.project)
        kinds = (
            {str(f["name"]): str(f["kind"]) for f in spec.document.fields}
            if spec is not None
            else {}
        )
        columns = columns_of(row, request, kinds)
        progress.total, progress.unit = row.understood["rows"], "rows"
        with tempfile.TemporaryDirectory(prefix="import-", dir=settings.state_dir) as folder:
            job = _ImportJob(database(), blobs, row, request, import_id)
            await job.run(Path(folder), columns, progress)
            rejected = (await blobs.put_file(Path(folder) / "rejected")).sha256
        await store.set_import(transaction, upload_id, import_id, rejected)
        return Outcome(job.result.verdict(import_id).model_dump(mode="json"))

    return run


@dataclass(slots=True)
class _Result:
    """The counts of an import, and its rejected rows as far as they are shown."""

    counts: Counter[str] = field(default_factory=Counter)
    rejected_rows: list[RejectedRow] = field(default_factory=list)
    problems: dict[tuple[str, str | None], list[RejectedRow]] = field(default_factory=dict)
    problem_counts: Counter[tuple[str, str | None]] = field(default_factory=Counter)
    warnings: dict[tuple[str, str | None], list[RejectedRow]] = field(default_factory=dict)
    warning_counts: Counter[tuple[str, str | None]] = field(default_factory=Counter)

    def reject(self, rejected: RejectedRow) -> None:
        self.counts["rejected"] += 1
        if len(self.rejected_rows) < SHOWN_ROWS:
            self.rejected_rows.append(rejected)
        _count(self.problems, self.problem_counts, rejected)

    def warn(self, warning: RejectedRow) -> None:
        _count(self.warnings, self.warning_counts, warning)

    def verdict(self, import_id: UUID) -> UploadVerdict:
        return UploadVerdict(
            import_id=import_id,
            **{name: self.counts[name] for name in (*_COUNTS, "rejected")},
            problems=_problems(self.problems, self.problem_counts),
            rejected_rows=self.rejected_rows,
            warnings=_problems(self.warnings, self.warning_counts),
        )


def _count(
    shown: dict[tuple[str, str | None], list[RejectedRow]],
    counts: Counter[tuple[str, str | None]],
    row: RejectedRow,
) -> None:
    key = (row.message, row.column)
    if key not in counts and len(counts) == PROBLEMS_MAX:
        return
    counts[key] += 1
    if len(shown.setdefault(key, [])) < SHOWN_LINES:
        shown[key].append(row)


def _problems(
    shown: dict[tuple[str, str | None], list[RejectedRow]],
    counts: Counter[tuple[str, str | None]],
) -> list[RowProblem]:
    return [
        RowProblem(
            message=message,
            column=column,
            lines=[row.line for row in rows],
            external_ids=[row.external_id for row in rows if row.external_id is not None],
            count=counts[message, column],
        )
        for (message, column), rows in shown.items()
    ]


@dataclass(slots=True)
class _ImportJob:
    """One import of an uploaded file."""

    database: Database
    blobs: BlobStore
    row: UploadRow
    request: UploadImportRequest
    import_id: UUID
    result: _Result = field(default_factory=_Result)

    async def run(self, folder: Path, columns: Columns, progress: Progress) -> None:
        """Import all rows; write the rejected ones to the file `rejected` in `folder`."""
        path = folder / "content"
        await self.blobs.get_file(self.row.sha256, path)
        layout = layout_of(self.row.understood)
        entries = read_rows(path, layout)
        with RejectedRows(folder / "rejected", layout, self.row.understood["columns"]) as rejected:
            number = 0
            while chunk := await asyncio.to_thread(lambda: list(islice(entries, CHUNK_ROWS))):
                await self._import(number, chunk, columns, rejected)
                progress.done += len(chunk)
                number += 1

    async def _import(
        self, number: int, chunk: Sequence[Entry], columns: Columns, rejected: RejectedRows
    ) -> None:
        sent: list[tuple[Row, dict[str, Any]]] = []
        for entry in chunk:
            item = entry if isinstance(entry, Problem) else columns.item(entry)
            if isinstance(entry, Row) and not isinstance(item, Problem):
                sent.append((entry, {"source": self.request.source or self.row.name, **item}))
            elif isinstance(item, Problem):
                self._reject(rejected, entry, item, None)
        if not sent:
            return
        verdict = await self._send(number, [item for _, item in sent])
        self.result.counts.update({name: getattr(verdict, name) for name in _COUNTS})
        for refusal in verdict.rejected:
            row, item = sent[refusal.index]
            self._reject(rejected, row, _problem(row, refusal), _id_of(item))
        for refusal in verdict.warnings:
            row, item = sent[refusal.index]
            self.result.warn(_rejected(_problem(row, refusal), _id_of(item)))

    def _reject(
        self, rejected: RejectedRows, entry: Entry, problem: Problem, external_id: str | None
    ) -> None:
        rejected.add(entry, problem)
        self.result.reject(_rejected(problem, external_id))

    async def _send(self, number: int, items: Sequence[dict[str, Any]]) -> ImportVerdict:
        kind = "gold" if self.request.gold else "items"
        body = await asyncio.to_thread(lambda: b"\n".join(_lines(items)))
        key = f"import {self.import_id} {number}"
        batch = Batch(self.row.project, kind, body, True, key, self.import_id)
        run = intake.register_gold if self.request.gold else intake.import_items
        async with self.database.transaction() as transaction:
            return await run(transaction, batch, self.blobs, utc_now())


def layout_of(understood: dict[str, Any]) -> Layout:
    """Return the layout of a file from what was understood of it."""
    names = ("format", "compression", "encoding", "delimiter", "has_header", "sheet")
    return Layout(**{name: understood[name] for name in names})


def _lines(items: Sequence[dict[str, Any]]) -> Iterator[bytes]:
    for item in items:
        yield json.dumps(item, ensure_ascii=False).encode()


def _problem(row: Row, refusal: Rejection) -> Problem:
    pointer = refusal.problem.pointer
    column = pointer.removeprefix("/payload/").removeprefix("/metadata/") or None
    return Problem(row.line, refusal.problem.message, column)


def _rejected(problem: Problem, external_id: str | None) -> RejectedRow:
    return RejectedRow(
        line=problem.line,
        external_id=external_id,
        column=problem.column,
        message=problem.message,
    )


def _id_of(item: dict[str, Any]) -> str | None:
    found = item.get("external_id")
    return found if isinstance(found, str) else None
