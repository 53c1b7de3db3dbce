"""Jobs: long work that is requested once and claimed by one replica, stored in a table.

A service with jobs adds the table to its metadata by `jobs_table`. A claim is valid for some
seconds and is renewed by heartbeats. A job whose claim has expired, because its process was killed,
is claimed again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa

from chassis.db.database import Transaction, as_json

CLAIM_SECONDS = 10
"""The time that a claim is valid without a heartbeat."""
FINAL = frozenset({"done", "failed", "cancelled"})

_COLUMNS = "job_id, kind, project, state, done, total, unit, result, problem, created_at"
_SECRET = "request, status, claim"
_ADD = """
INSERT INTO jobs (job_id, kind, project, key, request) VALUES ($1, $2, $3, $4, $5::json)
ON CONFLICT (project, kind, key) DO NOTHING
"""
_BY_KEY = f"""
SELECT {_COLUMNS}, {_SECRET} FROM jobs
WHERE job_id = $1 OR (project = $2 AND kind = $3 AND key = $4)
"""
_BY_ID = f"SELECT {_COLUMNS}, {_SECRET} FROM jobs WHERE job_id = $1"
_CLAIM = f"""
UPDATE jobs SET state = 'running', claim = $1, claimed_until = now() + make_interval(secs => $3)
WHERE job_id = (
    SELECT job_id FROM jobs
    WHERE (state = 'queued' OR (state = 'running' AND claimed_until < now()))
        AND ($2::uuid IS NULL OR job_id = $2)
    ORDER BY created_at LIMIT 1 FOR UPDATE SKIP LOCKED
)
RETURNING {_COLUMNS}, {_SECRET}
"""
_RENEW = """
UPDATE jobs SET claimed_until = now() + make_interval(secs => $3), done = $4, total = $5, unit = $6
WHERE job_id = $1 AND claim = $2 AND state = 'running' RETURNING true
"""
_FINISH = """
UPDATE jobs SET state = $3, result = $4::json, status = $5, problem = $6::json
WHERE job_id = $1 AND claim = $2 AND state = 'running' RETURNING true
"""
_CANCEL = "UPDATE jobs SET state = 'cancelled' WHERE job_id = $1 AND state IN ('queued', 'running')"


class KeyReused(Exception):
    """The Idempotency-Key was used for another request."""


class ClaimLost(Exception):
    """Raised when a job was cancelled, or when another replica has claimed it."""


def jobs_table(metadata: sa.MetaData) -> sa.Table:
    """Add the table of jobs to `metadata` and return it."""
    return sa.Table(
        "jobs",
        metadata,
        sa.Column("job_id", sa.Uuid, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("project", sa.Text, nullable=False),
        sa.Column("key", sa.Text),
        sa.Column("request", sa.JSON, nullable=False),
        sa.Column("state", sa.Text, nullable=False, server_default="queued"),
        sa.Column("done", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("total", sa.BigInteger),
        sa.Column("unit", sa.Text),
        sa.Column("result", sa.JSON),
        sa.Column("status", sa.SmallInteger),
        sa.Column("problem", sa.JSON),
        sa.Column("claim", sa.Uuid),
        sa.Column("claimed_until", sa.DateTime(timezone=True)),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()
        ),
        sa.UniqueConstraint("project", "kind", "key"),
        sa.Index("ix_jobs_state", "state", "created_at"),
    )


@dataclass(frozen=True, slots=True)
class NewJob:
    """A request for long work. `key`: the Idempotency-Key."""

    kind: str
    project: str
    request: dict[str, Any]
    key: str | None = None


@dataclass(slots=True)
class Progress:
    """The progress of a job, which its handler sets and heartbeats store."""

    done: int = 0
    total: int | None = None
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of a job, and the HTTP status of the response: 201, or 200 if nothing is new."""

    result: dict[str, Any]
    status: int = 201


@dataclass(frozen=True, slots=True)
class Job:
    """A job in its present state."""

    job_id: UUID
    kind: str
    project: str
    state: str
    done: int
    total: int | None
    unit: str | None
    result: dict[str, Any] | None
    problem: dict[str, Any] | None
    created_at: datetime
    request: dict[str, Any]
    status: int | None
    claim: UUID | None

    def view(self) -> dict[str, Any]:
        """Return the body of `GET /v1/jobs/{id}`."""
        return {name: getattr(self, name) for name in _COLUMNS.split(", ")}


async def add(transaction: Transaction, new: NewJob) -> Job:
    """Store the job `new` and return it; return the earlier one with the same key if there is one.

    Raises KeyReused if that one has another request.
    """
    connection = await transaction.connection()
    job_id = uuid4()
    await connection.execute(_ADD, job_id, new.kind, new.project, new.key, as_json(new.request))
    job = _job(await connection.fetchrow(_BY_KEY, job_id, new.project, new.kind, new.key))
    if job.request != new.request:
        raise KeyReused(f"The key '{new.key}' was sent with another request: use a new one.")
    return job


async def find(transaction: Transaction, job_id: UUID) -> Job | None:
    """Return the job with an id; None if there is none."""
    row = await (await transaction.connection()).fetchrow(_BY_ID, job_id)
    return None if row is None else _job(row)


async def claim(transaction: Transaction, job_id: UUID | None = None) -> Job | None:
    """Claim this job, or the oldest unclaimed one; return None if there is none."""
    connection = await transaction.connection()
    row = await connection.fetchrow(_CLAIM, uuid4(), job_id, CLAIM_SECONDS)
    return None if row is None else _job(row)


async def renew(transaction: Transaction, job: Job, progress: Progress) -> None:
    """Renew the claim, and store the progress of the job. Raises ClaimLost."""
    values = (progress.done, progress.total, progress.unit)
    connection = await transaction.connection()
    if not await connection.fetchval(_RENEW, job.job_id, job.claim, CLAIM_SECONDS, *values):
        raise ClaimLost(str(job.job_id))


async def finish(transaction: Transaction, job: Job, outcome: Outcome) -> None:
    """Mark the job as done, in the transaction of its effect. Raises ClaimLost."""
    await _end(transaction, job, "done", as_json(outcome.result), outcome.status, None)


async def fail(transaction: Transaction, job: Job, problem: Mapping[str, Any]) -> None:
    """Mark the job as failed, for the reason in the problem document. Raises ClaimLost."""
    await _end(transaction, job, "failed", None, problem["status"], as_json(problem))


async def _end(transaction: Transaction, job: Job, *values: object) -> None:
    connection = await transaction.connection()
    if not await connection.fetchval(_FINISH, job.job_id, job.claim, *values):
        raise ClaimLost(str(job.job_id))


async def cancel(transaction: Transaction, job_id: UUID) -> None:
    """End a job without effect, unless it has ended."""
    await (await transaction.connection()).execute(_CANCEL, job_id)


def _job(row: Mapping[str, Any]) -> Job:
    return Job(**row)
