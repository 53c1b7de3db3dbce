"""The invariants find each kind of broken promise in a made-up history, and no other."""

from dataclasses import replace
from typing import Any

from history import (
    Call,
    Expired,
    FinalState,
    Grant,
    History,
    LeaseRow,
    PublishedEvent,
    Skipped,
    Submitted,
    Task,
    WorkRow,
    account,
)
from invariants import violations

TASK: Task = ("a text", 1)
ONCE, SKIP = "an annotation counts exactly once", "a skip counts exactly once"
TARGET, TWICE = "a target is never exceeded", "a task is leased once per annotator"
SUSPENDED, ALLOWED = "suspended annotators get no lease", "every response is allowed"
SHOWN, ENDS = "held leases are shown", "every lease ends"
WANTED, LOST = "targets are reached", "acknowledged changes are stored"


def lease(lease_id: str = "l", who: str = "ada", at: float = 0, task: Task = TASK) -> Call:
    """Return a call that granted a lease of five seconds."""
    grant = Grant(lease_id, task, at + 5)
    return Call(0, who, "lease", at, at + 0.1, 200, grants=(grant,))


def resume(*leases: Call, who: str = "ada", at: float = 1) -> Call:
    grants = tuple(grant for call in leases for grant in call.grants)
    return Call(0, who, "resume", at, at + 0.1, 200, grants=grants)


def answer(lease_id: str = "l", at: float = 1, status: int | None = 201, **more: Any) -> Call:
    facts = {"who": "ada", "mark": f"mark {lease_id}", **more}
    if status in (200, 201):
        facts.setdefault("annotation_id", f"answer to {lease_id}")
    return Call(0, what="answer", began=at, ended=at + 0.1, status=status, lease_id=lease_id,
                **facts)  # fmt: skip


def act(what: Any, at: float, status: int | None, lease_id: str = "l", **more: Any) -> Call:
    facts = {"who": "ada", **more}
    return Call(0, what=what, began=at, ended=at + 0.1, status=status, lease_id=lease_id, **facts)


def refused(call: Call, problem: str) -> Call:
    return replace(call, status=409, problem=problem, annotation_id="")


def submitted(lease_id: str = "l", who: str = "ada", event_id: str = "", **more: Any) -> Submitted:
    facts = {"annotation_id": f"answer to {lease_id}", "task": TASK, "mark": f"mark {lease_id}"}
    return Submitted(event_id or f"event of {lease_id}", who=who, **{**facts, **more})


def row(lease_id: str = "l", ended: str | None = "answered", **more: Any) -> LeaseRow:
    facts: dict[str, Any] = {"who": "ada", "task": TASK}
    facts["annotation_id"] = f"answer to {lease_id}" if ended == "answered" else None
    return LeaseRow(lease_id, ended=ended, **{**facts, **more})


def found(
    *calls: Call, events: Any = (), redundancy: int = 1, final: FinalState | None = None
) -> Any:
    """Return the broken promises. Without a final state, it is the one that must follow."""
    history = History(redundancy, calls, events, final)
    if final is None:
        history = History(redundancy, calls, events, expected_final_state(history))
    return {one.rule for one in violations(history)}


def expected_final_state(history: History) -> FinalState:
    """Return the final state of a queue that keeps its promises after these calls."""
    final = FinalState()
    for trace in history.traces.values():
        one, who, task = trace.lease_id, trace.who, trace.task
        accepted = next((call for call in trace.answers), None)
        how = "answered" if accepted else "skipped" if trace.skips else "released"
        mark = accepted.annotation_id if accepted else None
        final.leases.append(LeaseRow(one, who, task, how, mark))
        if accepted:
            final.submitted.append(submitted(one, who, task=task, mark=accepted.mark))
        elif trace.skips:
            final.skipped.append(Skipped(f"skip of {one}", who, task))
    return final


def test_an_ordinary_history_breaks_nothing() -> None:
    calls = [
        lease(), resume(lease()), act("heartbeat", 2, 200, expires_at=7.05),
        act("draft", 3, 204), answer(at=6), answer(at=7, status=200),
        refused(answer(at=8, mark="other"), "already-answered"),
        lease("m", "bob", 9, ("another", 1)), act("release", 10, 204, "m", who="bob"),
        lease("n", "bob", 11, ("another", 1)), act("skip", 12, 204, "n", who="bob"),
        lease("o", "eve", 13, ("another", 1)),
        refused(answer("o", 18.2, who="eve"), "lease-expired"),
    ]  # fmt: skip

    assert found(*calls) == set()


def test_what_has_no_outcome_may_be_either() -> None:
    lost = answer(at=1, status=None)

    assert found(lease(), lost) == set()
    assert found(lease(), lost, final=FinalState([submitted()], leases=[row()])) == set()
    assert found(lease(), lost, answer(at=2, status=200)) == set()
    assert found(lease(), lost, refused(answer(at=6), "lease-expired")) == set()


def test_an_accepted_answer_without_an_event() -> None:
    assert found(lease(), answer(), final=FinalState(leases=[row()])) == {ONCE, LOST}


def test_an_accepted_answer_with_two_events() -> None:
    twice = [submitted(), submitted(event_id="another")]

    assert found(lease(), answer(), final=FinalState(twice, leases=[row()])) == {ONCE}


def test_the_same_event_sent_again_is_no_second_one() -> None:
    assert found(lease(), answer(), final=FinalState([submitted()] * 2, leases=[row()])) == set()


def test_an_event_with_another_label_task_or_annotator() -> None:
    for odd in ({"mark": "mark m"}, {"task": ("another", 1)}, {"who": "bob"}):
        calls = [lease(), answer(), lease("m", "bob", task=("b", 1)), answer("m", who="bob")]
        events = [submitted(**odd), submitted("m", "bob", task=("b", 1))]
        rows = [row(), row("m", who="bob", task=("b", 1))]
        assert ONCE in found(*calls, final=FinalState(events, leases=rows))


def test_an_event_for_an_answer_that_was_always_refused() -> None:
    late = refused(answer(at=6), "lease-expired")
    final = FinalState([submitted()], leases=[row(ended="released")])

    assert found(lease(), late, final=final) == {ONCE}


def test_a_lease_answered_twice() -> None:
    other = answer(at=2, mark="other", annotation_id="another")

    assert {ONCE, ALLOWED} <= found(lease(), answer(), other)


def test_a_skip_told_twice_or_never_or_made_up() -> None:
    calls = [lease(), act("skip", 1, 204)]
    rows = [row(ended="skipped")]
    sent = [Skipped("1", "ada", TASK), Skipped("2", "ada", TASK)]

    assert found(*calls, final=FinalState(skipped=sent[:1], leases=rows)) == set()
    assert found(*calls, final=FinalState(skipped=sent, leases=rows)) == {SKIP}
    assert found(*calls, final=FinalState(leases=rows)) == {SKIP}
    assert found(lease(), final=FinalState(skipped=sent[:1], leases=[row(ended="x")])) == {SKIP}


def test_more_answers_than_the_target() -> None:
    calls = [lease(), answer(), lease("m", "bob", 2), answer("m", 3, who="bob")]

    assert found(*calls) == {TARGET}
    assert found(*calls, redundancy=2) == set()


def test_more_answers_than_the_target_in_the_database() -> None:
    published = [PublishedEvent("published", 0, 1, version=2)]

    assert found(events=published, final=FinalState(work=[WorkRow(TASK, 1, 0, 2, 2)])) == {TARGET}


def test_more_leases_at_once_than_the_target() -> None:
    assert found(lease(), lease("m", "bob", 4)) == {TARGET}
    assert found(lease(), lease("m", "bob", 5.2)) == set()
    assert found(lease(), act("release", 1, 204), lease("m", "bob", 2)) == set()
    assert found(lease(), act("heartbeat", 4, 200, expires_at=9), lease("m", "bob", 6)) == {TARGET}


def test_a_lease_beside_an_answer_beyond_the_target() -> None:
    assert found(lease(), answer(), lease("m", "bob", 7)) == {TARGET}


def test_a_target_holds_until_it_is_raised() -> None:
    raised = PublishedEvent("raised", 3, 3.5, task=TASK, target=2)

    assert found(lease(), lease("m", "bob", 2), events=[raised]) == {TARGET}
    assert found(lease(), lease("m", "bob", 3), events=[raised]) == set()


def test_a_task_given_again_after_an_answer_or_a_skip() -> None:
    assert TWICE in found(lease(), answer(), lease("m", at=2), redundancy=5)
    assert TWICE in found(lease(), act("skip", 1, 204), lease("m", at=2), redundancy=5)
    assert found(lease(), act("release", 1, 204), lease("m", at=2), redundancy=5) == set()


def test_a_task_held_twice_at_once_by_one() -> None:
    assert found(lease(), lease("m", at=0.05), redundancy=5) == {TWICE}
    assert found(lease(), lease("m", at=5.2), redundancy=5) == set()


def test_a_task_of_the_next_version_is_another() -> None:
    published = PublishedEvent("published", 1.5, 1.6, version=2)

    assert (
        found(lease(), answer(), lease("m", at=2, task=("a text", 2)), events=[published]) == set()
    )


def test_a_lease_for_a_suspended_annotator() -> None:
    events = [PublishedEvent("suspended", 1, 2, "ada"), PublishedEvent("restored", 4, 5, "ada")]

    assert found(lease(at=3), events=events) == {SUSPENDED}
    assert found(lease(at=1.5), events=events) == set()
    assert found(lease(at=4.5), events=events) == set()


def test_an_answer_of_a_suspended_annotator() -> None:
    events = [PublishedEvent("suspended", 1, 2, "ada"), PublishedEvent("restored", 4, 4.2, "ada")]

    assert found(lease(), answer(at=3), events=events) == {ALLOWED}
    assert found(lease(), answer(at=4.5), events=events) == {ALLOWED}
    assert found(lease(), refused(answer(at=3), "suspended"), events=events) == set()


def test_a_late_answer_that_is_taken() -> None:
    assert found(lease(), answer(at=6)) == {ALLOWED}


def test_a_late_answer_refused_for_another_reason() -> None:
    for problem in ("lease-released", "superseded", "suspended", "already-answered", "withdrawn"):
        assert found(lease(), refused(answer(at=6), problem)) == {ALLOWED}


def test_an_answer_refused_too_early() -> None:
    assert found(lease(), refused(answer(at=3), "lease-expired")) == {ALLOWED}


def test_an_answer_to_a_superseded_version() -> None:
    events = [PublishedEvent("published", 0.5, 0.8, version=2)]

    assert found(lease(), answer(at=1), events=events) == {ALLOWED}
    assert found(lease(), refused(answer(at=1), "superseded"), events=events) == set()


def test_an_answer_to_what_was_given_back_or_skipped() -> None:
    for what, problem in (("release", "lease-released"), ("skip", "lease-skipped")):
        ended = [lease(), act(what, 1, 204)]
        assert ALLOWED in found(*ended, answer(at=2))
        assert found(*ended, refused(answer(at=2), problem)) == set()


def test_the_same_answer_refused_and_another_one_taken() -> None:
    accepted = [lease(), answer()]

    assert found(*accepted, refused(answer(at=2), "already-answered")) == {ALLOWED}
    assert ALLOWED in found(*accepted, answer(at=2, status=200, mark="other"))


def test_a_heartbeat_for_what_has_ended() -> None:
    assert found(lease(), act("heartbeat", 6, 200, expires_at=11)) == {ALLOWED}
    assert found(lease(), answer(), act("heartbeat", 2, 200, expires_at=7)) == {ALLOWED}


def test_something_broken() -> None:
    assert found(lease(), act("heartbeat", 1, 500)) == {ALLOWED}
    assert found(act("lease", 1, 403, lease_id="")) == {ALLOWED}


def test_a_page_that_does_not_show_what_is_held_or_shows_what_has_ended() -> None:
    assert found(lease(), resume()) == {SHOWN}
    assert found(lease(), answer(at=0.5), resume(lease())) == {SHOWN}
    assert found(lease(), resume(at=6)) == set()


def test_a_lease_of_a_lost_call_is_shown_and_one_of_no_call_is_not_lawful() -> None:
    lost = act("lease", 0, None, lease_id="")

    assert found(lost, resume(lease())) == set()
    assert found(resume(lease())) == {SHOWN}


def test_a_lease_that_never_ends() -> None:
    assert found(lease(), final=FinalState(leases=[row(ended=None)])) == {ENDS}


def test_an_expiry_told_never_twice_or_of_what_did_not_expire() -> None:
    sent = [Expired("1", "l"), Expired("2", "l")]

    def final(times: int, ended: str) -> FinalState:
        return FinalState(expired=sent[:times], leases=[row(ended=ended)])

    assert found(lease(), final=final(1, "expired")) == set()
    assert found(lease(), final=final(0, "expired")) == {ENDS}
    assert found(lease(), final=final(2, "expired")) == {ENDS}
    assert found(lease(), final=final(1, "released")) == {ENDS}


def test_counts_that_are_wrong() -> None:
    for leased, answered in ((1, 1), (0, 0), (0, 2)):
        work = WorkRow(TASK, 1, leased, answered, 1)
        final = FinalState([submitted()], leases=[row()], work=[work])
        assert found(lease(), answer(), final=final) == {ENDS}


def test_a_task_that_was_not_answered_enough() -> None:
    assert found(final=FinalState(work=[WorkRow(TASK, 1, 0, 1, 1)])) == set()
    assert found(final=FinalState(work=[WorkRow(TASK, 1, 0, 0, 0)])) == {WANTED}
    raised = PublishedEvent("raised", 0, 1, task=TASK, target=2)
    assert found(events=[raised], final=FinalState(work=[WorkRow(TASK, 1, 0, 1, 1)])) == {WANTED}


def test_an_old_version_need_not_be_finished() -> None:
    published = [PublishedEvent("published", 0, 1, version=2)]

    assert found(events=published, final=FinalState(work=[WorkRow(TASK, 1, 0, 0, 0)])) == set()


def test_what_was_told_and_is_lost() -> None:
    assert found(lease(), final=FinalState()) == {LOST}
    other = row(annotation_id="another")
    assert {LOST} <= found(lease(), answer(), final=FinalState([submitted()], leases=[other]))


def test_a_lease_in_the_database_that_nobody_was_told_of() -> None:
    lost = act("lease", 0, None, lease_id="")

    assert found(final=FinalState(leases=[row(ended="released")])) == {LOST}
    assert found(lost, final=FinalState(leases=[row(ended="released")])) == set()


def test_the_account_names_the_rule_and_the_calls() -> None:
    history = History(1, [lease(), answer(at=6)])

    events = account(history, violations(history))

    assert "every response is allowed: answer was answered 201" in events
    assert "0.000 to 0.100 client 0 (ada at ) lease  → 200 l (a text, v1) until 5.000" in events
    assert "6.000 to 6.100 client 0 (ada at ) answer l mark mark l → 201" in events
