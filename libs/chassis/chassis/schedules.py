"""Periodic work of a service, in one transaction or in one for each project.

A failure is logged with its traceback, counted, and tried again after a growing pause. Other work
continues, so a fault of one project stops neither the other projects nor the process.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from prometheus_client import Counter

from chassis import logs
from chassis.db.database import Database, Transaction, is_transient
from chassis.db.locks import try_lock
from chassis.db.retries import count_retry

BACKOFF_SECONDS_MAX = 600.0
FAILING = "failing_schedules"
"""The name in /health/ready of the number of schedules, or their projects, that failed last."""

FAILURES = Counter(
    "labelwright_schedule_failures_total",
    "Runs of periodic work that failed and were rolled back, by what ran. The log has a traceback "
    "and the project; it is tried again, at most ten minutes later.",
    ["ran"],
)


@dataclass(frozen=True, slots=True)
class Schedule:
    """Work that a service does periodically, each time in its own transaction."""

    every: timedelta
    run: Callable[[Transaction], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class ProjectSchedule:
    """Work that a service does periodically for each due project, each in its own transaction.

    `due` returns the names of the projects. One replica at a time runs a project; `run` must check
    again if there is something to do, since another replica may just have done it.
    """

    every: timedelta
    due: Callable[[Transaction], Awaitable[Sequence[str]]]
    run: Callable[[Transaction, str], Awaitable[None]]


@dataclass(slots=True)
class _Failures:
    count: int
    retry_at: float


class Runner:
    """Runs one schedule for as long as the process lives."""

    def __init__(
        self,
        schedule: Schedule | ProjectSchedule,
        database: Database,
        health_counts: dict[str, int] | None = None,
    ) -> None:
        """Prepare to run `schedule` on `database`; count its failures in `health_counts`."""
        self._schedule = schedule
        self._database = database
        self._health_counts = {} if health_counts is None else health_counts
        self._failing: dict[str, _Failures] = {}
        self._name = getattr(schedule.run, "__name__", type(schedule.run).__name__)

    async def run(self) -> None:
        """Run the schedule periodically until cancelled."""
        while True:
            await self.run_once()
            await asyncio.sleep(self._schedule.every.total_seconds())

    async def run_once(self) -> None:
        """Run the schedule once, or once for each due project."""
        schedule = self._schedule
        if isinstance(schedule, Schedule):
            await self._attempt("", schedule.run)
            return
        due: list[str] = []

        async def read_due(transaction: Transaction) -> None:
            due.extend(await schedule.due(transaction))

        await self._attempt("", read_due)
        for project in due:
            await self._attempt(project, partial(self._run_locked, schedule, project))

    async def _run_locked(
        self, schedule: ProjectSchedule, project: str, transaction: Transaction
    ) -> None:
        if await try_lock(transaction, f"schedule {self._name} {project}"):
            await schedule.run(transaction, project)

    async def _attempt(self, project: str, work: Callable[[Transaction], Awaitable[None]]) -> None:
        before = self._failing.get(project)
        if before is not None and time.monotonic() < before.retry_at:
            return
        try:
            async with self._database.transaction() as transaction:
                await work(transaction)
        except Exception as error:
            if is_transient(error):
                count_retry(error, "job")
            else:
                self._failed(project, error)
        else:
            if self._failing.pop(project, None) is not None:
                self._count_failing(-1)

    def _failed(self, project: str, error: Exception) -> None:
        before = self._failing.get(project)
        count = 1 if before is None else before.count + 1
        wait = min(BACKOFF_SECONDS_MAX, self._schedule.every.total_seconds() * 2**count)
        self._failing[project] = _Failures(count, time.monotonic() + wait)
        FAILURES.labels(self._name).inc()
        self._count_failing(before is None)
        logs.get("schedules").error(
            "periodic work failed; it is tried again later",
            ran=self._name,
            project=project,
            again_in_seconds=wait,
            exc_info=error,
        )

    def _count_failing(self, change: int) -> None:
        self._health_counts[FAILING] = self._health_counts.get(FAILING, 0) + change
