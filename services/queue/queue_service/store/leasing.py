"""Giving work out, and getting it back unanswered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.database import Session, as_json, raw
from queue_service.domain import Wish, Work, Worker
from queue_service.store.intake import refresh
from schemas.vocabulary import Stage

_SERIALIZE = "SELECT pg_advisory_xact_lock(hashtextextended($1, 3))"
_OPEN = "SELECT count(*) FROM leases WHERE annotator = $1 AND ended IS NULL"
_WORK = """
w.work_id, w.task_id, w.stage, w.subject, w.project, w.item_id, w.external_id, w.spec_version,
w.task_type, w.purpose, w.state, w.payload, w.prelabels, w.context, z.hash AS spec_hash
"""
# The quals on `w` are tested again once its lock is held: that is what makes redundancy exact.
_UNSEEN = """
NOT EXISTS (SELECT 1 FROM seen s WHERE s.annotator = $1 AND s.item_id = w.item_id
    AND (w.stage <> 'annotate' OR s.spec_version = w.spec_version))
"""
_CANDIDATES = f"""
SELECT {_WORK}, coalesce(a.given, 0) AS given
FROM ready r JOIN work w USING (work_id)
    JOIN projects p ON p.project = r.project
    JOIN specs z ON z.project = w.project AND z.version = w.spec_version
    LEFT JOIN annotators a ON a.annotator = $1 AND a.project = r.project
WHERE r.stage = $2 AND ($3::text[] IS NULL OR r.project = ANY($3))
    AND ($4::text[] IS NULL OR w.task_type = ANY($4))
    AND ($5::text[] IS NULL OR r.external_id = ANY($5))
    AND w.state = 'open' AND w.answered + w.leased < w.target
    AND (w.stage = 'review' OR w.spec_version = p.newest_version)
    AND coalesce(a.standing, 'new') <> 'suspended'
    AND w.skills <@ ARRAY(SELECT skill FROM skills WHERE annotator = $1 AND level > 0)
    AND {_UNSEEN}
ORDER BY r.priority DESC, r.due_at, r.slots, r.work_id
LIMIT $6 FOR UPDATE OF w
"""
# Whoever takes no slot (a model) may answer any open task, however many people hold it.
_CANDIDATES_FREE = f"""
SELECT {_WORK}, coalesce(a.given, 0) AS given
FROM work w JOIN projects p ON p.project = w.project AND p.newest_version = w.spec_version
    JOIN specs z ON z.project = w.project AND z.version = w.spec_version
    LEFT JOIN annotators a ON a.annotator = $1 AND a.project = w.project
WHERE w.stage = $2 AND w.purpose = 'work' AND w.state = 'open'
    AND ($3::text[] IS NULL OR w.project = ANY($3))
    AND ($4::text[] IS NULL OR w.task_type = ANY($4))
    AND ($5::text[] IS NULL OR w.external_id = ANY($5))
    AND coalesce(a.standing, 'new') <> 'suspended' AND {_UNSEEN}
ORDER BY w.priority DESC, w.work_id LIMIT $6 FOR UPDATE OF w
"""
_HONEYPOT = f"""
SELECT {_WORK}
FROM work w JOIN specs z ON z.project = w.project AND z.version = w.spec_version
WHERE w.purpose = 'honeypot' AND w.state = 'open' AND w.project = $2 AND w.spec_version = $3
    AND ($4::text[] IS NULL OR w.external_id = ANY($4)) AND NOT (w.item_id = ANY($6))
    AND {_UNSEEN}
ORDER BY hashtextextended(w.task_id::text || $1 || $5, 0) LIMIT 1
"""
_SEE = """
INSERT INTO seen (annotator, item_id, spec_version)
SELECT $1, item, version FROM unnest($2::uuid[], $3::int[]) AS s (item, version)
"""
_TAKE = """
WITH taken AS (
    UPDATE work SET leased = leased + 1 WHERE work_id = ANY($1)
    RETURNING work_id, target - answered - leased AS slots
), gone AS (
    DELETE FROM ready USING taken WHERE ready.work_id = taken.work_id AND taken.slots <= 0
)
UPDATE ready SET slots = taken.slots FROM taken
WHERE ready.work_id = taken.work_id AND taken.slots > 0
"""
_LEASE = """
INSERT INTO leases (lease_id, work_id, annotator, kind, leased_at, expires_at, prelabel,
    prelabel_given)
SELECT lease_id, work_id, $2, $3, $4, expires_at, prelabel, prelabel_given
FROM jsonb_to_recordset($1::jsonb) AS l (
    lease_id uuid, work_id bigint, expires_at timestamptz, prelabel text, prelabel_given jsonb)
"""
_COUNT = """
INSERT INTO annotators (annotator, project, given)
SELECT $1, project, count(*) FROM unnest($2::text[]) AS g (project) GROUP BY project
ON CONFLICT (annotator, project) DO UPDATE SET given = annotators.given + excluded.given
"""
_EXPIRED = """
SELECT lease_id FROM leases WHERE ended IS NULL AND expires_at < $1
ORDER BY expires_at LIMIT 500 FOR UPDATE SKIP LOCKED
"""
_HELD_BY = """
SELECT l.lease_id FROM leases l JOIN work w USING (work_id)
WHERE l.ended IS NULL AND l.annotator = $1 AND w.project = $2 ORDER BY l.lease_id FOR UPDATE OF l
"""
_END = """
UPDATE leases SET ended = $2, ended_at = $3 WHERE lease_id = ANY($1) AND ended IS NULL
RETURNING lease_id, work_id, annotator, kind, leased_at
"""
_GIVE_BACK = """
WITH back AS (SELECT work_id, n FROM unnest($1::bigint[], $2::int[]) AS b (work_id, n))
UPDATE work w SET leased = w.leased - back.n FROM back WHERE w.work_id = back.work_id
RETURNING w.work_id
"""
_LOCK_WORK = "SELECT work_id FROM work WHERE work_id = ANY($1) ORDER BY work_id FOR UPDATE"
_UNSEE = """
DELETE FROM seen USING unnest($1::text[], $2::bigint[]) AS u (annotator, work_id)
    JOIN work w ON w.work_id = u.work_id
WHERE seen.annotator = u.annotator AND seen.item_id = w.item_id
    AND seen.spec_version = w.spec_version
"""
_DESCRIBE = "SELECT work_id, task_id, stage, project, purpose FROM work WHERE work_id = ANY($1)"


@dataclass(frozen=True, slots=True)
class Ended:
    """A lease that ended without an answer."""

    lease_id: UUID
    annotator: str
    leased_at: datetime
    task_id: UUID
    stage: Stage
    project: str


async def serialize(session: Session, annotator: str) -> int:
    """Let one transaction at a time lease for `annotator`; return how many leases it holds."""
    connection = await raw(session)
    await connection.execute(_SERIALIZE, annotator)
    held: int = await connection.fetchval(_OPEN, annotator)
    return held


async def candidates(session: Session, worker: Worker, wish: Wish, count: int) -> list[Work]:
    """The best `count` tasks that `worker` may do, locked.

    What others hold locked is passed by. When that leaves nothing, wait for the best of what is
    locked: it may keep a free slot, and nobody must hear that there is no work while there is.
    """
    connection = await raw(session)
    statement = _CANDIDATES if worker.takes_slots else _CANDIDATES_FREE
    asked = (worker.annotator, wish.stage, worker.projects, wish.task_types, wish.items)
    rows = await connection.fetch(statement + " SKIP LOCKED", *asked, count)
    if not rows:
        rows = await connection.fetch(statement, *asked, 1)
    return [as_work(row) for row in rows]


async def honeypot(
    session: Session, worker: Worker, wish: Wish, beside: Work, passed: Sequence[UUID]
) -> Work | None:
    """A honeypot of the project and version of `beside` that `worker` has not seen."""
    connection = await raw(session)
    row = await connection.fetchrow(
        _HONEYPOT,
        worker.annotator,
        beside.project,
        beside.spec_version,
        wish.items,
        str(beside.given),
        passed,
    )
    return None if row is None else as_work(row)


async def add_leases(
    session: Session,
    worker: Worker,
    chosen: Sequence[Work],
    leases: Sequence[dict[str, Any]],
    now: datetime,
) -> None:
    """Write the leases of `chosen` down; the work rows among them are locked by the caller."""
    connection = await raw(session)
    await connection.execute(
        _SEE, worker.annotator, [w.item_id for w in chosen], [w.spec_version for w in chosen]
    )
    if worker.takes_slots:
        await connection.execute(_TAKE, [w.work_id for w in chosen if w.purpose == "work"])
    rows = as_json(leases)
    await connection.execute(_LEASE, rows, worker.annotator, worker.kind, now)
    await connection.execute(_COUNT, worker.annotator, [work.project for work in chosen])


async def expired(session: Session, now: datetime) -> list[UUID]:
    """The oldest leases that have run out, locked."""
    connection = await raw(session)
    return [row["lease_id"] for row in await connection.fetch(_EXPIRED, now)]


async def held_by(session: Session, annotator: str, project: str) -> list[UUID]:
    """The open leases of an annotator in a project, locked."""
    connection = await raw(session)
    return [row["lease_id"] for row in await connection.fetch(_HELD_BY, annotator, project)]


async def end_leases(
    session: Session, lease_ids: Sequence[UUID], how: str, now: datetime, *, forget: bool
) -> list[Ended]:
    """End leases without an answer and offer their work again.

    `forget`: whoever held one may get the same task again.
    """
    connection = await raw(session)
    ended = await connection.fetch(_END, lease_ids, how, now)
    if not ended:
        return []
    work_ids = sorted({row["work_id"] for row in ended})
    rows = {row["work_id"]: row for row in await connection.fetch(_DESCRIBE, work_ids)}
    freed: dict[int, int] = {}
    for row in ended:
        if row["kind"] == "human" and rows[row["work_id"]]["purpose"] == "work":
            freed[row["work_id"]] = freed.get(row["work_id"], 0) + 1
    if forget:
        holders = [row["annotator"] for row in ended]
        await connection.execute(_UNSEE, holders, [row["work_id"] for row in ended])
    if freed:
        await connection.execute(_LOCK_WORK, sorted(freed))
        await connection.execute(_GIVE_BACK, list(freed), list(freed.values()))
        await refresh(session, list(freed))
    return [
        Ended(
            row["lease_id"],
            row["annotator"],
            row["leased_at"],
            *(rows[row["work_id"]][name] for name in ("task_id", "stage", "project")),
        )
        for row in ended
    ]


def as_work(row: Any) -> Work:  # noqa: ANN401
    """A row of `_WORK` columns as a Work."""
    names = ("work_id", "task_id", "stage", "subject", "project", "item_id", "external_id")
    more = ("spec_version", "spec_hash", "task_type", "purpose", "state")
    return Work(
        **{name: row[name] for name in names + more},
        payload=row["payload"],
        prelabels=row["prelabels"],
        context=row["context"],
        given=row.get("given", 0),
    )
