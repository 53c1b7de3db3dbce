"""The promises of the queue: each is a function that yields the violations in a history.

Only violations that the history proves count. If two calls overlapped, or one has no outcome, every
possible order and every possible outcome is allowed.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator
from itertools import combinations, permutations
from math import inf
from typing import Any

from history import Call, History, LeaseTrace, Submitted, Task, Violation, What

ALREADY = "already-answered"
ENDED_BY: dict[What, str] = {"skip": "lease-skipped", "release": "lease-released"}


def violations(history: History) -> list[Violation]:
    """Return the violations of all promises."""
    return [found for rule in INVARIANTS for found in rule(history)]


def an_annotation_counts_exactly_once(history: History) -> Iterator[Violation]:
    """An accepted annotation has one event; one that every attempt was refused for has none."""
    rule = "an annotation counts exactly once"
    by_id = grouped(set(history.final.submitted), lambda one: one.annotation_id)
    by_lease = grouped(set(history.final.submitted), lambda one: history.by_mark.get(one.mark))
    for trace in history.traces.values():
        accepted = {(call.annotation_id, call.mark) for call in trace.answers}
        if len(accepted) > 1 or [c.status for c in trace.answers].count(201) > 1:
            yield of(rule, f"the lease {trace.lease_id} was answered more than once", trace)
        for annotation_id, mark in accepted:
            events = by_id.get(annotation_id, [])
            if len(events) != 1:
                yield of(rule, f"the answer {mark} has {len(events)} events", trace)
            elif not is_about(events[0], trace, mark):
                yield of(rule, f"the answer {mark} became {events[0]}", trace)
        if len(by_lease.get(trace.lease_id, [])) > 1:
            yield of(rule, f"the lease {trace.lease_id} has several answers in Kafka", trace)
    yield from no_event_without_an_answer(history, rule)


def is_about(event: Submitted, trace: LeaseTrace, mark: str) -> bool:
    return (event.who, event.task, event.mark) == (trace.who, trace.task, mark)


def no_event_without_an_answer(history: History, rule: str) -> Iterator[Violation]:
    attempts = grouped(history.calls, lambda call: call.mark)
    for event in set(history.final.submitted):
        calls = attempts.get(event.mark, [])
        if not any(call.may_have_taken_effect for call in calls):
            yield Violation(rule, f"every attempt was refused, and yet: {event}", tuple(calls))


def a_skip_counts_exactly_once(history: History) -> Iterator[Violation]:
    """An accepted skip has one TaskSkipped; one that every attempt was refused for has none."""
    rule = "a skip counts exactly once"
    events = grouped(set(history.final.skipped), lambda one: (one.who, one.task))
    tried: dict[Hashable, list[Call]] = defaultdict(list)
    for trace in history.traces.values():
        tried[trace.who, trace.task] += trace.all("skip")
    for key in {*tried, *events}:
        calls, found = tried[key], len(events.get(key, []))
        least = 1 if any(call.took_effect for call in calls) else 0
        most = 1 if any(call.may_have_taken_effect for call in calls) else 0
        if not least <= found <= most:
            yield Violation(rule, f"{key} has {found} events", tuple(calls))


def a_target_is_never_exceeded(history: History) -> Iterator[Violation]:
    """Neither the annotations of a task exceed it, nor annotations and leases at any time."""
    rule = "a target is never exceeded"
    answered = answered_leases(history)
    for task, traces in history.by_task().items():
        done = [trace for trace in traces if trace.lease_id in answered]
        if len(done) > history.target(task):
            sentence = f"{task} has {len(done)} annotations, and wants {history.target(task)}"
            yield of(rule, sentence, *done)
        spans = [(one.granted_by, held_until(history, one, answered), one) for one in traces]
        for start in sorted(begin for begin, end, _ in spans if begin < end):
            held = [one for begin, end, one in spans if begin <= start < end]
            if len(held) > history.target(task, start):
                sentence = f"{task} was with {len(held)} at once, not {history.target(task, start)}"
                yield of(rule, sentence, *held)
                break

    for row in history.final.work:
        if row.answers > history.target(row.task):
            yield of_task(rule, f"{row}, in the database", history, row.task)


def a_task_is_leased_once_per_annotator(history: History) -> Iterator[Violation]:
    """An annotator has no two leases of a task at once, and none after an annotation or a skip."""
    rule = "a task is leased once per annotator"
    answered = answered_leases(history)
    pairs = grouped(history.traces.values(), lambda trace: (trace.who, trace.task))
    for traces in pairs.values():
        until = {
            one.lease_id: inf if one.skips else held_until(history, one, answered) for one in traces
        }
        for one, other in combinations(traces, 2):
            begin = max(one.granted_by, other.granted_by)
            if begin < min(until[one.lease_id], until[other.lease_id]):
                yield of(rule, f"{one.who} held {one.task} twice at once", one, other)
        for one, other in permutations(traces, 2):
            if one.granted_by <= other.granted_from and other.granted_by <= until[one.lease_id]:
                yield of(rule, f"{one.who} got {one.task} again", one, other)


def suspended_annotators_get_no_lease(history: History) -> Iterator[Violation]:
    """No lease is granted between the application of a suspension and its end."""
    for trace in history.traces.values():
        for one in history.suspensions.get(trace.who, ()):
            if one.applied <= trace.granted_from and trace.granted_by <= one.lifted:
                sentence = f"{trace.who} was suspended, and got {trace.lease_id}"
                yield of("suspended annotators get no lease", sentence, trace)


def every_response_is_allowed(history: History) -> Iterator[Violation]:
    """A late annotation is refused, a repeated one is not, and each refusal has the true reason."""
    for trace in history.traces.values():
        for call in trace.calls:
            rule = ALLOWED.get(call.what)
            allowed = rule(history, trace, call) if rule else {"200"}
            if not call.is_unknown and call.status and call.outcome not in allowed:
                sentence = f"{call.what} was answered {call.outcome}, not {sorted(allowed)}"
                yield of("every response is allowed", sentence, trace)
    for call in history.calls:
        if (call.status or 0) >= 500 or (call.what == "lease" and call.status not in HARMLESS):
            sentence = f"{call.what} was answered {call.status} {call.problem}"
            yield Violation("every response is allowed", sentence, (call,))


def held_leases_are_shown(history: History) -> Iterator[Violation]:
    """The leases that a client reads include all that are surely held, and none that has ended."""
    rule = "held leases are shown"
    mine = grouped(history.traces.values(), lambda trace: trace.who)
    for call in history.unrequested:
        yield Violation(rule, "a lease is shown that was not requested", (call,))
    for call in (c for c in history.calls if c.what == "resume" and c.took_effect):
        shown = {grant.lease_id for grant in call.grants}
        for trace in mine.get(call.who, []):
            is_shown = trace.lease_id in shown
            if is_shown and surely_ended(trace, call):
                yield of(rule, f"{trace.lease_id} has ended, and is shown", trace, call)
            if not is_shown and surely_held(history, trace, call):
                yield of(rule, f"{trace.lease_id} is held, and is not shown", trace, call)


def every_lease_ends(history: History) -> Iterator[Violation]:
    """At the end no lease is open, every count is correct, and every expiry has one event."""
    rule = "every lease ends"
    expiries = grouped(set(history.final.expired), lambda one: one.lease_id)
    for row in history.final.leases:
        about = [history.traces[row.lease_id]] if row.lease_id in history.traces else []
        if row.ended is None:
            yield of(rule, f"{row} is open", *about)
        if (row.ended == "answered") != (row.annotation_id is not None):
            yield of(rule, f"{row} is no answer, or has none", *about)
        count = len(expiries.pop(row.lease_id, []))
        if count != (row.ended == "expired"):
            yield of(rule, f"{row} has {count} events of its expiry", *about)
    for lease_id in expiries:
        yield Violation(rule, f"{lease_id} has an event of its expiry and does not exist")
    for work in history.final.work:
        if work.leased != 0 or work.answered != work.answers:
            yield of_task(rule, f"the counts of {work} are wrong", history, work.task)


def targets_are_reached(history: History) -> Iterator[Violation]:
    """With enough annotators, every task of the newest version has exactly its target."""
    rule = "targets are reached"
    for row in history.final.work:
        wanted, newest = history.target(row.task), row.task[1] == history.newest_version
        if row.target != wanted or (newest and row.answers != wanted):
            yield of_task(rule, f"{row} wants {wanted}", history, row.task)


def acknowledged_changes_are_stored(history: History) -> Iterator[Violation]:
    """All acknowledged changes are in the database, and all leases there were requested."""
    rule = "acknowledged changes are stored"
    rows = {row.lease_id: row for row in history.final.leases}
    sent = {event.annotation_id for event in history.final.submitted}
    for trace in history.traces.values():
        row = rows.get(trace.lease_id)
        if row is None or (row.who, row.task) != (trace.who, trace.task):
            yield of(rule, f"the lease {trace.lease_id} is {row} in the database", trace)
        elif any(call.annotation_id != row.annotation_id for call in trace.answers):
            yield of(rule, f"the answer to {trace.lease_id} is not in the database: {row}", trace)
    for row in rows.values():
        if row.lease_id not in history.traces and not history.lost_leases(row.who):
            yield Violation(rule, f"{row} was granted without a response or a lost one")
        if row.annotation_id is not None and row.annotation_id not in sent:
            yield of_task(rule, f"{row} has no event", history, row.task)


INVARIANTS: tuple[Callable[[History], Iterator[Violation]], ...] = (
    an_annotation_counts_exactly_once,
    a_skip_counts_exactly_once,
    a_target_is_never_exceeded,
    a_task_is_leased_once_per_annotator,
    suspended_annotators_get_no_lease,
    every_response_is_allowed,
    held_leases_are_shown,
    every_lease_ends,
    targets_are_reached,
    acknowledged_changes_are_stored,
)
HARMLESS = {None, 0, 200}


def allowed_for_annotation(history: History, trace: LeaseTrace, call: Call) -> set[str]:
    """Return the outcomes that are allowed for an annotation."""
    others = [one for one in trace.all("answer") if one is not call]
    if before := [one for one in others if one.took_effect and one.ended < call.began]:
        return {"200"} if any(one.mark == call.mark for one in before) else {ALREADY}
    may = [one for one in others if one.may_have_taken_effect and one.began < call.ended]
    allowed = possible_ends(history, trace, call)
    allowed |= {"200" if one.mark == call.mark else ALREADY for one in may}
    return allowed | ({"201"} if may_be_open(history, trace, call) else set())


def allowed_for_skip(history: History, trace: LeaseTrace, call: Call) -> set[str]:
    """Return the outcomes that are allowed for a skip. A repeated skip changes nothing."""
    others = [one for one in trace.all("skip") if one is not call]
    if any(one.took_effect and one.ended < call.began for one in others):
        return {"204"}
    may = any(one.may_have_taken_effect and one.began < call.ended for one in others)
    allowed = possible_ends(history, trace, call) | (answered_before(trace, call) or set())
    return allowed | ({"204"} if may or may_be_open(history, trace, call) else set())


def allowed_for_heartbeat(history: History, trace: LeaseTrace, call: Call) -> set[str]:
    """Return the outcomes that are allowed for a heartbeat."""
    allowed = possible_ends(history, trace, call) | answered_before(trace, call)
    return allowed | ({"200"} if may_be_open(history, trace, call) else set())


def always_allowed(_history: History, _story: LeaseTrace, _call: Call) -> set[str]:
    """Return the outcome of releases and drafts, which are accepted in every state of the lease."""
    return {"204"}


ALLOWED: dict[What, Callable[[History, LeaseTrace, Call], set[str]]] = {
    "answer": allowed_for_annotation,
    "skip": allowed_for_skip,
    "heartbeat": allowed_for_heartbeat,
    "release": always_allowed,
    "draft": always_allowed,
}


def answered_before(trace: LeaseTrace, call: Call) -> set[str]:
    may = [
        one for one in trace.all("answer") if one.may_have_taken_effect and one.began < call.ended
    ]
    return {ALREADY} if may else set()


def possible_ends(history: History, trace: LeaseTrace, call: Call) -> set[str]:
    """Return the refusals for an end of the lease that may have happened before the call."""
    ends = {"lease-expired"} if call.ended >= trace.soonest_expiry(call.began) else set()
    for one in trace.all("skip", "release"):
        if one is not call and one.may_have_taken_effect and one.began < call.ended:
            ends.add(ENDED_BY[one.what])
    for suspension in history.suspensions.get(trace.who, ()):
        if suspension.began < call.ended and suspension.lift_applied > trace.granted_from:
            ends.add("suspended")
    if any(one.began < call.ended for one in history.published_after(trace.task[1])):
        ends.add("superseded")
    return ends


def may_be_open(history: History, trace: LeaseTrace, call: Call) -> bool:
    """Return True if the lease may have been open, and its holder not suspended, in the call."""
    if call.began > trace.latest_expiry(call):
        return False
    for one in trace.all("answer", "skip", "release"):
        if one is not call and one.took_effect and one.ended < call.began:
            return False
    if any(one.applied <= call.began for one in history.published_after(trace.task[1])):
        return False
    for suspension in history.suspensions.get(trace.who, ()):
        revoked = trace.granted_by <= suspension.began
        if suspension.applied <= call.began and (revoked or call.ended <= suspension.lifted):
            return False
    return True


def surely_ended(trace: LeaseTrace, call: Call) -> bool:
    """Return True if the lease had surely ended, by its holder or by time, before the call."""
    own = trace.all("answer", "skip", "release")
    done = any(one.took_effect and one.ended < call.began for one in own)
    return done or call.began > trace.latest_expiry(call)


def surely_held(history: History, trace: LeaseTrace, call: Call) -> bool:
    """Return True if the lease was surely open during the whole call."""
    own = [one for one in trace.all("answer", "skip", "release") if one.may_have_taken_effect]
    may_end = any(one.began < call.ended for one in own)
    return (
        not may_end
        and trace.granted_by <= call.began
        and call.ended < trace.soonest_expiry(call.began)
        and not possible_ends(history, trace, call)
    )


def answered_leases(history: History) -> set[str]:
    """Return the leases that surely ended with an annotation, by a response or an event."""
    accepted = {trace.lease_id for trace in history.traces.values() if trace.answers}
    events = history.final.submitted
    return accepted | {history.by_mark[one.mark] for one in events if one.mark in history.by_mark}


def held_until(history: History, trace: LeaseTrace, answered: set[str]) -> float:
    """Return the time until which the lease, or its annotation, surely occupied a slot."""
    if trace.lease_id in answered:
        return inf
    ends = [trace.soonest_expiry(inf)]
    ends += [call.began for call in trace.all("skip", "release") if call.may_have_taken_effect]
    ends += [one.began for one in history.published_after(trace.task[1])]
    ends += [
        one.began
        for one in history.suspensions.get(trace.who, ())
        if one.lift_applied > trace.granted_from
    ]
    return min(ends)


def grouped(things: Iterable[Any], key: Callable[[Any], Hashable]) -> dict[Hashable, list[Any]]:
    found: dict[Hashable, list[Any]] = defaultdict(list)
    for one in things:
        found[key(one)].append(one)
    return found


def of(rule: str, sentence: str, *about: LeaseTrace | Call) -> Violation:
    """Return a violation, proved by these calls and by all calls about these leases."""
    calls = [c for one in about for c in (one.calls if isinstance(one, LeaseTrace) else [one])]
    leases = frozenset(one.lease_id for one in about if isinstance(one, LeaseTrace))
    return Violation(rule, sentence, tuple(dict.fromkeys(calls)), leases)


def of_task(rule: str, sentence: str, history: History, task: Task) -> Violation:
    """Return a violation, proved by all calls about a task."""
    return of(rule, sentence, *(one for one in history.traces.values() if one.task == task))
