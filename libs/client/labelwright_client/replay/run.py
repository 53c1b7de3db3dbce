"""A replay from beginning to end, against services that run."""

import asyncio
import json
import time
from collections.abc import Sequence
from typing import Any

from labelwright_client import datasets, ingest, tokens, upload
from labelwright_client.problems import Conflict, LabelwrightError, NotFound
from labelwright_client.replay.crowd import Crowd
from labelwright_client.replay.expert import Expert
from labelwright_client.replay.ledger import Ledger
from labelwright_client.replay.plan import Plan, value_of
from labelwright_client.replay.progress import Progress
from labelwright_client.replay.report import BY_EXPERT, Report
from labelwright_client.replay.scale import Value
from labelwright_client.replay.scoring import Accuracy, score
from labelwright_client.transport import AsyncClient
from schemas.dataset_store import LabelsSummary, Published

AT_ONCE = 8
NOTHING_DECIDED = "nothing-decided"
"""How the dataset-store names its refusal to publish a version without any record."""
BAD_STANDINGS = ("flagged", "suspended")


class NotPlayed(LabelwrightError):
    """The services did not take what the replay needs them to take."""


async def free_name(client: AsyncClient, wanted: str) -> str:
    """`wanted`, or the first of `wanted-2`, `wanted-3` … that no project has."""
    name, number = wanted, 1
    while await has_spec(client, name):
        number += 1
        name = f"{wanted}-{number}"
    return name


async def has_spec(client: AsyncClient, project: str) -> bool:
    """Whether the project is in use already."""
    try:
        return (await client.send(ingest.show_project(project))).spec_version is not None
    except NotFound:
        return False


async def replay(
    client: AsyncClient, plan: Plan, project: str, progress: Progress, *, at_once: int = AT_ONCE
) -> Report:
    """Play `plan` in the new project `project`, and say what came of it."""
    try:
        return await Replay(client, plan, project, progress, at_once).run()
    except BaseExceptionGroup as group:
        raise _first(group) from group


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """The first of the exceptions that ended a group of coroutines."""
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


class Replay:
    """One replay under way."""

    def __init__(
        self, client: AsyncClient, plan: Plan, project: str, progress: Progress, at_once: int
    ) -> None:
        """Nothing is sent yet."""
        self._client = client
        self._plan = plan
        self._project = project
        self._progress = progress
        self._at_once = at_once
        self._ledger = Ledger(client, plan, project)

    async def run(self) -> Report:
        """Set the project up, let everybody work, settle, publish, count."""
        began = time.monotonic()
        for sentence in self._plan.sentences:
            self._progress.say(sentence)
        await self._set_up()
        crowd, summary = await self._work()
        return await self._report(crowd, summary, began)

    async def _set_up(self) -> None:
        self._progress.stage("Importing", len(self._plan.work))
        client, project = self._client, self._project
        await client.send(ingest.create_project(project, str(self._plan.spec.fields[0]["title"])))
        await client.send(ingest.publish_spec(project, self._plan.spec))
        for items, gold in ((self._plan.honeypots, True), (self._plan.work, False)):
            lines = upload.lines_of(items)
            verdict = await upload.send_all_async(client, project, lines, gold=gold)
            if verdict.rejected:
                first = verdict.rejected[0]
                item = items[first.line - 1].external_id
                raise NotPlayed(f"The item '{item}' was not taken: {first.message}")

    async def _work(self) -> tuple[Crowd, LabelsSummary]:
        """The annotators work, the expert beside them, until nothing more can come."""
        crowd = Crowd(
            self._client,
            self._plan,
            self._project,
            at_once=self._at_once,
            progress=self._progress,
        )
        expert = Expert(self._client, self._plan, self._project)
        all_voted = asyncio.Event()
        wanted = sum(item.redundancy or 0 for item in self._plan.work)
        await self._ledger.wait_for_work(wanted)
        self._progress.stage("Annotating", wanted)
        async with asyncio.TaskGroup() as group:
            group.create_task(expert.work_until(all_voted))
            await self._vote(crowd)
            self._progress.stage("Adjudicating")
            summary = await self._ledger.wait_for_expert()
            all_voted.set()
        return crowd, summary

    async def _vote(self, crowd: Crowd) -> None:
        """Passes, until one gives nothing and nothing is under way that could ask for more."""
        before = ""
        while True:
            given = await crowd.play_pass()
            short = crowd.short()
            if given and short.items:
                continue
            end, _ = await self._ledger.wait(short, eager=given > 0)
            over = end == "stalled" and not given
            if over and before != "stalled":
                over = not await self._ledger.is_asked_more(short)
            if over or end == "settled":
                return
            before = end

    async def _report(self, crowd: Crowd, summary: LabelsSummary, began: float) -> Report:
        self._progress.stage("Publishing")
        project = self._project
        version = await self._publish()
        records = await self._records(version) if version is not None else []
        return Report(
            project=project,
            plan=self._plan,
            summary=summary,
            annotations=crowd.given.annotations,
            honeypot_annotations=crowd.given.honeypots,
            late=crowd.given.late,
            agreement=await self._ledger.agreement(crowd.pairable()),
            accuracy=self._accuracy(crowd, records),
            flagged=await self._flagged(crowd),
            version=version,
            seconds=time.monotonic() - began,
        )

    async def _publish(self) -> Published | None:
        """The dataset version; None if no item has a label."""
        try:
            return await self._client.send(datasets.publish(self._project, self._project))
        except Conflict as refusal:
            if refusal.slug != NOTHING_DECIDED:
                raise
            return None

    async def _records(self, version: Published) -> list[dict[str, Any]]:
        """What the published version says: the labels are counted as a trainer would get them."""
        body = await self._client.send(datasets.file(version.hash, "records.jsonl"))
        return [json.loads(line) for line in body.splitlines()]

    def _accuracy(self, crowd: Crowd, records: Sequence[dict[str, Any]]) -> Accuracy:
        decided: dict[str, Value] = {}
        for record in records:
            value = value_of(self._plan, record["label"])
            if value is not None:
                decided[record["external_id"]] = value
        by_expert = {one["external_id"] for one in records if one["how"] in BY_EXPERT}
        tolerance = self._plan.tolerance if self._plan.scale == "interval" else None
        return score(self._plan.gold, decided, by_expert, crowd.given.work, tolerance)

    async def _flagged(self, crowd: Crowd) -> list[str]:
        everybody = await self._ledger.annotators(crowd.given.honeypots)
        bad = {one.annotator for one in everybody if one.standing in BAD_STANDINGS}
        home = self._client.stack.home
        names = [one.name for one in self._plan.annotators]
        if home is None:
            return sorted(bad)
        return sorted(name for name in names if tokens.pseudonym(home, name) in bad)
