"""Giving work out, and getting it back unanswered."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.database import Session, as_json, raw
from queue_service.domain import Wish, Work, Worker
from queue_service.store.intake import refresh
from schemas.vocabulary import Stage

SPARE = 4
"""How many candidates are looked at for each task wanted: others may be about to take some."""
LOOKS_MAX = 5

_SERIALIZE = "SELECT pg_advisory_xact_lock(hashtextextended($1, 3))"
_REACH = """
SELECT p.project, coalesce(a.given, 0) AS given,
    (SELECT count(*) FROM leases WHERE annotator = $1 AND ended IS NULL) AS held,
    ARRAY(SELECT skill FROM skills WHERE annotator = $1 AND level > 0) AS skills
FROM projects p LEFT JOIN annotators a ON a.annotator = $1 AND a.project = p.project
WHERE ($2::text[] IS NULL OR p.project = ANY($2)) AND coalesce(a.standing, 'new') <> 'suspended'
"""
_WORK = """
w.work_id, w.task_id, w.stage, w.subject, w.project, w.item_id, w.external_id, w.spec_version,
w.task_type, w.purpose, w.state, w.payload, w.prelabels, w.context, z.hash AS spec_hash
"""
_UNSEEN = """
NOT EXISTS (SELECT 1 FROM seen s WHERE s.annotator = $1 AND s.item_id = {0}.item_id
    AND ({0}.stage <> 'annotate' OR s.spec_version = {0}.spec_version))
"""
# The best of each project in the order of its index, then the best of all. No lock yet.
_BEST = """
SELECT c.work_id FROM unnest($2::text[]) AS q (project) CROSS JOIN LATERAL (
    SELECT r.work_id, r.priority, r.due_at, r.slots FROM ready r
    WHERE r.project = q.project AND r.stage = $3 {picked}
        AND ($4::text[] IS NULL OR r.task_type = ANY($4)) AND r.skills <@ $5::text[]
        AND r.work_id <> ALL($6::bigint[]) AND {unseen}
    ORDER BY r.priority DESC, r.due_at, r.slots, r.work_id LIMIT $7
) c ORDER BY c.priority DESC, c.due_at, c.slots, c.work_id LIMIT $7
"""
# Whoever takes no slot (a model) may answer any open task, however many people hold it.
_BEST_FREE = """
SELECT c.work_id FROM unnest($2::text[]) AS q (project) CROSS JOIN LATERAL (
    SELECT r.work_id, r.priority FROM work r
    WHERE r.project = q.project AND r.stage = $3 AND r.purpose = 'work' AND r.state = 'open'
        {picked} AND ($4::text[] IS NULL OR r.task_type = ANY($4)) AND r.skills <@ $5::text[]
        AND r.work_id <> ALL($6::bigint[]) AND {unseen}
    ORDER BY r.priority DESC, r.work_id LIMIT $7
) c ORDER BY c.priority DESC, c.work_id LIMIT $7
"""
_PICKED = "AND r.external_id = ANY($8::text[])"
# The quals on `w` are tested again once its lock is held: that is what makes redundancy exact.
_LOCK = f"""
SELECT {_WORK} FROM work w JOIN projects p ON p.project = w.project
    JOIN specs z ON z.project = w.project AND z.version = w.spec_version
WHERE w.work_id = ANY($1) AND w.state = 'open' AND ($2 OR w.answered + w.leased < w.target)
    AND (w.stage = 'review' OR w.spec_version = p.newest_version)
FOR UPDATE OF w
"""
_HONEYPOT = f"""
SELECT {_WORK}
FROM work w JOIN specs z ON z.project = w.project AND z.version = w.spec_version
WHERE w.purpose = 'honeypot' AND w.state = 'open' AND w.project = $2 AND w.spec_version = $3
    AND ($4::text[] IS NULL OR w.external_id = ANY($4)) AND NOT (w.item_id = ANY($6))
    AND {_UNSEEN.format("w")}
ORDER BY hashtextextended(w.task_id::text || $1 || $5, 0) LIMIT 1
"""
_TAKE = """
WITH given AS (
    SELECT * FROM jsonb_to_recordset($1::jsonb) AS l (lease_id uuid, work_id bigint,
        project text, item_id uuid, spec_version int, takes_slot boolean,
        expires_at timestamptz, prelabel text, prelabel_given jsonb)
), seen_now AS (
    INSERT INTO seen (annotator, item_id, spec_version) SELECT $2, item_id, spec_version FROM given
), taken AS (
    UPDATE work w SET leased = w.leased + 1 FROM given g
    WHERE w.work_id = g.work_id AND g.takes_slot
    RETURNING w.work_id, w.target - w.answered - w.leased AS slots
), gone AS (
    DELETE FROM ready USING taken WHERE ready.work_id = taken.work_id AND taken.slots <= 0
), fewer AS (
    UPDATE ready SET slots = taken.slots FROM taken
    WHERE ready.work_id = taken.work_id AND taken.slots > 0
), counted AS (
    INSERT INTO annotators (annotator, project, given)
    SELECT $2, project, count(*) FROM given GROUP BY project
    ON CONFLICT (annotator, project) DO UPDATE SET given = annotators.given + excluded.given
)
INSERT INTO leases (lease_id, work_id, annotator, kind, leased_at, expires_at, prelabel,
    prelabel_given)
SELECT lease_id, work_id, $2, $3, $4, expires_at, prelabel, prelabel_given FROM given
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


@dataclass(frozen=True, slots=True)
class Reach:
    """Where an annotator may work, and what it has."""

    given: dict[str, int]
    """How many tasks it got before, by project."""
    held: int
    skills: list[str]


async def reach(session: Session, worker: Worker) -> Reach:
    """Where `worker` may work. One transaction at a time leases for an annotator."""
    connection = await raw(session)
    await connection.execute(_SERIALIZE, worker.annotator)
    rows = await connection.fetch(_REACH, worker.annotator, worker.projects)
    if not rows:
        return Reach({}, 0, [])
    given = {row["project"]: row["given"] for row in rows}
    return Reach(given, rows[0]["held"], rows[0]["skills"])


async def candidates(
    session: Session, worker: Worker, wish: Wish, reach: Reach, count: int
) -> list[Work]:
    """The best `count` tasks that `worker` may do, locked.

    What others hold locked is passed by, and the next best tried. When that leaves nothing, wait
    for the best of what is locked: it may keep a free slot, and nobody must hear that there is no
    work while there is.
    """
    tried: list[int] = []
    for _ in range(LOOKS_MAX):
        best = await _best(session, worker, wish, reach, tried, SPARE * count)
        if not best:
            break
        found = await _locked(session, worker, best, " SKIP LOCKED")
        if found:
            return [replace(work, given=reach.given[work.project]) for work in found[:count]]
        tried += best
    for work_id in tried[:LOOKS_MAX]:
        found = await _locked(session, worker, [work_id], "")
        if found:
            return [replace(work, given=reach.given[work.project]) for work in found]
    return []


async def _best(
    session: Session, worker: Worker, wish: Wish, reach: Reach, tried: list[int], count: int
) -> list[int]:
    statement = _BEST if worker.takes_slots else _BEST_FREE
    picked = "" if wish.items is None else _PICKED
    items = () if wish.items is None else (wish.items,)
    connection = await raw(session)
    rows = await connection.fetch(
        statement.format(picked=picked, unseen=_UNSEEN.format("r")),
        worker.annotator,
        list(reach.given),
        wish.stage,
        wish.task_types,
        reach.skills,
        tried,
        count,
        *items,
    )
    return [row["work_id"] for row in rows]


async def _locked(session: Session, worker: Worker, work_ids: list[int], how: str) -> list[Work]:
    """The work among `work_ids` that is still to be had, in their order, locked."""
    connection = await raw(session)
    rows = await connection.fetch(_LOCK + how, work_ids, not worker.takes_slots)
    found = {row["work_id"]: as_work(row) for row in rows}
    return [found[work_id] for work_id in work_ids if work_id in found]


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
    rows = [
        {
            **lease,
            "project": work.project,
            "item_id": work.item_id,
            "spec_version": work.spec_version,
            "takes_slot": worker.takes_slots and work.purpose == "work",
        }
        for work, lease in zip(chosen, leases, strict=True)
    ]
    await connection.execute(_TAKE, as_json(rows), worker.annotator, worker.kind, now)


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
