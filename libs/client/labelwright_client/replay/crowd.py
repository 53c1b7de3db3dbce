"""The simulated annotators of a replay: each leases what it voted on and annotates as recorded.

A few of them work at the same time, in an order that the plan fixes. A pass ends when no annotator
gets a lease any more. Passes are repeated, because consensus may request more annotations
meanwhile, and because a lease skips a task that another annotator holds at that moment.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from labelwright_client import queue
from labelwright_client.problems import Conflict, NotFound
from labelwright_client.replay.plan import AnnotatorVotes, Plan, label_of
from labelwright_client.replay.progress import Progress
from labelwright_client.replay.recording import Vote
from labelwright_client.replay.scale import Value
from labelwright_client.transport import AsyncClient
from schemas.queue import Lease, LeaseRequest

ITEMS_MAX = 1000
LEASES_AT_ONCE = 5
ROLES = ("annotator", "pipeline")
"""The role `pipeline` permits a lease to name the items that it is for."""


@dataclass(slots=True)
class SimulatedAnnotator:
    """One recorded annotator with a client of its own."""

    client: AsyncClient
    votes: dict[str, Vote]
    """The votes not yet annotated, by item, in the order in which they are requested."""
    retries_seen: int = 0
    is_suspended: bool = False

    def next_items(self) -> list[str]:
        """Return the items to request next."""
        return list(self.votes)[:ITEMS_MAX]

    def move_next_items_to_the_end(self) -> None:
        """Move the items that were just requested behind all others."""
        for item in self.next_items():
            self.votes[item] = self.votes.pop(item)


@dataclass(slots=True)
class AcceptedAnnotations:
    """The accepted annotations, and the number of those that were too late."""

    work: dict[str, list[Value]] = field(default_factory=dict)
    honeypots: int = 0
    late: int = 0
    """Number of annotations that were refused because their lease had ended."""

    @property
    def count(self) -> int:
        """The number of accepted annotations of work items."""
        return sum(map(len, self.work.values()))


class Shortfall(NamedTuple):
    """The number of items with fewer annotations than requested, and of annotations missing."""

    items: int
    votes: int


class Crowd:
    """All annotators of a plan, working in one project."""

    def __init__(
        self, client: AsyncClient, plan: Plan, project: str, *, at_once: int, progress: Progress
    ) -> None:
        """Sign a token for each annotator of `plan`; `at_once` of them work in parallel."""
        self._plan = plan
        self._project = project
        self._at_once = at_once
        self._progress = progress
        self._requested = {str(item.external_id): item.redundancy or 0 for item in plan.work}
        self._annotators = [self._simulate(client, recorded) for recorded in plan.annotators]
        self.accepted = AcceptedAnnotations()

    def _simulate(self, client: AsyncClient, recorded: AnnotatorVotes) -> SimulatedAnnotator:
        token = client.stack.sign(recorded.name, ROLES, projects=(self._project,))
        return SimulatedAnnotator(client.with_token(token), dict(recorded.votes))

    def shortfall(self) -> Shortfall:
        """Return the number of requested annotations that are missing."""
        accepted = self.accepted.work
        missing = [
            requested - len(accepted.get(item, ())) for item, requested in self._requested.items()
        ]
        missing = [count for count in missing if count > 0]
        return Shortfall(len(missing), sum(missing))

    def pairable(self) -> int:
        """Return the number of accepted annotations whose item has at least one other."""
        work = self.accepted.work.items()
        counts = [min(len(values), self._requested[item]) for item, values in work]
        return sum(count for count in counts if count > 1)

    async def play_pass(self) -> int:
        """Let all annotators work until none gets a lease; return the number of annotations."""
        before = self.accepted.count + self.accepted.honeypots
        waiting = deque(
            annotator
            for annotator in self._annotators
            if annotator.votes and not annotator.is_suspended
        )
        async with asyncio.TaskGroup() as group:
            for _ in range(self._at_once):
                group.create_task(self._take_turns(waiting))
        return self.accepted.count + self.accepted.honeypots - before

    async def _take_turns(self, waiting: deque[SimulatedAnnotator]) -> None:
        """Let the annotators work in turns; one that gets no lease leaves this pass."""
        while waiting:
            annotator = waiting.popleft()
            if await self._work_once(annotator):
                waiting.append(annotator)

    async def _work_once(self, annotator: SimulatedAnnotator) -> bool:
        """Lease once, and annotate what was leased. Return False if no more leases will come."""
        for _ in range(0, len(annotator.votes), ITEMS_MAX):
            leases = await self._lease(annotator)
            if leases:
                await self._annotate_all(annotator, leases)
                return bool(annotator.votes) and not annotator.is_suspended
            annotator.move_next_items_to_the_end()
        if annotator.client.retries > annotator.retries_seen:
            return await self._annotate_held(annotator)
        return False

    async def _lease(self, annotator: SimulatedAnnotator) -> Sequence[Lease]:
        request = LeaseRequest(
            projects=[self._project],
            stages=["annotate"],
            items=annotator.next_items(),
            count=LEASES_AT_ONCE,
        )
        return (await annotator.client.send(queue.lease(request))).leases

    async def _annotate_held(self, annotator: SimulatedAnnotator) -> bool:
        """Annotate leases whose response was lost. Return False if there are none."""
        annotator.retries_seen = annotator.client.retries
        held = (await annotator.client.send(queue.held_leases())).leases
        leases = [lease for lease in held if lease.project == self._project]
        await self._annotate_all(annotator, leases)
        return bool(leases)

    async def _annotate_all(self, annotator: SimulatedAnnotator, leases: Sequence[Lease]) -> None:
        async with asyncio.TaskGroup() as group:
            for lease in leases:
                group.create_task(self._annotate(annotator, lease))

    async def _annotate(self, annotator: SimulatedAnnotator, lease: Lease) -> None:
        item = lease.external_id or ""
        vote = annotator.votes.get(item)
        try:
            if vote is None:
                await annotator.client.send(queue.release(lease.lease_id))
                return
            label = label_of(self._plan, vote.value)
            call = queue.annotate(lease.lease_id, label, active_ms=vote.active_ms)
            await annotator.client.send(call)
        except (Conflict, NotFound) as refusal:
            self._count_refused(annotator, item, refusal)
        else:
            self._count_accepted(annotator, item, vote)

    def _count_refused(
        self, annotator: SimulatedAnnotator, item: str, refusal: Conflict | NotFound
    ) -> None:
        """Count an annotation whose lease had ended. The item may be leased again."""
        self.accepted.late += 1
        if refusal.slug == "already-answered":
            annotator.votes.pop(item, None)
        annotator.is_suspended = annotator.is_suspended or refusal.slug == "suspended"

    def _count_accepted(self, annotator: SimulatedAnnotator, item: str, vote: Vote) -> None:
        annotator.votes.pop(item, None)
        if item in self._requested:
            self.accepted.work.setdefault(item, []).append(vote.value)
        else:
            self.accepted.honeypots += 1
        self._progress.update(self.accepted.count)
