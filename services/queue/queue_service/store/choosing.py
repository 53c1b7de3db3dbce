"""Which work is best for whom: reads `ready`, then locks what was chosen in `work`."""

from collections.abc import Collection, Sequence
from dataclasses import asdict

from chassis.db.database import Transaction, as_json
from queue_service.domain.choice import Candidate, HoneypotWish, Horizon, Key, Look, Offer

WINDOW = 512
"""How many rows of a shard one look goes through before it asks where the unseen ones begin."""

# Probes of an index, each: written with EXISTS, the planner may read all that somebody has seen.
UNSEEN = """
(SELECT true FROM seen s WHERE s.annotator = {who} AND s.item_id = {row}.item_id
    AND ({stage} <> 'annotate' OR s.spec_version = {row}.spec_version) LIMIT 1) IS NULL
AND ({row}.batch IS NULL OR {stage} = 'annotate' OR (SELECT true FROM seen s
    WHERE s.annotator = {who} AND s.item_id = {row}.batch LIMIT 1) IS NULL)
"""
_LOOKS = """
unnest($1::int[], $2::text[], $3::int[], $4::text[], $5::int[], $6::int[], $7::bigint[],
    $8::int[], $9::bigint[], $10::bigint[], $11::bigint[])
    AS a (n, annotator, place, stage, shard, rank, due, slots, position, work_id, since)
"""
_KEY = "(r.rank, r.due, r.slots, r.position, r.work_id)"
_FROM = "(a.rank, a.due, a.slots, a.position, a.work_id)"
_UNSEEN_BY_A = UNSEEN.format(who="a.annotator", row="r", stage="a.stage")
_NEWER = "(SELECT * FROM ready r WHERE r.shard = a.shard AND r.entered >= a.since OFFSET 0)"
# From each shard the best from its horizon on, and what came to stand before it since. A row that
# ends the window is told although it may have been seen: there is more behind it.
_BEST = f"""
WITH looks AS MATERIALIZED (SELECT * FROM {_LOOKS})
SELECT q.n, c.* FROM (SELECT DISTINCT n FROM looks) q CROSS JOIN LATERAL (
    SELECT a.place, a.shard, c.* FROM looks a CROSS JOIN LATERAL (
        (SELECT r.rank, r.due, r.slots, r.position, r.work_id, r.nth = {WINDOW} AS is_end FROM (
            SELECT r.*, row_number() OVER () AS nth FROM (
                SELECT * FROM ready r WHERE r.shard = a.shard AND {_KEY} >= {_FROM}
                ORDER BY r.rank, r.due, r.slots, r.position, r.work_id LIMIT {WINDOW}) r) r
        WHERE r.nth = {WINDOW} OR (r.work_id <> ALL($12::bigint[]) AND {_UNSEEN_BY_A})
        LIMIT $13)
        UNION ALL
        (SELECT r.rank, r.due, r.slots, r.position, r.work_id, false FROM {_NEWER} r
        WHERE {_KEY} < {_FROM} AND r.work_id <> ALL($12::bigint[]) AND {_UNSEEN_BY_A}
        ORDER BY r.rank, r.due, r.slots, r.position, r.work_id LIMIT $13)
    ) c WHERE a.n = q.n
    ORDER BY a.place, c.rank, c.due, c.slots, c.position, c.work_id LIMIT $13
) c
"""
# Where the first unseen row stands, and how many newer ones stand before the old horizon.
_HORIZONS = f"""
SELECT a.n, a.shard, f.rank, f.due, f.slots, f.position, f.work_id,
    pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS since,
    (SELECT count(*) FROM {_NEWER} r WHERE {_KEY} < {_FROM}
        AND r.work_id <> ALL($12::bigint[]) AND {_UNSEEN_BY_A}) AS before
FROM {_LOOKS} LEFT JOIN LATERAL (
    SELECT r.rank, r.due, r.slots, r.position, r.work_id FROM ready r
    WHERE r.shard = a.shard AND {_KEY} >= {_FROM}
        AND r.work_id <> ALL($12::bigint[]) AND {_UNSEEN_BY_A}
    ORDER BY r.rank, r.due, r.slots, r.position, r.work_id LIMIT 1
) f ON true
"""
_HEADS = """
SELECT s.shard, h.* FROM unnest($1::int[]) AS s (shard) CROSS JOIN LATERAL (
    SELECT r.rank, r.due, r.slots, r.position, r.work_id FROM ready r WHERE r.shard = s.shard
    ORDER BY r.rank, r.due, r.slots, r.position, r.work_id LIMIT 1
) h
"""
# Whoever takes no slot (a model) may answer any open task, however many people hold it.
_BEST_FREE = f"""
SELECT a.n, a.place, a.shard, 0 AS rank, 0 AS due, 1000000 AS slots, c.position, c.work_id,
    false AS is_end
FROM {_LOOKS} CROSS JOIN LATERAL (
    SELECT r.position, r.work_id FROM work r JOIN projects p ON p.project = r.project
    WHERE r.shard = a.shard AND r.purpose = 'work' AND r.state = 'open'
        AND (r.stage = 'review' OR r.spec_version = p.newest_version)
        AND r.work_id <> ALL($12::bigint[]) AND {_UNSEEN_BY_A}
    ORDER BY r.position, r.work_id LIMIT $13
) c ORDER BY a.place, c.position, c.work_id
"""
_PICKED = f"""
SELECT a.n, a.place, a.shard, coalesce(y.rank, 0) AS rank, coalesce(y.due, 0) AS due,
    CASE WHEN $15 THEN 1000000 ELSE y.slots END AS slots, r.position, r.work_id,
    false AS is_end
FROM {_LOOKS} JOIN work r ON r.shard = a.shard JOIN projects p ON p.project = r.project
    LEFT JOIN ready y ON y.work_id = r.work_id
WHERE r.external_id = ANY($14) AND r.project = ANY($16) AND r.purpose = 'work'
    AND (r.stage = 'review' OR r.spec_version = p.newest_version)
    AND r.state = 'open' AND ($15 OR y.work_id IS NOT NULL)
    AND r.work_id <> ALL($12::bigint[]) AND {_UNSEEN_BY_A}
ORDER BY a.place, 4, 5, 6, r.position, r.work_id LIMIT $13
"""
# The quals on `w` are tested again once its lock is held: that is what makes redundancy exact.
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
    spec_hash text, start float8, shown_max int, skills text[], items text[], passed uuid[])
CROSS JOIN LATERAL (
    SELECT * FROM ((SELECT {columns} FROM work w WHERE {fits} AND w.pick >= q.start
            ORDER BY w.pick LIMIT 1)
        UNION ALL (SELECT {columns} FROM work w WHERE {fits} AND w.pick < q.start
            ORDER BY w.pick LIMIT 1)) h LIMIT 1
) h
""".format(
    columns="""w.work_id, w.project, w.stage, w.item_id, w.batch, w.spec_version, q.spec_hash,
        w.prelabels <> '[]' AS has_prelabel, w.pick""",
    fits="""w.purpose = 'honeypot' AND w.state = 'open' AND w.project = q.project
        AND w.spec_version = q.spec_version AND w.shown < q.shown_max AND w.skills <@ q.skills
        AND (q.items IS NULL OR w.external_id = ANY(q.items))
        AND NOT (w.item_id = ANY(q.passed)) AND """
    + UNSEEN.format(who="q.annotator", row="w", stage="'annotate'"),
)


async def best(
    transaction: Transaction, looks: Sequence[Look], tried: Collection[int], count: int
) -> list[Candidate]:
    """The best `count` tasks for each who looks, from the shards looked at; no lock yet.

    All of `looks` are by people, or all by whoever takes no slot.
    """
    connection = await transaction.connection()
    statement = _BEST if looks[0].takes_slots else _BEST_FREE
    rows = await connection.fetch(statement, *_columns(looks), list(tried), count)
    return [Candidate(*row) for row in rows]


async def heads(transaction: Transaction, shards: Collection[int]) -> dict[int, Key]:
    """The first task of each of these shards that has any, whoever has seen it."""
    connection = await transaction.connection()
    rows = await connection.fetch(_HEADS, list(shards))
    return {shard: tuple(key) for shard, *key in rows}


async def picked(
    transaction: Transaction,
    looks: Sequence[Look],
    tried: Collection[int],
    count: int,
    items: Sequence[str],
) -> list[Candidate]:
    """The same among tasks about `items` only."""
    connection = await transaction.connection()
    rows = await connection.fetch(
        _PICKED,
        *_columns(looks),
        list(tried),
        count,
        items,
        not looks[0].takes_slots,
        sorted({look.project for look in looks}),
    )
    return [Candidate(*row) for row in rows]


def _columns(looks: Sequence[Look]) -> list[list[object]]:
    rows = [
        (
            look.n,
            look.annotator,
            look.place,
            look.stage,
            look.shard,
            *look.horizon.key,
            look.horizon.since,
        )
        for look in looks
    ]
    return [list(column) for column in zip(*rows, strict=True)]


async def horizons(
    transaction: Transaction, looks: Sequence[Look], passed: Collection[int]
) -> list[tuple[Look, Horizon]]:
    """Up to where each who looks has seen everything but what is `passed` by, shard by shard."""
    connection = await transaction.connection()
    rows = await connection.fetch(_HORIZONS, *_columns(looks), list(passed))
    found = {(row["n"], row["shard"]): row for row in rows}
    return [(look, Horizon.after(look.horizon, found[look.n, look.shard])) for look in looks]


async def lock(
    transaction: Transaction, work_ids: Sequence[int], *, takes_slots: bool, waits: bool
) -> list[Offer]:
    """The work among `work_ids` that is still to be had, locked.

    What others hold locked is passed by, or with `waits` waited for.
    """
    connection = await transaction.connection()
    how = _LOCK if waits else _LOCK + " SKIP LOCKED"
    return [Offer(*row) for row in await connection.fetch(how, work_ids, not takes_slots)]


async def honeypots(transaction: Transaction, wishes: Sequence[HoneypotWish]) -> dict[int, Offer]:
    """For each wish a honeypot that its annotator has not seen, if there is one."""
    connection = await transaction.connection()
    rows = await connection.fetch(_HONEYPOTS, as_json([asdict(wish) for wish in wishes]))
    return {row["n"]: Offer(*row[1:]) for row in rows}
