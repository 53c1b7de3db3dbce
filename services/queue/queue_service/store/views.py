"""What is only looked at."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from chassis.db.database import Transaction
from queue_service.store.intake import RANK

_SPEC = "SELECT hash, document FROM specs WHERE project = $1 AND version = $2"
# Reads whole tables, unlike all else here: let the planner do so.
_WIDELY = """
SELECT set_config('enable_seqscan', 'on', true), set_config('enable_bitmapscan', 'on', true),
    set_config('enable_hashjoin', 'on', true), set_config('plan_cache_mode', 'auto', true),
    set_config('max_parallel_workers_per_gather', '0', true)
"""
_DEPTHS = f"""
WITH waiting AS (
    SELECT r.shard, {RANK.format("r.since")} - r.rank AS priority, count(*) AS tasks,
        sum(r.slots) AS ready, extract(epoch FROM $2 - min(r.since)) AS oldest_seconds
    FROM ready r GROUP BY 1, 2
), flying AS (
    SELECT w.shard, w.priority::int AS priority, count(*) AS in_flight
    FROM leases l JOIN work w USING (work_id)
    WHERE l.ended IS NULL AND w.purpose = 'work' GROUP BY 1, 2
), done AS (
    SELECT w.shard, w.priority::int AS priority, count(*) AS per_minute
    FROM answers a JOIN work w USING (work_id)
    WHERE a.submitted_at > $2 - interval '1 minute' AND w.purpose = 'work' GROUP BY 1, 2
)
SELECT s.project, s.stage, s.task_type, s.skills, s.circle, priority,
    coalesce(tasks, 0) AS tasks, coalesce(ready, 0) AS ready, coalesce(in_flight, 0) AS in_flight,
    coalesce(oldest_seconds, 0)::float8 AS oldest_seconds, coalesce(per_minute, 0) AS per_minute
FROM waiting FULL JOIN flying USING (shard, priority) FULL JOIN done USING (shard, priority)
    JOIN shards s USING (shard)
WHERE $1::text[] IS NULL OR s.project = ANY($1)
ORDER BY s.project, s.stage, priority DESC, s.task_type, s.skills
"""
_PAUSED = "SELECT paused FROM projects WHERE project = $1"
_KNOWN = "SELECT newest_version FROM projects WHERE project = $1"
COUNTED_MAX = 10_000
_WAITING = f"""
SELECT s.shard, c.n FROM unnest($1::int[]) AS s (shard) CROSS JOIN LATERAL (
    SELECT count(*) AS n FROM (SELECT 1 FROM ready r WHERE r.shard = s.shard LIMIT {COUNTED_MAX}) r
) c
"""
_WHAT = "SELECT stage, task_type, priority, due_at FROM work WHERE work_id = $1"


async def spec(
    transaction: Transaction, project: str, version: int
) -> tuple[str, dict[str, Any]] | None:
    """The hash and the document of a spec version."""
    connection = await transaction.connection()
    row = await connection.fetchrow(_SPEC, project, version)
    return None if row is None else (row["hash"], row["document"])


async def depths(
    transaction: Transaction, projects: list[str] | None, now: datetime
) -> list[dict[str, Any]]:
    """What waits, what is in flight and what was answered in the last minute, by shard."""
    connection = await transaction.connection()
    await connection.execute(_WIDELY)
    return [dict(row) for row in await connection.fetch(_DEPTHS, projects, now)]


async def newest_version(transaction: Transaction, project: str) -> int | None:
    """The newest spec version of a project, None if the project is not known."""
    connection = await transaction.connection()
    version: int | None = await connection.fetchval(_KNOWN, project)
    return version


async def waiting(transaction: Transaction, shards: Sequence[int]) -> dict[int, int]:
    """How many tasks of each shard have a free slot; counted up to `COUNTED_MAX`."""
    connection = await transaction.connection()
    return {row["shard"]: row["n"] for row in await connection.fetch(_WAITING, shards)}


async def what(transaction: Transaction, work_id: int) -> dict[str, Any]:
    """In a few words what some work is."""
    connection = await transaction.connection()
    return dict(await connection.fetchrow(_WHAT, work_id))


async def paused(transaction: Transaction, project: str) -> bool:
    """Whether a project is paused."""
    connection = await transaction.connection()
    return bool(await connection.fetchval(_PAUSED, project))
