"""Jobs over HTTP: start one and wait for its result, get its progress, cancel it."""

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


class JobHeaders(NamedTuple):
    """The headers of a request for long work: the Idempotency-Key and the time to wait."""

    key: str | None
    wait_seconds: int


def _job_headers(
    prefer: Annotated[str | None, Header(max_length=200)] = None,
    key: Annotated[
        str | None,
        Header(alias="Idempotency-Key", min_length=1, max_length=200, pattern=r"^[ -~]+$"),
    ] = None,
) -> JobHeaders:
    return JobHeaders(key, wait_seconds(prefer))


RequestJobHeaders = Annotated[JobHeaders, Depends(_job_headers)]


class UnknownJob(Exception):
    """The job does not exist, or the token is not valid for its project."""


REFUSALS: dict[type[Exception], int] = {UnknownJob: 404, jobs.KeyReused: 422}


def wait_seconds(prefer: str | None) -> int:
    """Return the seconds of `Prefer: wait=N` (RFC 7240), at most WAIT_SECONDS_MAX."""
    found = _WAIT.search(prefer or "")
    return min(int(found[1]), WAIT_SECONDS_MAX) if found else WAIT_SECONDS


async def answer(request: Request, database: Database, new: NewJob, wait: int) -> Response:
    """Start a job; return its result if it ends in `wait` seconds, else 202 with its address."""
    ends = time.monotonic() + wait
    async with database.transaction() as transaction:
        job = await jobs.add(transaction, new)
    if job.state not in FINAL:
        runner: JobRunner = request.app.state.job_runner
        work = runner.start(database, job.job_id)
        await asyncio.wait({work}, timeout=max(0.0, ends - time.monotonic()))
        job = await _wait_for_end(database, job, ends)
    if job.state == "done":
        return JSONResponse(job.result, job.status or 201)
    if job.problem is not None:
        return problem.response(request, job.problem)
    url = f"/v1/jobs/{job.job_id}"
    return JSONResponse({"job_id": str(job.job_id), "url": url}, 202, {"location": url})


async def _wait_for_end(database: Database, job: Job, ends: float) -> Job:
    """Return the job when it has ended, or in its present state at the time `ends`."""
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
        raise UnknownJob(f"There is no job {job_id}, or your token is not for its project.")
    return job


def router(role: Any) -> APIRouter:  # noqa: ANN401 (what `needs` gives)
    """Return the routes `/jobs/{job_id}`, to include under `/v1`. `role`: their access check."""
    routes = APIRouter(dependencies=[Depends(role)])

    @routes.get("/jobs/{job_id}")
    async def get_job(job_id: UUID, caller: AnyCaller, database: RequestDatabase) -> Response:
        """Get the progress of a job, and its result or its problem when it has ended."""
        job = await _job(job_id, caller, database)
        return Response(as_json(job.view()), media_type="application/json")

    @routes.delete("/jobs/{job_id}")
    async def cancel_job(job_id: UUID, caller: AnyCaller, database: RequestDatabase) -> Response:
        """Cancel a job. A job that has ended does not change."""
        job = await _job(job_id, caller, database)
        async with database.transaction() as transaction:
            await jobs.cancel(transaction, job.job_id)
        job = await _job(job_id, caller, database)
        return Response(as_json(job.view()), media_type="application/json")

    return routes
