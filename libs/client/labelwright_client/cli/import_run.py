"""Import the rows of one file, chunk by chunk, and keep the rejected ones."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

from interop.files import Columns, Entry, Problem, RejectedRows, Row, Understanding, read_rows
from labelwright_client import upload
from labelwright_client.transport import Client
from labelwright_client.upload import Line, RejectedLine, UploadResult


class FileImport:
    """The import of one file. `on_chunk` is called with the result so far after each chunk."""

    def __init__(
        self,
        client: Client,
        path: Path,
        found: Understanding,
        columns: Columns,
        rejected: RejectedRows | None,
    ) -> None:
        """Import the rows of `path` as `columns` say, and write rejected ones to `rejected`."""
        self._client = client
        self._path = path
        self._found = found
        self._columns = columns
        self._rejected = rejected
        self._rows: dict[int, Row] = {}
        self._unreadable: list[RejectedLine] = []
        self._written = 0

    def run(
        self, project: str, import_id: UUID, on_chunk: Callable[[UploadResult], None]
    ) -> UploadResult:
        """Send all rows; return the result, with the rows that could not be sent as rejected."""

        def after_chunk(result: UploadResult) -> None:
            self._write_rejected(result)
            self._rows.clear()
            on_chunk(result)

        result = upload.send_all(
            self._client,
            project,
            self._lines(),
            gold=self._columns.kinds is not None,
            import_id=import_id,
            on_progress=after_chunk,
        )
        result.reject(self._unreadable)
        return result

    def _lines(self) -> Iterator[Line]:
        for entry in read_rows(self._path, self._found.layout):
            item = entry if isinstance(entry, Problem) else self._columns.item(entry)
            if isinstance(item, Problem):
                self._refuse(entry, item)
            elif isinstance(entry, Row):
                if self._rejected is not None:
                    self._rows[entry.line] = entry
                is_whole = self._columns.are_items and item == entry.cells
                raw = entry.raw if is_whole else None
                yield entry.line, (raw or json.dumps(item, ensure_ascii=False).encode())

    def _refuse(self, entry: Entry, problem: Problem) -> None:
        column = problem.column or ""
        pointer = f"/{column}" if column and not column.startswith("/") else column
        self._unreadable.append(RejectedLine(problem.line, pointer, "row", problem.message))
        if self._rejected is not None:
            self._rejected.add(entry, problem)

    def _write_rejected(self, result: UploadResult) -> None:
        """Write the rows of the last chunk that the service rejected."""
        new = result.rejected[self._written :]
        self._written = len(result.rejected)
        for line in new if self._rejected is not None else ():
            problem = Problem(line.line, line.message, line.pointer or None)
            if self._rejected is not None:
                self._rejected.add(self._rows[line.line], problem)
