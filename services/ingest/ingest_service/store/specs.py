"""Spec versions, and the rollouts of new ones to the items of a project."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.db.database import Transaction, as_json
from ingest_service.domain.model import Spec
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
_SPEC = """
SELECT version, hash, resolves, relabel, published_at, document FROM specs
WHERE project = $1 AND version = $2
"""
_ADD_ROLLOUT = "INSERT INTO rollouts (project, version, relabel_all) VALUES ($1, $2, $3)"
_PROJECTS_WITH_ROLLOUT = "SELECT DISTINCT project FROM rollouts ORDER BY project"
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
    """The metadata with which a spec version was published."""

    version: int
    hash: str
    resolves: list[UUID]
    relabel: str
    published_at: datetime


@dataclass(frozen=True, slots=True)
class Rollout:
    """The rollout of a spec version; items at positions beyond `after` are still to be handled."""

    project: str
    version: int
    relabel_all: bool
    after: int


async def newest_spec(transaction: Transaction, project: str) -> Spec | None:
    """Return the newest spec version of a project; None if there is none."""
    connection = await transaction.connection()
    row = await connection.fetchrow(_NEWEST, project)
    if row is None:
        return None
    return Spec(row["version"], row["hash"], document_of(row["document"]))


async def add_spec(
    transaction: Transaction, project: str, spec: Spec, published: Published
) -> None:
    """Store a spec version as the newest of its project."""
    connection = await transaction.connection()
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


async def spec_heads(transaction: Transaction, project: str) -> Sequence[Published]:
    """Return the spec versions of a project, newest first."""
    connection = await transaction.connection()
    return [Published(*row) for row in await connection.fetch(_HEADS, project)]


async def published_spec(
    transaction: Transaction, project: str, version: int
) -> tuple[Published, dict[str, Any]] | None:
    """Return a spec version with its document; None if it is not known."""
    connection = await transaction.connection()
    row = await connection.fetchrow(_SPEC, project, version)
    if row is None:
        return None
    *columns, document = row
    return Published(*columns), document


async def add_rollout(
    transaction: Transaction, project: str, version: int, *, relabel_all: bool
) -> None:
    """Store a rollout of a spec version to all items of the project."""
    connection = await transaction.connection()
    await connection.execute(_ADD_ROLLOUT, project, version, relabel_all)


async def projects_with_rollout(transaction: Transaction) -> list[str]:
    """Return the projects with an unfinished rollout."""
    connection = await transaction.connection()
    return [row["project"] for row in await connection.fetch(_PROJECTS_WITH_ROLLOUT)]


async def next_rollout(transaction: Transaction, project: str) -> Rollout | None:
    """Lock and return a rollout of the project that no other transaction has locked."""
    connection = await transaction.connection()
    row = await connection.fetchrow(_NEXT, project)
    return None if row is None else Rollout(*row)


async def advance_rollout(transaction: Transaction, rollout: Rollout, after: int | None) -> None:
    """Store that a rollout has handled the items up to `after`; delete it if that is None."""
    connection = await transaction.connection()
    if after is None:
        await connection.execute(_DONE, rollout.project, rollout.version)
    else:
        await connection.execute(_ADVANCE, rollout.project, rollout.version, after)
