"""What clients of the queue saw, what it left behind, and whether the two keep its promises.

Pure: no I/O, no clock. A `Call` is one HTTP call from its invocation to its completion. What has
no outcome (a lost connection, a 503) may have taken effect at any time from its invocation on, or
never; nothing is concluded from it but that. All times are seconds of one wall clock, which client
and servers share, so that `expires_at` can be compared with them.

A `Story` is all that is known of one lease. `rules.py` holds the promises.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from math import inf
from typing import Literal

What = Literal["lease", "resume", "answer", "skip", "release", "heartbeat", "draft"]
Task = tuple[str, int]
"""The unique text of a payload, and the spec version: task ids are masked."""
NEVER_ARRIVED = 0
SHOWN_MAX = 40
"""How many calls an account shows of one violation: the first ones."""


@dataclass(frozen=True, slots=True)
class Grant:
    """A lease as a call showed it."""

    lease_id: str
    task: Task
    expires_at: float


@dataclass(frozen=True, slots=True)
class Call:
    """One HTTP call. `status` is None if nobody knows whether it took effect."""

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
    def may_have(self) -> bool:
        """Whether it took effect, or may have."""
        return self.took_effect or self.is_unknown

    @property
    def outcome(self) -> str:
        if self.status == NEVER_ARRIVED:
            return "never arrived"
        if self.status is None:
            return "unknown"
        return str(self.status) if self.took_effect else (self.problem or str(self.status))


@dataclass(frozen=True, slots=True)
class Said:
    """An event said to the queue: possibly in effect from `began` on, surely from `heard` on."""

    what: Literal["published", "raised", "suspended", "restored"]
    began: float
    heard: float
    who: str = ""
    task: Task = ("", 0)
    version: int = 0
    target: int = 0


@dataclass(frozen=True, slots=True)
class Suspension:
    """A time in which somebody may not work."""

    began: float
    heard: float
    lifted: float = inf
    lift_heard: float = inf


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
    """A row of `work`, and how many human answers there are for it."""

    task: Task
    target: int
    leased: int
    answered: int
    answers: int


@dataclass(frozen=True, slots=True)
class LeaseRow:
    """A row of `leases`, with the id of the answer if there is one."""

    lease_id: str
    who: str
    task: Task
    ended: str | None
    annotation_id: str | None


@dataclass(frozen=True)
class Aftermath:
    """What the queue left behind, once everything was quiet."""

    submitted: list[Submitted] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    expired: list[Expired] = field(default_factory=list)
    work: list[WorkRow] = field(default_factory=list)
    leases: list[LeaseRow] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Violation:
    """A promise that was not kept, and the calls that show it."""

    rule: str
    sentence: str
    calls: tuple[Call, ...] = ()
    leases: frozenset[str] = frozenset()
    """The leases that it is about; none: all that the calls show."""


@dataclass(slots=True)
class Story:
    """One lease: given between `given_from` and `given_by`, first shown to hold until `shown`."""

    lease_id: str
    who: str
    task: Task
    given_from: float
    given_by: float
    shown: float
    calls: list[Call] = field(default_factory=list)

    def all(self, *what: What) -> list[Call]:
        return [call for call in self.calls if call.what in what]

    @property
    def answers(self) -> list[Call]:
        """The calls by which it was surely answered."""
        return [call for call in self.all("answer") if call.took_effect]

    @property
    def skips(self) -> list[Call]:
        return [call for call in self.all("skip") if call.took_effect]

    def soonest_expiry(self, at: float) -> float:
        """It surely held until then, as far as was known `at`, unless something ended it.

        Of heartbeats that overlapped nobody knows which came last: the least of them counts.
        """
        beats = [call for call in self.all("heartbeat") if call.may_have]
        done = [call for call in beats if call.took_effect and call.ended <= at]
        if not done:
            return self.shown
        last = max(done, key=lambda call: call.began)
        rivals = [call for call in beats if call.is_unknown or call.ended > last.began]
        return max(self.shown, min((call.expires_at for call in rivals), default=0.0))

    def latest_expiry(self, call: Call) -> float:
        """`call` surely finds it expired if it begins after this, whatever came of the others."""
        beats = [c for c in self.all("heartbeat") if c.may_have and c.began < call.ended]
        others = [beat for beat in beats if beat is not call]
        if any(beat.is_unknown for beat in others):
            return inf
        return max([self.shown, *(beat.expires_at for beat in others)])


class History:
    """Everything that was seen."""

    def __init__(
        self,
        redundancy: int,
        calls: Iterable[Call],
        said: Iterable[Said] = (),
        aftermath: Aftermath | None = None,
    ) -> None:
        self.redundancy = redundancy
        self.calls = sorted(calls, key=lambda call: (call.began, call.ended))
        self.said = sorted(said, key=lambda one: one.began)
        self.aftermath = aftermath or Aftermath()
        self.unasked: list[Call] = []
        self.published = [one for one in self.said if one.what == "published"]
        self.raised: dict[Task, list[Said]] = defaultdict(list)
        for one in self.said:
            self.raised[one.task] += [one] if one.what == "raised" else []
        self.stories = self._told()
        self.suspensions = self._suspensions()
        self.by_mark = {call.mark: call.lease_id for call in self.calls if call.mark}

    def _told(self) -> dict[str, Story]:
        """The stories of all leases that a call showed."""
        stories: dict[str, Story] = {}
        for call in self.calls:
            for grant in call.grants if call.what == "lease" else ():
                one = Story(grant.lease_id, call.who, grant.task, call.began, call.ended,
                            grant.expires_at)  # fmt: skip
                stories[grant.lease_id] = one
        for call in (call for call in self.calls if call.what == "resume"):
            for grant in call.grants:
                self._resume(stories, call, grant)
        for call in self.calls:
            for lease_id in {call.lease_id, *(grant.lease_id for grant in call.grants)}:
                if lease_id in stories:
                    stories[lease_id].calls.append(call)
        return stories

    def _resume(self, stories: dict[str, Story], call: Call, grant: Grant) -> None:
        """A page that was loaded anew shows a lease: of a call whose answer was lost, if need be.

        One such call is enough to explain it. If there is none, nobody asked for the lease.
        """
        if grant.lease_id in stories:
            known = stories[grant.lease_id]
            known.given_by = min(known.given_by, call.ended)
            return
        lost = [one for one in self.lost_leases(call.who) if one.began < call.ended]
        if not lost:
            self.unasked.append(call)
        began = min((one.began for one in lost), default=call.began)
        stories[grant.lease_id] = Story(
            grant.lease_id, call.who, grant.task, began, call.ended, grant.expires_at
        )

    def lost_leases(self, who: str) -> list[Call]:
        """The calls for work of which nobody knows what they gave."""
        return [c for c in self.calls if c.what == "lease" and c.who == who and c.is_unknown]

    def _suspensions(self) -> dict[str, list[Suspension]]:
        found: dict[str, list[Suspension]] = defaultdict(list)
        for one in self.said:
            if one.what == "suspended":
                found[one.who].append(Suspension(one.began, one.heard))
            elif one.what == "restored":
                last = found[one.who].pop()
                found[one.who].append(Suspension(last.began, last.heard, one.began, one.heard))
        return found

    def published_after(self, version: int) -> list[Said]:
        """The spec versions that superseded `version`."""
        return [one for one in self.published if one.version > version]

    @property
    def newest_version(self) -> int:
        return max((one.version for one in self.published), default=1)

    def target(self, task: Task, at: float = inf) -> int:
        """How many answers a task could want at a time: raised already, or about to be."""
        raised = [one.target for one in self.raised.get(task, ()) if one.began <= at]
        return max([self.redundancy, *raised])

    def by_task(self) -> dict[Task, list[Story]]:
        found: dict[Task, list[Story]] = defaultdict(list)
        for story in self.stories.values():
            found[story.task].append(story)
        return found


def account(history: History, violations: list[Violation], each: int = 2) -> str:
    """The first violations of each rule with the calls that show them, and how many there are."""
    counts: dict[str, int] = defaultdict(int)
    begins = [*(call.began for call in history.calls), *(said.began for said in history.said)]
    zero = min(begins, default=0.0)
    lines: list[str] = []
    for one in violations:
        counts[one.rule] += 1
        if counts[one.rule] <= each:
            calls = sorted(one.calls, key=lambda call: call.began)[:SHOWN_MAX]
            lines += ["", f"{one.rule}: {one.sentence}"]
            lines += [f"  {line(call, zero, one.leases)}" for call in calls]
            lines += [f"  {told(said, zero)}" for said in history.said if concerns(said, one.calls)]
    return "\n".join([f"{len(violations)} violations: {dict(counts)}", *lines])


def line(call: Call, zero: float, leases: frozenset[str] = frozenset()) -> str:
    """A call in one line, with what it shows of `leases`; times count from `zero`."""
    about = " ".join(filter(None, (call.lease_id[:8], call.mark and f"mark {call.mark}")))
    given = ", ".join(
        f"{grant.lease_id[:8]} ({', v'.join(map(str, grant.task))})"
        f" until {grant.expires_at - zero:.3f}"
        for grant in call.grants
        if not leases or grant.lease_id in leases
    )
    until = f" until {call.expires_at - zero:.3f}" if call.expires_at else ""
    return (
        f"{call.began - zero:.3f} to {call.ended - zero:.3f} client {call.client}"
        f" ({call.who[:8]} at {call.where}) {call.what} {about} → {call.outcome}{until} {given}"
    ).rstrip()


def told(said: Said, zero: float) -> str:
    """An event in one line."""
    about = {"published": f"v{said.version}", "raised": f"{said.task} to {said.target}"}
    return (
        f"{said.began - zero:.3f} said, {said.heard - zero:.3f} heard: {said.what}"
        f" {about.get(said.what, said.who[:8])}"
    )


def concerns(said: Said, calls: Iterable[Call]) -> bool:
    """Whether an event is about one of these calls: a spec version is about all."""
    people = {call.who for call in calls}
    tasks = {grant.task for call in calls for grant in call.grants}
    return said.what == "published" or said.who in people or said.task in tasks
