"""Spec versions, and what is still to be rolled out of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.database import Session, raw
from ingest_service.domain.model import Spec
from ingest_service.store import as_json
from schemas.vocabulary import document_of

_NEWEST = """
SELECT version, hash, document FROM specs WHERE project = $1 ORDER BY version DESC LIMIT 1
"""
_ADD = """
WITH newest AS (UPDATE projects SET newest_version = $2 WHERE project = $1)
INSERT INTO specs (project, version, hash, document, resolves, relabel, published_at)
VALUES ($1, $2, $3, $4::json, $5, $6, $7)
"""
_HEADS = """
SELECT version, hash, resolves, relabel, published_at FROM specs
WHERE project = $1 ORDER BY version DESC
"""
_ONE = """
SELECT version, hash, resolves, relabel, published_at, document FROM specs
WHERE project = $1 AND version = $2
"""
_ROLL_OUT = "INSERT INTO rollouts (project, version, relabel_all) VALUES ($1, $2, $3)"
_ROLLING_OUT = "SELECT DISTINCT project FROM rollouts ORDER BY project"
_NEXT = """
SELECT project, version, relabel_all, after FROM rollouts WHERE project = $1
ORDER BY steps, version LIMIT 1 FOR UPDATE SKIP LOCKED
"""
_ADVANCE = """
UPDATE rollouts SET after = $3, steps = steps + 1 WHERE project = $1 AND version = $2
"""
_DONE = "DELETE FROM rollouts WHERE project = $1 AND version = $2"


@dataclass(frozen=True, slots=True)
class Published:
    """A spec version as it was published."""

    version: int
    hash: str
    resolves: list[UUID]
    relabel: str
    published_at: datetime


@dataclass(frozen=True, slots=True)
class Rollout:
    """A published spec version that has not reached the items whose position is beyond `after`."""

    project: str
    version: int
    relabel_all: bool
    after: int


async def newest_spec(session: Session, project: str) -> Spec | None:
    """The newest spec version of a project."""
    connection = await raw(session)
    row = await connection.fetchrow(_NEWEST, project)
    if row is None:
        return None
    return Spec(row["version"], row["hash"], document_of(row["document"]))


async def add_spec(session: Session, project: str, spec: Spec, published: Published) -> None:
    """Keep a spec version; it is the project's newest now."""
    connection = await raw(session)
    await connection.execute(
        _ADD,
        project,
        spec.version,
        spec.hash,
        as_json(spec.document.model_dump(mode="json")),
        published.resolves,
        published.relabel,
        published.published_at,
    )


async def spec_heads(session: Session, project: str) -> Sequence[Published]:
    """The spec versions of a project, newest first."""
    connection = await raw(session)
    return [Published(*row) for row in await connection.fetch(_HEADS, project)]


async def published_spec(
    session: Session, project: str, version: int
) -> tuple[Published, dict[str, Any]] | None:
    """A spec version with its document."""
    connection = await raw(session)
    row = await connection.fetchrow(_ONE, project, version)
    if row is None:
        return None
    *head, document = row
    return Published(*head), document


async def add_rollout(session: Session, project: str, version: int, *, relabel_all: bool) -> None:
    """Note that a spec version is to reach every item of the project."""
    connection = await raw(session)
    await connection.execute(_ROLL_OUT, project, version, relabel_all)


async def rolling_out(session: Session) -> list[str]:
    """Projects with a rollout that is not at its end."""
    connection = await raw(session)
    return [row["project"] for row in await connection.fetch(_ROLLING_OUT)]


async def next_rollout(session: Session, project: str) -> Rollout | None:
    """A rollout of the project that nobody else is at, locked."""
    connection = await raw(session)
    row = await connection.fetchrow(_NEXT, project)
    return None if row is None else Rollout(*row)


async def advance(session: Session, rollout: Rollout, after: int | None) -> None:
    """The rollout has reached the items up to the position `after`; None: all."""
    connection = await raw(session)
    if after is None:
        await connection.execute(_DONE, rollout.project, rollout.version)
    else:
        await connection.execute(_ADVANCE, rollout.project, rollout.version, after)
