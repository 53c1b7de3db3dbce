"""Tasks, votes and decisions."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.db.database import Transaction, as_json
from consensus_service.domain.votes import Vote
from schemas.events import AnnotationSubmitted, LabelDecided, TaskCreated

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
_SELECT = """
SELECT task_id, project, item_id, spec_version, purpose, redundancy_max, target,
    asked AS requested, state, why, fields, distribution FROM tasks
"""
_LOCK = _SELECT + "WHERE task_id = ANY($1) ORDER BY task_id FOR UPDATE"
_TASK_UNLOCKED = _SELECT + "WHERE task_id = $1"
_ADD_VOTES = """
INSERT INTO votes (annotation_id, task_id, project, annotator, annotator_kind, label, prelabel,
    submitted_at, corrected_by)
SELECT annotation_id, task_id, project, annotator, annotator_kind, coalesce(last.label, v.label),
    prelabel, submitted_at, last.id
FROM jsonb_to_recordset($1::jsonb) AS v (place int, annotation_id uuid, task_id uuid, project text,
    annotator text, annotator_kind text, label jsonb, prelabel text, submitted_at timestamptz)
LEFT JOIN LATERAL (
    SELECT c.annotation_id AS id, c.label FROM corrections c
    WHERE c.corrects = v.annotation_id ORDER BY c.number DESC LIMIT 1
) last ON true
ORDER BY place
ON CONFLICT DO NOTHING
"""
_VOTES = """
SELECT v.task_id, coalesce(v.corrected_by, v.annotation_id) AS annotation_id, v.annotator,
    v.annotator_kind, v.label, coalesce(a.standing, 'new') AS standing
FROM votes v LEFT JOIN annotators a ON a.annotator = v.annotator AND a.project = v.project
WHERE v.task_id = ANY($1) ORDER BY v.arrival
"""
_REQUEST_VOTES = """
UPDATE tasks SET target = a.target, asked = a.asked, why = a.why
FROM unnest($1::uuid[], $2::int[], $3::int[], $4::text[]) AS a (task_id, target, asked, why)
WHERE tasks.task_id = a.task_id
"""
_CONTEST = """
UPDATE tasks SET state = 'contested', why = $2, fields = $3, distribution = $4::jsonb,
    raised_at = $5
WHERE task_id = $1
"""
# In the order of the projects' names, so that two transactions do not deadlock.
_NUMBERS = """
INSERT INTO projects (project, last_decision)
SELECT project, n FROM unnest($1::text[], $2::int[]) AS p (project, n) ORDER BY project
ON CONFLICT (project)
    DO UPDATE SET last_decision = projects.last_decision + excluded.last_decision
RETURNING project, last_decision
"""
_DECIDE = """
WITH decided AS (
    SELECT * FROM jsonb_to_recordset($1::jsonb) AS d (project text, decision_no int, task_id uuid,
        item_id uuid, spec_version int, label jsonb, confidence float8, how text, why text,
        annotation_ids uuid[], rules text[], distribution jsonb)
), added AS (
    INSERT INTO decisions (project, decision_no, task_id, item_id, spec_version, label, confidence,
        how, why, annotation_ids, rules)
    SELECT project, decision_no, task_id, item_id, spec_version, label, confidence, how, why,
        annotation_ids, rules FROM decided
)
UPDATE tasks SET state = 'decided', decision_no = d.decision_no, why = d.why,
    distribution = d.distribution, fields = NULL
FROM decided d WHERE tasks.task_id = d.task_id
"""
_LAST_OF_ITEMS = """
SELECT item_id, max(decision_no) AS decision_no FROM decisions WHERE item_id = ANY($1)
GROUP BY item_id
"""
_DECISION = """
SELECT decision_no, label, confidence, how, annotation_ids FROM decisions
WHERE project = $1 AND task_id = $2 ORDER BY decision_no DESC LIMIT 1
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
    """A stored task."""

    task_id: UUID
    project: str
    item_id: UUID
    spec_version: int
    purpose: str
    redundancy_max: int
    target: int
    """The number of votes that count and are needed."""
    requested: int
    """The number of annotators requested from the queue: also those that replace suspended ones."""
    state: str
    why: str
    fields: list[str] | None
    distribution: dict[str, dict[str, float]] | None


@dataclass(frozen=True, slots=True)
class VoteRequest:
    """The new `target` and `requested` of a task, and the reason."""

    task_id: UUID
    target: int
    requested: int
    why: str


@dataclass(frozen=True, slots=True)
class Decision:
    """A stored decision."""

    decision_no: int
    label: dict[str, Any]
    confidence: float | None
    how: str
    annotation_ids: list[UUID]


@dataclass(frozen=True, slots=True)
class OpenConflict:
    """A task in conflict."""

    task_id: UUID
    item_id: UUID
    spec_version: int
    fields: list[str] | None
    why: str
    raised_at: datetime


async def add_tasks(transaction: Transaction, events: Sequence[TaskCreated]) -> None:
    """Store tasks; those that are stored already do not change."""
    names = ("task_id", "project", "item_id", "spec_version", "purpose", "redundancy")
    more = ("redundancy_max", "overlap", "metadata")
    rows = [{name: getattr(event, name) for name in names + more} for event in events]
    connection = await transaction.connection()
    await connection.execute(_ADD, as_json(rows))


async def lock_tasks(transaction: Transaction, task_ids: Collection[UUID]) -> dict[UUID, Task]:
    """Lock those of the tasks that are known, in the order of their ids; return them by id."""
    connection = await transaction.connection()
    rows = await connection.fetch(_LOCK, list(task_ids))
    return {row["task_id"]: Task(**row) for row in rows}


async def task(transaction: Transaction, task_id: UUID) -> Task | None:
    """Return a task without locking it; None if it is not known."""
    connection = await transaction.connection()
    row = await connection.fetchrow(_TASK_UNLOCKED, task_id)
    return None if row is None else Task(**row)


async def add_votes(transaction: Transaction, events: Sequence[AnnotationSubmitted]) -> None:
    """Store annotations as votes, in their order."""
    names = ("annotation_id", "task_id", "project", "annotator", "annotator_kind")
    more = ("label", "prelabel", "submitted_at")
    rows = [
        {"place": place, **{name: getattr(event, name) for name in names + more}}
        for place, event in enumerate(events)
    ]
    connection = await transaction.connection()
    await connection.execute(_ADD_VOTES, as_json(rows))


async def votes(transaction: Transaction, task_ids: Collection[UUID]) -> dict[UUID, list[Vote]]:
    """Return the votes on each of these tasks, in order of arrival."""
    connection = await transaction.connection()
    found: dict[UUID, list[Vote]] = {task_id: [] for task_id in task_ids}
    for row in await connection.fetch(_VOTES, list(task_ids)):
        vote = Vote(**{name: row[name] for name in Vote.__slots__})
        found[row["task_id"]].append(vote)
    return found


async def request_votes(transaction: Transaction, requests: Sequence[VoteRequest]) -> None:
    """Store the numbers of votes that tasks need."""
    if requests:
        connection = await transaction.connection()
        columns = zip(*((r.task_id, r.target, r.requested, r.why) for r in requests), strict=True)
        await connection.execute(_REQUEST_VOTES, *map(list, columns))


async def set_contested(
    transaction: Transaction,
    task_id: UUID,
    fields: Sequence[str],
    why: str,
    distribution: Any,  # noqa: ANN401
    now: datetime,
) -> None:
    """Set the state of a task to contested, until an adjudicator decides it."""
    connection = await transaction.connection()
    await connection.execute(_CONTEST, task_id, why, fields, as_json(distribution), now)


async def take_decision_numbers(
    transaction: Transaction, counts: Mapping[str, int]
) -> dict[str, int]:
    """Take `counts` decision numbers by project; return the first of each project.

    No other transaction gets numbers of these projects before the commit.
    """
    connection = await transaction.connection()
    rows = await connection.fetch(_NUMBERS, list(counts), list(counts.values()))
    return {row["project"]: row["last_decision"] - counts[row["project"]] + 1 for row in rows}


async def last_decisions(transaction: Transaction, item_ids: Collection[UUID]) -> dict[UUID, int]:
    """Return the number of the newest decision of each of these items that has one."""
    connection = await transaction.connection()
    rows = await connection.fetch(_LAST_OF_ITEMS, list(item_ids))
    return {row["item_id"]: row["decision_no"] for row in rows}


async def decision(transaction: Transaction, project: str, task_id: UUID) -> Decision | None:
    """Return the newest decision of a task; None if it has none."""
    connection = await transaction.connection()
    row = await connection.fetchrow(_DECISION, project, task_id)
    return None if row is None else Decision(**row)


async def add_decisions(
    transaction: Transaction, decisions: Sequence[tuple[LabelDecided, Sequence[str]]]
) -> None:
    """Store decisions, each with the rules that it cites, and set their tasks to decided."""
    names = ("project", "decision_no", "task_id", "item_id", "spec_version", "label", "confidence")
    more = ("how", "why", "annotation_ids", "distribution")
    rows = [
        {"rules": rules, **{name: getattr(event, name) for name in names + more}}
        for event, rules in decisions
    ]
    connection = await transaction.connection()
    await connection.execute(_DECIDE, as_json(rows))


async def withdraw(transaction: Transaction, task_id: UUID) -> None:
    """Set the state of a task to withdrawn, unless it is decided."""
    connection = await transaction.connection()
    await connection.execute(_WITHDRAW, task_id)


async def open_tasks_of(transaction: Transaction, project: str, annotator: str) -> list[UUID]:
    """Return the open tasks that an annotator voted on."""
    connection = await transaction.connection()
    return [row["task_id"] for row in await connection.fetch(_OPEN_OF, project, annotator)]


async def set_standing(
    transaction: Transaction, annotator: str, project: str, standing: str
) -> None:
    """Store the standing of an annotator."""
    connection = await transaction.connection()
    await connection.execute(_STANDING, annotator, project, standing)


async def conflicts(
    transaction: Transaction, project: str, after: tuple[datetime, UUID], limit: int
) -> list[OpenConflict]:
    """Return at most `limit` open conflicts of a project after a time and task id, oldest first."""
    connection = await transaction.connection()
    rows = await connection.fetch(_CONFLICTS, project, *after, limit)
    return [OpenConflict(**row) for row in rows]
