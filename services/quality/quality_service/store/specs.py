"""Projects, their spec versions and their gold."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from chassis.db import locks
from chassis.db.database import Transaction, as_json
from quality_service.domain.scoring import GoldCount
from quality_service.domain.spec import Spec, read_spec
from schemas.events import GoldRegistered, SpecPublished

_LOCK = f"""
SELECT pg_advisory_xact_lock(hashtextextended(project, {locks.QUALITY_PROJECT}))
FROM (SELECT project FROM unnest($1::text[]) AS input (project) ORDER BY project) AS projects
"""
_ADD_PROJECT = "INSERT INTO projects (project) VALUES ($1) ON CONFLICT DO NOTHING"
_ADD_SPEC = """
INSERT INTO specs (project, spec_version, document) VALUES ($1, $2, $3::jsonb)
ON CONFLICT DO NOTHING RETURNING spec_version
"""
_SPECS = """
SELECT s.project, s.spec_version, s.document::text FROM specs s
    JOIN unnest($1::text[], $2::int[]) AS wanted (project, spec_version)
    USING (project, spec_version)
"""
_HAS_PROJECT = "SELECT 1 FROM projects WHERE project = $1"
_ADD_GOLD = """
INSERT INTO gold (task_id, project, item_id, spec_version, label, rules)
SELECT task_id, project, item_id, spec_version, label::jsonb,
    ARRAY(SELECT jsonb_array_elements_text(rules::jsonb))
FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::int[], $5::text[], $6::text[])
    AS input (task_id, project, item_id, spec_version, label, rules)
ON CONFLICT (task_id) DO UPDATE SET label = excluded.label, rules = excluded.rules
WHERE gold.label <> excluded.label OR gold.rules <> excluded.rules
RETURNING task_id
"""
_GOLD_COUNTS = """
SELECT spec_version, label, count(*) AS count FROM gold WHERE project = $1
GROUP BY spec_version, label ORDER BY count DESC, label::text LIMIT 2000
"""
_GOLD_TASKS = "SELECT task_id FROM gold WHERE project = $1 AND spec_version = $2"
_SET_CHANCE_LEVEL = "UPDATE projects SET blind = $2 WHERE project = $1"
_CHANCE_LEVEL = "SELECT blind FROM projects WHERE project = $1"


async def lock(transaction: Transaction, projects: Collection[str]) -> None:
    """Lock `projects` for other transactions until this one ends."""
    connection = await transaction.connection()
    await connection.execute(_LOCK, sorted(set(projects)))


async def add_spec(transaction: Transaction, event: SpecPublished) -> bool:
    """Store a spec version; return true if it is new. Raise UnreadableSpec if it is invalid."""
    document = as_json(event.document)
    read_spec(document)
    connection = await transaction.connection()
    await connection.execute(_ADD_PROJECT, event.project)
    row = await connection.fetchrow(_ADD_SPEC, event.project, event.spec_version, document)
    return row is not None


async def specs(
    transaction: Transaction, wanted: Collection[tuple[str, int]]
) -> dict[tuple[str, int], Spec]:
    """Return the spec versions of `wanted` that are known, by (project, version)."""
    if not wanted:
        return {}
    keys = sorted(set(wanted))
    connection = await transaction.connection()
    rows = await connection.fetch(_SPECS, [key[0] for key in keys], [key[1] for key in keys])
    return {(row["project"], row["spec_version"]): read_spec(row["document"]) for row in rows}


async def spec(transaction: Transaction, project: str, spec_version: int) -> Spec | None:
    """Return one spec version; None if it is not known."""
    return (await specs(transaction, [(project, spec_version)])).get((project, spec_version))


async def has_project(transaction: Transaction, project: str) -> bool:
    """Return true if any spec version of the project is known."""
    connection = await transaction.connection()
    return await connection.fetchval(_HAS_PROJECT, project) is not None


async def add_gold(transaction: Transaction, events: Sequence[GoldRegistered]) -> set[UUID]:
    """Store the last gold answer of each task; return the tasks whose gold is new or changed."""
    last = {event.task_id: event for event in events}.values()
    columns: list[list[Any]] = [
        [event.task_id for event in last],
        [event.project for event in last],
        [event.item_id for event in last],
        [event.spec_version for event in last],
        [as_json(event.label) for event in last],
        [as_json(event.rules) for event in last],
    ]
    connection = await transaction.connection()
    return {row["task_id"] for row in await connection.fetch(_ADD_GOLD, *columns)}


async def gold_tasks(transaction: Transaction, project: str, spec_version: int) -> list[UUID]:
    """Return the tasks of a spec version whose gold is known."""
    connection = await transaction.connection()
    return [row["task_id"] for row in await connection.fetch(_GOLD_TASKS, project, spec_version)]


async def gold_counts(transaction: Transaction, project: str) -> dict[int, list[GoldCount]]:
    """Return the gold labels with their counts by spec version: at most 2000, the most frequent."""
    connection = await transaction.connection()
    counts: dict[int, list[GoldCount]] = {}
    for row in await connection.fetch(_GOLD_COUNTS, project):
        count = GoldCount(row["label"], row["count"])
        counts.setdefault(row["spec_version"], []).append(count)
    return counts


async def set_chance_level(transaction: Transaction, project: str, chance_level: float) -> None:
    """Store the accuracy of guessing on the project's golds."""
    connection = await transaction.connection()
    await connection.execute(_SET_CHANCE_LEVEL, project, chance_level)


async def chance_level(transaction: Transaction, project: str) -> float:
    """Return the accuracy of guessing on the project's golds; 0.5 if there is no gold."""
    connection = await transaction.connection()
    found = await connection.fetchval(_CHANCE_LEVEL, project)
    return 0.5 if found is None else float(found)
