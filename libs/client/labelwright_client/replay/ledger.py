"""Waiting until what was given has gone all the way: through consensus and into the ledger.

Nothing here trusts a pause. The replay knows how many items still lack votes; as long as the
ledger shows more pending items than that, something is under way, or consensus asked for more.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Literal, TypeVar

from labelwright_client import consensus, datasets, quality, queue
from labelwright_client.replay.crowd import Short
from labelwright_client.replay.plan import Plan
from labelwright_client.transport import AsyncClient
from schemas.consensus import AgreementView
from schemas.dataset_store import LabelsSummary
from schemas.quality import ProjectAnnotator
from schemas.queue import QueueDepth
from schemas.vocabulary import item_id

POLL_SECONDS = 0.2
STALL_SECONDS = 30.0
"""A restart of the broker is shorter than this."""
ASKED_MORE_SECONDS = 2.0
IMPORT_SECONDS = 120.0
SCORES_SECONDS = 15.0
AGREEMENT_SECONDS = 30.0
"""Agreement is measured every few seconds."""

Seen = TypeVar("Seen")

End = Literal["settled", "asked", "stalled"]
"""All is accounted for; consensus asked for more votes; or nothing has moved for long."""


async def until(
    look: Callable[[], Awaitable[Seen]], enough: Callable[[Seen], bool], seconds: float
) -> Seen:
    """What `look` sees as soon as that is `enough`, or at the latest after `seconds`."""
    ends = time.monotonic() + seconds
    while True:
        seen = await look()
        if enough(seen) or time.monotonic() > ends:
            return seen
        await asyncio.sleep(POLL_SECONDS)


class Ledger:
    """The dataset-store's view of the project, and what stands before it."""

    def __init__(self, client: AsyncClient, plan: Plan, project: str) -> None:
        """Items are known to the services by an id made of the project and their own."""
        self._client = client
        self._project = project
        self._items = len(plan.work)
        self._gold = {item_id(project, item, "") for item in plan.gold}

    async def summary(self) -> LabelsSummary:
        """How far the labels are."""
        return await self._client.send(datasets.labels_summary(self._project))

    async def wait(self, short: Short, *, eager: bool) -> tuple[End, LabelsSummary]:
        """Until all but the items that are `short` of votes are accounted for, or nothing moves.

        `eager`: come back soon where more votes are asked for, because somebody may have some.
        """
        summary, moved = await self.summary(), time.monotonic()
        while not self._is_settled(summary, short):
            quiet = time.monotonic() - moved
            if quiet > STALL_SECONDS:
                return "stalled", summary
            if eager and quiet > ASKED_MORE_SECONDS and await self.is_asked_more(short):
                return "asked", summary
            await asyncio.sleep(POLL_SECONDS)
            newer = await self.summary()
            if newer != summary:
                summary, moved = newer, time.monotonic()
        return "settled", summary

    def _is_settled(self, summary: LabelsSummary, short: Short) -> bool:
        return (
            summary.items >= self._items
            and summary.unreleased == 0
            and summary.pending <= short.items
        )

    async def is_asked_more(self, short: Short) -> bool:
        """Whether the queue offers more than what is `short`: consensus wants more votes."""
        shards = await self._client.send(queue.depths())
        return sum(one.ready for one in shards if self._is_annotation(one)) > short.votes

    def _is_annotation(self, shard: QueueDepth) -> bool:
        return shard.project == self._project and shard.stage == "annotate"

    async def wait_for_expert(self) -> LabelsSummary:
        """Until no conflict about an item with gold is left, or nothing moves."""
        summary, moved = await self.summary(), time.monotonic()
        while await self._expert_has_work(summary):
            if time.monotonic() - moved > STALL_SECONDS:
                break
            await asyncio.sleep(POLL_SECONDS)
            newer = await self.summary()
            if newer != summary:
                summary, moved = newer, time.monotonic()
        return summary

    async def _expert_has_work(self, summary: LabelsSummary) -> bool:
        """Whether the ledger and consensus agree on what is contested, and none of it has gold."""
        if summary.contested == 0 and summary.unreleased == 0:
            return False
        if not self._gold:
            return False
        contested, page = set(), None
        while True:
            found = await self._client.send(consensus.conflicts(self._project, page))
            contested |= {conflict.item_id for conflict in found.conflicts}
            page = found.next
            if page is None:
                break
        return len(contested) != summary.contested or not contested.isdisjoint(self._gold)

    async def wait_for_work(self, votes: int) -> None:
        """Until the queue offers all `votes` that are wanted: who came early would get nothing."""

        async def offered() -> int:
            shards = await self._client.send(queue.depths())
            return sum(one.ready for one in shards if self._is_annotation(one))

        await until(offered, lambda ready: ready >= votes, IMPORT_SECONDS)

    async def annotators(self, honeypots: int) -> list[ProjectAnnotator]:
        """Everybody's standing, once quality has scored as many `honeypots` as were answered."""
        return await until(
            self._all_annotators,
            lambda found: sum(one.honeypots for one in found) >= honeypots,
            SCORES_SECONDS,
        )

    async def agreement(self, pairable: int) -> AgreementView | None:
        """The newest agreement, once it was measured on all of the `pairable` votes."""

        async def newest() -> AgreementView | None:
            found = (await self._client.send(consensus.agreement(self._project))).agreement
            return found[0] if found else None

        return await until(
            newest,
            lambda view: view is not None and view.measured.n_pairable >= pairable,
            AGREEMENT_SECONDS,
        )

    async def _all_annotators(self) -> list[ProjectAnnotator]:
        found: list[ProjectAnnotator] = []
        page: str | None = None
        while True:
            part = await self._client.send(quality.list_annotators(self._project, page))
            found += part.annotators
            page = part.next
            if page is None:
                return found
