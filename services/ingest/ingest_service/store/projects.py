"""Projects, and the counts of their items, gold and tasks."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from chassis.db.database import Transaction
from ingest_service.domain.model import Project

_COLUMNS = "project, title, created_at, sample_key, newest_version"
_ADD = """
INSERT INTO projects (project, title, created_at, sample_key) VALUES ($1, $2, $3, $4)
ON CONFLICT DO NOTHING RETURNING project
"""
_PROJECT = f"SELECT {_COLUMNS} FROM projects WHERE project = $1"
_LOCK = f"SELECT {_COLUMNS} FROM projects WHERE project = ANY($1) ORDER BY project FOR UPDATE"
_LIST = f"""
SELECT {_COLUMNS} FROM projects
WHERE ($1::text[] IS NULL OR project = ANY($1)) AND project > $2 ORDER BY project LIMIT $3
"""
_COUNTS = """
SELECT (SELECT count(*) FROM items WHERE project = $1 AND is_work AND NOT is_withdrawn) AS items,
    (SELECT count(*) FROM gold WHERE project = $1) AS gold,
    (SELECT count(*) FROM items i WHERE i.project = $1
        AND i.position > (SELECT min(after) FROM rollouts WHERE project = $1)) AS rest
"""
_STATES = """
SELECT state, count(*) AS n FROM tasks WHERE project = $1 AND purpose = 'work' GROUP BY state
"""


@dataclass(frozen=True, slots=True)
class Counts:
    """The counts of a project; `rolling_out` are the items that rollouts have not handled yet."""

    items: int
    gold: int
    rolling_out: int
    tasks: dict[str, int]


async def add_project(transaction: Transaction, project: Project) -> bool:
    """Store a new project; return false if one of that name exists."""
    connection = await transaction.connection()
    added = await connection.fetchval(
        _ADD, project.name, project.title, project.created_at, project.sample_key
    )
    return added is not None


async def project(transaction: Transaction, name: str) -> Project | None:
    """Return the project called `name`; None if it is not known."""
    connection = await transaction.connection()
    row = await connection.fetchrow(_PROJECT, name)
    return None if row is None else Project(*row)


async def project_for_update(transaction: Transaction, name: str) -> Project | None:
    """Lock and return the project called `name`; None if it is not known."""
    return (await projects_for_update(transaction, [name])).get(name)


async def projects_for_update(transaction: Transaction, names: Sequence[str]) -> dict[str, Project]:
    """Lock and return those of the projects called `names` that are known."""
    connection = await transaction.connection()
    rows = await connection.fetch(_LOCK, list(names))
    return {row["project"]: Project(*row) for row in rows}


async def projects(
    transaction: Transaction, names: Sequence[str] | None, after: str, limit: int
) -> list[Project]:
    """Return projects with names beyond `after`: those in `names`, or all if it is None."""
    connection = await transaction.connection()
    rows: list[Any] = await connection.fetch(_LIST, names, after, limit)
    return [Project(*row) for row in rows]


async def counts(transaction: Transaction, name: str) -> Counts:
    """Return the counts of a project."""
    connection = await transaction.connection()
    totals = await connection.fetchrow(_COUNTS, name)
    states = await connection.fetch(_STATES, name)
    tasks = {"open": 0, "decided": 0, "withdrawn": 0} | {row["state"]: row["n"] for row in states}
    return Counts(totals["items"], totals["gold"], totals["rest"], tasks)
