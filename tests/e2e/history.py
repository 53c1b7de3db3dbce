"""The history of a load test: the calls of clients, the published events, and the final state.

The module does no I/O and reads no clock. A `Call` is one HTTP call from its invocation to its
completion. A call without an outcome (a lost connection, a 503) may have taken effect at any time
after its invocation, or never; nothing else is concluded from it. All times are seconds of one wall
clock that clients and servers share, so that `expires_at` can be compared with them.

A `LeaseTrace` has everything that is known of one lease. `invariants.py` checks the promises.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from math import inf
from typing import Literal

What = Literal["lease", "resume", "answer", "skip", "release", "heartbeat", "draft"]
Task = tuple[str, int]
"""The unique text of a payload, and the spec version, since task ids are masked."""
NEVER_ARRIVED = 0
SHOWN_MAX = 40
"""The number of calls that an account shows of one violation."""


@dataclass(frozen=True, slots=True)
class Grant:
    """A lease in the response to a call."""

    lease_id: str
    task: Task
    expires_at: float


@dataclass(frozen=True, slots=True)
class Call:
    """One HTTP call. `status` is None if it is unknown if the call took effect."""

    client: int
    who: str
    what: What
    began: float
    ended: float
    status: int | None
    problem: str = ""
    where: str = ""
    lease_id: str = ""
    mark: str = ""
    """The unique text within the label of an answer."""
    annotation_id: str = ""
    expires_at: float = 0.0
    grants: tuple[Grant, ...] = ()

    @property
    def took_effect(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    @property
    def is_unknown(self) -> bool:
        return self.status is None or self.status >= 500

    @property
    def may_have_taken_effect(self) -> bool:
        """True if it took effect, or may have."""
        return self.took_effect or self.is_unknown

    @property
    def outcome(self) -> str:
        if self.status == NEVER_ARRIVED:
            return "never arrived"
        if self.status is None:
            return "unknown"
        return str(self.status) if self.took_effect else (self.problem or str(self.status))


@dataclass(frozen=True, slots=True)
class PublishedEvent:
    """An event published to the queue: possibly in effect since `began`, surely since `applied`."""

    what: Literal["published", "raised", "suspended", "restored"]
    began: float
    applied: float
    who: str = ""
    task: Task = ("", 0)
    version: int = 0
    target: int = 0


@dataclass(frozen=True, slots=True)
class Suspension:
    """The time in which an annotator is suspended."""

    began: float
    applied: float
    lifted: float = inf
    lift_applied: float = inf


@dataclass(frozen=True, slots=True)
class Submitted:
    """An AnnotationSubmitted in Kafka."""

    event_id: str
    annotation_id: str
    who: str
    task: Task
    mark: str


@dataclass(frozen=True, slots=True)
class Skipped:
    """A TaskSkipped in Kafka."""

    event_id: str
    who: str
    task: Task


@dataclass(frozen=True, slots=True)
class Expired:
    """A LeaseExpired in Kafka."""

    event_id: str
    lease_id: str


@dataclass(frozen=True, slots=True)
class WorkRow:
    """A row of `work`, and the number of human annotations of it."""

    task: Task
    target: int
    leased: int
    answered: int
    answers: int


@dataclass(frozen=True, slots=True)
class LeaseRow:
    """A row of `leases`, with the id of the annotation if there is one."""

    lease_id: str
    who: str
    task: Task
    ended: str | None
    annotation_id: str | None


@dataclass(frozen=True)
class FinalState:
    """The events and rows of the queue after all leases have ended."""

    submitted: list[Submitted] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    expired: list[Expired] = field(default_factory=list)
    work: list[WorkRow] = field(default_factory=list)
    leases: list[LeaseRow] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Violation:
    """A broken promise, and the calls that prove it."""

    rule: str
    sentence: str
    calls: tuple[Call, ...] = ()
    leases: frozenset[str] = frozenset()
    """The leases that it is about; if empty, all leases of the calls."""


@dataclass(slots=True)
class LeaseTrace:
    """One lease, granted between `granted_from` and `granted_by`, first to expire at `shown`."""

    lease_id: str
    who: str
    task: Task
    granted_from: float
    granted_by: float
    shown: float
    calls: list[Call] = field(default_factory=list)

    def all(self, *what: What) -> list[Call]:
        return [call for call in self.calls if call.what in what]

    @property
    def answers(self) -> list[Call]:
        """The calls that surely annotated its task."""
        return [call for call in self.all("answer") if call.took_effect]

    @property
    def skips(self) -> list[Call]:
        return [call for call in self.all("skip") if call.took_effect]

    def soonest_expiry(self, at: float) -> float:
        """Return the earliest possible expiry, as known at the time `at`.

        The order of overlapping heartbeats is unknown, so the earliest of their expiries counts.
        """
        heartbeats = [call for call in self.all("heartbeat") if call.may_have_taken_effect]
        done = [call for call in heartbeats if call.took_effect and call.ended <= at]
        if not done:
            return self.shown
        last = max(done, key=lambda call: call.began)
        rivals = [call for call in heartbeats if call.is_unknown or call.ended > last.began]
        return max(self.shown, min((call.expires_at for call in rivals), default=0.0))

    def latest_expiry(self, call: Call) -> float:
        """Return the latest possible expiry: after it, `call` surely finds the lease expired."""
        others = [
            other
            for other in self.all("heartbeat")
            if other.may_have_taken_effect and other.began < call.ended and other is not call
        ]
        if any(other.is_unknown for other in others):
            return inf
        return max([self.shown, *(other.expires_at for other in others)])


class History:
    """All calls, published events and the final state of a load test."""

    def __init__(
        self,
        redundancy: int,
        calls: Iterable[Call],
        events: Iterable[PublishedEvent] = (),
        final: FinalState | None = None,
    ) -> None:
        self.redundancy = redundancy
        self.calls = sorted(calls, key=lambda call: (call.began, call.ended))
        self.events = sorted(events, key=lambda one: one.began)
        self.final = final or FinalState()
        self.unrequested: list[Call] = []
        self.published = [one for one in self.events if one.what == "published"]
        self.raised: dict[Task, list[PublishedEvent]] = defaultdict(list)
        for one in self.events:
            self.raised[one.task] += [one] if one.what == "raised" else []
        self.traces = self._traces()
        self.suspensions = self._suspensions()
        self.by_mark = {call.mark: call.lease_id for call in self.calls if call.mark}

    def _traces(self) -> dict[str, LeaseTrace]:
        """Return the traces of all leases that are in the response to a call."""
        traces: dict[str, LeaseTrace] = {}
        for call in self.calls:
            for grant in call.grants if call.what == "lease" else ():
                one = LeaseTrace(grant.lease_id, call.who, grant.task, call.began, call.ended,
                            grant.expires_at)  # fmt: skip
                traces[grant.lease_id] = one
        for call in (call for call in self.calls if call.what == "resume"):
            for grant in call.grants:
                self._resume(traces, call, grant)
        for call in self.calls:
            for lease_id in {call.lease_id, *(grant.lease_id for grant in call.grants)}:
                if lease_id in traces:
                    traces[lease_id].calls.append(call)
        return traces

    def _resume(self, traces: dict[str, LeaseTrace], call: Call, grant: Grant) -> None:
        """Add a lease that was first seen when a client read its leases.

        One request for leases whose response was lost explains it. Without such a request the
        lease was not requested.
        """
        if grant.lease_id in traces:
            known = traces[grant.lease_id]
            known.granted_by = min(known.granted_by, call.ended)
            return
        lost = [one for one in self.lost_leases(call.who) if one.began < call.ended]
        if not lost:
            self.unrequested.append(call)
        began = min((one.began for one in lost), default=call.began)
        traces[grant.lease_id] = LeaseTrace(
            grant.lease_id, call.who, grant.task, began, call.ended, grant.expires_at
        )

    def lost_leases(self, who: str) -> list[Call]:
        """Return the requests for leases whose outcome is unknown."""
        return [c for c in self.calls if c.what == "lease" and c.who == who and c.is_unknown]

    def _suspensions(self) -> dict[str, list[Suspension]]:
        found: dict[str, list[Suspension]] = defaultdict(list)
        for one in self.events:
            if one.what == "suspended":
                found[one.who].append(Suspension(one.began, one.applied))
            elif one.what == "restored":
                last = found[one.who].pop()
                found[one.who].append(Suspension(last.began, last.applied, one.began, one.applied))
        return found

    def published_after(self, version: int) -> list[PublishedEvent]:
        """Return the spec versions that superseded `version`."""
        return [one for one in self.published if one.version > version]

    @property
    def newest_version(self) -> int:
        return max((one.version for one in self.published), default=1)

    def target(self, task: Task, at: float = inf) -> int:
        """Return the highest possible target of a task at a time, including raises in progress."""
        raised = [one.target for one in self.raised.get(task, ()) if one.began <= at]
        return max([self.redundancy, *raised])

    def by_task(self) -> dict[Task, list[LeaseTrace]]:
        found: dict[Task, list[LeaseTrace]] = defaultdict(list)
        for trace in self.traces.values():
            found[trace.task].append(trace)
        return found


def account(history: History, violations: list[Violation], each: int = 2) -> str:
    """Return the number of violations, and the first of each rule with their calls."""
    counts: dict[str, int] = defaultdict(int)
    begins = [*(call.began for call in history.calls), *(event.began for event in history.events)]
    zero = min(begins, default=0.0)
    lines: list[str] = []
    for one in violations:
        counts[one.rule] += 1
        if counts[one.rule] <= each:
            calls = sorted(one.calls, key=lambda call: call.began)[:SHOWN_MAX]
            lines += ["", f"{one.rule}: {one.sentence}"]
            lines += [f"  {line(call, zero, one.leases)}" for call in calls]
            about = [event for event in history.events if concerns(event, one.calls)]
            lines += [f"  {event_line(event, zero)}" for event in about]
    return "\n".join([f"{len(violations)} violations: {dict(counts)}", *lines])


def line(call: Call, zero: float, leases: frozenset[str] = frozenset()) -> str:
    """Return a call as one line with its grants of `leases`; times count from `zero`."""
    about = " ".join(filter(None, (call.lease_id[:8], call.mark and f"mark {call.mark}")))
    grants = ", ".join(
        f"{grant.lease_id[:8]} ({', v'.join(map(str, grant.task))})"
        f" until {grant.expires_at - zero:.3f}"
        for grant in call.grants
        if not leases or grant.lease_id in leases
    )
    until = f" until {call.expires_at - zero:.3f}" if call.expires_at else ""
    return (
        f"{call.began - zero:.3f} to {call.ended - zero:.3f} client {call.client}"
        f" ({call.who[:8]} at {call.where}) {call.what} {about} → {call.outcome}{until} {grants}"
    ).rstrip()


def event_line(event: PublishedEvent, zero: float) -> str:
    """Return an event as one line."""
    about = {"published": f"v{event.version}", "raised": f"{event.task} to {event.target}"}
    return (
        f"{event.began - zero:.3f} published, {event.applied - zero:.3f} applied: {event.what}"
        f" {about.get(event.what, event.who[:8])}"
    )


def concerns(event: PublishedEvent, calls: Iterable[Call]) -> bool:
    """Return True if an event concerns one of these calls; a spec version concerns all."""
    people = {call.who for call in calls}
    tasks = {grant.task for call in calls for grant in call.grants}
    return event.what == "published" or event.who in people or event.task in tasks
