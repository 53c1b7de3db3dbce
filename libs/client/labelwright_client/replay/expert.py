"""The simulated expert of a replay, who decides conflicts about items with gold.

A conflict about an item without gold stays open.
"""

import asyncio
import time
from collections.abc import Mapping

from labelwright_client import queue
from labelwright_client.problems import Conflict, NotFound
from labelwright_client.replay.plan import Plan, label_of, value_of
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
PAUSE_RATIO = 4
"""The pause after a pass without a decision, as a multiple of the duration of the pass."""
RATIONALE = "The gold label says so (recorded votes are replayed; gold plays the expert)."


class Expert:
    """The adjudicator of all conflicts about items with gold."""

    def __init__(self, client: AsyncClient, plan: Plan, project: str) -> None:
        """Sign a token of its own for the expert, who has no votes."""
        token = client.stack.sign(f"{NAME}-{project}", ROLES, projects=(project,))
        self._client = client.with_token(token)
        self._plan = plan
        self._project = project
        self._undecided: dict[str, Value] = dict(plan.gold)
        self.adjudicated: set[str] = set()

    async def work_until(self, finished: asyncio.Event) -> None:
        """Decide conflicts as they are raised, until `finished` is set."""
        while not finished.is_set():
            started = time.monotonic()
            if not await self.decide_all():
                seconds = time.monotonic() - started
                await asyncio.sleep(max(PAUSE_SECONDS, PAUSE_RATIO * seconds))

    async def decide_all(self) -> int:
        """Decide all open conflicts about items with gold. Return their number."""
        before = len(self.adjudicated)
        items = list(self._undecided)
        for start in range(0, len(items), ITEMS_MAX):
            while await self._decide_some(items[start : start + ITEMS_MAX]):
                pass
        await self._decide_leased(await self._held())
        return len(self.adjudicated) - before

    async def _decide_some(self, items: list[str]) -> bool:
        undecided = [item for item in items if item in self._undecided]
        if not undecided:
            return False
        request = LeaseRequest(
            projects=[self._project], stages=["adjudicate"], items=undecided, count=LEASES_AT_ONCE
        )
        leases = (await self._client.send(queue.lease(request))).leases
        await self._decide_leased(leases)
        return bool(leases)

    async def _held(self) -> list[Lease]:
        """Return the leases whose response was lost, as after a restart of the queue."""
        if not self._client.retries:
            return []
        held = (await self._client.send(queue.held_leases())).leases
        return [lease for lease in held if lease.project == self._project]

    async def _decide_leased(self, leases: list[Lease]) -> None:
        async with asyncio.TaskGroup() as group:
            for lease in leases:
                group.create_task(self._decide(lease))

    async def _decide(self, lease: Lease) -> None:
        item = lease.external_id or ""
        gold = self._undecided.get(item)
        if gold is None:
            return
        decision = AdjudicationRequest(
            label=label_of(self._plan, gold),
            rationale=RATIONALE,
            cause=cause(self._plan, lease, gold),
        )
        try:
            await self._client.send(queue.adjudicate(lease.lease_id, decision))
        except (Conflict, NotFound):
            return  # The lease ended; an open conflict is leased again.
        self.adjudicated.add(item)
        self._undecided.pop(item, None)


def cause(plan: Plan, lease: Lease, gold: Value) -> Cause:
    """Return the cause of a conflict: `slip` if most votes were right, else `ambiguous_data`."""
    tolerance = plan.tolerance if plan.scale == "interval" else None
    votes = [] if lease.context is None else [vote.label for vote in lease.context.votes]
    right = sum(_is_right(plan, vote, gold, tolerance) for vote in votes)
    return "slip" if 2 * right > len(votes) else "ambiguous_data"


def _is_right(
    plan: Plan, label: Mapping[str, object], gold: Value, tolerance: float | None
) -> bool:
    value = value_of(plan, label)
    return value is not None and is_right(value, gold, tolerance)
