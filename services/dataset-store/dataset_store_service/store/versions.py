"""Datasets, their versions, tags and uses."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chassis.db import locks
from chassis.db.database import Transaction, as_json

_DATASET = """
INSERT INTO datasets (dataset, project) VALUES ($1, $2) ON CONFLICT DO NOTHING
"""
_LOCK_DATASET = "SELECT project FROM datasets WHERE dataset = $1 FOR UPDATE"
_PROJECT_OF = "SELECT project FROM datasets WHERE dataset = $1"
_SPECS = "SELECT version, hash, fields FROM specs WHERE project = $1 ORDER BY version"
_IS_PROJECT_KNOWN = """
SELECT EXISTS (SELECT 1 FROM specs WHERE project = $1)
    OR EXISTS (SELECT 1 FROM items WHERE project = $1)
"""
_LOCK_VERSION = f"SELECT pg_advisory_xact_lock(hashtextextended($1, {locks.PUBLISHED_VERSION}))"
_VERSION = "SELECT hash, project, core, renderings FROM versions WHERE hash = $1"
_ADD_VERSION = """
INSERT INTO versions (hash, project, core, renderings) VALUES ($1, $2, $3::json, $4::json)
"""
_PUBLICATION = """
SELECT dataset, number, hash, records, decision_no, left_out, published_at
FROM publications WHERE dataset = $1 AND hash = $2
"""
_ADD_PUBLICATION = """
INSERT INTO publications (dataset, number, hash, records, decision_no, left_out, published_at)
SELECT $1, coalesce(max(number), 0) + 1, $2, $3, $4, $5::json, $6
FROM publications WHERE dataset = $1
RETURNING dataset, number, hash, records, decision_no, left_out, published_at
"""
_TAG = """
INSERT INTO tags (dataset, tag, hash) VALUES ($1, $2, $3)
ON CONFLICT (dataset, tag) DO UPDATE SET hash = excluded.hash WHERE tags.hash <> excluded.hash
RETURNING tag
"""
_PUBLICATIONS = """
SELECT dataset, number, hash, records, decision_no, left_out, published_at,
    ARRAY(SELECT tag FROM tags t WHERE t.dataset = p.dataset AND t.hash = p.hash ORDER BY tag)
        AS tags
FROM publications p
"""
_OF_HASH = _PUBLICATIONS + " WHERE hash = $1 ORDER BY published_at, dataset, number"
_OF_DATASET = _PUBLICATIONS + " WHERE dataset = $1 AND number < $2 ORDER BY number DESC LIMIT $3"
_OF_PROJECT = """
SELECT p.hash, p.dataset, p.number FROM publications p JOIN versions v USING (hash)
WHERE v.project = $1 ORDER BY p.published_at DESC, p.dataset, p.number DESC LIMIT $2
"""
_DATASETS = """
SELECT d.dataset, count(*) AS versions,
    (SELECT hash FROM publications n WHERE n.dataset = d.dataset ORDER BY number DESC LIMIT 1)
        AS newest
FROM datasets d JOIN publications p USING (dataset)
WHERE ($1::text[] IS NULL OR d.project = ANY($1)) AND d.dataset > $2
GROUP BY d.dataset ORDER BY d.dataset LIMIT $3
"""
_HAS_BLOB = "SELECT EXISTS (SELECT 1 FROM blobs WHERE project = $1 AND sha256 = $2)"
_USE = """
INSERT INTO uses (hash, model, run, used_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING
RETURNING used_at
"""
_USED = "SELECT used_at FROM uses WHERE hash = $1 AND model = $2 AND run = $3"


@dataclass(frozen=True, slots=True)
class Version:
    """A dataset version: the content that its hash is computed from, and its files."""

    hash: str
    project: str
    content: dict[str, Any]
    renderings: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Publication:
    """A version under a number in a dataset, with the counts of items left out by state."""

    dataset: str
    number: int
    hash: str
    records: int
    decision_no: int
    left_out: dict[str, int]
    published_at: datetime
    tags: tuple[str, ...] = ()


async def is_project_known(transaction: Transaction, project: str) -> bool:
    """Return true if the ledger has a spec version or an item of the project."""
    connection = await transaction.connection()
    known: bool = await connection.fetchval(_IS_PROJECT_KNOWN, project)
    return known


async def specs(transaction: Transaction, project: str) -> dict[int, tuple[str, list[Any]]]:
    """Return (hash, fields) of each spec version of a project."""
    connection = await transaction.connection()
    rows = await connection.fetch(_SPECS, project)
    return {row["version"]: (row["hash"], row["fields"]) for row in rows}


async def lock_dataset(transaction: Transaction, dataset: str, project: str) -> str:
    """Lock a dataset, created for `project` if it does not exist; return its project."""
    connection = await transaction.connection()
    await connection.execute(_DATASET, dataset, project)
    owner: str = await connection.fetchval(_LOCK_DATASET, dataset)
    return owner


async def project_of(transaction: Transaction, dataset: str) -> str | None:
    """Return the project whose labels a dataset holds; None if it is not known."""
    connection = await transaction.connection()
    project: str | None = await connection.fetchval(_PROJECT_OF, dataset)
    return project


async def lock_version(transaction: Transaction, hash_: str) -> None:
    """Lock this hash until the transaction ends, so that one transaction builds the version."""
    connection = await transaction.connection()
    await connection.execute(_LOCK_VERSION, hash_)


async def version(transaction: Transaction, hash_: str) -> Version | None:
    """Return the dataset version with this hash; None if it is not known."""
    connection = await transaction.connection()
    row = await connection.fetchrow(_VERSION, hash_)
    return None if row is None else Version(*row)


async def add_version(transaction: Transaction, new: Version) -> None:
    """Store a dataset version."""
    connection = await transaction.connection()
    await connection.execute(
        _ADD_VERSION, new.hash, new.project, as_json(new.content), as_json(new.renderings)
    )


async def publication(transaction: Transaction, dataset: str, hash_: str) -> Publication | None:
    """Return the publication of a version in a dataset; None if there is none."""
    connection = await transaction.connection()
    row = await connection.fetchrow(_PUBLICATION, dataset, hash_)
    return None if row is None else Publication(*row)


async def add_publication(transaction: Transaction, new: Publication) -> Publication:
    """Store a publication under the next number of its dataset; return it."""
    connection = await transaction.connection()
    row = await connection.fetchrow(
        _ADD_PUBLICATION,
        new.dataset,
        new.hash,
        new.records,
        new.decision_no,
        as_json(new.left_out),
        new.published_at,
    )
    return Publication(*row)


async def move_tag(transaction: Transaction, dataset: str, tag: str, hash_: str) -> bool:
    """Move a tag to a version; return false if it was there already."""
    connection = await transaction.connection()
    return await connection.fetchval(_TAG, dataset, tag, hash_) is not None


async def publications_of_version(transaction: Transaction, hash_: str) -> list[Publication]:
    """Return the publications of a version, oldest first."""
    connection = await transaction.connection()
    return [_publication(row) for row in await connection.fetch(_OF_HASH, hash_)]


async def publications_of_dataset(
    transaction: Transaction, dataset: str, before: int, limit: int
) -> list[Publication]:
    """Return the publications of a dataset with numbers below `before`, newest first."""
    connection = await transaction.connection()
    rows = await connection.fetch(_OF_DATASET, dataset, before, limit)
    return [_publication(row) for row in rows]


async def publications_of_project(
    transaction: Transaction, project: str, limit: int
) -> list[tuple[str, str, int]]:
    """Return (hash, dataset, number) of the newest publications of a project."""
    connection = await transaction.connection()
    return [tuple(row) for row in await connection.fetch(_OF_PROJECT, project, limit)]


async def datasets(
    transaction: Transaction, projects: Sequence[str] | None, after: str, limit: int
) -> list[tuple[str, int, str]]:
    """Return (name, number of versions, newest hash) of datasets; of all projects if None."""
    connection = await transaction.connection()
    return [tuple(row) for row in await connection.fetch(_DATASETS, projects, after, limit)]


async def has_blob(transaction: Transaction, project: str, sha256: str) -> bool:
    """Return true if an item of work of the project has its payload in this blob."""
    connection = await transaction.connection()
    found: bool = await connection.fetchval(_HAS_BLOB, project, sha256)
    return found


async def add_use(
    transaction: Transaction, hash_: str, model: str, run: str, now: datetime
) -> tuple[datetime, bool]:
    """Store that a training used a version; return the time of the first use, and if it is new."""
    connection = await transaction.connection()
    added = await connection.fetchval(_USE, hash_, model, run, now)
    if added is not None:
        return added, True
    return await connection.fetchval(_USED, hash_, model, run), False


def _publication(row: Mapping[str, Any]) -> Publication:
    return Publication(**{**row, "tags": tuple(row["tags"])})
