"""Waits until all accepted annotations have passed consensus and are in the ledger.

The replay knows how many items lack annotations. While the ledger shows more pending items than
that, events are still on their way, or consensus has requested more annotations.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Literal, TypeVar

from labelwright_client import consensus, datasets, quality, queue
from labelwright_client.replay.crowd import Shortfall
from labelwright_client.replay.plan import Plan
from labelwright_client.transport import AsyncClient
from schemas.consensus import AgreementView
from schemas.dataset_store import LabelsSummary
from schemas.quality import ProjectAnnotator
from schemas.queue import QueueDepth
from schemas.vocabulary import item_id

POLL_SECONDS = 0.2
STALL_SECONDS = 30.0
"""Time without a change after which nothing more is expected; a broker restarts in less."""
MORE_REQUESTED_SECONDS = 2.0
IMPORT_SECONDS = 120.0
SCORES_SECONDS = 15.0
AGREEMENT_SECONDS = 30.0
"""Consensus measures the agreement every few seconds."""

State = TypeVar("State")

WaitResult = Literal["settled", "more_requested", "stalled"]
"""All items are accounted for; consensus requested more; or nothing has changed for long."""


async def poll_until(
    read: Callable[[], Awaitable[State]], is_enough: Callable[[State], bool], seconds: float
) -> State:
    """Call `read` until `is_enough` accepts its result, or `seconds` have passed; return it."""
    deadline = time.monotonic() + seconds
    while True:
        state = await read()
        if is_enough(state) or time.monotonic() > deadline:
            return state
        await asyncio.sleep(POLL_SECONDS)


class ReplayMonitor:
    """Observes the progress of a project in the queue, consensus, quality and the ledger."""

    def __init__(self, client: AsyncClient, plan: Plan, project: str) -> None:
        """Observe `project`, in which `plan` is played."""
        self._client = client
        self._project = project
        self._items = len(plan.work)
        self._gold = {item_id(project, item, "") for item in plan.gold}

    async def summary(self) -> LabelsSummary:
        """Return the number of items by the state of their labels."""
        return await self._client.send(datasets.labels_summary(self._project))

    async def wait(self, shortfall: Shortfall, *, eager: bool) -> WaitResult:
        """Wait until all items but those of `shortfall` are accounted for, or nothing changes.

        `eager` returns soon when more annotations are requested, since some annotator may have one.
        """
        summary, changed_at = await self.summary(), time.monotonic()
        while not self._is_settled(summary, shortfall):
            unchanged = time.monotonic() - changed_at
            if unchanged > STALL_SECONDS:
                return "stalled"
            is_late = unchanged > MORE_REQUESTED_SECONDS
            if eager and is_late and await self.is_more_requested(shortfall):
                return "more_requested"
            await asyncio.sleep(POLL_SECONDS)
            newer = await self.summary()
            if newer != summary:
                summary, changed_at = newer, time.monotonic()
        return "settled"

    def _is_settled(self, summary: LabelsSummary, shortfall: Shortfall) -> bool:
        return (
            summary.items >= self._items
            and summary.unreleased == 0
            and summary.pending <= shortfall.items
        )

    async def is_more_requested(self, shortfall: Shortfall) -> bool:
        """Return True if the queue has more open slots than `shortfall`: consensus needs more."""
        return await self._open_slots() > shortfall.votes

    async def _open_slots(self) -> int:
        """Return the number of open annotation slots in the queue."""
        pools = await self._client.send(queue.depths())
        return sum(pool.ready for pool in pools if self._is_annotation(pool))

    def _is_annotation(self, pool: QueueDepth) -> bool:
        return pool.project == self._project and pool.stage == "annotate"

    async def wait_for_expert(self) -> LabelsSummary:
        """Wait until no conflict about an item with gold is left, or nothing changes."""
        summary, changed_at = await self.summary(), time.monotonic()
        while await self._expert_has_work(summary):
            if time.monotonic() - changed_at > STALL_SECONDS:
                break
            await asyncio.sleep(POLL_SECONDS)
            newer = await self.summary()
            if newer != summary:
                summary, changed_at = newer, time.monotonic()
        return summary

    async def _expert_has_work(self, summary: LabelsSummary) -> bool:
        """Return False once ledger and consensus name the same conflicts, and none has gold."""
        if summary.contested == 0 and summary.unreleased == 0:
            return False
        if not self._gold:
            return False
        pages = self._client.pages(partial(consensus.conflicts, self._project))
        contested = {conflict.item_id async for page in pages for conflict in page.conflicts}
        return len(contested) != summary.contested or not contested.isdisjoint(self._gold)

    async def wait_for_work(self, slots: int) -> None:
        """Wait until the queue has `slots` open slots: annotators stop when they get no lease."""
        await poll_until(self._open_slots, lambda ready: ready >= slots, IMPORT_SECONDS)

    async def annotators(self, honeypots: int) -> list[ProjectAnnotator]:
        """Return all annotators with their standing, once quality has scored all `honeypots`."""
        return await poll_until(
            self._all_annotators,
            lambda found: sum(annotator.honeypots for annotator in found) >= honeypots,
            SCORES_SECONDS,
        )

    async def agreement(self, pairable: int) -> AgreementView | None:
        """Return the newest agreement, once it was measured on all `pairable` annotations."""

        async def newest() -> AgreementView | None:
            found = (await self._client.send(consensus.agreement(self._project))).agreement
            return found[0] if found else None

        return await poll_until(
            newest,
            lambda view: view is not None and view.measured.n_pairable >= pairable,
            AGREEMENT_SECONDS,
        )

    async def _all_annotators(self) -> list[ProjectAnnotator]:
        pages = self._client.pages(partial(quality.list_annotators, self._project))
        return [annotator async for page in pages for annotator in page.annotators]
