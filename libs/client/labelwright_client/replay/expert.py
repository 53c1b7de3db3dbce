"""The expert of a replay: settles conflicts, and knows what gold says. Nothing else.

Whatever has no gold stays contested: nobody here could know better.
"""

import asyncio
import time
from collections.abc import Mapping

from labelwright_client import queue
from labelwright_client.problems import Conflict, NotFound
from labelwright_client.replay.plan import Plan, answer, value_of
from labelwright_client.replay.scale import Value
from labelwright_client.replay.scoring import is_right
from labelwright_client.transport import AsyncClient
from schemas.queue import AdjudicationRequest, Lease, LeaseRequest
from schemas.vocabulary import Cause

NAME = "the-expert"
ROLES = ("adjudicator", "pipeline")
ITEMS_MAX = 1000
LEASES_AT_ONCE = 20
PAUSE_SECONDS = 0.3
PAUSE_SHARE = 4
"""A look at all conflicts that takes long is followed by a pause so many times as long."""
RATIONALE = "The gold label says so (recorded votes are replayed; gold plays the expert)."


class Expert:
    """One adjudicator for all conflicts about items with gold."""

    def __init__(self, client: AsyncClient, plan: Plan, project: str) -> None:
        """It has a token of its own, and voted on nothing."""
        token = client.stack.sign(f"{NAME}-{project}", ROLES, projects=(project,))
        self._client = client.acting(token)
        self._plan = plan
        self._project = project
        self._left: dict[str, Value] = dict(plan.gold)
        self.adjudicated: set[str] = set()

    async def work_until(self, nothing_can_come: asyncio.Event) -> None:
        """Settle conflicts as they are raised, while the annotators work."""
        while not nothing_can_come.is_set():
            began = time.monotonic()
            if not await self.settle_all():
                took = time.monotonic() - began
                await asyncio.sleep(max(PAUSE_SECONDS, PAUSE_SHARE * took))

    async def settle_all(self) -> int:
        """Settle what is there. Return how much that was."""
        before = len(self.adjudicated)
        items = list(self._left)
        for start in range(0, len(items), ITEMS_MAX):
            while await self._settle_some(items[start : start + ITEMS_MAX]):
                pass
        await self._settle(await self._held())
        return len(self.adjudicated) - before

    async def _settle_some(self, items: list[str]) -> bool:
        wanted = [item for item in items if item in self._left]
        if not wanted:
            return False
        wish = LeaseRequest(
            projects=[self._project], stages=["adjudicate"], items=wanted, count=LEASES_AT_ONCE
        )
        leases = (await self._client.send(queue.lease(wish))).leases
        await self._settle(leases)
        return bool(leases)

    async def _held(self) -> list[Lease]:
        """What is held though no answer told of it, as after a restart of the queue."""
        if not self._client.retries:
            return []
        held = (await self._client.send(queue.held_leases())).leases
        return [lease for lease in held if lease.project == self._project]

    async def _settle(self, leases: list[Lease]) -> None:
        async with asyncio.TaskGroup() as group:
            for lease in leases:
                group.create_task(self._decide(lease))

    async def _decide(self, lease: Lease) -> None:
        item = lease.external_id or ""
        gold = self._left.get(item)
        if gold is None:
            return
        decision = AdjudicationRequest(
            label=answer(self._plan, gold),
            rationale=RATIONALE,
            cause=cause(self._plan, lease, gold),
        )
        try:
            await self._client.send(queue.adjudicate(lease.lease_id, decision))
        except (Conflict, NotFound):
            return  # The lease ended; the conflict comes again if it still stands.
        self.adjudicated.add(item)
        self._left.pop(item, None)


def cause(plan: Plan, lease: Lease, gold: Value) -> Cause:
    """Why people disagreed, as far as gold can tell: most were right, so some slipped; or not."""
    tolerance = plan.tolerance if plan.scale == "interval" else None
    votes = [] if lease.context is None else [vote.label for vote in lease.context.votes]
    right = sum(_says(plan, vote, gold, tolerance) for vote in votes)
    return "slip" if 2 * right > len(votes) else "ambiguous_data"


def _says(plan: Plan, label: Mapping[str, object], gold: Value, tolerance: float | None) -> bool:
    value = value_of(plan, label)
    return value is not None and is_right(value, gold, tolerance)
