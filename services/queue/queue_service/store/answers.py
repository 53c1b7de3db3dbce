"""Leases that come back with an answer, a draft or a question."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import JsonValue

from chassis.database import Session, as_json, raw
from queue_service.domain import Held
from queue_service.store.leasing import as_work

_HELD = """
SELECT l.lease_id, l.annotator, l.kind, l.leased_at, l.expires_at, l.ended, l.prelabel,
    l.prelabel_given, coalesce(a.standing, 'new') AS standing,
    coalesce(p.newest_version, w.spec_version) AS newest_version, d.draft,
    w.work_id, w.task_id, w.stage, w.subject, w.project, w.item_id, w.external_id, w.spec_version,
    w.task_type, w.purpose, w.state, w.payload, w.prelabels, w.context, z.hash AS spec_hash
FROM leases l JOIN work w USING (work_id)
    JOIN specs z ON z.project = w.project AND z.version = w.spec_version
    LEFT JOIN annotators a ON a.annotator = l.annotator AND a.project = w.project
    LEFT JOIN projects p ON p.project = w.project
    LEFT JOIN drafts d ON d.annotator = l.annotator AND d.item_id = w.item_id
"""
_HELD_ONE = _HELD + " WHERE l.lease_id = $1 FOR UPDATE OF l"
_HELD_OPEN = (
    _HELD
    + """
    WHERE l.annotator = $1 AND l.ended IS NULL AND l.expires_at > $2 ORDER BY l.leased_at
"""
)
_LOCK_WORK = "SELECT 1 FROM work WHERE work_id = $1 FOR UPDATE"
_ANSWER = """
WITH answered AS (
    INSERT INTO answers (lease_id, answer_id, work_id, annotator, body, submitted_at, release_at)
    VALUES ($1, $2, $3, $4, $5::jsonb, $6, $7)
), ended AS (
    UPDATE leases SET ended = 'answered', ended_at = $6 WHERE lease_id = $1
), counted AS (
    UPDATE work SET answered = answered + 1, leased = leased - 1 WHERE work_id = $3 AND $9
)
DELETE FROM drafts WHERE annotator = $4 AND item_id = $8
"""
_CLOSE = "UPDATE work SET state = 'closed' WHERE work_id = $1"
_GIVEN = "SELECT answer_id, body, submitted_at, release_at FROM answers WHERE lease_id = $1"
_CHANGE = "UPDATE answers SET body = $2::jsonb, submitted_at = $3 WHERE lease_id = $1"
_DUE = """
SELECT lease_id FROM answers WHERE release_at <= $1 ORDER BY release_at LIMIT 500
FOR UPDATE SKIP LOCKED
"""
_RELEASE = "UPDATE answers SET release_at = NULL WHERE lease_id = ANY($1)"
_BEAT = "UPDATE leases SET expires_at = $2 WHERE lease_id = $1"
_DRAFT = """
INSERT INTO drafts (annotator, item_id, draft, saved_at) VALUES ($1, $2, $3::jsonb, $4)
ON CONFLICT (annotator, item_id)
    DO UPDATE SET draft = excluded.draft, saved_at = excluded.saved_at
"""


@dataclass(frozen=True, slots=True)
class Given:
    """An answer that was taken. `release_at`: it can still be changed until then."""

    answer_id: UUID
    body: dict[str, Any]
    submitted_at: datetime
    release_at: datetime | None


async def held(session: Session, lease_id: UUID) -> Held | None:
    """A lease and its work, the lease locked."""
    connection = await raw(session)
    row = await connection.fetchrow(_HELD_ONE, lease_id)
    return None if row is None else _as_held(row)


async def open_leases(session: Session, annotator: str, now: datetime) -> list[Held]:
    """What the annotator holds."""
    connection = await raw(session)
    return [_as_held(row) for row in await connection.fetch(_HELD_OPEN, annotator, now)]


async def given(session: Session, lease_id: UUID) -> Given | None:
    """The answer that was given with a lease."""
    connection = await raw(session)
    row = await connection.fetchrow(_GIVEN, lease_id)
    if row is None:
        return None
    return Given(row["answer_id"], row["body"], row["submitted_at"], row["release_at"])


async def add_answer(
    session: Session,
    held: Held,
    answer_id: UUID,
    body: dict[str, Any],
    now: datetime,
    release_at: datetime | None = None,
) -> None:
    """Keep an answer and end its lease; a person's answer to work takes the slot for good.

    The lock on the work row gives events about one task the order of their commits.
    """
    connection = await raw(session)
    work = held.work
    if work.purpose == "work":
        await connection.execute(_LOCK_WORK, work.work_id)
    await connection.execute(
        _ANSWER,
        held.lease_id,
        answer_id,
        work.work_id,
        held.annotator,
        as_json(body),
        now,
        release_at,
        work.item_id,
        work.purpose == "work" and held.kind == "human",
    )


async def close(session: Session, work_id: int) -> None:
    """The work is done; nobody else need do it."""
    connection = await raw(session)
    await connection.execute(_CLOSE, work_id)


async def change_answer(
    session: Session, lease_id: UUID, body: dict[str, Any], now: datetime
) -> None:
    """Replace an answer that is still held."""
    connection = await raw(session)
    await connection.execute(_CHANGE, lease_id, as_json(body), now)


async def due_answers(session: Session, now: datetime) -> list[UUID]:
    """The leases of held answers whose time has come, locked; they are held no more."""
    connection = await raw(session)
    due = [row["lease_id"] for row in await connection.fetch(_DUE, now)]
    await connection.execute(_RELEASE, due)
    return due


async def beat(session: Session, lease_id: UUID, expires_at: datetime) -> None:
    """Let a lease hold longer."""
    connection = await raw(session)
    await connection.execute(_BEAT, lease_id, expires_at)


async def save_draft(session: Session, held: Held, draft: JsonValue, now: datetime) -> None:
    """Keep an unfinished answer for its annotator, beyond the lease."""
    connection = await raw(session)
    text = as_json(draft)
    await connection.execute(_DRAFT, held.annotator, held.work.item_id, text, now)


def _as_held(row: Any) -> Held:  # noqa: ANN401
    names = ("lease_id", "annotator", "kind", "leased_at", "expires_at", "ended", "prelabel")
    given = row["prelabel_given"]
    return Held(
        **{name: row[name] for name in names},
        prelabel_given=given,
        standing=row["standing"],
        newest_version=row["newest_version"],
        draft=row["draft"],
        work=as_work(row),
    )
