"""What is only looked at."""

from typing import Any

from chassis.database import Session, raw

_SPEC = "SELECT hash, document FROM specs WHERE project = $1 AND version = $2"
_DEPTHS = """
SELECT w.project, w.stage, w.task_type, w.skills[1] AS skill, w.priority,
    sum(w.target - w.answered - w.leased) FILTER (WHERE r.work_id IS NOT NULL) AS ready,
    sum(w.leased) AS in_flight,
    coalesce(extract(epoch FROM now() - min(w.created_at) FILTER (WHERE r.work_id IS NOT NULL)), 0)
        AS oldest_seconds
FROM work w LEFT JOIN ready r USING (work_id)
WHERE w.state = 'open' AND w.purpose = 'work' AND ($1::text[] IS NULL OR w.project = ANY($1))
GROUP BY w.project, w.stage, w.task_type, w.skills[1], w.priority
ORDER BY w.project, w.stage, w.priority DESC
"""
_KNOWN = "SELECT newest_version FROM projects WHERE project = $1"
_EXPLAIN = """
SELECT count(*) AS ready,
    count(*) FILTER (WHERE EXISTS (SELECT 1 FROM seen s WHERE s.annotator = $1
        AND s.item_id = w.item_id
        AND (w.stage <> 'annotate' OR s.spec_version = w.spec_version))) AS seen,
    count(*) FILTER (WHERE NOT w.skills <@ ARRAY(
        SELECT skill FROM skills WHERE annotator = $1 AND level > 0)) AS unskilled,
    (SELECT standing FROM annotators WHERE annotator = $1 AND project = $2) AS standing,
    (SELECT count(*) FROM leases WHERE annotator = $1 AND ended IS NULL) AS held
FROM ready r JOIN work w USING (work_id) WHERE r.project = $2 AND r.stage = ANY($3)
"""


async def spec(session: Session, project: str, version: int) -> tuple[str, dict[str, Any]] | None:
    """The hash and the document of a spec version."""
    connection = await raw(session)
    row = await connection.fetchrow(_SPEC, project, version)
    return None if row is None else (row["hash"], row["document"])


async def depths(session: Session, projects: list[str] | None) -> list[dict[str, Any]]:
    """What waits and what is in flight, by shard."""
    connection = await raw(session)
    return [dict(row) for row in await connection.fetch(_DEPTHS, projects)]


async def newest_version(session: Session, project: str) -> int | None:
    """The newest spec version of a project, None if the project is not known."""
    connection = await raw(session)
    version: int | None = await connection.fetchval(_KNOWN, project)
    return version


async def explanation(
    session: Session, annotator: str, project: str, stages: list[str]
) -> dict[str, Any]:
    """Counts that say why an annotator gets nothing."""
    connection = await raw(session)
    return dict(await connection.fetchrow(_EXPLAIN, annotator, project, stages))
