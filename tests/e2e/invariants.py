"""The promises of the queue, each a function from a history to what contradicts it.

Only what the history proves counts. Where two calls overlapped, or one has no outcome, every order
and every outcome that is possible is lawful.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator
from itertools import combinations, permutations
from math import inf
from typing import Any

from history import Call, History, Story, Submitted, Task, Violation, What

ALREADY = "already-answered"
ENDED_BY: dict[What, str] = {"skip": "lease-skipped", "release": "lease-released"}


def violations(history: History) -> list[Violation]:
    """All that contradicts a promise."""
    return [found for rule in RULES for found in rule(history)]


def an_answer_counts_exactly_once(history: History) -> Iterator[Violation]:
    """What was accepted has one event; what was refused by every attempt has none."""
    rule = "an answer counts exactly once"
    by_id = grouped(set(history.aftermath.submitted), lambda one: one.annotation_id)
    by_lease = grouped(set(history.aftermath.submitted), lambda one: history.by_mark.get(one.mark))
    for story in history.stories.values():
        given = {(call.annotation_id, call.mark) for call in story.answers}
        if len(given) > 1 or [c.status for c in story.answers].count(201) > 1:
            yield of(rule, f"the lease {story.lease_id} was answered more than once", story)
        for annotation_id, mark in given:
            events = by_id.get(annotation_id, [])
            if len(events) != 1:
                yield of(rule, f"the answer {mark} has {len(events)} events", story)
            elif not is_about(events[0], story, mark):
                yield of(rule, f"the answer {mark} became {events[0]}", story)
        if len(by_lease.get(story.lease_id, [])) > 1:
            yield of(rule, f"the lease {story.lease_id} has several answers in Kafka", story)
    yield from no_event_without_an_answer(history, rule)


def is_about(event: Submitted, story: Story, mark: str) -> bool:
    return (event.who, event.task, event.mark) == (story.who, story.task, mark)


def no_event_without_an_answer(history: History, rule: str) -> Iterator[Violation]:
    attempts = grouped(history.calls, lambda call: call.mark)
    for event in set(history.aftermath.submitted):
        calls = attempts.get(event.mark, [])
        if not any(call.may_have for call in calls):
            yield Violation(rule, f"every attempt was refused, and yet: {event}", tuple(calls))


def a_skip_counts_exactly_once(history: History) -> Iterator[Violation]:
    """As with answers: one TaskSkipped for a skip, none where every attempt was refused."""
    rule = "a skip counts exactly once"
    events = grouped(set(history.aftermath.skipped), lambda one: (one.who, one.task))
    tried: dict[Hashable, list[Call]] = defaultdict(list)
    for story in history.stories.values():
        tried[story.who, story.task] += story.all("skip")
    for key in {*tried, *events}:
        calls, found = tried[key], len(events.get(key, []))
        least = 1 if any(call.took_effect for call in calls) else 0
        most = 1 if any(call.may_have for call in calls) else 0
        if not least <= found <= most:
            yield Violation(rule, f"{key} has {found} events", tuple(calls))


def a_target_is_never_exceeded(history: History) -> Iterator[Violation]:
    """Neither by the answers in all, nor by leases and answers at any time."""
    rule = "a target is never exceeded"
    answered = answered_leases(history)
    for task, stories in history.by_task().items():
        given = [story for story in stories if story.lease_id in answered]
        if len(given) > history.target(task):
            sentence = f"{task} has {len(given)} answers, and wants {history.target(task)}"
            yield of(rule, sentence, *given)
        spans = [(one.given_by, held_until(history, one, answered), one) for one in stories]
        for start in sorted(begin for begin, end, _ in spans if begin < end):
            held = [one for begin, end, one in spans if begin <= start < end]
            if len(held) > history.target(task, start):
                sentence = f"{task} was with {len(held)} at once, not {history.target(task, start)}"
                yield of(rule, sentence, *held)
                break

    for row in history.aftermath.work:
        if row.answers > history.target(row.task):
            yield of_task(rule, f"{row}, in the database", history, row.task)


def nobody_gets_a_task_twice(history: History) -> Iterator[Violation]:
    """Not two leases at once, and none after an answer or a skip."""
    rule = "nobody gets a task twice"
    answered = answered_leases(history)
    pairs = grouped(history.stories.values(), lambda story: (story.who, story.task))
    for stories in pairs.values():
        until = {
            one.lease_id: inf if one.skips else held_until(history, one, answered)
            for one in stories
        }
        for one, other in combinations(stories, 2):
            begin = max(one.given_by, other.given_by)
            if begin < min(until[one.lease_id], until[other.lease_id]):
                yield of(rule, f"{one.who} held {one.task} twice at once", one, other)
        for one, other in permutations(stories, 2):
            if one.given_by <= other.given_from and other.given_by <= until[one.lease_id]:
                yield of(rule, f"{one.who} got {one.task} again", one, other)


def the_suspended_get_nothing(history: History) -> Iterator[Violation]:
    """No lease between the time a suspension was surely heard and the time it was lifted."""
    for story in history.stories.values():
        for one in history.suspensions.get(story.who, ()):
            if one.heard <= story.given_from and story.given_by <= one.lifted:
                sentence = f"{story.who} was suspended, and got {story.lease_id}"
                yield of("the suspended get nothing", sentence, story)


def every_call_is_answered_lawfully(history: History) -> Iterator[Violation]:
    """A late answer is refused, a repeated one is not, and each refusal says what happened."""
    for story in history.stories.values():
        for call in story.calls:
            lawful = LAWFUL.get(call.what)
            allowed = lawful(history, story, call) if lawful else {"200"}
            if not call.is_unknown and call.status and call.outcome not in allowed:
                sentence = f"{call.what} was answered {call.outcome}, not {sorted(allowed)}"
                yield of("every call is answered lawfully", sentence, story)
    for call in history.calls:
        if (call.status or 0) >= 500 or (call.what == "lease" and call.status not in HARMLESS):
            sentence = f"{call.what} was answered {call.status} {call.problem}"
            yield Violation("every call is answered lawfully", sentence, (call,))


def what_one_holds_is_shown(history: History) -> Iterator[Violation]:
    """A page that is loaded anew shows what is surely held, and nothing that has surely ended."""
    rule = "what one holds is shown"
    mine = grouped(history.stories.values(), lambda story: story.who)
    for call in history.unasked:
        yield Violation(rule, "nobody asked for a lease that is shown", (call,))
    for call in (c for c in history.calls if c.what == "resume" and c.took_effect):
        shown = {grant.lease_id for grant in call.grants}
        for story in mine.get(call.who, []):
            is_shown = story.lease_id in shown
            if is_shown and surely_ended(story, call):
                yield of(rule, f"{story.lease_id} has ended, and is shown", story, call)
            if not is_shown and surely_held(history, story, call):
                yield of(rule, f"{story.lease_id} is held, and is not shown", story, call)


def every_lease_ends(history: History) -> Iterator[Violation]:
    """After all expiries nothing is open, every count is right and every expiry was told once."""
    rule = "every lease ends"
    told = grouped(set(history.aftermath.expired), lambda one: one.lease_id)
    for row in history.aftermath.leases:
        about = [history.stories[row.lease_id]] if row.lease_id in history.stories else []
        if row.ended is None:
            yield of(rule, f"{row} is open", *about)
        if (row.ended == "answered") != (row.annotation_id is not None):
            yield of(rule, f"{row} is no answer, or has none", *about)
        times = len(told.pop(row.lease_id, []))
        if times != (row.ended == "expired"):
            yield of(rule, f"{row} was told {times} times to have expired", *about)
    for lease_id in told:
        yield Violation(rule, f"{lease_id} was told to have expired and does not exist")
    for work in history.aftermath.work:
        if work.leased != 0 or work.answered != work.answers:
            yield of_task(rule, f"the counts of {work} are wrong", history, work.task)


def everything_wanted_is_answered(history: History) -> Iterator[Violation]:
    """With enough people, every task of the newest version reaches exactly its target."""
    rule = "everything wanted is answered"
    for row in history.aftermath.work:
        wanted, newest = history.target(row.task), row.task[1] == history.newest_version
        if row.target != wanted or (newest and row.answers != wanted):
            yield of_task(rule, f"{row} wants {wanted}", history, row.task)


def nothing_told_is_lost(history: History) -> Iterator[Violation]:
    """What a client was told is in the database, and what is there somebody was told, or asked."""
    rule = "nothing told is lost"
    rows = {row.lease_id: row for row in history.aftermath.leases}
    sent = {event.annotation_id for event in history.aftermath.submitted}
    for story in history.stories.values():
        row = rows.get(story.lease_id)
        if row is None or (row.who, row.task) != (story.who, story.task):
            yield of(rule, f"the lease {story.lease_id} is {row} in the database", story)
        elif any(call.annotation_id != row.annotation_id for call in story.answers):
            yield of(rule, f"the answer to {story.lease_id} is not in the database: {row}", story)
    for row in rows.values():
        if row.lease_id not in history.stories and not history.lost_leases(row.who):
            yield Violation(rule, f"{row} was given to somebody who was not told")
        if row.annotation_id is not None and row.annotation_id not in sent:
            yield of_task(rule, f"{row} has no event", history, row.task)


RULES: tuple[Callable[[History], Iterator[Violation]], ...] = (
    an_answer_counts_exactly_once,
    a_skip_counts_exactly_once,
    a_target_is_never_exceeded,
    nobody_gets_a_task_twice,
    the_suspended_get_nothing,
    every_call_is_answered_lawfully,
    what_one_holds_is_shown,
    every_lease_ends,
    everything_wanted_is_answered,
    nothing_told_is_lost,
)
HARMLESS = {None, 0, 200}


def lawful_answer(history: History, story: Story, call: Call) -> set[str]:
    """What an answer may hear."""
    others = [one for one in story.all("answer") if one is not call]
    if before := [one for one in others if one.took_effect and one.ended < call.began]:
        return {"200"} if any(one.mark == call.mark for one in before) else {ALREADY}
    may = [one for one in others if one.may_have and one.began < call.ended]
    allowed = lawful_ends(history, story, call)
    allowed |= {"200" if one.mark == call.mark else ALREADY for one in may}
    return allowed | ({"201"} if may_live(history, story, call) else set())


def lawful_skip(history: History, story: Story, call: Call) -> set[str]:
    """What a skip may hear. The same again changes nothing."""
    others = [one for one in story.all("skip") if one is not call]
    if any(one.took_effect and one.ended < call.began for one in others):
        return {"204"}
    may = any(one.may_have and one.began < call.ended for one in others)
    allowed = lawful_ends(history, story, call) | (answered_before(story, call) or set())
    return allowed | ({"204"} if may or may_live(history, story, call) else set())


def lawful_heartbeat(history: History, story: Story, call: Call) -> set[str]:
    """What a heartbeat may hear."""
    allowed = lawful_ends(history, story, call) | answered_before(story, call)
    return allowed | ({"200"} if may_live(history, story, call) else set())


def lawful_always(_history: History, _story: Story, _call: Call) -> set[str]:
    """Giving back and drafts are taken whatever became of the lease."""
    return {"204"}


LAWFUL: dict[What, Callable[[History, Story, Call], set[str]]] = {
    "answer": lawful_answer,
    "skip": lawful_skip,
    "heartbeat": lawful_heartbeat,
    "release": lawful_always,
    "draft": lawful_always,
}


def answered_before(story: Story, call: Call) -> set[str]:
    may = [one for one in story.all("answer") if one.may_have and one.began < call.ended]
    return {ALREADY} if may else set()


def lawful_ends(history: History, story: Story, call: Call) -> set[str]:
    """The refusals that tell of an end that may have come before the call did its work."""
    ends = {"lease-expired"} if call.ended >= story.soonest_expiry(call.began) else set()
    for one in story.all("skip", "release"):
        if one is not call and one.may_have and one.began < call.ended:
            ends.add(ENDED_BY[one.what])
    for suspension in history.suspensions.get(story.who, ()):
        if suspension.began < call.ended and suspension.lift_heard > story.given_from:
            ends.add("suspended")
    if any(one.began < call.ended for one in history.published_after(story.task[1])):
        ends.add("superseded")
    return ends


def may_live(history: History, story: Story, call: Call) -> bool:
    """Whether the lease may have been open, and its holder allowed to work, during the call."""
    if call.began > story.latest_expiry(call):
        return False
    for one in story.all("answer", "skip", "release"):
        if one is not call and one.took_effect and one.ended < call.began:
            return False
    if any(one.heard <= call.began for one in history.published_after(story.task[1])):
        return False
    for suspension in history.suspensions.get(story.who, ()):
        revoked = story.given_by <= suspension.began
        if suspension.heard <= call.began and (revoked or call.ended <= suspension.lifted):
            return False
    return True


def surely_ended(story: Story, call: Call) -> bool:
    """Whether the lease had ended, by its holder's own word or by time, before the call began."""
    own = story.all("answer", "skip", "release")
    done = any(one.took_effect and one.ended < call.began for one in own)
    return done or call.began > story.latest_expiry(call)


def surely_held(history: History, story: Story, call: Call) -> bool:
    """Whether the lease was open during the whole call."""
    own = [one for one in story.all("answer", "skip", "release") if one.may_have]
    may_end = any(one.began < call.ended for one in own)
    return (
        not may_end
        and story.given_by <= call.began
        and call.ended < story.soonest_expiry(call.began)
        and not lawful_ends(history, story, call)
    )


def answered_leases(history: History) -> set[str]:
    """The leases that were surely answered: by what the client heard, or by Kafka."""
    heard = {story.lease_id for story in history.stories.values() if story.answers}
    events = history.aftermath.submitted
    return heard | {history.by_mark[one.mark] for one in events if one.mark in history.by_mark}


def held_until(history: History, story: Story, answered: set[str]) -> float:
    """Until when the lease, or the answer it became, surely took a slot."""
    if story.lease_id in answered:
        return inf
    ends = [story.soonest_expiry(inf)]
    ends += [call.began for call in story.all("skip", "release") if call.may_have]
    ends += [one.began for one in history.published_after(story.task[1])]
    ends += [
        one.began
        for one in history.suspensions.get(story.who, ())
        if one.lift_heard > story.given_from
    ]
    return min(ends)


def grouped(things: Iterable[Any], key: Callable[[Any], Hashable]) -> dict[Hashable, list[Any]]:
    found: dict[Hashable, list[Any]] = defaultdict(list)
    for one in things:
        found[key(one)].append(one)
    return found


def of(rule: str, sentence: str, *about: Story | Call) -> Violation:
    """A violation, shown by these calls and by all calls about these leases."""
    calls = [c for one in about for c in (one.calls if isinstance(one, Story) else [one])]
    leases = frozenset(one.lease_id for one in about if isinstance(one, Story))
    return Violation(rule, sentence, tuple(dict.fromkeys(calls)), leases)


def of_task(rule: str, sentence: str, history: History, task: Task) -> Violation:
    """A violation, shown by all calls about a task."""
    return of(rule, sentence, *(one for one in history.stories.values() if one.task == task))
