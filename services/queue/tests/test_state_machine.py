"""A state machine tests the promises of the queue under calls, events and schedules of all kinds.

It runs them in any order, alone and concurrently, on two replicas with a real PostgreSQL. Its rules
draw plain numbers and use them to choose from the current state, so that the drawn values do not
depend on the result of a race.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from queue_commands import (
    Answer,
    Bulk,
    Call,
    Deliver,
    Expire,
    Extend,
    ListLeases,
    Publish,
    Release,
    RequestWork,
    Skip,
)
from queue_events import SKILL, OtherServices
from queue_model import Caller, Lease, Work, World
from queue_oracle import Step, check
from queue_replicas import Replicas

from chassis import testing
from schemas.envelope import Event
from schemas.events import SpecPublished

ALL = ("annotator", "reviewer", "adjudicator")
TICK = timedelta(microseconds=1)
FRESH, AT_A_TIME = 60, 20
"""The number of spare new people with whom all work must be given out at the end."""

WAITING_MAX = 12

LOOKS = ("review", "adjudication")
"""The policies of later stages, without a phase for experienced annotators."""

numbers = st.integers(0, 99)
jams = st.sampled_from((None, None, None, "work", "ready", "leases", "answers"))
projects = st.sampled_from(("p", "p", "p", "q"))
LEAVE = ("skip", "release", "beat")
TIME = ("expire", "publish")
FURTHER = ("conflict", "review")
OTHERS = ("raised", "decided", "withdrawn", "reprioritized", *FURTHER)
at_once = st.sampled_from(
    ("request work",) * 8
    + ("answer",) * 4
    + LEAVE * 2
    + TIME
    + OTHERS
    + ("list leases", "bulk", "suspended", "spec")
)


class QueueMachine(RuleBasedStateMachine):
    """Everything that can happen to a queue, compared with the model after each step."""

    def __init__(self, queue: Replicas) -> None:
        super().__init__()
        queue.restart()
        self.queue, self.world, self.services = queue, World(), OtherServices()
        self.published: Counter[tuple[str, UUID, str]] = Counter()
        self.policy: dict[str, Any] = {}
        self.done: list[str] = []
        self.is_sound = True
        self.cast = [
            self.caller("ada"),
            self.caller("bob"),
            self.caller("cyd", *ALL),
            self.caller("dan", *ALL),
            self.caller("eve", projects=("q",)),
            self.caller("gpt", kind="model"),
        ]
        self.ada, self.gpt = self.cast[0], self.cast[-1]

    def caller(self, name: str, *roles: str, **more: Any) -> Caller:
        return Caller(name, self.queue.tokens.pseudonym(name), roles or ("annotator",), **more)

    def step(self, *calls: Call | None, jam: str | None = None) -> None:
        """Run the calls concurrently and check the results."""
        done = [call for call in calls if call is not None]
        if not done:
            return
        self.done.append(f"{done}{jam and f', {jam} locked'}")
        try:
            self.do(done, jam)
        except BaseException as error:
            self.is_sound = False
            # A race may not occur again when Hypothesis repeats an example.
            error.add_note("\n".join(["What was done:", *self.done]))
            raise

    def do(self, calls: Sequence[Call], jam: str | None) -> None:
        results = self.queue.together(*(call.run(self.queue) for call in calls), jam=jam)
        facts = self.queue.facts()
        step = Step(self.world, calls, results, facts)
        check(step, self.published)
        self.services.received(facts.published)
        self.world = step.after

    # The choice of a call's object by numbers.

    def who(self, n: int) -> Caller:
        return self.cast[n % len(self.cast)]

    def lease(self, n: int) -> Lease | None:
        """Return one of the leases, mostly an open one."""
        every = list(self.world.leases.values())
        held = [one for one in every if one.ended is None]
        some = held if n % 4 and held else every
        return some[n % len(some)] if some else None

    def task(self, n: int) -> Work | None:
        """Return one of the tasks, mostly an open one."""
        every = list(self.world.tasks())
        free = [one for one in every if one.state == "open"]
        some = free if n % 4 and free else every
        return some[n % len(some)] if some else None

    def call(self, kind: str, n: int, m: int) -> Call | None:
        """Return a call of this kind, chosen by the numbers; None if there is no object for it."""
        if kind == "request work":
            return RequestWork(self.who(n), (1, 1, 2, 3, 6)[m % 5])
        if kind == "list leases":
            return ListLeases(self.who(n))
        if kind == "bulk":
            names = [one.external_id or "" for one in self.world.tasks()][n % 3 :: 3]
            mood = ("good", "bad")[m % 2]
            return Bulk(self.gpt, "pq"[m % 4 // 3], tuple(names), mood) if names else None
        if kind in ("answer", *LEAVE, *TIME):
            lease = self.lease(n)
            return None if lease is None else self.call_about(kind, lease, m)
        events = self.event(kind, n, m)
        return Deliver(tuple(events)) if events else None

    def call_about(self, kind: str, lease: Lease, m: int) -> Call | None:
        if kind == "answer":
            return Answer(lease, ("good", "good", "bad")[m % 3])
        if kind == "expire":
            return Expire(lease.expires_at + TICK)
        if kind == "publish":
            return None if lease.release_at is None else Publish(lease.release_at)
        if kind == "skip":
            return Skip(lease)
        return Release(lease) if kind == "release" else Extend(lease)

    def event(self, kind: str, n: int, m: int) -> list[Event]:
        """Return events of another service about a task or an annotator."""
        if kind == "suspended":
            return [self.services.standing(self.who(n), "pq"[m % 2], "suspended")]
        if kind == "spec":
            project = "pq"[m % 4 // 3]
            return [self.services.spec(project, self.world.newest[project] + 1, **self.policy)]
        task = self.task(n)
        if task is None:
            return []
        if kind == "raised":
            return [self.services.raised(task, 1 + m % 4)]
        if kind == "reprioritized":
            return [self.services.reprioritized(task, m % 10)]
        if task.purpose == "honeypot" or task.version > self.world.newest[task.project]:
            kind = "withdrawn"
        return [getattr(self.services, kind)(task)]

    # The rules.

    @initialize(
        undo=st.sampled_from((0, 60)),
        rate=st.sampled_from((0.0, 0.5)),
        seconds=st.sampled_from((60, 900)),
    )
    def begin(self, undo: int, rate: float, seconds: int) -> None:
        self.policy = {
            "undo_seconds": undo,
            "honeypots": {"first": 1000, "first_rate": rate, "rate": rate},
            "lease_seconds": seconds,
            **{name: {"experienced_first_seconds": 0} for name in LOOKS},
        }
        specs = [self.services.spec(project, 1, **self.policy) for project in "pq"]
        tasks = [self.services.task("p", 1, redundancy=n) for n in (1, 1, 2, 2, 3)]
        pots = [
            self.services.task("p", 1, purpose="honeypot", skills=[SKILL] * n) for n in (0, 0, 1)
        ]
        skill = self.services.skill(self.who(1), 1)
        self.step(Deliver((*specs, *tasks, *pots, self.services.task("q", 1), skill)))

    @rule(
        project=projects,
        n=st.integers(1, 8),
        redundancy=st.integers(1, 3),
        priority=st.integers(0, 9),
        skilled=st.sampled_from((False, False, False, True)),
    )
    def create_tasks(
        self, project: str, n: int, redundancy: int, priority: int, skilled: bool
    ) -> None:
        if sum(self.world.slots().values()) > WAITING_MAX:
            return
        more: dict[str, Any] = {
            "redundancy": redundancy,
            "priority": priority,
            "skills": [SKILL] * skilled,
        }
        version = self.world.newest[project]
        self.step(Deliver(tuple(self.services.task(project, version, **more) for _ in range(n))))

    @rule(project=projects, n=numbers, skilled=st.booleans())
    def create_a_honeypot(self, project: str, n: int, skilled: bool) -> None:
        """Gold items are also items of work."""
        items = [one.item_id for one in self.world.tasks() if one.project == project]
        item = items[n % len(items)] if items else None
        more: dict[str, Any] = {"purpose": "honeypot", "skills": [SKILL] * skilled}
        self.step(Deliver((self.services.task(project, self.world.newest[project], item, **more),)))

    @rule(project=projects, what=st.sampled_from((0, 0, 1, 30)), early=st.booleans())
    def create_out_of_order(self, project: str, what: int, early: bool) -> None:
        """Tasks arrive before their spec, or after other events about them."""
        version = self.world.newest[project] + early
        if what:
            tasks = [self.services.task(project, version, priority=9) for _ in range(what)]
            self.step(Deliver(tuple(tasks)))
            return
        task, other = self.services.task("p", version), World()
        other.deliver(task)
        work = next(other.tasks())
        self.step(Deliver((self.services.raised(work, 3), self.services.reprioritized(work, 7))))
        self.step(Deliver((task,)))

    @rule(project=projects, how=st.sampled_from(("spec first", "tasks first", "spec alone")))
    def revise(self, project: str, how: str) -> None:
        version = self.world.newest[project] + 1
        spec: Event = self.services.spec(project, version, **self.policy)
        old = [one for one in self.world.tasks() if one.project == project]
        moved = [
            event
            for one in old
            if one.state == "open" and one.version < version
            for event in (self.services.withdrawn(one), self.services.again(one, version))
        ]
        if how == "spec first":
            self.step(Deliver((spec,)))
            self.step(Deliver(tuple(moved)) if moved else None)
        else:
            self.step(Deliver((*moved, spec) if how == "tasks first" else (spec,)))

    @rule(n=numbers, m=numbers, how=st.sampled_from(("good", "suspended", "skilled", "unskilled")))
    def change_people(self, n: int, m: int, how: str) -> None:
        who = self.who(n)
        if how in ("good", "suspended"):
            self.step(Deliver((self.services.standing(who, "pq"[m % 2], how),)))
        else:
            self.step(Deliver((self.services.skill(who, int(how == "skilled")),)))

    @rule(kind=st.sampled_from(FURTHER), n=numbers, m=numbers)
    def settle(self, kind: str, n: int, m: int) -> None:
        """Move a task to a later stage and complete it by people who have not seen it."""
        self.step(self.call(kind, n, m))
        self.step(RequestWork(self.cast[2 + m % 2]))

    @rule(kind=st.sampled_from(OTHERS), n=numbers, m=numbers)
    def others_say(self, kind: str, n: int, m: int) -> None:
        self.step(self.call(kind, n, m))

    @rule(n=numbers, m=numbers)
    def request_work(self, n: int, m: int) -> None:
        self.step(self.call("request work", n, m))

    @rule(n=numbers, m=numbers)
    def work_off(self, n: int, m: int) -> None:
        """Lease work and submit some of it."""
        self.step(self.call("request work", n, m))
        held = self.world.held(self.who(n))
        self.step(*(Answer(one, "good") for one in held[: m % 3 + 1]))

    @rule(n=numbers, m=numbers)
    def answer(self, n: int, m: int) -> None:
        self.step(self.call("answer", n, m))

    @rule(kind=st.sampled_from(LEAVE), n=numbers)
    def leave(self, kind: str, n: int) -> None:
        self.step(self.call(kind, n, 0))

    @rule(kind=st.sampled_from(("list leases", "bulk")), n=numbers, m=numbers)
    def call_otherwise(self, kind: str, n: int, m: int) -> None:
        self.step(self.call(kind, n, m))

    @rule(kind=st.sampled_from((*TIME, "drop out")), n=numbers)
    def time_goes_by(self, kind: str, n: int) -> None:
        """Expire leases and publish held annotations, as time passes."""
        held = self.world.held(self.who(n))
        if kind != "drop out":
            self.step(self.call(kind, n, 0))
        elif held:
            self.step(Expire(max(one.expires_at for one in held) + TICK))

    @rule(
        parts=st.lists(st.tuples(at_once, numbers, numbers), min_size=2, max_size=10),
        jam=jams,
    )
    def all_at_once(self, parts: list[tuple[str, int, int]], jam: str | None) -> None:
        calls = [self.call(*part) for part in parts]
        received = [event for one in calls if isinstance(one, Deliver) for event in one.events]
        once = {event.project: event for event in received if isinstance(event, SpecPublished)}
        results = [
            one for one in received if one in once.values() or not isinstance(one, SpecPublished)
        ]
        services = [one for one in calls if not isinstance(one, Deliver)]
        self.step(*services, Deliver(tuple(results), one_by_one=True) if results else None, jam=jam)

    def teardown(self) -> None:
        """Check that all open work is given out to enough people."""
        many = FRESH + sum(self.world.slots().values()) // AT_A_TIME
        fresh = [self.caller(f"fresh{n}", *ALL) for n in range(many)]
        if self.is_sound and self.world.slots():
            granted = [self.services.skill(who, 1, project) for who in fresh for project in "pq"]
            self.step(Deliver(tuple(granted)))
        while self.is_sound and self.world.slots():
            self.step(RequestWork(fresh.pop(), AT_A_TIME))


@contextmanager
def running(url: str, tokens: testing.Tokens) -> Iterator[Replicas]:
    """Yield two replicas on a fresh database."""
    queue = Replicas(url, tokens)
    try:
        yield queue
    finally:
        queue.close()


@pytest.fixture
def play(
    fresh_database: Any, migrated: str, tokens: testing.Tokens
) -> Iterator[Callable[[settings], None]]:
    with running(fresh_database(template=migrated), tokens) as queue:
        machine: Any = lambda: QueueMachine(queue)  # noqa: E731
        yield lambda how: run_state_machine_as_test(machine, settings=how)


BRIEF = settings(
    max_examples=70,
    stateful_step_count=30,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)
"""The same examples each time, without shrinking, which takes minutes."""


def test_whatever_happens_the_promises_hold(play: Callable[[settings], None]) -> None:
    play(BRIEF)


@pytest.mark.long
def test_whatever_happens_for_long_the_promises_hold(play: Callable[[settings], None]) -> None:
    """Other examples each time, with shrinking."""
    thorough = [Phase.generate, Phase.shrink]
    play(
        settings(
            BRIEF, max_examples=1000, stateful_step_count=60, derandomize=False, phases=thorough
        )
    )
