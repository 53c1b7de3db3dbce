"""Many items in few requests: lines are gathered into chunks, and each chunk is sent once.

A chunk carries its own Idempotency-Key, so what was sent again after a broken connection counts
once. Memory holds one chunk, however long the file is.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from labelwright_client import ingest
from labelwright_client.transport import AsyncClient, Client
from schemas.ingest import ImportVerdict, ItemRequest, Rejection

CHUNK_BYTES_MAX = 8_000_000
CHUNK_ITEMS_MAX = 5_000

Line = tuple[int, bytes]
"""The number of a line, counted from 1, and what is on it: one JSON object."""


@dataclass(frozen=True, slots=True)
class RejectedLine:
    """A line that was not taken (as a warning: not wholly), and why."""

    line: int
    pointer: str
    keyword: str
    message: str


@dataclass(slots=True)
class Uploaded:
    """What became of all the lines."""

    created: int = 0
    unchanged: int = 0
    changed: int = 0
    updated: int = 0
    rejected: list[RejectedLine] = field(default_factory=list)
    warnings: list[RejectedLine] = field(default_factory=list)
    items: int = 0
    bytes: int = 0

    def add(self, chunk: Sequence[Line], verdict: ImportVerdict) -> None:
        """Count the verdict on one chunk."""
        self.created += verdict.created
        self.unchanged += verdict.unchanged
        self.changed += verdict.changed
        self.updated += verdict.updated
        self.items += len(chunk)
        self.bytes += sum(len(line) for _, line in chunk)
        self.rejected += _lines(chunk, verdict.rejected)
        self.warnings += _lines(chunk, verdict.warnings)

    def reject(self, lines: Iterable[RejectedLine]) -> None:
        """Count lines that were not sent at all."""
        self.rejected = sorted([*self.rejected, *lines], key=lambda one: one.line)


def _lines(chunk: Sequence[Line], told: Iterable[Rejection]) -> list[RejectedLine]:
    """What the service said of a chunk, by the numbers of the lines."""
    return [
        RejectedLine(
            chunk[one.index][0], one.problem.pointer, one.problem.keyword, one.problem.message
        )
        for one in told
    ]


Told = Callable[[Uploaded], None]
"""Hears after each chunk how far the upload is."""


def lines_of(items: Iterable[ItemRequest]) -> Iterator[Line]:
    """Items as lines."""
    for number, item in enumerate(items, 1):
        yield number, item.model_dump_json(exclude_unset=True).encode()


def chunks(
    lines: Iterable[Line],
    *,
    bytes_max: int = CHUNK_BYTES_MAX,
    items_max: int = CHUNK_ITEMS_MAX,
) -> Iterator[list[Line]]:
    """The lines in groups that are small enough for one request each, nothing lost, in order."""
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
    told: Told | None = None,
) -> Uploaded:
    """Send all lines to a project, chunk after chunk."""
    done = Uploaded()
    for chunk in chunks(lines):
        done.add(chunk, client.send(ingest.import_lines(project, _body(chunk), gold=gold)))
        if told is not None:
            told(done)
    return done


async def send_all_async(
    client: AsyncClient,
    project: str,
    lines: Iterable[Line],
    *,
    gold: bool = False,
    told: Told | None = None,
) -> Uploaded:
    """`send_all`, awaited."""
    done = Uploaded()
    for chunk in chunks(lines):
        done.add(chunk, await client.send(ingest.import_lines(project, _body(chunk), gold=gold)))
        if told is not None:
            told(done)
    return done


def _body(chunk: Sequence[Line]) -> bytes:
    return b"".join(line + b"\n" for _, line in chunk)
