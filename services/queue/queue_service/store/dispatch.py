"""Statements that find the best work for annotators in `ready`, and lock it in `work`."""

from collections.abc import Collection, Sequence

from chassis.db.database import Transaction, as_json
from queue_service.domain.dispatch import (
    Candidate,
    HoneypotQuery,
    Key,
    Offer,
    PoolScan,
    ScanCursor,
)

WINDOW = 512
"""The number of rows that one scan of a pool reads at most. After that, `cursors` finds the first
unseen row."""

# Each condition probes an index. With EXISTS, the planner may read everything that an annotator has
# seen.
UNSEEN = """
(SELECT true FROM seen s WHERE s.annotator = {annotator} AND s.item_id = {row}.item_id
    AND ({stage} <> 'annotate' OR s.spec_version = {row}.spec_version) LIMIT 1) IS NULL
AND ({row}.batch IS NULL OR {stage} = 'annotate' OR (SELECT true FROM seen s
    WHERE s.annotator = {annotator} AND s.item_id = {row}.batch LIMIT 1) IS NULL)
"""
_SCANS = """
unnest($1::int[], $2::text[], $3::int[], $4::text[], $5::int[], $6::int[], $7::bigint[],
    $8::int[], $9::bigint[], $10::bigint[], $11::bigint[])
    AS a (n, annotator, stage_rank, stage, pool, rank, due, slots, position, work_id, since)
"""
_KEY = "(r.rank, r.due, r.slots, r.position, r.work_id)"
_CURSOR = "(a.rank, a.due, a.slots, a.position, a.work_id)"
_UNSEEN_IN_SCAN = UNSEEN.format(annotator="a.annotator", row="r", stage="a.stage")
_NEWER = "(SELECT * FROM ready r WHERE r.pool = a.pool AND r.changed_xid >= a.since OFFSET 0)"
# The best rows of each pool from the cursor on, and newer rows before the cursor. The last row of a
# full window is returned although it may have been seen: it says that there are more rows after it.
_BEST = f"""
WITH scans AS MATERIALIZED (SELECT * FROM {_SCANS})
SELECT q.n, c.* FROM (SELECT DISTINCT n FROM scans) q CROSS JOIN LATERAL (
    SELECT a.stage_rank, a.pool, c.* FROM scans a CROSS JOIN LATERAL (
        (SELECT r.rank, r.due, r.slots, r.position, r.work_id, r.nth = {WINDOW} AS is_end FROM (
            SELECT r.*, row_number() OVER () AS nth FROM (
                SELECT * FROM ready r WHERE r.pool = a.pool AND {_KEY} >= {_CURSOR}
                ORDER BY r.rank, r.due, r.slots, r.position, r.work_id LIMIT {WINDOW}) r) r
        WHERE r.nth = {WINDOW} OR (r.work_id <> ALL($12::bigint[]) AND {_UNSEEN_IN_SCAN})
        LIMIT $13)
        UNION ALL
        (SELECT r.rank, r.due, r.slots, r.position, r.work_id, false FROM {_NEWER} r
        WHERE {_KEY} < {_CURSOR} AND r.work_id <> ALL($12::bigint[]) AND {_UNSEEN_IN_SCAN}
        ORDER BY r.rank, r.due, r.slots, r.position, r.work_id LIMIT $13)
    ) c WHERE a.n = q.n
    ORDER BY a.stage_rank, c.rank, c.due, c.slots, c.position, c.work_id LIMIT $13
) c
"""
# The first unseen row from the cursor on, and the number of newer unseen rows before the cursor.
_CURSORS = f"""
SELECT a.n, a.pool, f.rank, f.due, f.slots, f.position, f.work_id,
    pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS since,
    (SELECT count(*) FROM {_NEWER} r WHERE {_KEY} < {_CURSOR}
        AND r.work_id <> ALL($12::bigint[]) AND {_UNSEEN_IN_SCAN}) AS before
FROM {_SCANS} LEFT JOIN LATERAL (
    SELECT r.rank, r.due, r.slots, r.position, r.work_id FROM ready r
    WHERE r.pool = a.pool AND {_KEY} >= {_CURSOR}
        AND r.work_id <> ALL($12::bigint[]) AND {_UNSEEN_IN_SCAN}
    ORDER BY r.rank, r.due, r.slots, r.position, r.work_id LIMIT 1
) f ON true
"""
_HEADS = """
SELECT s.pool, h.* FROM unnest($1::int[]) AS s (pool) CROSS JOIN LATERAL (
    SELECT r.rank, r.due, r.slots, r.position, r.work_id FROM ready r WHERE r.pool = s.pool
    ORDER BY r.rank, r.due, r.slots, r.position, r.work_id LIMIT 1
) h
"""
# Annotators that take no slot (models) may annotate any open task, however many people hold it.
_BEST_WITHOUT_SLOTS = f"""
SELECT a.n, a.stage_rank, a.pool, 0 AS rank, 0 AS due, 1000000 AS slots, c.position, c.work_id,
    false AS is_end
FROM {_SCANS} CROSS JOIN LATERAL (
    SELECT r.position, r.work_id FROM work r JOIN projects p ON p.project = r.project
    WHERE r.pool = a.pool AND r.purpose = 'work' AND r.state = 'open'
        AND (r.stage = 'review' OR r.spec_version = p.newest_version)
        AND r.work_id <> ALL($12::bigint[]) AND {_UNSEEN_IN_SCAN}
    ORDER BY r.position, r.work_id LIMIT $13
) c ORDER BY a.stage_rank, c.position, c.work_id
"""
_BEST_OF_ITEMS = f"""
SELECT a.n, a.stage_rank, a.pool, coalesce(y.rank, 0) AS rank, coalesce(y.due, 0) AS due,
    CASE WHEN $15 THEN 1000000 ELSE y.slots END AS slots, r.position, r.work_id,
    false AS is_end
FROM {_SCANS} JOIN work r ON r.pool = a.pool JOIN projects p ON p.project = r.project
    LEFT JOIN ready y ON y.work_id = r.work_id
WHERE r.external_id = ANY($14) AND r.project = ANY($16) AND r.purpose = 'work'
    AND (r.stage = 'review' OR r.spec_version = p.newest_version)
    AND r.state = 'open' AND ($15 OR y.work_id IS NOT NULL)
    AND r.work_id <> ALL($12::bigint[]) AND {_UNSEEN_IN_SCAN}
ORDER BY a.stage_rank, 4, 5, 6, r.position, r.work_id LIMIT $13
"""
# PostgreSQL tests the conditions on `w` again once it holds the lock. This keeps redundancy exact.
_LOCK = """
SELECT w.work_id, w.project, w.stage, w.item_id, w.batch, w.spec_version, z.hash,
    w.prelabels <> '[]' AS has_prelabel, w.target - w.answered - w.leased AS slots
FROM work w JOIN projects p USING (project)
    JOIN specs z ON z.project = w.project AND z.version = w.spec_version
WHERE w.work_id = ANY($1) AND w.state = 'open' AND NOT p.paused
    AND ($2 OR w.answered + w.leased < w.target)
    AND (w.stage = 'review' OR w.spec_version = p.newest_version)
ORDER BY w.work_id FOR UPDATE OF w
"""
_HONEYPOTS = """
SELECT q.n, h.work_id, h.project, h.stage, h.item_id, h.batch, h.spec_version, h.spec_hash,
    h.has_prelabel, NULL AS slots
FROM jsonb_to_recordset($1::jsonb) AS q (n int, annotator text, project text, spec_version int,
    spec_hash text, start float8, exposure_max int, skills text[], items text[],
    excluded_items uuid[])
CROSS JOIN LATERAL (
    SELECT * FROM ((SELECT {columns} FROM work w WHERE {fits} AND w.sort_key >= q.start
            ORDER BY w.sort_key LIMIT 1)
        UNION ALL (SELECT {columns} FROM work w WHERE {fits} AND w.sort_key < q.start
            ORDER BY w.sort_key LIMIT 1)) h LIMIT 1
) h
""".format(
    columns="""w.work_id, w.project, w.stage, w.item_id, w.batch, w.spec_version, q.spec_hash,
        w.prelabels <> '[]' AS has_prelabel, w.sort_key""",
    fits="""w.purpose = 'honeypot' AND w.state = 'open' AND w.project = q.project
        AND w.spec_version = q.spec_version AND w.lease_count < q.exposure_max
        AND w.skills <@ q.skills
        AND (q.items IS NULL OR w.external_id = ANY(q.items))
        AND NOT (w.item_id = ANY(q.excluded_items)) AND """
    + UNSEEN.format(annotator="q.annotator", row="w", stage="'annotate'"),
)


async def best(
    transaction: Transaction, scans: Sequence[PoolScan], excluded: Collection[int], count: int
) -> list[Candidate]:
    """Return the best `count` tasks for each query, without locks.

    `scans` are all by people, or all by annotators that take no slots. The work ids in `excluded`
    are left out.
    """
    connection = await transaction.connection()
    statement = _BEST if scans[0].takes_slots else _BEST_WITHOUT_SLOTS
    rows = await connection.fetch(statement, *_columns(scans), list(excluded), count)
    return [Candidate(*row) for row in rows]


async def heads(transaction: Transaction, pools: Collection[int]) -> dict[int, Key]:
    """Return the key of the first task of each of these pools, seen or not; none for empty ones."""
    connection = await transaction.connection()
    rows = await connection.fetch(_HEADS, list(pools))
    return {pool: tuple(key) for pool, *key in rows}


async def best_of_items(
    transaction: Transaction,
    scans: Sequence[PoolScan],
    excluded: Collection[int],
    count: int,
    items: Sequence[str],
) -> list[Candidate]:
    """Return the best `count` tasks about `items` (external ids), without locks."""
    connection = await transaction.connection()
    rows = await connection.fetch(
        _BEST_OF_ITEMS,
        *_columns(scans),
        list(excluded),
        count,
        items,
        not scans[0].takes_slots,
        sorted({scan.project for scan in scans}),
    )
    return [Candidate(*row) for row in rows]


def _columns(scans: Sequence[PoolScan]) -> list[list[object]]:
    rows = [
        (
            scan.n,
            scan.annotator,
            scan.stage_rank,
            scan.stage,
            scan.pool,
            *scan.cursor.key,
            scan.cursor.since,
        )
        for scan in scans
    ]
    return [list(column) for column in zip(*rows, strict=True)]


async def cursors(
    transaction: Transaction, scans: Sequence[PoolScan], excluded: Collection[int]
) -> list[tuple[PoolScan, ScanCursor]]:
    """Return each scan with its next cursor: the place of the first unseen row not `excluded`."""
    connection = await transaction.connection()
    rows = await connection.fetch(_CURSORS, *_columns(scans), list(excluded))
    found = {(row["n"], row["pool"]): row for row in rows}
    return [(scan, ScanCursor.after(scan.cursor, found[scan.n, scan.pool])) for scan in scans]


async def lock(
    transaction: Transaction, work_ids: Sequence[int], *, takes_slots: bool, waits: bool
) -> list[Offer]:
    """Lock and return the work among `work_ids` that still has a free slot.

    Work that others hold locked is left out; with `waits` it is waited for.
    """
    connection = await transaction.connection()
    statement = _LOCK if waits else _LOCK + " SKIP LOCKED"
    return [Offer(*row) for row in await connection.fetch(statement, work_ids, not takes_slots)]


async def honeypots(transaction: Transaction, queries: Sequence[HoneypotQuery]) -> dict[int, Offer]:
    """Return a honeypot that its annotator has not seen for each query, by `n`, if there is one."""
    connection = await transaction.connection()
    rows = await connection.fetch(_HONEYPOTS, as_json(queries))
    return {row["n"]: Offer(*row[1:]) for row in rows}
