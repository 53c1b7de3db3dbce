"""Checks of the results of commands and of the database, for any order of concurrent commands."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

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
from queue_model import OPEN_LEASES_MAX, STANDS, Key, Lease, World
from queue_replicas import Facts

from schemas.events import AnnotationSubmitted


class Step:
    """Concurrent calls, and the model before and after them."""

    def __init__(
        self, before: World, calls: Sequence[Call], result: Sequence[Any], facts: Facts
    ) -> None:
        """Apply the events and the leases of the database to the model."""
        self.before, self.after = before, before.copy()
        self.calls, self.facts = list(zip(calls, result, strict=True)), facts
        for event in (event for one in calls if isinstance(one, Deliver) for event in one.events):
            self.after.deliver(event)
        self._owners = {
            UUID(one["lease_id"]): call.who
            for call, answer in self.calls
            if isinstance(call, RequestWork)
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
        """True if there was one call only, so that its effect is certain."""
        return len(self.calls) == 1

    @property
    def granted(self) -> list[Lease]:
        """The leases that were given in this step."""
        return [one for key, one in self.after.leases.items() if key not in self.before.leases]

    def _learn(self, row: Any) -> None:
        """Apply a lease of the database; fail if it began, changed or ended without a call."""
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
        """Return the labels that were submitted and accepted in this step."""
        name = self.after.work(lease).external_id
        return [
            call.mood
            for call, result in self.calls
            if (isinstance(call, Answer) and self.is_of(call, lease) and result.status_code < 300)
            or (
                isinstance(call, Bulk)
                and call.who == lease.who
                and lease.ended is None
                and name in call.external_ids
            )
        ]

    def is_of(self, call: Call, lease: Lease) -> bool:
        """Return True if the call is about the lease."""
        return isinstance(call, Answer | Skip | Release | Extend) and (
            call.lease.lease_id == lease.lease_id
        )

    def _may_end(self, lease: Lease, how: str | None) -> bool:
        """Return True if one of the calls can have ended the lease with the reason `how`."""
        if how == "expired":
            cuts = [one.now for one, _ in self.calls if isinstance(one, Expire)]
            return bool(cuts) and lease.expires_at < max(cuts)
        if how == "suspended":
            return (lease.who.pseudonym, self.after.work(lease).project) in self.after.suspended
        kind = {"skipped": Skip, "released": Release}.get(how or "")
        return any(
            isinstance(one, kind) and self.is_of(one, lease) for one, _ in self.calls if kind
        )


def check(step: Step, published: Counter[tuple[str, UUID, str]]) -> None:
    """Check the results of all calls, the database and the published events."""
    for call, result in step.calls:
        check_call = _CHECKS.get(type(call))
        if check_call is not None:
            check_call(step, call, result)
    _work_is_counted(step.after, step.facts)
    _ready_says_what_work_says(step.after, step.facts)
    _leases_are_kept(step.after, step.facts)
    _all_is_said_once(step.after, step.facts, published)


def _leased(step: Step, call: RequestWork, result: Any) -> None:
    assert result.status_code == 200, result.text
    granted = result.json()["leases"]
    assert len(granted) <= call.count
    leases = [step.after.leases[UUID(one["lease_id"])] for one in granted]
    for lease, shown in zip(leases, granted, strict=True):
        _was_free(step, lease)
        _shows(step.after, lease, shown)
    if not leases:
        missed = _missed(step, call)
        assert missed == [], f"{call.who.name} was told that there is nothing but {missed}"
    if step.is_alone and call.who.kind == "human":
        _most_urgent(step, call, leases)


def _was_free(step: Step, lease: Lease) -> None:
    """Check that the holder was allowed to get the work, and that it was available."""
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


def _missed(step: Step, call: RequestWork) -> list[Key]:
    """Return the work that was available all the time, whatever the other calls took."""
    who = call.who
    before, after = step.before.obtainable(who), step.after.obtainable(who)
    if len(step.before.held(who)) + sum(one.who == who for one in step.granted) >= OPEN_LEASES_MAX:
        return []
    taken = Counter(one.key for one in step.granted if one.who.kind == "human")
    return [
        key for key, n in before.items() if key in after and (n > taken[key] or who.kind != "human")
    ]


def _most_urgent(step: Step, call: RequestWork, leases: Sequence[Lease]) -> None:
    """Check that no more urgent work was left, except work replaced by a honeypot."""
    every = [step.after.work(lease) for lease in leases]
    works = [work for work in every if work.stage == "annotate"]
    granted = [work.priority for work in works if work.purpose == "work"]
    other = (step.after.works[key] for key in step.after.obtainable(call.who))
    left = [
        work.priority
        for work in other
        if work.stage == "annotate" and work.item_id not in {one.item_id for one in every}
    ]
    left = sorted(left, reverse=True)[len(works) - len(granted) :]
    assert not granted or not left or min(granted) >= left[0], f"granted {granted}, left {left}"


def _shows(world: World, lease: Lease, shown: dict[str, Any]) -> None:
    work = world.work(lease)
    assert (shown["project"], shown["stage"]) == (work.project, work.stage)
    assert shown["spec_version"] == work.version
    assert shown["payload"] == {"text": f"text {work.item_id.int}"}
    assert datetime.fromisoformat(shown["expires_at"]) == lease.expires_at
    assert (shown["task_id"] == str(work.task_id)) == (work.stage != "annotate")
    assert shown["external_id"] is None


def _refused(step: Step, lease: Lease, result: Any) -> str:
    """Return the reason of a refusal, which must be valid before or after the call."""
    assert result.status_code == 409, result.text
    why = str(result.json()["type"]).removeprefix("urn:problem:")
    before, after = step.before.leases[lease.lease_id], step.after.leases[lease.lease_id]
    right = step.before.reasons(before) | step.after.reasons(after)
    assert why in right, f"refused as {why}, not as {right or 'nothing'}"
    return why


def _answered(step: Step, call: Answer, result: Any) -> None:
    before, after = (one.leases[call.lease.lease_id] for one in (step.before, step.after))
    if result.status_code >= 300:
        why = _refused(step, call.lease, result)
        assert after.moods != {call.mood}, "the same answer again must be taken"
        held = before.release_at is not None and after.release_at is not None
        assert not (held and why == "already-answered"), "a held answer can be changed"
        return
    assert after.ended == "answered", f"accepted, and then {after.ended}"
    if result.status_code == 201:
        assert (reasons := step.before.reasons(before)) == set(), f"accepted in spite of {reasons}"
    elif step.is_alone:
        assert before.ended == "answered"
        assert call.mood in before.moods or before.release_at, "what stands was changed"


def _skipped(step: Step, call: Skip, result: Any) -> None:
    before = step.before.leases[call.lease.lease_id]
    if result.status_code != 204:
        assert before.ended != "skipped"
        _refused(step, call.lease, result)
        return
    assert step.after.leases[call.lease.lease_id].ended == "skipped"
    assert before.ended == "skipped" or not step.before.reasons(before)


def _released(step: Step, call: Release, result: Any) -> None:
    assert result.status_code == 204, result.text
    assert step.after.leases[call.lease.lease_id].ended is not None


def _extended(step: Step, call: Extend, result: Any) -> None:
    before, after = (one.leases[call.lease.lease_id] for one in (step.before, step.after))
    if result.status_code != 200:
        _refused(step, call.lease, result)
        return
    assert step.before.reasons(before) == set()
    assert after.expires_at > before.expires_at


def _listed(step: Step, call: ListLeases, result: Any) -> None:
    shown = {UUID(one["lease_id"]) for one in result.json()["leases"]}
    before, after = (
        {one.lease_id for one in world.held(call.who)} for world in (step.before, step.after)
    )
    assert before & after <= shown <= before | after


def _answered_in_bulk(step: Step, call: Bulk, result: Any) -> None:
    """Check that all annotations that were not refused are stored."""
    assert result.status_code == 200, result.text
    refused = {one["index"] for one in result.json()["refused"]}
    moods: dict[str | None, set[str]] = {}
    for lease in step.after.leases.values():
        work = step.after.work(lease)
        if lease.who == call.who and work.project == call.project:
            moods.setdefault(work.external_id, set()).update(lease.moods)
    for index, name in enumerate(call.external_ids):
        has_standing = index in refused or call.mood in moods.get(name, set())
        assert has_standing, f"the answer to {name} is lost"


def _expired(step: Step, call: Expire, _: None) -> None:
    left = [one for one in step.after.leases.values() if one.ended is None]
    assert not step.is_alone or all(one.expires_at >= call.now for one in left)


def _published(step: Step, call: Publish, _: None) -> None:
    left = [one.release_at for one in step.after.leases.values() if one.release_at]
    assert not step.is_alone or all(one > call.now for one in left)


_CHECKS: dict[type, Callable[[Step, Any, Any], None]] = {
    RequestWork: _leased,
    Answer: _answered,
    Skip: _skipped,
    Release: _released,
    Extend: _extended,
    ListLeases: _listed,
    Bulk: _answered_in_bulk,
    Expire: _expired,
    Publish: _published,
}


def _work_is_counted(world: World, facts: Facts) -> None:
    """Check the counters of leases and submissions, and that none exceeds its target."""
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
    """Check `ready` against `work`, except for versions whose spec has not arrived."""
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


def _all_is_said_once(
    world: World, facts: Facts, published: Counter[tuple[str, UUID, str]]
) -> None:
    for event in facts.published:
        who = next(
            getattr(event, role)
            for role in ("annotator", "adjudicator", "reviewer")
            if hasattr(event, role)
        )
        published[type(event).__name__, event.task_id, who] += 1
        if isinstance(event, AnnotationSubmitted):
            moods = [
                lease.moods
                for lease in world.leases.values()
                if lease.key[0] == event.task_id and lease.who.pseudonym == who
                if lease.ended == "answered"
            ]
            assert {event.label["mood"]} in [set(one) & {event.label["mood"]} for one in moods]
    assert published == world.events()
