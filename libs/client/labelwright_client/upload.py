"""Import of many items: lines are grouped into chunks, and each chunk is one request.

Each chunk has an Idempotency-Key, so a retry after a broken connection imports nothing twice. Only
one chunk is held in memory.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from labelwright_client import ingest
from labelwright_client.ingest import ImportPart
from labelwright_client.transport import AsyncClient, Client
from schemas.ingest import ImportVerdict, ItemRequest, Rejection

CHUNK_BYTES_MAX = 8_000_000
CHUNK_ITEMS_MAX = 5_000

Line = tuple[int, bytes]
"""The number of a line, counted from 1, and its content: one JSON object."""


@dataclass(frozen=True, slots=True)
class RejectedLine:
    """A line that was rejected, or of which a part was ignored (a warning), with the reason."""

    line: int
    pointer: str
    keyword: str
    message: str
    external_id: str | None = None


@dataclass(slots=True)
class UploadResult:
    """The numbers of items by what the import did with them, and the rejected lines."""

    created: int = 0
    unchanged: int = 0
    changed: int = 0
    updated: int = 0
    restored: int = 0
    rejected: list[RejectedLine] = field(default_factory=list)
    warnings: list[RejectedLine] = field(default_factory=list)
    items: int = 0
    bytes: int = 0

    def add(self, chunk: Sequence[Line], verdict: ImportVerdict) -> None:
        """Add the result of one chunk."""
        self.created += verdict.created
        self.unchanged += verdict.unchanged
        self.changed += verdict.changed
        self.updated += verdict.updated
        self.restored += verdict.restored
        self.items += len(chunk)
        self.bytes += sum(len(line) for _, line in chunk)
        self.rejected += _lines(chunk, verdict.rejected)
        self.warnings += _lines(chunk, verdict.warnings)

    def reject(self, lines: Iterable[RejectedLine]) -> None:
        """Add lines that could not be sent."""
        self.rejected = sorted([*self.rejected, *lines], key=lambda line: line.line)


def _lines(chunk: Sequence[Line], rejections: Iterable[Rejection]) -> list[RejectedLine]:
    """Replace the indexes in the chunk by the numbers of the lines."""
    return [
        RejectedLine(
            chunk[rejection.index][0],
            rejection.problem.pointer,
            rejection.problem.keyword,
            rejection.problem.message,
            rejection.external_id,
        )
        for rejection in rejections
    ]


OnProgress = Callable[[UploadResult], None]
"""A callback that gets the result so far after each chunk."""


def lines_of(items: Iterable[ItemRequest]) -> Iterator[Line]:
    """Yield `items` as numbered lines."""
    for number, item in enumerate(items, 1):
        yield number, item.model_dump_json(exclude_unset=True).encode()


def chunks(
    lines: Iterable[Line],
    *,
    bytes_max: int = CHUNK_BYTES_MAX,
    items_max: int = CHUNK_ITEMS_MAX,
) -> Iterator[list[Line]]:
    """Group `lines`, in order, into chunks that are small enough for one request each."""
    chunk: list[Line] = []
    size = 0
    for line in lines:
        length = len(line[1]) + 1
        if chunk and (size + length > bytes_max or len(chunk) == items_max):
            yield chunk
            chunk, size = [], 0
        chunk.append(line)
        size += length
    if chunk:
        yield chunk


def send_all(
    client: Client,
    project: str,
    lines: Iterable[Line],
    *,
    gold: bool = False,
    import_id: UUID | None = None,
    on_progress: OnProgress | None = None,
) -> UploadResult:
    """Import all `lines` into `project`, chunk after chunk.

    With an `import_id`, the same lines sent again under it are imported once, and the import can be
    undone by it.
    """
    result = UploadResult()
    for number, chunk in enumerate(chunks(lines)):
        part = None if import_id is None else ImportPart(import_id, f"{chunk[0][0]} {number}")
        call = ingest.import_lines(project, _body(chunk), gold=gold, part=part)
        result.add(chunk, client.send(call))
        if on_progress is not None:
            on_progress(result)
    return result


async def send_all_async(
    client: AsyncClient,
    project: str,
    lines: Iterable[Line],
    *,
    gold: bool = False,
    on_progress: OnProgress | None = None,
) -> UploadResult:
    """The same as `send_all`, with an AsyncClient."""
    result = UploadResult()
    for chunk in chunks(lines):
        result.add(chunk, await client.send(ingest.import_lines(project, _body(chunk), gold=gold)))
        if on_progress is not None:
            on_progress(result)
    return result


def _body(chunk: Sequence[Line]) -> bytes:
    return b"".join(line + b"\n" for _, line in chunk)
