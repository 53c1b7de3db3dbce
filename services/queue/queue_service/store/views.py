"""Statements that only read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chassis.db.database import Transaction
from queue_service.store.intake import RANK
from schemas.vocabulary import Stage

_SPEC = "SELECT hash, document FROM specs WHERE project = $1 AND version = $2"
# `_DEPTHS` and `people.list_people` read whole tables, unlike every other statement, so the planner
# may do so.
ALLOW_FULL_SCANS = """
SELECT set_config('enable_seqscan', 'on', true), set_config('enable_bitmapscan', 'on', true),
    set_config('enable_hashjoin', 'on', true), set_config('plan_cache_mode', 'auto', true),
    set_config('max_parallel_workers_per_gather', '0', true)
"""
_DEPTHS = f"""
WITH waiting AS (
    SELECT r.pool, {RANK.format("r.since")} - r.rank AS priority, count(*) AS tasks,
        sum(r.slots) AS ready, extract(epoch FROM $2 - min(r.since)) AS oldest_seconds
    FROM ready r GROUP BY 1, 2
), leased AS (
    SELECT w.pool, w.priority::int AS priority, count(*) AS in_flight
    FROM leases l JOIN work w USING (work_id)
    WHERE l.ended IS NULL AND w.purpose = 'work' GROUP BY 1, 2
), done AS (
    SELECT w.pool, w.priority::int AS priority, count(*) AS per_minute
    FROM answers a JOIN work w USING (work_id)
    WHERE a.submitted_at > $2 - interval '1 minute' AND w.purpose = 'work' GROUP BY 1, 2
)
SELECT s.project, s.stage, s.task_type, s.skills, s.audience, priority,
    coalesce(tasks, 0) AS tasks, coalesce(ready, 0) AS ready, coalesce(in_flight, 0) AS in_flight,
    coalesce(oldest_seconds, 0)::float8 AS oldest_seconds, coalesce(per_minute, 0) AS per_minute
FROM waiting FULL JOIN leased USING (pool, priority) FULL JOIN done USING (pool, priority)
    JOIN pools s USING (pool)
WHERE $1::text[] IS NULL OR s.project = ANY($1)
ORDER BY s.project, s.stage, priority DESC, s.task_type, s.skills
"""
_ACTIVITY = """
SELECT floor(extract(epoch FROM a.submitted_at - $2) / $3)::int AS bucket, w.stage, count(*) AS n
FROM answers a JOIN work w USING (work_id)
WHERE w.project = $1 AND w.purpose = 'work' AND a.submitted_at >= $2 GROUP BY 1, 2
"""
_OVERDUE = """
SELECT count(*) FROM work
WHERE project = $1 AND purpose = 'work' AND state = 'open' AND due_at < $2
"""
_PAUSED = "SELECT paused FROM projects WHERE project = $1"
_KNOWN = "SELECT newest_version FROM projects WHERE project = $1"
COUNTED_MAX = 10_000
_WAITING = f"""
SELECT s.pool, c.n FROM unnest($1::int[]) AS s (pool) CROSS JOIN LATERAL (
    SELECT count(*) AS n FROM (SELECT 1 FROM ready r WHERE r.pool = s.pool LIMIT {COUNTED_MAX}) r
) c
"""
_WORK_VIEW = "SELECT stage, task_type, priority, due_at FROM work WHERE work_id = $1"


async def spec(
    transaction: Transaction, project: str, version: int
) -> tuple[str, dict[str, Any]] | None:
    """Return the hash and the document of a spec version; None if it is not known."""
    connection = await transaction.connection()
    row = await connection.fetchrow(_SPEC, project, version)
    return None if row is None else (row["hash"], row["document"])


async def depths(
    transaction: Transaction, projects: list[str] | None, now: datetime
) -> list[dict[str, Any]]:
    """Return the open slots, open leases and submissions per minute, by pool and priority."""
    connection = await transaction.connection()
    await connection.execute(ALLOW_FULL_SCANS)
    return [dict(row) for row in await connection.fetch(_DEPTHS, projects, now)]


async def activity(
    transaction: Transaction, project: str, since: datetime, bucket_seconds: int
) -> dict[tuple[int, Stage], int]:
    """Return the number of submissions since a time, by the number of the bucket and the stage."""
    connection = await transaction.connection()
    await connection.execute(ALLOW_FULL_SCANS)
    rows = await connection.fetch(_ACTIVITY, project, since, bucket_seconds)
    return {(row["bucket"], row["stage"]): row["n"] for row in rows}


async def overdue(transaction: Transaction, project: str, now: datetime) -> int:
    """Return the number of open tasks, reviews and adjudications whose `due_at` has passed."""
    connection = await transaction.connection()
    await connection.execute(ALLOW_FULL_SCANS)
    count: int = await connection.fetchval(_OVERDUE, project, now)
    return count


async def is_paused(transaction: Transaction, project: str) -> bool | None:
    """Return if a project is paused; None if the project is not known."""
    connection = await transaction.connection()
    paused: bool | None = await connection.fetchval(_PAUSED, project)
    return paused


async def newest_version(transaction: Transaction, project: str) -> int | None:
    """Return the newest spec version of a project; None if the project is not known."""
    connection = await transaction.connection()
    version: int | None = await connection.fetchval(_KNOWN, project)
    return version


async def waiting(transaction: Transaction, pools: Sequence[int]) -> dict[int, int]:
    """Return how many tasks of each pool have a free slot, at most `COUNTED_MAX`."""
    connection = await transaction.connection()
    return {row["pool"]: row["n"] for row in await connection.fetch(_WAITING, pools)}


@dataclass(frozen=True, slots=True)
class WorkView:
    """The facts about one piece of work that an explanation names."""

    stage: Stage
    task_type: str
    priority: int
    due_at: datetime | None


async def work_view(transaction: Transaction, work_id: int) -> WorkView:
    """Return the facts about one piece of work."""
    connection = await transaction.connection()
    return WorkView(**await connection.fetchrow(_WORK_VIEW, work_id))
