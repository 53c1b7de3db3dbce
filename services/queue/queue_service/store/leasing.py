"""Giving work out, and getting it back unanswered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.db.database import Transaction, as_json
from queue_service.domain.choice import EXPERIENCED_FROM, LEVEL_MAX, Person, Shard, There
from queue_service.domain.leases import Work
from queue_service.store.intake import refresh
from schemas.vocabulary import Stage

_SCENE = f"""
SELECT q.annotator,
    (SELECT count(*) FROM leases l WHERE l.annotator = q.annotator AND l.ended IS NULL) AS held,
    ARRAY(SELECT ARRAY[s.project, s.skill || '>=' || least(s.level, {LEVEL_MAX})] FROM skills s
        WHERE s.annotator = q.annotator AND s.level > 0) AS levels,
    ARRAY(SELECT d.shard FROM declined d WHERE d.annotator = q.annotator) AS declined,
    ARRAY(SELECT ARRAY[h.task_type, h.stage] FROM history h
        WHERE h.annotator = q.annotator AND h.answered >= {EXPERIENCED_FROM}) AS experienced,
    a.project, a.standing, a.taken,
    ARRAY(SELECT project FROM projects WHERE paused) AS paused,
    (SELECT max(shard) FROM shards) AS newest
FROM unnest($1::text[]) AS q (annotator) LEFT JOIN annotators a USING (annotator)
"""
_SHARDS = "SELECT shard, project, stage, task_type, skills, circle FROM shards WHERE shard > $1"
_TAKEN_IN = "SELECT coalesce(sum(taken), 0) FROM annotators WHERE project = $1"
# A honeypot's row of `ready` is written where that of the work in whose place it came would be: to
# give it out takes as long.
_TAKE = """
WITH given AS (
    SELECT * FROM jsonb_to_recordset($1::jsonb) AS l (lease_id uuid, work_id bigint,
        annotator text, kind text, project text, item_id uuid, spec_version int, batch uuid,
        takes_slot boolean, leaves_place boolean, expires_at timestamptz, prelabel text)
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
    UPDATE work w SET leased = w.leased + g.slots, shown = w.shown + g.n
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
        entered = pg_current_xact_id()::text::bigint
    FROM taken t WHERE ready.work_id = t.work_id AND (t.answered + t.leased < t.target
        OR (t.target IS NULL AND t.work_id IN (SELECT work_id FROM given WHERE leaves_place)))
)
SELECT g.lease_id, t.work_id, t.task_id, t.stage, t.subject, t.project, t.item_id, t.external_id,
    t.spec_version, t.task_type, t.purpose, t.state, t.payload, t.blob, t.blob_size, t.prelabels,
    t.context,
    '' AS spec_hash, d.draft
FROM given g JOIN taken t USING (work_id)
    LEFT JOIN drafts d ON d.annotator = g.annotator AND d.item_id = g.item_id
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
# With the other work about the items `$2`, whose rows of `ready` `_UNSEE` changes. Everybody locks
# work before honeypots, each by number, and then the annotators by name.
_LOCK_WORK = """
SELECT w.work_id FROM work w WHERE w.work_id IN (
    SELECT unnest($1::bigint[]) UNION SELECT o.work_id FROM work o WHERE o.item_id = ANY($2))
ORDER BY w.purpose = 'honeypot', w.work_id FOR UPDATE
"""
_UNTAKE = """
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
# The item's other work, a review of it say, can be given to whoever saw it too: its rows have
# changed for them, and are marked so.
_UNSEE = """
WITH forgotten AS (
    DELETE FROM seen USING unnest($1::text[], $2::uuid[], $3::int[])
        AS u (annotator, item_id, spec_version)
    WHERE seen.annotator = u.annotator AND seen.item_id = u.item_id
        AND seen.spec_version = u.spec_version
    RETURNING seen.item_id
)
UPDATE ready SET entered = pg_current_xact_id()::text::bigint
FROM forgotten f JOIN work w USING (item_id) WHERE ready.work_id = w.work_id
"""


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
class Given:
    """A lease as it was written down."""

    lease_id: UUID
    work: Work
    draft: Any


@dataclass(frozen=True, slots=True)
class Scene:
    """Who asks, which projects are paused, and the newest shard (0: there is none)."""

    people: dict[str, Person]
    paused: frozenset[str]
    newest_shard: int


async def scene(transaction: Transaction, annotators: Sequence[str]) -> Scene:
    """What the choice must know about these annotators, and about the rest."""
    connection = await transaction.connection()
    rows = await connection.fetch(_SCENE, annotators)
    people: dict[str, Person] = {}
    projects: dict[str, dict[str, There]] = {}
    for row in rows:
        name = row["annotator"]
        mine = projects.setdefault(name, {})
        if row["project"] is not None:
            mine[row["project"]] = There(row["standing"], row["taken"])
        if name not in people:
            people[name] = Person(
                row["held"],
                frozenset(map(tuple, row["levels"])),
                frozenset(row["declined"]),
                frozenset(map(tuple, row["experienced"])),
                mine,
            )
    return Scene(people, frozenset(rows[0]["paused"]), rows[0]["newest"] or 0)


async def shards(transaction: Transaction, after: int) -> list[Shard]:
    """The shards that are newer than `after`."""
    connection = await transaction.connection()
    return [
        Shard(**{**row, "skills": frozenset(row["skills"])})
        for row in await connection.fetch(_SHARDS, after)
    ]


async def taken_in(transaction: Transaction, project: str) -> int:
    """How many tasks of a project are held or answered by all. The caller serializes it."""
    connection = await transaction.connection()
    total: int = await connection.fetchval(_TAKEN_IN, project)
    return total


async def add_leases(
    transaction: Transaction, leases: Sequence[dict[str, Any]], now: datetime
) -> dict[UUID, Given]:
    """Write leases. The caller holds the locks of their work; honeypots are locked here, last."""
    connection = await transaction.connection()
    rows = await connection.fetch(_TAKE, as_json(leases), now)
    return {row["lease_id"]: Given(row["lease_id"], as_work(row), row["draft"]) for row in rows}


async def expired(transaction: Transaction, now: datetime) -> list[UUID]:
    """The oldest leases that have run out, locked."""
    connection = await transaction.connection()
    return [row["lease_id"] for row in await connection.fetch(_EXPIRED, now)]


async def held_by(transaction: Transaction, annotator: str, project: str) -> list[UUID]:
    """The open leases of an annotator in a project, locked."""
    connection = await transaction.connection()
    return [row["lease_id"] for row in await connection.fetch(_HELD_BY, annotator, project)]


async def end_leases(
    transaction: Transaction, lease_ids: Sequence[UUID], how: str, now: datetime, *, forget: bool
) -> list[Ended]:
    """End leases without an answer and offer their work again.

    `forget`: whoever held one may get the same task again.
    """
    connection = await transaction.connection()
    ended = await connection.fetch(_END, lease_ids, how, now)
    if not ended:
        return []
    # A honeypot takes as many statements as work does, that the time they take be no sign.
    freed: dict[int, int] = {}
    for row in ended:
        freed[row["work_id"]] = freed.get(row["work_id"], 0) + row["took_slot"]
    items = [row["item_id"] for row in ended] if forget else []
    await connection.execute(_LOCK_WORK, list(freed), items)
    await connection.execute(_GIVE_BACK, list(freed), list(freed.values()))
    await refresh(transaction, list(freed))
    if forget:
        await connection.execute(_UNSEE, *_columns(ended, "annotator", "item_id", "spec_version"))
    await connection.execute(_UNTAKE, *_columns(ended, "annotator", "project"))
    names = ("lease_id", "annotator", "leased_at", "task_id", "stage", "project")
    return [Ended(*(row[name] for name in names)) for row in ended]


def _columns(rows: Sequence[Any], *names: str) -> list[list[Any]]:
    return [[row[name] for row in rows] for name in names]


def as_work(row: Any) -> Work:  # noqa: ANN401
    """A row that has a work's columns as a Work."""
    names = ("work_id", "task_id", "stage", "subject", "project", "item_id", "external_id")
    more = ("spec_version", "spec_hash", "task_type", "purpose", "state")
    wide = ("payload", "blob", "blob_size", "prelabels", "context")
    return Work(**{name: row[name] for name in names + more + wide})
