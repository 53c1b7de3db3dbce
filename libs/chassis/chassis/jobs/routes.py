"""The HTTP side of jobs: ask and wait for a while, look, cancel."""

import asyncio
import re
import time
from typing import Annotated, Any, NamedTuple
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Request
from starlette.responses import JSONResponse, Response

from chassis.db.database import Database, RequestDatabase, as_json
from chassis.http import problem
from chassis.http.auth import AnyCaller, Caller
from chassis.jobs import jobs
from chassis.jobs.jobs import FINAL, Job, NewJob
from chassis.jobs.runner import JobRunner

WAIT_SECONDS = 10
WAIT_SECONDS_MAX = 30
_WAIT = re.compile(r"(?:^|[,;\s])wait=(\d{1,6})(?:$|[,;\s])")


class Terms(NamedTuple):
    """What the headers of a request for long work say."""

    key: str | None
    wait_seconds: int


def _terms(
    prefer: Annotated[str | None, Header(max_length=200)] = None,
    key: Annotated[
        str | None,
        Header(alias="Idempotency-Key", min_length=1, max_length=200, pattern=r"^[ -~]+$"),
    ] = None,
) -> Terms:
    return Terms(key, wait_seconds(prefer))


JobTerms = Annotated[Terms, Depends(_terms)]


class UnknownJob(Exception):
    """There is no such job."""


REFUSALS: dict[type[Exception], int] = {UnknownJob: 404, jobs.KeyReused: 422}


def wait_seconds(prefer: str | None) -> int:
    """How long `Prefer: wait=N` (RFC 7240) lets the answer wait, at most WAIT_SECONDS_MAX."""
    found = _WAIT.search(prefer or "")
    return min(int(found[1]), WAIT_SECONDS_MAX) if found else WAIT_SECONDS


async def answer(request: Request, database: Database, new: NewJob, wait: int) -> Response:
    """The result of the job if it is there within `wait` seconds, else 202 with its address."""
    ends = time.monotonic() + wait
    async with database.transaction() as transaction:
        job = await jobs.add(transaction, new)
    if job.state not in FINAL:
        runner: JobRunner = request.app.state.job_runner
        own = runner.start(database, job.job_id)
        await asyncio.wait({own}, timeout=max(0.0, ends - time.monotonic()))
        job = await _ended(database, job, ends)
    if job.state == "done":
        return JSONResponse(job.result, job.status or 201)
    if job.problem is not None:
        return problem.response(request, job.problem)
    url = f"/v1/jobs/{job.job_id}"
    return JSONResponse({"job_id": str(job.job_id), "url": url}, 202, {"location": url})


async def _ended(database: Database, job: Job, ends: float) -> Job:
    """The job once it has ended, or as it stands when the time is over."""
    pause = 0.02
    while True:
        async with database.transaction() as transaction:
            job = await jobs.find(transaction, job.job_id) or job
        left = ends - time.monotonic()
        if job.state in FINAL or left <= 0:
            return job
        await asyncio.sleep(min(pause, left))
        pause = min(0.5, 2 * pause)


async def _job(job_id: UUID, caller: Caller, database: Database) -> Job:
    async with database.transaction() as transaction:
        job = await jobs.find(transaction, job_id)
    if job is None or not caller.reaches(job.project):
        raise UnknownJob(f"There is no job {job_id}.")
    return job


def router(role: Any) -> APIRouter:  # noqa: ANN401 (what `needs` gives)
    """The routes `/jobs/{job_id}`, to be included under `/v1`; `role`: what callers must pass."""
    routes = APIRouter(dependencies=[Depends(role)])

    @routes.get("/jobs/{job_id}")
    async def get_job(job_id: UUID, caller: AnyCaller, database: RequestDatabase) -> Response:
        """How far a job is, and its result or its problem once it has ended."""
        job = await _job(job_id, caller, database)
        return Response(as_json(job.view()), media_type="application/json")

    @routes.delete("/jobs/{job_id}")
    async def cancel_job(job_id: UUID, caller: AnyCaller, database: RequestDatabase) -> Response:
        """Cancel a job. One that has ended stays as it is."""
        job = await _job(job_id, caller, database)
        async with database.transaction() as transaction:
            await jobs.cancel(transaction, job.job_id)
        job = await _job(job_id, caller, database)
        return Response(as_json(job.view()), media_type="application/json")

    return routes
