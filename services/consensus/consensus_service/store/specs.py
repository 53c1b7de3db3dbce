"""Spec versions, and the labels that were decided under them."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from chassis.db.database import Transaction, as_json

_ADD = """
INSERT INTO specs (project, version, hash, document, relabel) VALUES ($1, $2, $3, $4::jsonb, $5)
ON CONFLICT DO NOTHING
"""
_NEWEST = """
INSERT INTO projects (project, newest_version) VALUES ($1, $2)
ON CONFLICT (project)
    DO UPDATE SET newest_version = greatest(projects.newest_version, excluded.newest_version)
"""
_HASH = "SELECT hash FROM specs WHERE project = $1 AND version = $2"
_DOCUMENT = "SELECT document FROM specs WHERE project = $1 AND version = $2"
_PROJECT = "SELECT newest_version FROM projects WHERE project = $1"
_CURRENT_LABELS = """
SELECT DISTINCT ON (item_id) item_id, spec_version, label, rules FROM decisions
WHERE project = $1 ORDER BY item_id, decision_no DESC
"""
_LABEL_GROUPS = f"""
SELECT spec_version, label, rules, count(*) AS count FROM ({_CURRENT_LABELS}) AS labels
GROUP BY spec_version, label, rules
"""
_TASK_COUNTS = """
SELECT count(DISTINCT t.task_id) AS open, count(v.task_id) AS annotations
FROM tasks t LEFT JOIN votes v ON v.task_id = t.task_id AND v.annotator_kind = 'human'
WHERE t.project = $1 AND t.purpose = 'work' AND t.state IN ('open', 'contested')
"""
_MEAN_ANNOTATIONS = """
SELECT count(*)::float8 / nullif(count(DISTINCT t.task_id), 0)
FROM tasks t JOIN votes v ON v.task_id = t.task_id AND v.annotator_kind = 'human'
WHERE t.project = $1 AND t.spec_version = $2 AND t.purpose = 'work' AND t.state = 'decided'
"""
GROUPS_CHUNK = 500
"""The number of groups of labels that are read at a time."""


@dataclass(frozen=True, slots=True)
class LabelGroup:
    """The number of items that have an equal label, decided under the same version and rules."""

    spec_version: int
    label: dict[str, Any]
    rules: list[str]
    count: int


@dataclass(frozen=True, slots=True)
class TaskCounts:
    """The undecided tasks of a project that are work, and the annotations of people on them."""

    open: int
    annotations: int


@dataclass(frozen=True, slots=True)
class CurrentLabel:
    """The label of an item, with the rules that its decision cites."""

    item_id: UUID
    spec_version: int
    label: dict[str, Any]
    rules: list[str]


async def add_spec(
    transaction: Transaction,
    project: str,
    version: int,
    content: tuple[str, dict[str, Any]],
    relabel: str,
) -> None:
    """Store a spec version. `content`: its hash and its document."""
    connection = await transaction.connection()
    spec_hash, document = content
    await connection.execute(_ADD, project, version, spec_hash, as_json(document), relabel)
    await connection.execute(_NEWEST, project, version)


async def spec_hash(transaction: Transaction, project: str, version: int) -> str | None:
    """Return the hash of a spec version; None while it is not known."""
    connection = await transaction.connection()
    found: str | None = await connection.fetchval(_HASH, project, version)
    return found


async def document(transaction: Transaction, project: str, version: int) -> dict[str, Any]:
    """Return the document of a spec version that is known."""
    connection = await transaction.connection()
    found: dict[str, Any] = await connection.fetchval(_DOCUMENT, project, version)
    return found


async def newest_version(transaction: Transaction, project: str) -> int | None:
    """Return the newest spec version of a project; None if the project is not known."""
    connection = await transaction.connection()
    version: int | None = await connection.fetchval(_PROJECT, project)
    return version or None


async def current_labels(transaction: Transaction, project: str) -> list[CurrentLabel]:
    """Return the label of the newest decision of each item."""
    connection = await transaction.connection()
    rows = await connection.fetch(_CURRENT_LABELS, project)
    return [CurrentLabel(**row) for row in rows]


async def label_groups(transaction: Transaction, project: str) -> AsyncIterator[LabelGroup]:
    """Yield the labels of the newest decisions of a project, equal ones together."""
    connection = await transaction.connection()
    async for row in connection.cursor(_LABEL_GROUPS, project, prefetch=GROUPS_CHUNK):
        yield LabelGroup(**row)


async def task_counts(transaction: Transaction, project: str) -> TaskCounts:
    """Return the counts of the undecided tasks of a project."""
    connection = await transaction.connection()
    return TaskCounts(**await connection.fetchrow(_TASK_COUNTS, project))


async def mean_annotations(transaction: Transaction, project: str, version: int) -> float | None:
    """Return the mean number of people's annotations of a decided task; None without any."""
    connection = await transaction.connection()
    mean: float | None = await connection.fetchval(_MEAN_ANNOTATIONS, project, version)
    return mean
