"""The HTTP models of uploaded files: what a file holds, and the result of importing it."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from schemas.vocabulary import Id, ShortText, Strict, Timestamp

ColumnName = Annotated[str, Field(min_length=1, max_length=500)]
ColumnNames = Annotated[list[ColumnName], Field(max_length=10_000)]


class RowProblem(Strict):
    """Equal faults of several rows."""

    message: str
    column: str | None
    """The column, or the JSON pointer, of the part at fault; None for the whole row."""
    lines: list[int]
    """The first of the lines (or rows), counted from 1 as in the file."""
    external_ids: list[str] = []
    """The ids of the first of the rows, as far as they have one."""
    count: int
    """The number of all rows with this fault."""


class PreviewRow(Strict):
    """An item as it will be imported, with the number of its line."""

    line: int
    item: dict[str, Any]


class UnderstoodFile(Strict):
    """The content of a file, as it is understood by reading all of it."""

    name: str
    format: Literal["csv", "tsv", "xlsx", "json", "ndjson", "parquet", "arrow"]
    compression: Literal["gzip", "zstd"] | None
    encoding: str | None
    """The encoding as Python names it; None for formats that are not text."""
    delimiter: str | None
    has_header: bool
    sheet: str | None
    other_sheets: list[str]
    shape: Literal["columns", "items"]
    """`items`: each row is an item as in `POST .../items`; `columns`: its cells make one."""
    columns: list[str]
    id_column: str | None
    """The column that holds the external ids. If None (and the shape is `columns`), an import must
    name one, or say `no_id`."""
    id_candidates: list[str]
    payload_columns: list[str]
    metadata_columns: list[str]
    rows: int
    """The number of rows that can be read."""
    duplicates: int
    """The number of rows whose id came before in the file."""
    problems: list[RowProblem]
    first_rows: list[PreviewRow]


class Upload(Strict):
    """An uploaded file, with what was understood of it."""

    id: Id
    size: int
    """The size of the file in bytes."""
    created_at: Timestamp
    understood: UnderstoodFile
    rows: int
    """As in `understood`, like the fields below."""
    duplicates: int
    problems: list[RowProblem]
    first_rows: list[PreviewRow]
    import_id: Id | None
    """The newest import of it; None if it was not imported yet."""


class UploadQuery(BaseModel):
    """The name of an uploaded file, and what would be detected otherwise."""

    filename: Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00/\\]+$")]
    encoding: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] | None = None
    sheet: Annotated[str, Field(min_length=1, max_length=100)] | None = None


class UploadImportRequest(
    Strict, json_schema_extra={"examples": [{"id_column": "id", "metadata_columns": ["source"]}]}
):
    """The columns of an uploaded file that make items. Left out, they are as understood."""

    id_column: ColumnName | None = None
    no_id: bool = False
    """True to import rows without ids: each is then identified by its payload."""
    payload_columns: ColumnNames | None = None
    metadata_columns: ColumnNames = []
    gold: bool = False
    """True to import gold; the columns `label` and `label.FIELD` hold the answers."""
    source: ShortText | None = None
    """The source of the items; the name of the file if None."""


class RejectedRow(Strict):
    """A row that was not imported, or a part of it that was not (a warning)."""

    line: int
    external_id: str | None
    column: str | None
    message: str


class UploadVerdict(Strict):
    """The result of importing an uploaded file."""

    import_id: Id
    created: int
    unchanged: int
    changed: int
    updated: int
    restored: int = 0
    """Items that were withdrawn and count again."""
    rejected: int
    """The number of rejected rows, which `GET .../rejected` returns as a file."""
    problems: list[RowProblem]
    """The reasons of all rejected rows, equal ones as one."""
    rejected_rows: list[RejectedRow]
    """The first of the rejected rows, at most 100."""
    warnings: list[RowProblem]
    """Parts of imported rows that were not imported."""
