"""Annotator models, and the votes and honeypot scores that they are fitted to."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from chassis.db.database import Transaction, as_json
from schemas.events import HoneypotScored

_ADD_SCORE = """
INSERT INTO scores (annotation_id, field, project, task_id, annotator, given, expected)
VALUES ($1, $2, $3, $4, $5, $6::jsonb, $7::jsonb) ON CONFLICT DO NOTHING
"""
_MODEL = """
SELECT votes_arrival, scores_arrival, n_votes, body FROM models WHERE project = $1 AND field = $2
"""
_SCORES = """
SELECT task_id, annotator, given AS answer, expected, arrival FROM scores
WHERE project = $1 AND field = $2 AND arrival > $3
    AND ($4::text[] IS NULL OR annotator = ANY($4))
ORDER BY arrival
"""
_VOTES = """
SELECT v.task_id, v.annotator, v.label, v.arrival FROM votes v JOIN tasks t USING (task_id)
WHERE v.project = $1 AND t.spec_version = $2 AND t.purpose = 'work' ORDER BY v.arrival
"""
_COUNT = "SELECT count(*) FROM votes WHERE project = $1"
_SAVE = """
INSERT INTO models (project, field, votes_arrival, scores_arrival, n_votes, body)
VALUES ($1, $2, $3, $4, $5, $6::jsonb)
ON CONFLICT (project, field) DO UPDATE SET votes_arrival = excluded.votes_arrival,
    scores_arrival = excluded.scores_arrival, n_votes = excluded.n_votes, body = excluded.body
"""
_PROJECTS = "SELECT project FROM projects WHERE newest_version > 0"


@dataclass(frozen=True, slots=True)
class StoredModel:
    """A fitted model, with the last votes and scores that it is fitted to."""

    votes_arrival: int
    scores_arrival: int
    n_votes: int
    body: dict[str, Any]
    """The fields of `domain.posterior.FieldModel`."""


@dataclass(frozen=True, slots=True)
class Score:
    """One answer to a honeypot, with its gold."""

    task_id: UUID
    annotator: str
    answer: Any
    expected: Any
    arrival: int


@dataclass(frozen=True, slots=True)
class ModelVote:
    """One vote that a model is fitted to."""

    task_id: UUID
    annotator: str
    label: dict[str, Any]
    arrival: int


async def add_score(transaction: Transaction, event: HoneypotScored) -> None:
    """Store an answer to a honeypot, with its gold."""
    connection = await transaction.connection()
    key = (event.annotation_id, event.field, event.project, event.task_id, event.annotator)
    await connection.execute(_ADD_SCORE, *key, as_json(event.given), as_json(event.expected))


async def model(transaction: Transaction, project: str, field: str) -> StoredModel | None:
    """Return the newest model of a field; None if there is none yet."""
    connection = await transaction.connection()
    row = await connection.fetchrow(_MODEL, project, field)
    return None if row is None else StoredModel(**row)


async def scores(
    transaction: Transaction,
    project: str,
    field: str,
    after: int,
    annotators: list[str] | None = None,
) -> list[Score]:
    """Return the scores that arrived after number `after`, of some annotators or of all."""
    connection = await transaction.connection()
    rows = await connection.fetch(_SCORES, project, field, after, annotators)
    return [Score(**row) for row in rows]


async def votes(transaction: Transaction, project: str, version: int) -> list[ModelVote]:
    """Return all votes under a spec version, in order of arrival."""
    connection = await transaction.connection()
    return [ModelVote(**row) for row in await connection.fetch(_VOTES, project, version)]


async def vote_count(transaction: Transaction, project: str) -> int:
    """Return the number of votes of a project."""
    connection = await transaction.connection()
    count: int = await connection.fetchval(_COUNT, project)
    return count


async def save_model(
    transaction: Transaction, project: str, field: str, model: StoredModel
) -> None:
    """Store a model in place of the one before."""
    connection = await transaction.connection()
    fitted_to = (model.votes_arrival, model.scores_arrival, model.n_votes)
    await connection.execute(_SAVE, project, field, *fitted_to, as_json(model.body))


async def projects(transaction: Transaction) -> list[str]:
    """Return the projects that have a spec version."""
    connection = await transaction.connection()
    return [row["project"] for row in await connection.fetch(_PROJECTS)]
