"""Runs a replay from the import to the report, against running services."""

import asyncio
import json
import time
from collections.abc import Sequence
from typing import Any

from labelwright_client import datasets, ingest, tokens, upload
from labelwright_client.problems import Conflict, LabelwrightError, NotFound
from labelwright_client.replay.crowd import Crowd
from labelwright_client.replay.expert import Expert
from labelwright_client.replay.monitor import ReplayMonitor, WaitResult
from labelwright_client.replay.plan import Plan, value_of
from labelwright_client.replay.progress import Progress
from labelwright_client.replay.report import BY_EXPERT, Report
from labelwright_client.replay.scale import Value
from labelwright_client.replay.scoring import Accuracy, score
from labelwright_client.transport import AsyncClient
from schemas.dataset_store import LabelsSummary, Published

AT_ONCE = 8
NOTHING_DECIDED = "nothing-decided"
"""The problem type with which the dataset-store refuses to publish a version without records."""
BAD_STANDINGS = ("flagged", "suspended")


class ItemRejected(LabelwrightError):
    """Raised when ingest rejects an item of the replay."""


async def unused_project_name(client: AsyncClient, wanted: str) -> str:
    """Return `wanted`, or the first of `wanted-2`, `wanted-3`, … that no project has."""
    name, number = wanted, 1
    while await has_spec(client, name):
        number += 1
        name = f"{wanted}-{number}"
    return name


async def has_spec(client: AsyncClient, project: str) -> bool:
    """Return True if the project exists and has a spec."""
    try:
        return (await client.send(ingest.show_project(project))).spec_version is not None
    except NotFound:
        return False


async def replay(
    client: AsyncClient, plan: Plan, project: str, progress: Progress, *, at_once: int = AT_ONCE
) -> Report:
    """Play `plan` in the new project `project`, with `at_once` annotators in parallel.

    Raises LabelwrightError.
    """
    try:
        return await Replay(client, plan, project, progress, at_once).run()
    except BaseExceptionGroup as group:
        raise _first(group) from group


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """Return the first of the exceptions that ended a group of coroutines."""
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


class Replay:
    """One replay under way."""

    def __init__(
        self, client: AsyncClient, plan: Plan, project: str, progress: Progress, at_once: int
    ) -> None:
        """Prepare a replay; `run` sends the first call."""
        self._client = client
        self._plan = plan
        self._project = project
        self._progress = progress
        self._at_once = at_once
        self._monitor = ReplayMonitor(client, plan, project)

    async def run(self) -> Report:
        """Create the project, let the annotators work, publish a version, and measure."""
        started = time.monotonic()
        for sentence in self._plan.sentences:
            self._progress.note(sentence)
        await self._set_up()
        crowd, summary = await self._work()
        return await self._report(crowd, summary, started)

    async def _set_up(self) -> None:
        self._progress.start("Importing", len(self._plan.work))
        client, project = self._client, self._project
        await client.send(ingest.create_project(project, str(self._plan.spec.fields[0]["title"])))
        await client.send(ingest.publish_spec(project, self._plan.spec))
        for items, gold in ((self._plan.honeypots, True), (self._plan.work, False)):
            lines = upload.lines_of(items)
            result = await upload.send_all_async(client, project, lines, gold=gold)
            if result.rejected:
                first = result.rejected[0]
                item = items[first.line - 1].external_id
                raise ItemRejected(f"The item '{item}' was rejected: {first.message}")

    async def _work(self) -> tuple[Crowd, LabelsSummary]:
        """Let the annotators and the expert work until nothing more can happen."""
        crowd = Crowd(
            self._client,
            self._plan,
            self._project,
            at_once=self._at_once,
            progress=self._progress,
        )
        expert = Expert(self._client, self._plan, self._project)
        finished = asyncio.Event()
        requested = sum(item.redundancy or 0 for item in self._plan.work)
        await self._monitor.wait_for_work(requested)
        self._progress.start("Annotating", requested)
        async with asyncio.TaskGroup() as group:
            group.create_task(expert.work_until(finished))
            await self._annotate(crowd)
            self._progress.start("Adjudicating")
            summary = await self._monitor.wait_for_expert()
            finished.set()
        return crowd, summary

    async def _annotate(self, crowd: Crowd) -> None:
        """Play passes until one has no result and no event on its way can request more."""
        last: WaitResult | None = None
        while True:
            annotated = await crowd.play_pass()
            shortfall = crowd.shortfall()
            if annotated and shortfall.items:
                continue
            result = await self._monitor.wait(shortfall, eager=annotated > 0)
            is_over = result == "stalled" and not annotated
            if is_over and last != "stalled":
                is_over = not await self._monitor.is_more_requested(shortfall)
            if is_over or result == "settled":
                return
            last = result

    async def _report(self, crowd: Crowd, summary: LabelsSummary, started: float) -> Report:
        self._progress.start("Publishing")
        project = self._project
        version = await self._publish()
        records = await self._records(version) if version is not None else []
        return Report(
            project=project,
            plan=self._plan,
            summary=summary,
            annotations=crowd.accepted.count,
            honeypot_annotations=crowd.accepted.honeypots,
            late=crowd.accepted.late,
            agreement=await self._monitor.agreement(crowd.pairable()),
            accuracy=self._accuracy(crowd, records),
            flagged=await self._flagged(crowd),
            version=version,
            seconds=time.monotonic() - started,
        )

    async def _publish(self) -> Published | None:
        """Publish a dataset version; None if no item has a label."""
        try:
            return await self._client.send(datasets.publish(self._project, self._project))
        except Conflict as refusal:
            if refusal.slug != NOTHING_DECIDED:
                raise
            return None

    async def _records(self, version: Published) -> list[dict[str, Any]]:
        """Read the records of the version, so that accuracy is measured on what a trainer gets."""
        body = await self._client.send(datasets.file(version.hash, "records.jsonl"))
        return [json.loads(line) for line in body.splitlines()]

    def _accuracy(self, crowd: Crowd, records: Sequence[dict[str, Any]]) -> Accuracy:
        decided: dict[str, Value] = {}
        for record in records:
            value = value_of(self._plan, record["label"])
            if value is not None:
                decided[record["external_id"]] = value
        by_expert = {record["external_id"] for record in records if record["how"] in BY_EXPERT}
        tolerance = self._plan.tolerance if self._plan.scale == "interval" else None
        return score(self._plan.gold, decided, by_expert, crowd.accepted.work, tolerance)

    async def _flagged(self, crowd: Crowd) -> list[str]:
        annotators = await self._monitor.annotators(crowd.accepted.honeypots)
        bad = {view.annotator for view in annotators if view.standing in BAD_STANDINGS}
        home = self._client.stack.home
        names = [recorded.name for recorded in self._plan.annotators]
        if home is None:
            return sorted(bad)
        return sorted(name for name in names if tokens.pseudonym(home, name) in bad)
