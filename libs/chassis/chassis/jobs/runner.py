"""Running jobs: each in one transaction together with its end, so that it has its effect once."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any
from uuid import UUID

from chassis import logs
from chassis.db.database import Database, Transaction, is_transient
from chassis.http import problem
from chassis.http.problem_types import INTERNAL, of_refusal
from chassis.jobs import jobs
from chassis.jobs.jobs import ClaimLost, Job, Outcome, Progress

Handler = Callable[[Transaction, dict[str, Any], Progress], Awaitable[Outcome]]
"""Does the work that a request describes. May be called again for a job that was interrupted."""

AT_ONCE = 2
"""How many jobs one process works on."""
HEARTBEAT_SECONDS = 1.0
LOOK_SECONDS = 2.0
"""How often a process looks for jobs that nobody works on."""


class JobRunner:
    """Works on the jobs of one service, in any number of processes."""

    def __init__(
        self, handlers: Mapping[str, Handler], refusals: Mapping[type[Exception], int]
    ) -> None:
        """`handlers`: by kind. `refusals`: the exceptions that are an answer, with their status."""
        self._handlers = handlers
        self._refusals = refusals
        self._free = asyncio.Semaphore(AT_ONCE)
        self._started: set[asyncio.Task[bool]] = set()

    def start(self, database: Database, job_id: UUID) -> "asyncio.Task[bool]":
        """Work on a job in the background, unless somebody does."""
        task = asyncio.create_task(self.run_one(database, job_id))
        self._started.add(task)
        task.add_done_callback(self._started.discard)
        return task

    async def run(self, database: Database) -> None:
        """Work on jobs that nobody works on, for ever."""
        try:
            while True:
                try:
                    while await self.run_one(database):
                        pass
                except Exception as error:
                    if not is_transient(error):
                        raise
                    logs.get("jobs").warning("the database is away", error=str(error))
                await asyncio.sleep(LOOK_SECONDS)
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
            beat = asyncio.create_task(_keep_claim(database, job, progress))
            try:
                await asyncio.wait({work, beat}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                work.cancel()
                beat.cancel()
                ended = await asyncio.gather(work, beat, return_exceptions=True)
            _log(job, ended)
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
        detail = f"This is our fault. The log tells more of the job {job.job_id}."
        return problem.document(INTERNAL, detail=detail)


async def _keep_claim(database: Database, job: Job, progress: Progress) -> None:
    while True:
        await asyncio.sleep(HEARTBEAT_SECONDS)
        async with database.transaction() as transaction:
            await jobs.renew(transaction, job, progress)


def _log(job: Job, ended: Iterable[BaseException | None]) -> None:
    for error in ended:
        if isinstance(error, Exception):
            logs.get("jobs").warning(
                "a job was left; its claim runs out", job=str(job.job_id), error=repr(error)
            )
