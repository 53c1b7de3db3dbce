"""Reading a batch, one entry at a time, and giving a retry the verdict of the first time."""

import hashlib
import json
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import TypeVar

import orjson

from chassis import json_body
from chassis.database import Session
from chassis.problem import Fault, Invalid
from ingest_service.domain.model import Project
from ingest_service.domain.refusals import KeyReused, Malformed
from ingest_service.operations.projects import locked_project
from ingest_service.store import imports
from schemas.ingest import ImportVerdict, ItemProblem, SignalVerdict

CHUNK = 1000
REMEMBERED = timedelta(days=7)
"""How long the verdict on a batch with an Idempotency-Key is kept."""

Entry = tuple[int, object]
"""A place in a batch, and what stands there; a problem if it can't be read."""
Verdict = TypeVar("Verdict", ImportVerdict, SignalVerdict)


@dataclass(frozen=True, slots=True)
class Batch:
    """A body that came in, and where it belongs."""

    project: str
    kind: str
    """What its entries are: items, gold or signals."""
    body: bytes
    is_lines: bool = False
    key: str | None = None
    """The Idempotency-Key."""

    @property
    def sha256(self) -> str:
        """What makes a retry the same batch."""
        return hashlib.sha256(self.kind.encode() + b"\x00" + self.body).hexdigest()

    def chunks(self) -> Iterator[list[Entry]]:
        """The entries in portions. Raises Malformed, or Invalid if there is nothing."""
        found = _lines(self.body) if self.is_lines else _array(self.body)
        chunk = list(islice(found, CHUNK))
        if not chunk:
            raise Invalid([Fault("", "min_length", "Send at least one.")])
        while chunk:
            yield chunk
            chunk = list(islice(found, CHUNK))


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
    value, unkept = _parsed(body)
    if not isinstance(value, list):
        raise Invalid([Fault("", "list_type", "Send an array.")])
    for index, member in enumerate(value):
        yield index, unkept.get(index, member)


def _parsed(body: bytes) -> tuple[object, dict[int, ItemProblem]]:
    """The value, and the members of it that can't be kept exactly."""
    try:
        return json_body.parse(body), {}
    except json.JSONDecodeError as error:
        raise Malformed(error.msg) from error
    except Invalid as error:
        problems: dict[int, ItemProblem] = {}
        for fault in error.faults:
            _, _, place = fault.pointer.partition("/")
            index, slash, rest = place.partition("/")
            if not index.isdigit():
                raise
            inner = Fault(slash + rest, fault.keyword, fault.message)
            problems.setdefault(int(index), _problem(inner))
        return orjson.loads(body), problems


def _problem(fault: Fault) -> ItemProblem:
    return ItemProblem(pointer=fault.pointer, keyword=fault.keyword, message=fault.message)


async def once(
    session: Session,
    batch: Batch,
    kind: type[Verdict],
    now: datetime,
    judge: Callable[[Project], Awaitable[Verdict]],
) -> Verdict:
    """The verdict of `judge` on the batch; what was said before, if its key came before.

    Raises KeyReused if the key came with another body.
    """
    project = await locked_project(session, batch.project)
    if batch.key is None:
        return await judge(project)
    remembered = await imports.verdict(session, batch.project, batch.key)
    if remembered is None:
        verdict = await judge(project)
        said = verdict.model_dump(mode="json")
        await imports.keep_verdict(session, batch.project, batch.key, batch.sha256, said, now)
        return verdict
    sha256, said = remembered
    if sha256 != batch.sha256:
        raise KeyReused(f"The key '{batch.key}' belongs to another batch.")
    return kind.model_validate(said)


async def forget(session: Session, now: datetime) -> None:
    """Drop the verdicts that are older than anybody's retry."""
    await imports.forget_verdicts(session, now - REMEMBERED)
