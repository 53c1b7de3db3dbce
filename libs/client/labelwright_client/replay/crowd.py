"""The recorded annotators at work: each pulls what it may still answer, and answers as recorded.

They take turns, a few at a time, in an order that the plan fixes. A pass ends when nobody gets
anything any more. Because an answer under way may make the services ask for another vote, and a
puller passes by what another one holds at that moment, passes are repeated until one gives nothing
(see `course`).
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from labelwright_client import queue
from labelwright_client.problems import Conflict, NotFound
from labelwright_client.replay.plan import Plan, Recorded, answer
from labelwright_client.replay.progress import Progress
from labelwright_client.replay.recording import Vote
from labelwright_client.replay.scale import Value
from labelwright_client.transport import AsyncClient
from schemas.queue import Lease, LeaseRequest

ITEMS_MAX = 1000
LEASES_AT_ONCE = 5
ROLES = ("annotator", "pipeline")
"""`pipeline`, because only who knows the items may say which ones it would like."""


@dataclass(slots=True)
class Seat:
    """One annotator at its place."""

    client: AsyncClient
    votes: dict[str, Vote]
    """Not answered yet, in the order in which they are asked for."""
    retries_seen: int = 0
    suspended: bool = False

    def window(self) -> list[str]:
        """The items to ask for next."""
        return list(self.votes)[:ITEMS_MAX]

    def turn_window(self) -> None:
        """Put the items just asked for behind the others."""
        for item in self.window():
            self.votes[item] = self.votes.pop(item)


@dataclass(slots=True)
class Given:
    """The answers that were accepted, and those that were not."""

    work: dict[str, list[Value]] = field(default_factory=dict)
    honeypots: int = 0
    late: int = 0
    """Refused because the lease had ended; the work was offered again."""

    @property
    def annotations(self) -> int:
        """How many answers to work were accepted."""
        return sum(map(len, self.work.values()))


class Short(NamedTuple):
    """How many items have got fewer votes than they were asked for, and how many votes fewer."""

    items: int
    votes: int


class Crowd:
    """All annotators of a plan, working in one project."""

    def __init__(
        self, client: AsyncClient, plan: Plan, project: str, *, at_once: int, progress: Progress
    ) -> None:
        """Everybody gets a token of its own."""
        self._plan = plan
        self._project = project
        self._at_once = at_once
        self._progress = progress
        self._asked = {str(item.external_id): item.redundancy or 0 for item in plan.work}
        self._seats = [self._seat(client, one) for one in plan.annotators]
        self.given = Given()

    def _seat(self, client: AsyncClient, one: Recorded) -> Seat:
        token = client.stack.sign(one.name, ROLES, projects=(self._project,))
        return Seat(client.acting(token), dict(one.votes))

    def short(self) -> Short:
        """What is missing of the votes that were asked for."""
        given = self.given.work
        missing = [asked - len(given.get(item, ())) for item, asked in self._asked.items()]
        return Short(sum(one > 0 for one in missing), sum(one for one in missing if one > 0))

    def pairable(self) -> int:
        """How many of the votes that were given stand beside another one on their item."""
        counts = [min(len(votes), self._asked[item]) for item, votes in self.given.work.items()]
        return sum(count for count in counts if count > 1)

    async def play_pass(self) -> int:
        """Everybody works until nobody gets anything. Return how many answers were given."""
        before = self.given.annotations + self.given.honeypots
        waiting = deque(seat for seat in self._seats if seat.votes and not seat.suspended)
        async with asyncio.TaskGroup() as group:
            for _ in range(self._at_once):
                group.create_task(self._take_turns(waiting))
        return self.given.annotations + self.given.honeypots - before

    async def _take_turns(self, waiting: deque[Seat]) -> None:
        """One after another; whoever gets nothing is out of this pass."""
        while waiting:
            seat = waiting.popleft()
            if await self._work_once(seat):
                waiting.append(seat)

    async def _work_once(self, seat: Seat) -> bool:
        """Pull once, and answer what comes. Whether the seat may get more."""
        for _ in range(0, len(seat.votes), ITEMS_MAX):
            leases = await self._pull(seat)
            if leases:
                await self._answer_all(seat, leases)
                return bool(seat.votes) and not seat.suspended
            seat.turn_window()
        if seat.client.retries > seat.retries_seen:
            return await self._answer_held(seat)
        return False

    async def _pull(self, seat: Seat) -> Sequence[Lease]:
        wish = LeaseRequest(
            projects=[self._project],
            stages=["annotate"],
            items=seat.window(),
            count=LEASES_AT_ONCE,
        )
        return (await seat.client.send(queue.lease(wish))).leases

    async def _answer_held(self, seat: Seat) -> bool:
        """Answer what is held though no answer told of it: it was lost on the way."""
        seat.retries_seen = seat.client.retries
        held = (await seat.client.send(queue.held_leases())).leases
        mine = [lease for lease in held if lease.project == self._project]
        await self._answer_all(seat, mine)
        return bool(mine)

    async def _answer_all(self, seat: Seat, leases: Sequence[Lease]) -> None:
        async with asyncio.TaskGroup() as group:
            for lease in leases:
                group.create_task(self._answer(seat, lease))

    async def _answer(self, seat: Seat, lease: Lease) -> None:
        item = lease.external_id or ""
        vote = seat.votes.get(item)
        try:
            if vote is None:
                await seat.client.send(queue.release(lease.lease_id))
                return
            label = answer(self._plan, vote.value)
            await seat.client.send(queue.annotate(lease.lease_id, label, active_ms=vote.active_ms))
        except (Conflict, NotFound) as refusal:
            self._refused(seat, item, refusal)
        else:
            self._accepted(seat, item, vote)

    def _refused(self, seat: Seat, item: str, refusal: Conflict | NotFound) -> None:
        """The lease has ended. Unless the answer stands already, it may come again."""
        self.given.late += 1
        if refusal.slug == "already-answered":
            seat.votes.pop(item, None)
        seat.suspended = seat.suspended or refusal.slug == "suspended"

    def _accepted(self, seat: Seat, item: str, vote: Vote) -> None:
        seat.votes.pop(item, None)
        if item in self._asked:
            self.given.work.setdefault(item, []).append(vote.value)
        else:
            self.given.honeypots += 1
        self._progress.answers(self.given.annotations)
