"""Projects, their spec versions and their gold."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from chassis.database import Session, as_json, raw
from quality_service.domain.scoring import Golds
from quality_service.domain.spec import Spec, read_spec
from schemas.events import GoldRegistered, SpecPublished

_LOCK = """
SELECT pg_advisory_xact_lock(hashtextextended(project, 8))
FROM (SELECT project FROM unnest($1::text[]) AS one (project) ORDER BY project) AS projects
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
    AS one (task_id, project, item_id, spec_version, label, rules)
ON CONFLICT (task_id) DO UPDATE SET label = excluded.label, rules = excluded.rules
WHERE gold.label <> excluded.label OR gold.rules <> excluded.rules
RETURNING task_id
"""
_GOLDS = """
SELECT spec_version, label, count(*) AS count FROM gold WHERE project = $1
GROUP BY spec_version, label ORDER BY count DESC, label::text LIMIT 2000
"""
_GOLD_TASKS = "SELECT task_id FROM gold WHERE project = $1 AND spec_version = $2"
_SET_BLIND = "UPDATE projects SET blind = $2 WHERE project = $1"
_BLIND = "SELECT blind FROM projects WHERE project = $1"


async def lock(session: Session, projects: Collection[str]) -> None:
    """Let nobody else change anything of `projects` until the transaction ends."""
    connection = await raw(session)
    await connection.execute(_LOCK, sorted(set(projects)))


async def add_spec(session: Session, event: SpecPublished) -> bool:
    """Keep a spec version; say whether it was new. Raises UnreadableSpec."""
    document = as_json(event.document)
    read_spec(document)
    connection = await raw(session)
    await connection.execute(_ADD_PROJECT, event.project)
    row = await connection.fetchrow(_ADD_SPEC, event.project, event.spec_version, document)
    return row is not None


async def specs(
    session: Session, wanted: Collection[tuple[str, int]]
) -> dict[tuple[str, int], Spec]:
    """The spec versions that are known of those that are wanted."""
    if not wanted:
        return {}
    keys = sorted(set(wanted))
    connection = await raw(session)
    rows = await connection.fetch(_SPECS, [key[0] for key in keys], [key[1] for key in keys])
    return {(row["project"], row["spec_version"]): read_spec(row["document"]) for row in rows}


async def spec(session: Session, project: str, spec_version: int) -> Spec | None:
    """One spec version, if it is known."""
    return (await specs(session, [(project, spec_version)])).get((project, spec_version))


async def has_project(session: Session, project: str) -> bool:
    """Whether any spec version of the project is known."""
    connection = await raw(session)
    return await connection.fetchval(_HAS_PROJECT, project) is not None


async def add_gold(session: Session, events: Sequence[GoldRegistered]) -> set[UUID]:
    """Keep gold answers, the last of each task; return the tasks whose gold is new or another."""
    last = {event.task_id: event for event in events}.values()
    columns: list[list[Any]] = [
        [event.task_id for event in last],
        [event.project for event in last],
        [event.item_id for event in last],
        [event.spec_version for event in last],
        [as_json(event.label) for event in last],
        [as_json(event.rules) for event in last],
    ]
    connection = await raw(session)
    return {row["task_id"] for row in await connection.fetch(_ADD_GOLD, *columns)}


async def gold_tasks(session: Session, project: str, spec_version: int) -> list[UUID]:
    """The tasks of a spec version whose gold is known."""
    connection = await raw(session)
    return [row["task_id"] for row in await connection.fetch(_GOLD_TASKS, project, spec_version)]


async def golds(session: Session, project: str) -> dict[int, list[Golds]]:
    """How many items have each gold label, by spec version; of many the most frequent ones."""
    connection = await raw(session)
    found: dict[int, list[Golds]] = {}
    for row in await connection.fetch(_GOLDS, project):
        one = Golds(row["label"], row["count"])
        found.setdefault(row["spec_version"], []).append(one)
    return found


async def set_blind(session: Session, project: str, blind: float) -> None:
    """Keep what a blind guess gets on the project's golds."""
    connection = await raw(session)
    await connection.execute(_SET_BLIND, project, blind)


async def blind(session: Session, project: str) -> float:
    """What a blind guess gets; a half where nothing is known."""
    connection = await raw(session)
    found = await connection.fetchval(_BLIND, project)
    return 0.5 if found is None else float(found)
