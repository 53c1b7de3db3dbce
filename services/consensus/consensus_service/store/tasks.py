"""Tasks, votes and decisions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.database import Session, as_json, raw
from consensus_service.domain import Vote
from schemas.events import AnnotationSubmitted, TaskCreated

_ADD = """
INSERT INTO tasks (task_id, project, item_id, spec_version, purpose, redundancy, redundancy_max,
    overlap, metadata, target, asked)
SELECT task_id, project, item_id, spec_version, purpose, redundancy, redundancy_max, overlap,
    metadata, redundancy, redundancy
FROM jsonb_to_recordset($1::jsonb) AS t (task_id uuid, project text, item_id uuid,
    spec_version int, purpose text, redundancy int, redundancy_max int, overlap text,
    metadata jsonb)
ON CONFLICT DO NOTHING
"""
_TASK = "SELECT * FROM tasks WHERE task_id = $1 FOR UPDATE"
_TASK_UNLOCKED = "SELECT * FROM tasks WHERE task_id = $1"
_VOTE = """
INSERT INTO votes (annotation_id, task_id, project, annotator, annotator_kind, label, prelabel,
    submitted_at)
VALUES ($1, $2, $3, $4, $5, $6::jsonb, $7, $8) ON CONFLICT DO NOTHING
"""
_VOTES = """
SELECT v.annotation_id, v.annotator, v.annotator_kind, v.label,
    coalesce(a.standing, 'new') AS standing
FROM votes v LEFT JOIN annotators a ON a.annotator = v.annotator AND a.project = v.project
WHERE v.task_id = $1 ORDER BY v.arrival
"""
_ASK = "UPDATE tasks SET target = $2, asked = $3, why = $4 WHERE task_id = $1"
_WHY = "UPDATE tasks SET why = $2 WHERE task_id = $1"
_CONTEST = """
UPDATE tasks SET state = 'contested', why = $2, fields = $3, distribution = $4::jsonb,
    raised_at = $5
WHERE task_id = $1
"""
_NUMBER = """
INSERT INTO projects (project, last_decision) VALUES ($1, 1)
ON CONFLICT (project) DO UPDATE SET last_decision = projects.last_decision + 1
RETURNING last_decision
"""
_DECIDE = """
INSERT INTO decisions (project, decision_no, task_id, item_id, spec_version, label, confidence,
    how, why, annotation_ids, rules)
VALUES ($1, $2, $3, $4, $5, $6::jsonb, $7, $8, $9, $10, $11)
"""
_DECIDED = """
UPDATE tasks SET state = 'decided', decision_no = $2, why = $3, distribution = $4::jsonb,
    fields = NULL
WHERE task_id = $1
"""
_LAST_OF_ITEM = "SELECT max(decision_no) FROM decisions WHERE project = $1 AND item_id = $2"
_DECISION = """
SELECT * FROM decisions WHERE project = $1 AND task_id = $2 ORDER BY decision_no DESC LIMIT 1
"""
_WITHDRAW = "UPDATE tasks SET state = 'withdrawn' WHERE task_id = $1 AND state <> 'decided'"
_OPEN_OF = """
SELECT t.task_id FROM tasks t JOIN votes v USING (task_id)
WHERE v.project = $1 AND v.annotator = $2 AND t.state = 'open' ORDER BY t.task_id
"""
_STANDING = """
INSERT INTO annotators (annotator, project, standing) VALUES ($1, $2, $3)
ON CONFLICT (annotator, project) DO UPDATE SET standing = excluded.standing
"""
_CONFLICTS = """
SELECT task_id, item_id, spec_version, fields, why, raised_at FROM tasks
WHERE project = $1 AND state = 'contested' AND (raised_at, task_id) > ($2, $3)
ORDER BY raised_at, task_id LIMIT $4
"""


@dataclass(frozen=True, slots=True)
class Task:
    """A task as consensus holds it."""

    task_id: UUID
    project: str
    item_id: UUID
    spec_version: int
    purpose: str
    redundancy_max: int
    target: int
    asked: int
    state: str
    why: str
    fields: list[str] | None
    distribution: dict[str, dict[str, float]] | None


@dataclass(frozen=True, slots=True)
class Stored:
    """A vote with whose and what kind it is."""

    annotation_id: UUID
    annotator: str
    annotator_kind: str
    label: dict[str, Any]
    standing: str

    def weighed(self, deciders: Sequence[str]) -> Vote:
        """The vote as the policy looks at it."""
        counts = self.annotator_kind in deciders and self.standing != "suspended"
        return Vote(self.annotation_id, self.annotator, self.label, counts)


async def add_tasks(session: Session, events: Sequence[TaskCreated]) -> None:
    """Keep tasks; those that are there stay as they are."""
    names = ("task_id", "project", "item_id", "spec_version", "purpose", "redundancy")
    more = ("redundancy_max", "overlap", "metadata")
    rows = [{name: getattr(event, name) for name in names + more} for event in events]
    connection = await raw(session)
    await connection.execute(_ADD, as_json(rows))


async def task_for_update(session: Session, task_id: UUID) -> Task | None:
    """A task, locked; None while it is not known."""
    connection = await raw(session)
    row = await connection.fetchrow(_TASK, task_id)
    return None if row is None else _as_task(row)


async def task(session: Session, task_id: UUID) -> Task | None:
    """A task, to look at."""
    connection = await raw(session)
    row = await connection.fetchrow(_TASK_UNLOCKED, task_id)
    return None if row is None else _as_task(row)


def _as_task(row: Any) -> Task:  # noqa: ANN401
    return Task(**{name: row[name] for name in Task.__slots__})


async def add_vote(session: Session, event: AnnotationSubmitted) -> None:
    """Keep a vote."""
    connection = await raw(session)
    await connection.execute(
        _VOTE,
        event.annotation_id,
        event.task_id,
        event.project,
        event.annotator,
        event.annotator_kind,
        as_json(event.label),
        event.prelabel,
        event.submitted_at,
    )


async def votes(session: Session, task_id: UUID) -> list[Stored]:
    """The votes on a task, in the order in which they came."""
    connection = await raw(session)
    return [
        Stored(
            row["annotation_id"],
            row["annotator"],
            row["annotator_kind"],
            row["label"],
            row["standing"],
        )
        for row in await connection.fetch(_VOTES, task_id)
    ]


async def ask(session: Session, task_id: UUID, target: int, asked: int, why: str) -> None:
    """Note how many votes are wanted, and what the queue is told."""
    connection = await raw(session)
    await connection.execute(_ASK, task_id, target, asked, why)


async def explain(session: Session, task_id: UUID, why: str) -> None:
    """Note why nothing follows yet."""
    connection = await raw(session)
    await connection.execute(_WHY, task_id, why)


async def contest(
    session: Session,
    task_id: UUID,
    fields: Sequence[str],
    why: str,
    distribution: Any,  # noqa: ANN401
    now: datetime,
) -> None:
    """The task is contested until somebody settles it."""
    connection = await raw(session)
    await connection.execute(_CONTEST, task_id, why, fields, as_json(distribution), now)


async def next_decision(session: Session, project: str) -> int:
    """The next number of a decision; nobody else gets one before the commit."""
    connection = await raw(session)
    number: int = await connection.fetchval(_NUMBER, project)
    return number


async def last_decision_of_item(session: Session, project: str, item_id: UUID) -> int | None:
    """The newest decision about an item."""
    connection = await raw(session)
    number: int | None = await connection.fetchval(_LAST_OF_ITEM, project, item_id)
    return number


async def decision(session: Session, project: str, task_id: UUID) -> dict[str, Any] | None:
    """The newest decision about a task."""
    connection = await raw(session)
    row = await connection.fetchrow(_DECISION, project, task_id)
    return None if row is None else dict(row)


async def add_decision(
    session: Session,
    row: dict[str, Any],
    distribution: Any,  # noqa: ANN401
) -> None:
    """Keep a decision, and close its task with it."""
    connection = await raw(session)
    await connection.execute(
        _DECIDE,
        row["project"],
        row["decision_no"],
        row["task_id"],
        row["item_id"],
        row["spec_version"],
        as_json(row["label"]),
        row["confidence"],
        row["how"],
        row["why"],
        row["annotation_ids"],
        row["rules"],
    )
    await connection.execute(
        _DECIDED, row["task_id"], row["decision_no"], row["why"], as_json(distribution)
    )


async def withdraw(session: Session, task_id: UUID) -> None:
    """Nothing will be decided about the task any more."""
    connection = await raw(session)
    await connection.execute(_WITHDRAW, task_id)


async def open_tasks_of(session: Session, project: str, annotator: str) -> list[UUID]:
    """The open tasks that an annotator voted on."""
    connection = await raw(session)
    return [row["task_id"] for row in await connection.fetch(_OPEN_OF, project, annotator)]


async def set_standing(session: Session, annotator: str, project: str, standing: str) -> None:
    """Keep what quality says of an annotator."""
    connection = await raw(session)
    await connection.execute(_STANDING, annotator, project, standing)


async def conflicts(
    session: Session, project: str, after: tuple[datetime, UUID], limit: int
) -> list[dict[str, Any]]:
    """The open conflicts of a project, oldest first."""
    connection = await raw(session)
    rows = await connection.fetch(_CONFLICTS, project, *after, limit)
    return [dict(row) for row in rows]
