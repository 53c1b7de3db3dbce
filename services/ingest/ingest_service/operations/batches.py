"""Read the entries of a batch, and answer a retried batch with its first verdict."""

import hashlib
import json
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import TypeVar
from uuid import UUID

import orjson

from chassis.db.database import Transaction
from chassis.http import json_body
from chassis.http.problem import Fault, Invalid
from ingest_service.domain.model import Project
from ingest_service.domain.refusals import KeyReused, Malformed
from ingest_service.operations.projects import lock_project
from ingest_service.store import imports
from schemas.ingest import ImportVerdict, ItemProblem, SignalVerdict

CHUNK = 1000
"""The number of entries in a chunk."""
RETENTION = timedelta(days=7)
"""The time for which the verdict on a batch with an Idempotency-Key is stored."""

Entry = tuple[int, object]
"""An index in a batch and the value there; an ItemProblem if it cannot be read."""
Verdict = TypeVar("Verdict", ImportVerdict, SignalVerdict)


@dataclass(frozen=True, slots=True)
class Batch:
    """The body of a request, with its project and the kind of its entries."""

    project: str
    kind: str
    """The kind of the entries: items, gold or signals."""
    body: bytes
    is_lines: bool = False
    key: str | None = None
    """The Idempotency-Key."""
    import_id: UUID | None = None
    """The id of the import that the batch is a part of."""

    @property
    def sha256(self) -> str:
        """The hash of kind and body, by which a retry is recognized as the same batch."""
        return hashlib.sha256(self.kind.encode() + b"\x00" + self.body).hexdigest()

    def chunks(self) -> Iterator[list[Entry]]:
        """Yield the entries in chunks. Raise Malformed, or Invalid if there are none."""
        entries = _lines(self.body) if self.is_lines else _array(self.body)
        chunk = list(islice(entries, CHUNK))
        if not chunk:
            raise Invalid([Fault("", "min_length", "Send at least one entry.")])
        while chunk:
            yield chunk
            chunk = list(islice(entries, CHUNK))


def _lines(body: bytes) -> Iterator[Entry]:
    for index, line in enumerate(body.split(b"\n")):
        if not line.strip():
            continue
        try:
            yield index, json_body.parse(line)
        except json.JSONDecodeError as error:
            yield index, ItemProblem(pointer="", keyword="json", message=error.msg)
        except Invalid as error:
            yield index, _problem(error.faults[0])


def _array(body: bytes) -> Iterator[Entry]:
    value, problems = _parsed(body)
    if not isinstance(value, list):
        raise Invalid([Fault("", "list_type", "Send a JSON array.")])
    for index, member in enumerate(value):
        yield index, problems.get(index, member)


def _parsed(body: bytes) -> tuple[object, dict[int, ItemProblem]]:
    """Return the value of the body, and the problems of members that cannot be stored exactly."""
    try:
        return json_body.parse(body), {}
    except json.JSONDecodeError as error:
        raise Malformed(error.msg) from error
    except Invalid as error:
        problems: dict[int, ItemProblem] = {}
        for fault in error.faults:
            _, _, path = fault.pointer.partition("/")
            index, slash, rest = path.partition("/")
            if not index.isdigit():
                raise
            inner = Fault(slash + rest, fault.keyword, fault.message)
            problems.setdefault(int(index), _problem(inner))
        return orjson.loads(body), problems


def _problem(fault: Fault) -> ItemProblem:
    return ItemProblem(pointer=fault.pointer, keyword=fault.keyword, message=fault.message)


async def idempotent(
    transaction: Transaction,
    batch: Batch,
    kind: type[Verdict],
    now: datetime,
    process: Callable[[Project], Awaitable[Verdict]],
) -> Verdict:
    """Return the verdict of `process` on the batch, or the stored one if its key came before.

    The project is locked meanwhile. Raise KeyReused if the key came with another body.
    """
    project = await lock_project(transaction, batch.project)
    if batch.key is None:
        return await process(project)
    stored = await imports.verdict(transaction, batch.project, batch.key)
    if stored is None:
        verdict = await process(project)
        document = verdict.model_dump(mode="json")
        await imports.add_verdict(
            transaction, batch.project, batch.key, batch.sha256, document, now
        )
        return verdict
    sha256, document = stored
    if sha256 != batch.sha256:
        raise KeyReused(f"The key '{batch.key}' belongs to another request body; use a new key.")
    return kind.model_validate(document)


async def delete_old_verdicts(transaction: Transaction, now: datetime) -> None:
    """Delete the verdicts that are older than `RETENTION`."""
    await imports.delete_verdicts(transaction, now - RETENTION)
