"""The runner of jobs. A job and its end are one transaction, so that it has its effect once."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import partial
from typing import Any
from uuid import UUID

from chassis import logs
from chassis.backoff import until_available
from chassis.db.database import Database, Transaction, is_transient
from chassis.http import problem
from chassis.http.problem_types import INTERNAL, of_refusal
from chassis.jobs import jobs
from chassis.jobs.jobs import ClaimLost, Job, Outcome, Progress

Handler = Callable[[Transaction, dict[str, Any], Progress], Awaitable[Outcome]]
"""Does the work of a request. It is called again for a job that was interrupted."""

CONCURRENT_JOBS = 2
"""The number of jobs that one process works on at a time."""
HEARTBEAT_SECONDS = 1.0
POLL_SECONDS = 2.0
"""The interval in which a process looks for unclaimed jobs."""


class JobRunner:
    """Works on the jobs of one service, in any number of processes."""

    def __init__(
        self, handlers: Mapping[str, Handler], refusals: Mapping[type[Exception], int]
    ) -> None:
        """Run jobs by `handlers`, one for each kind. `refusals`: their HTTP status codes."""
        self._handlers = handlers
        self._refusals = refusals
        self._free = asyncio.Semaphore(CONCURRENT_JOBS)
        self._started: set[asyncio.Task[bool]] = set()

    def start(self, database: Database, job_id: UUID) -> "asyncio.Task[bool]":
        """Work on a job in the background, unless it is claimed."""
        task = asyncio.create_task(self.run_one(database, job_id))
        self._started.add(task)
        task.add_done_callback(self._started.discard)
        return task

    async def run(self, database: Database) -> None:
        """Work on unclaimed jobs until cancelled."""
        try:
            while True:
                if not await until_available(partial(self.run_one, database), "jobs"):
                    await asyncio.sleep(POLL_SECONDS)
        finally:
            for task in self._started:
                task.cancel()

    async def run_one(self, database: Database, job_id: UUID | None = None) -> bool:
        """Claim this job, or the oldest, and work on it. False if there is none to claim."""
        async with self._free:
            async with database.transaction() as transaction:
                job = await jobs.claim(transaction, job_id)
            if job is None:
                return False
            progress = Progress()
            work = asyncio.create_task(self._work(database, job, progress))
            heartbeats = asyncio.create_task(_keep_claim(database, job, progress))
            try:
                await asyncio.wait({work, heartbeats}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                work.cancel()
                heartbeats.cancel()
                results = await asyncio.gather(work, heartbeats, return_exceptions=True)
            _log(job, results)
            return True

    async def _work(self, database: Database, job: Job, progress: Progress) -> None:
        try:
            async with database.transaction() as transaction:
                outcome = await self._handlers[job.kind](transaction, job.request, progress)
                await jobs.finish(transaction, job, outcome)
        except ClaimLost:
            raise
        except Exception as error:
            if is_transient(error):
                raise
            async with database.transaction() as transaction:
                await jobs.fail(transaction, job, self._problem(job, error))

    def _problem(self, job: Job, error: Exception) -> dict[str, Any]:
        status = self._refusals.get(type(error))
        if status is not None:
            return problem.document(of_refusal(type(error), status), detail=str(error))
        logs.get("jobs").error("a job failed", job=str(job.job_id), kind=job.kind, exc_info=error)
        detail = f"This is a bug of the service. Its log has the error of the job {job.job_id}."
        return problem.document(INTERNAL, detail=detail)


async def _keep_claim(database: Database, job: Job, progress: Progress) -> None:
    while True:
        await asyncio.sleep(HEARTBEAT_SECONDS)
        async with database.transaction() as transaction:
            await jobs.renew(transaction, job, progress)


def _log(job: Job, results: Iterable[BaseException | None]) -> None:
    for error in results:
        if isinstance(error, Exception):
            logs.get("jobs").warning(
                "a job was interrupted; it runs again when its claim has expired",
                job=str(job.job_id),
                error=repr(error),
            )
