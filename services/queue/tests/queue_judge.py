"""Whether what the queue did and said was right, in whichever order it did what came at once."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from queue_calls import Answer, Ask, Beat, Bulk, Call, Expire, Hear, Look, Publish, Release, Skip
from queue_model import OPEN_LEASES_MAX, STANDS, Key, Lease, World
from queue_replicas import Facts

from schemas.events import AnnotationSubmitted


class Step:
    """Some calls at once, and the world before and after them."""

    def __init__(
        self, before: World, calls: Sequence[Call], told: Sequence[Any], facts: Facts
    ) -> None:
        """Take in what was heard, and what became of the leases."""
        self.before, self.after = before, before.copy()
        self.calls, self.facts = list(zip(calls, told, strict=True)), facts
        for event in (event for one in calls if isinstance(one, Hear) for event in one.events):
            self.after.hear(event)
        self._owners = {
            UUID(one["lease_id"]): call.who
            for call, answer in self.calls
            if isinstance(call, Ask)
            for one in answer.json().get("leases", ())
        }
        self._owners |= {
            row["lease_id"]: call.who
            for call, _ in self.calls
            if isinstance(call, Bulk)
            for row in facts.leases
            if row["annotator"] == call.who.pseudonym and row["ended"] == "answered"
        }
        assert before.leases.keys() <= {row["lease_id"] for row in facts.leases}
        for row in facts.leases:
            self._learn(row)

    @property
    def is_alone(self) -> bool:
        """Whether there was one call only, so that everything about it is known."""
        return len(self.calls) == 1

    @property
    def granted(self) -> list[Lease]:
        """The leases that were given."""
        return [one for key, one in self.after.leases.items() if key not in self.before.leases]

    def _learn(self, row: Any) -> None:
        """Take in a lease; fail if it came, changed or ended by itself."""
        known = self.before.leases.get(row["lease_id"])
        if known is None:
            who, key = self._owners[row["lease_id"]], self.facts.keys[row["work_id"]]
            assert who.pseudonym == row["annotator"]
            known = Lease(row["lease_id"], key, who, row["expires_at"])
        moods = frozenset(self._taken(known)) if row["ended"] == "answered" else frozenset()
        if row["ended"] != known.ended:
            assert known.ended is None, f"{known} ended again: {row['ended']}"
            assert moods or self._may_end(known, row["ended"]), f"{known} ended: {row['ended']}"
        lease = replace(
            known,
            ended=row["ended"],
            expires_at=row["expires_at"],
            release_at=row["release_at"],
            moods=moods if self.is_alone and moods else known.moods | moods,
        )
        self.after.leases[lease.lease_id] = lease
        work = self.after.work(lease)
        if lease.ended == "answered" and work.stage != "annotate" and work.state == "open":
            self.after.works[lease.key] = replace(work, state="closed")

    def _taken(self, lease: Lease) -> list[str]:
        """What was answered now, and accepted."""
        name = self.after.work(lease).external_id
        return [
            call.mood
            for call, told in self.calls
            if (isinstance(call, Answer) and self.is_of(call, lease) and told.status_code < 300)
            or (
                isinstance(call, Bulk)
                and call.who == lease.who
                and lease.ended is None
                and name in call.external_ids
            )
        ]

    def is_of(self, call: Call, lease: Lease) -> bool:
        """Whether the call is about the lease."""
        return isinstance(call, Answer | Skip | Release | Beat) and (
            call.lease.lease_id == lease.lease_id
        )

    def _may_end(self, lease: Lease, how: str | None) -> bool:
        """Whether one of the calls can have ended the lease in this way."""
        if how == "expired":
            cuts = [one.now for one, _ in self.calls if isinstance(one, Expire)]
            return bool(cuts) and lease.expires_at < max(cuts)
        if how == "suspended":
            return (lease.who.pseudonym, self.after.work(lease).project) in self.after.suspended
        kind = {"skipped": Skip, "released": Release}.get(how or "")
        return any(
            isinstance(one, kind) and self.is_of(one, lease) for one, _ in self.calls if kind
        )


def check(step: Step, said: Counter[tuple[str, UUID, str]]) -> None:
    """Fail unless every call was answered rightly and everything is as it must be."""
    for call, told in step.calls:
        judge = _JUDGES.get(type(call))
        if judge is not None:
            judge(step, call, told)
    _work_is_counted(step.after, step.facts)
    _ready_says_what_work_says(step.after, step.facts)
    _leases_are_kept(step.after, step.facts)
    _all_is_said_once(step.after, step.facts, said)


def _asked(step: Step, call: Ask, told: Any) -> None:
    assert told.status_code == 200, told.text
    given = told.json()["leases"]
    assert len(given) <= call.count
    leases = [step.after.leases[UUID(one["lease_id"])] for one in given]
    for lease, shown in zip(leases, given, strict=True):
        _was_free(step, lease)
        _shows(step.after, lease, shown)
    if not leases:
        missed = _missed(step, call)
        assert missed == [], f"{call.who.name} was told that there is nothing but {missed}"
    if step.is_alone and call.who.kind == "human":
        _most_urgent(step, call, leases)


def _was_free(step: Step, lease: Lease) -> None:
    """The holder might have it, and it was to be had before or became so."""
    before, after, who, work = step.before, step.after, lease.who, step.after.work(lease)
    state = before.works.get(lease.key, work).state
    assert state == "open", f"{who.name} got what is {state}: {work}"
    assert before.is_current(work) or after.is_current(work), f"{work} is of an old version"
    allowed = before.may_have(who, work) or after.may_have(who, work)
    assert allowed, f"{who.name} may not have {work}"
    new = {one.lease_id for one in step.granted}
    assert not after.has_seen(who, work, STANDS, new), f"{who.name} has seen {work}"
    twins = [
        one
        for one in step.granted
        if one.who == who
        and after.work(one).item_id == work.item_id
        and after.work(one).version == work.version
    ]
    assert len(twins) == 1, f"{who.name} got the item twice: {twins}"


def _missed(step: Step, call: Ask) -> list[Key]:
    """The work that was to be had all the time, whatever the other calls took."""
    who = call.who
    before, after = step.before.obtainable(who), step.after.obtainable(who)
    if len(step.before.held(who)) + sum(one.who == who for one in step.granted) >= OPEN_LEASES_MAX:
        return []
    taken = Counter(one.key for one in step.granted if one.who.kind == "human")
    return [
        key for key, n in before.items() if key in after and (n > taken[key] or who.kind != "human")
    ]


def _most_urgent(step: Step, call: Ask, leases: Sequence[Lease]) -> None:
    """Nothing more urgent was left, but for what a honeypot came in place of."""
    every = [step.after.work(lease) for lease in leases]
    works = [work for work in every if work.stage == "annotate"]
    given = [work.priority for work in works if work.purpose == "work"]
    other = (step.after.works[key] for key in step.after.obtainable(call.who))
    left = [
        work.priority
        for work in other
        if work.stage == "annotate" and work.item_id not in {one.item_id for one in every}
    ]
    left = sorted(left, reverse=True)[len(works) - len(given) :]
    assert not given or not left or min(given) >= left[0], f"given {given}, left {left}"


def _shows(world: World, lease: Lease, shown: dict[str, Any]) -> None:
    work = world.work(lease)
    assert (shown["project"], shown["stage"]) == (work.project, work.stage)
    assert shown["spec_version"] == work.version
    assert shown["payload"] == {"text": f"text {work.item_id.int}"}
    assert datetime.fromisoformat(shown["expires_at"]) == lease.expires_at
    assert (shown["task_id"] == str(work.task_id)) == (work.stage != "annotate")
    assert shown["external_id"] is None


def _refused(step: Step, lease: Lease, told: Any) -> str:
    """The reason of a refusal, which must have held before or after."""
    assert told.status_code == 409, told.text
    why = str(told.json()["type"]).removeprefix("urn:problem:")
    before, after = step.before.leases[lease.lease_id], step.after.leases[lease.lease_id]
    right = step.before.reasons(before) | step.after.reasons(after)
    assert why in right, f"refused as {why}, not as {right or 'nothing'}"
    return why


def _answered(step: Step, call: Answer, told: Any) -> None:
    before, after = (one.leases[call.lease.lease_id] for one in (step.before, step.after))
    if told.status_code >= 300:
        why = _refused(step, call.lease, told)
        assert after.moods != {call.mood}, "the same answer again must be taken"
        held = before.release_at is not None and after.release_at is not None
        assert not (held and why == "already-answered"), "a held answer can be changed"
        return
    assert after.ended == "answered", f"accepted, and then {after.ended}"
    if told.status_code == 201:
        assert (reasons := step.before.reasons(before)) == set(), f"accepted in spite of {reasons}"
    elif step.is_alone:
        assert before.ended == "answered"
        assert call.mood in before.moods or before.release_at, "what stands was changed"


def _skipped(step: Step, call: Skip, told: Any) -> None:
    before = step.before.leases[call.lease.lease_id]
    if told.status_code != 204:
        assert before.ended != "skipped"
        _refused(step, call.lease, told)
        return
    assert step.after.leases[call.lease.lease_id].ended == "skipped"
    assert before.ended == "skipped" or not step.before.reasons(before)


def _released(step: Step, call: Release, told: Any) -> None:
    assert told.status_code == 204, told.text
    assert step.after.leases[call.lease.lease_id].ended is not None


def _beaten(step: Step, call: Beat, told: Any) -> None:
    before, after = (one.leases[call.lease.lease_id] for one in (step.before, step.after))
    if told.status_code != 200:
        _refused(step, call.lease, told)
        return
    assert step.before.reasons(before) == set()
    assert after.expires_at > before.expires_at


def _looked(step: Step, call: Look, told: Any) -> None:
    shown = {UUID(one["lease_id"]) for one in told.json()["leases"]}
    before, after = (
        {one.lease_id for one in world.held(call.who)} for world in (step.before, step.after)
    )
    assert before & after <= shown <= before | after


def _answered_in_bulk(step: Step, call: Bulk, told: Any) -> None:
    """What was not refused stands, or a 2xx was a lie."""
    assert told.status_code == 200, told.text
    refused = {one["index"] for one in told.json()["refused"]}
    moods: dict[str | None, set[str]] = {}
    for lease in step.after.leases.values():
        work = step.after.work(lease)
        if lease.who == call.who and work.project == call.project:
            moods.setdefault(work.external_id, set()).update(lease.moods)
    for index, name in enumerate(call.external_ids):
        stands = index in refused or call.mood in moods.get(name, set())
        assert stands, f"the answer to {name} is lost"


def _expired(step: Step, call: Expire, _: None) -> None:
    left = [one for one in step.after.leases.values() if one.ended is None]
    assert not step.is_alone or all(one.expires_at >= call.now for one in left)


def _published(step: Step, call: Publish, _: None) -> None:
    left = [one.release_at for one in step.after.leases.values() if one.release_at]
    assert not step.is_alone or all(one > call.now for one in left)


_JUDGES: dict[type, Callable[[Step, Any, Any], None]] = {
    Ask: _asked,
    Answer: _answered,
    Skip: _skipped,
    Release: _released,
    Beat: _beaten,
    Look: _looked,
    Bulk: _answered_in_bulk,
    Expire: _expired,
    Publish: _published,
}


def _work_is_counted(world: World, facts: Facts) -> None:
    """No more people hold or answered a task than its target; the counters know them all."""
    leased, answered = world.people(None), world.people("answered")
    assert facts.works.keys() == world.works.keys()
    for key, row in facts.works.items():
        work = world.works[key]
        assert (row["state"] == "open") == (work.state == "open"), f"{row['state']}: {work}"
        if work.purpose == "work":
            assert (row["leased"], row["answered"]) == (leased[key], answered[key]), f"{work}"
            assert row["target"] == work.target
            assert row["leased"] + row["answered"] <= row["target"], f"too many have {work}"


def _ready_says_what_work_says(world: World, facts: Facts) -> None:
    """Work of a version whose spec has not come yet may be there already, or not."""
    ready = {facts.keys[work_id]: slots for work_id, slots in facts.ready.items()}
    now = {
        key: slots
        for key, slots in ready.items()
        if world.works[key].version <= world.newest.get(world.works[key].project, 0)
    }
    wrong = {key for key, _ in now.items() ^ world.slots().items()}
    assert not wrong, [f"ready {now.get(key)}: {world.works[key]}" for key in wrong]


def _leases_are_kept(world: World, facts: Facts) -> None:
    held = Counter(one.who.name for one in world.leases.values() if one.ended is None)
    assert all(n <= OPEN_LEASES_MAX for n in held.values()), held
    for row in facts.leases:
        lease = world.leases[row["lease_id"]]
        assert row["expires_at"] is not None
        assert row["answered"] == (lease.ended == "answered")
        assert row["seen"] or lease.ended not in STANDS, f"forgotten: {lease}"
        at = (lease.who.pseudonym, world.work(lease).project)
        assert lease.ended is not None or at not in world.suspended, f"suspended: {lease}"


def _all_is_said_once(world: World, facts: Facts, said: Counter[tuple[str, UUID, str]]) -> None:
    for event in facts.said:
        who = next(
            getattr(event, role)
            for role in ("annotator", "adjudicator", "reviewer")
            if hasattr(event, role)
        )
        said[type(event).__name__, event.task_id, who] += 1
        if isinstance(event, AnnotationSubmitted):
            moods = [
                lease.moods
                for lease in world.leases.values()
                if lease.key[0] == event.task_id and lease.who.pseudonym == who
                if lease.ended == "answered"
            ]
            assert {event.label["mood"]} in [set(one) & {event.label["mood"]} for one in moods]
    assert said == world.events()
