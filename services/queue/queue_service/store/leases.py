"""Statements that write leases, read them, and end them without a submission."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import JsonValue

from chassis.db.database import Transaction, as_json
from queue_service.domain.dispatch import (
    EXPERIENCED_FROM,
    LEVEL_MAX,
    AnnotatorProfile,
    Pool,
    ProjectMembership,
)
from queue_service.domain.leases import HeldLease, Holder, PrelabelArm, Work
from queue_service.store.intake import refresh
from queue_service.store.work_rows import WORK_COLUMNS, as_work, work_columns
from schemas.vocabulary import AnnotatorKind, Stage

_SNAPSHOT = f"""
SELECT q.annotator,
    (SELECT count(*) FROM leases l WHERE l.annotator = q.annotator AND l.ended IS NULL) AS held,
    ARRAY(SELECT ARRAY[s.project, s.skill || '>=' || least(s.level, {LEVEL_MAX})] FROM skills s
        WHERE s.annotator = q.annotator AND s.level > 0) AS levels,
    ARRAY(SELECT d.pool FROM declined d WHERE d.annotator = q.annotator) AS declined,
    ARRAY(SELECT ARRAY[h.task_type, h.stage] FROM history h
        WHERE h.annotator = q.annotator AND h.answered >= {EXPERIENCED_FROM}) AS experienced,
    a.project, a.standing, a.taken,
    ARRAY(SELECT project FROM projects WHERE paused) AS paused,
    (SELECT max(pool) FROM pools) AS newest
FROM unnest($1::text[]) AS q (annotator) LEFT JOIN annotators a USING (annotator)
"""
_POOLS = "SELECT pool, project, stage, task_type, skills, audience FROM pools WHERE pool > $1"
_TAKEN_IN = "SELECT coalesce(sum(taken), 0) FROM annotators WHERE project = $1"
# A honeypot's row of `ready` is written whenever that of the replaced work would be, so that
# leasing it takes as long.
_LEASE = f"""
WITH given AS (
    SELECT * FROM jsonb_to_recordset($1::jsonb) AS l (lease_id uuid, work_id bigint,
        annotator text, kind text, project text, item_id uuid, spec_version int, batch uuid,
        takes_slot boolean, leaves_slots boolean, expires_at timestamptz, prelabel text)
), seen_now AS (
    INSERT INTO seen (annotator, item_id, spec_version)
    SELECT annotator, item_id, spec_version FROM given
), labeled_in AS (
    INSERT INTO seen (annotator, item_id, spec_version)
    SELECT DISTINCT annotator, batch, 0 FROM given WHERE batch IS NOT NULL ON CONFLICT DO NOTHING
), leased AS (
    INSERT INTO leases (lease_id, work_id, annotator, kind, leased_at, expires_at, prelabel)
    SELECT lease_id, work_id, annotator, kind, $2, expires_at, prelabel FROM given
), locked AS MATERIALIZED (
    SELECT w.work_id FROM work w WHERE w.work_id IN (SELECT work_id FROM given)
    ORDER BY w.purpose = 'honeypot', w.work_id FOR UPDATE
), taken AS (
    UPDATE work w SET leased = w.leased + g.slots, lease_count = w.lease_count + g.n
    FROM (SELECT work_id, count(*) AS n, count(*) FILTER (WHERE takes_slot) AS slots
        FROM given JOIN locked USING (work_id) GROUP BY work_id) g
    WHERE w.work_id = g.work_id RETURNING w.*
), counted AS (
    INSERT INTO annotators (annotator, project, taken)
    SELECT annotator, given.project, count(*) FROM given JOIN taken USING (work_id)
    GROUP BY 1, 2 ORDER BY 1, 2
    ON CONFLICT (annotator, project) DO UPDATE SET taken = annotators.taken + excluded.taken
), gone AS (
    DELETE FROM ready USING taken t
    WHERE ready.work_id = t.work_id AND t.answered + t.leased >= t.target
), fewer AS (
    UPDATE ready SET slots = coalesce(t.target - t.answered - t.leased, 0),
        changed_xid = pg_current_xact_id()::text::bigint
    FROM taken t WHERE ready.work_id = t.work_id AND (t.answered + t.leased < t.target
        OR (t.target IS NULL AND t.work_id IN (SELECT work_id FROM given WHERE leaves_slots)))
)
SELECT g.lease_id, {work_columns("t", "''")}, d.draft
FROM given g JOIN taken t USING (work_id)
    LEFT JOIN drafts d ON d.annotator = g.annotator AND d.item_id = g.item_id
"""
_HELD = f"""
SELECT l.lease_id, l.annotator, l.kind, l.leased_at, l.expires_at, l.ended, l.prelabel,
    coalesce(a.standing, 'new') AS standing,
    coalesce(p.newest_version, w.spec_version) AS newest_version,
    w.review_id, w.round, {WORK_COLUMNS}{{more}}
FROM leases l JOIN work w USING (work_id)
    JOIN specs z ON z.project = w.project AND z.version = w.spec_version
    LEFT JOIN annotators a ON a.annotator = l.annotator AND a.project = w.project
    LEFT JOIN projects p ON p.project = w.project
"""
_HELD_LOCKED = _HELD.format(more="") + (
    " WHERE l.lease_id = ANY($1) ORDER BY l.lease_id FOR UPDATE OF l"
)
# Drafts are large, so they are read only where they are shown.
_HELD_OPEN = (
    _HELD.format(more=", d.draft")
    + """
    LEFT JOIN drafts d ON d.annotator = l.annotator AND d.item_id = w.item_id
WHERE l.annotator = $1 AND l.ended IS NULL AND l.expires_at > $2
    AND ($3::text[] IS NULL OR w.project = ANY($3))
ORDER BY l.leased_at
"""
)
_DECLINE = """
INSERT INTO declined (annotator, pool)
SELECT $1, pool FROM work WHERE work_id = $2 AND skills <> '{}' ON CONFLICT DO NOTHING
"""
_EXTEND = "UPDATE leases SET expires_at = greatest(expires_at, $2) WHERE lease_id = $1"
_DRAFT = """
INSERT INTO drafts (annotator, item_id, draft, saved_at) VALUES ($1, $2, $3::jsonb, $4)
ON CONFLICT (annotator, item_id)
    DO UPDATE SET draft = excluded.draft, saved_at = excluded.saved_at
"""
DRAFTS_MAX = 200
"""The number of drafts that are kept for an annotator, more than it can hold leases."""
_DROP_OLD_DRAFTS = f"""
DELETE FROM drafts WHERE annotator = $1 AND item_id IN (
    SELECT item_id FROM drafts WHERE annotator = $1
    ORDER BY saved_at DESC, item_id OFFSET {DRAFTS_MAX})
"""
_EXPIRED = """
SELECT lease_id FROM leases WHERE ended IS NULL AND expires_at < $1
ORDER BY expires_at LIMIT 2000 FOR UPDATE SKIP LOCKED
"""
_HELD_BY = """
SELECT l.lease_id FROM leases l JOIN work w USING (work_id)
WHERE l.ended IS NULL AND l.annotator = $1 AND w.project = $2 ORDER BY l.lease_id FOR UPDATE OF l
"""
_END = """
UPDATE leases l SET ended = $2, ended_at = $3 FROM work w
WHERE l.lease_id = ANY($1) AND l.ended IS NULL AND w.work_id = l.work_id
RETURNING l.lease_id, l.annotator, l.leased_at, w.task_id, w.stage, w.project, l.work_id,
    l.kind = 'human' AND w.purpose = 'work' AS took_slot, w.item_id, w.spec_version
"""
_GIVE_BACK = """
WITH back AS (SELECT work_id, n FROM unnest($1::bigint[], $2::int[]) AS b (work_id, n))
UPDATE work w SET leased = w.leased - back.n FROM back WHERE w.work_id = back.work_id
"""
# With the other work about the items `$2`, whose rows of `ready` `_FORGET_SEEN` changes. The order
# of locks is that of `store.locks`.
_LOCK_WORK = """
SELECT w.work_id FROM work w WHERE w.work_id IN (
    SELECT unnest($1::bigint[]) UNION SELECT o.work_id FROM work o WHERE o.item_id = ANY($2))
ORDER BY w.purpose = 'honeypot', w.work_id FOR UPDATE
"""
_RELEASE_QUOTA = """
WITH untaken AS (
    SELECT annotator, project, count(*) AS n
    FROM unnest($1::text[], $2::text[]) AS u (annotator, project) GROUP BY 1, 2
), locked AS MATERIALIZED (
    SELECT a.annotator, a.project FROM annotators a
    WHERE (a.annotator, a.project) IN (SELECT annotator, project FROM untaken)
    ORDER BY a.annotator, a.project FOR UPDATE
)
UPDATE annotators a SET taken = a.taken - u.n
FROM untaken u JOIN locked USING (annotator, project)
WHERE a.annotator = u.annotator AND a.project = u.project
"""
# The annotator can now get the other work about the item too, for example a review. Its rows of
# `ready` have changed for that annotator, so their `changed_xid` is set.
_FORGET_SEEN = """
WITH forgotten AS (
    DELETE FROM seen USING unnest($1::text[], $2::uuid[], $3::int[])
        AS u (annotator, item_id, spec_version)
    WHERE seen.annotator = u.annotator AND seen.item_id = u.item_id
        AND seen.spec_version = u.spec_version
    RETURNING seen.item_id
)
UPDATE ready SET changed_xid = pg_current_xact_id()::text::bigint
FROM forgotten f JOIN work w USING (item_id) WHERE ready.work_id = w.work_id
"""

_LEASE_FIELDS = [field.name for field in fields(HeldLease) if field.name != "work"]


@dataclass(frozen=True, slots=True)
class EndedLease:
    """A lease that ended without a submission."""

    lease_id: UUID
    annotator: str
    leased_at: datetime
    task_id: UUID
    stage: Stage
    project: str


@dataclass(frozen=True, slots=True)
class StoredLease:
    """A lease that was just stored, with its work and the annotator's draft."""

    lease_id: UUID
    work: Work
    draft: Any


@dataclass(frozen=True, slots=True)
class NewLease:
    """A lease to be stored."""

    lease_id: UUID
    work_id: int
    annotator: str
    kind: AnnotatorKind
    project: str
    item_id: UUID
    spec_version: int
    batch: UUID | None
    takes_slot: bool
    leaves_slots: bool
    """True if the chosen work, which a honeypot may replace, keeps a free slot for others."""
    expires_at: datetime
    prelabel: PrelabelArm


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The annotators of a batch, the paused projects, and the newest pool (0: there is none)."""

    profiles: dict[str, AnnotatorProfile]
    paused: frozenset[str]
    newest_pool: int


async def snapshot(transaction: Transaction, annotators: Sequence[str]) -> Snapshot:
    """Read the profiles of these annotators, the paused projects and the newest pool."""
    connection = await transaction.connection()
    rows = await connection.fetch(_SNAPSHOT, annotators)
    profiles: dict[str, AnnotatorProfile] = {}
    memberships: dict[str, dict[str, ProjectMembership]] = {}
    for row in rows:
        name = row["annotator"]
        own = memberships.setdefault(name, {})
        if row["project"] is not None:
            own[row["project"]] = ProjectMembership(row["standing"], row["taken"])
        if name not in profiles:
            profiles[name] = AnnotatorProfile(
                row["held"],
                frozenset(map(tuple, row["levels"])),
                frozenset(row["declined"]),
                frozenset(map(tuple, row["experienced"])),
                own,
            )
    return Snapshot(profiles, frozenset(rows[0]["paused"]), rows[0]["newest"] or 0)


async def pools(transaction: Transaction, after: int) -> list[Pool]:
    """Return the pools with a number larger than `after`."""
    connection = await transaction.connection()
    return [
        Pool(**{**row, "skills": frozenset(row["skills"])})
        for row in await connection.fetch(_POOLS, after)
    ]


async def taken_in(transaction: Transaction, project: str) -> int:
    """Return how many tasks of a project all annotators hold or have answered.

    The caller holds the lock of the project's quota.
    """
    connection = await transaction.connection()
    total: int = await connection.fetchval(_TAKEN_IN, project)
    return total


async def add_leases(
    transaction: Transaction, leases: Sequence[NewLease], now: datetime
) -> dict[UUID, StoredLease]:
    """Store leases. The caller has locked their work; honeypots are locked here, last."""
    connection = await transaction.connection()
    rows = await connection.fetch(_LEASE, as_json(leases), now)
    return {
        row["lease_id"]: StoredLease(row["lease_id"], as_work(row), row["draft"]) for row in rows
    }


async def locked_leases(
    transaction: Transaction, lease_ids: Sequence[UUID]
) -> dict[UUID, HeldLease]:
    """Lock these leases and return those that exist with their work, by id."""
    connection = await transaction.connection()
    rows = await connection.fetch(_HELD_LOCKED, lease_ids)
    return {row["lease_id"]: _as_held(row) for row in rows}


async def open_leases(
    transaction: Transaction, holder: Holder, now: datetime
) -> list[tuple[HeldLease, JsonValue]]:
    """Return the open leases of the holder in the projects of its token, each with its draft."""
    connection = await transaction.connection()
    projects = None if holder.projects is None else sorted(holder.projects)
    rows = await connection.fetch(_HELD_OPEN, holder.annotator, now, projects)
    return [(_as_held(row), row["draft"]) for row in rows]


async def extend(transaction: Transaction, lease_id: UUID, expires_at: datetime) -> None:
    """Move the expiry of a lease to `expires_at`, never to an earlier time."""
    connection = await transaction.connection()
    await connection.execute(_EXTEND, lease_id, expires_at)


async def save_draft(
    transaction: Transaction, lease: HeldLease, draft: JsonValue, now: datetime
) -> None:
    """Store a draft for the annotator and the item, and delete the annotator's oldest drafts."""
    connection = await transaction.connection()
    await connection.execute(_DRAFT, lease.annotator, lease.work.item_id, as_json(draft), now)
    await connection.execute(_DROP_OLD_DRAFTS, lease.annotator)


async def decline(transaction: Transaction, annotator: str, work_id: int) -> None:
    """Give the annotator no more work of the same pool, if that pool requires skills.

    Without required skills the pool says nothing about them, and only this task is left out.
    """
    connection = await transaction.connection()
    await connection.execute(_DECLINE, annotator, work_id)


async def expired(transaction: Transaction, now: datetime) -> list[UUID]:
    """Lock and return the oldest leases that have expired."""
    connection = await transaction.connection()
    return [row["lease_id"] for row in await connection.fetch(_EXPIRED, now)]


async def held_by(transaction: Transaction, annotator: str, project: str) -> list[UUID]:
    """Lock and return the open leases of an annotator in a project."""
    connection = await transaction.connection()
    return [row["lease_id"] for row in await connection.fetch(_HELD_BY, annotator, project)]


async def end_leases(
    transaction: Transaction, lease_ids: Sequence[UUID], reason: str, now: datetime, *, forget: bool
) -> list[EndedLease]:
    """End leases without a submission and make their work available again.

    `forget`: their holders may get the same tasks again.
    """
    connection = await transaction.connection()
    ended = await connection.fetch(_END, lease_ids, reason, now)
    if not ended:
        return []
    # A honeypot takes as many statements as work does, so that the duration reveals nothing.
    freed: dict[int, int] = {}
    for row in ended:
        freed[row["work_id"]] = freed.get(row["work_id"], 0) + row["took_slot"]
    items = [row["item_id"] for row in ended] if forget else []
    await connection.execute(_LOCK_WORK, list(freed), items)
    await connection.execute(_GIVE_BACK, list(freed), list(freed.values()))
    await refresh(transaction, list(freed))
    if forget:
        await connection.execute(
            _FORGET_SEEN, *_columns(ended, "annotator", "item_id", "spec_version")
        )
    await connection.execute(_RELEASE_QUOTA, *_columns(ended, "annotator", "project"))
    names = [field.name for field in fields(EndedLease)]
    return [EndedLease(**{name: row[name] for name in names}) for row in ended]


def _columns(rows: Sequence[Any], *names: str) -> list[list[Any]]:
    return [[row[name] for row in rows] for name in names]


def _as_held(row: Any) -> HeldLease:  # noqa: ANN401
    return HeldLease(**{name: row[name] for name in _LEASE_FIELDS}, work=as_work(row))
