"""What is known of the annotators of a field, and what that is learned from."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from chassis.db.database import Transaction, as_json
from schemas.events import HoneypotScored

_SCORE = """
INSERT INTO scores (annotation_id, field, project, task_id, annotator, given, expected)
VALUES ($1, $2, $3, $4, $5, $6::jsonb, $7::jsonb) ON CONFLICT DO NOTHING
"""
_MODEL = """
SELECT votes_arrival, scores_arrival, n_votes, body FROM models WHERE project = $1 AND field = $2
"""
_SCORES = """
SELECT task_id, annotator, given, expected, arrival FROM scores
WHERE project = $1 AND field = $2 AND arrival > $3
    AND ($4::text[] IS NULL OR annotator = ANY($4))
ORDER BY arrival
"""
_VOTES = """
SELECT v.task_id, v.annotator, v.label, v.arrival FROM votes v JOIN tasks t USING (task_id)
WHERE v.project = $1 AND t.spec_version = $2 AND t.purpose = 'work' ORDER BY v.arrival
"""
_COUNT = "SELECT count(*) FROM votes WHERE project = $1"
_KEEP = """
INSERT INTO models (project, field, votes_arrival, scores_arrival, n_votes, body)
VALUES ($1, $2, $3, $4, $5, $6::jsonb)
ON CONFLICT (project, field) DO UPDATE SET votes_arrival = excluded.votes_arrival,
    scores_arrival = excluded.scores_arrival, n_votes = excluded.n_votes, body = excluded.body
"""
_PROJECTS = "SELECT project FROM projects WHERE newest_version > 0"


@dataclass(frozen=True, slots=True)
class Kept:
    """A fitted model, and what it rests on."""

    votes_arrival: int
    scores_arrival: int
    n_votes: int
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Score:
    """One answer to a honeypot beside its gold."""

    task_id: UUID
    annotator: str
    given: Any
    expected: Any
    arrival: int


@dataclass(frozen=True, slots=True)
class Learned:
    """One vote that a model is learned from."""

    task_id: UUID
    annotator: str
    label: dict[str, Any]
    arrival: int


async def add_score(transaction: Transaction, event: HoneypotScored) -> None:
    """Keep an answer to a honeypot beside its gold."""
    connection = await transaction.connection()
    facts = (event.annotation_id, event.field, event.project, event.task_id, event.annotator)
    await connection.execute(_SCORE, *facts, as_json(event.given), as_json(event.expected))


async def model(transaction: Transaction, project: str, field: str) -> Kept | None:
    """The newest model of a field."""
    connection = await transaction.connection()
    row = await connection.fetchrow(_MODEL, project, field)
    return None if row is None else Kept(**row)


async def scores(
    transaction: Transaction,
    project: str,
    field: str,
    after: int,
    annotators: list[str] | None = None,
) -> list[Score]:
    """The honeypots scored after `after`, of some annotators or all."""
    connection = await transaction.connection()
    rows = await connection.fetch(_SCORES, project, field, after, annotators)
    return [Score(**row) for row in rows]


async def votes(transaction: Transaction, project: str, version: int) -> list[Learned]:
    """All votes under a spec version."""
    connection = await transaction.connection()
    return [Learned(**row) for row in await connection.fetch(_VOTES, project, version)]


async def vote_count(transaction: Transaction, project: str) -> int:
    """How many votes a project has."""
    connection = await transaction.connection()
    count: int = await connection.fetchval(_COUNT, project)
    return count


async def keep(transaction: Transaction, project: str, field: str, kept: Kept) -> None:
    """Keep a model in place of the one before."""
    connection = await transaction.connection()
    rests_on = (kept.votes_arrival, kept.scores_arrival, kept.n_votes)
    await connection.execute(_KEEP, project, field, *rests_on, as_json(kept.body))


async def projects(transaction: Transaction) -> list[str]:
    """Projects that have a spec version."""
    connection = await transaction.connection()
    return [row["project"] for row in await connection.fetch(_PROJECTS)]
