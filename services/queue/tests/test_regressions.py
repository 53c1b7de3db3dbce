"""Faults that the state machine has found, as short tests with the checks of its model."""

from collections.abc import Iterator
from typing import Any

import pytest
from queue_commands import Answer, Bulk, Deliver, Publish, Release, RequestWork, Skip
from queue_events import SKILL
from queue_model import Lease, Work
from test_state_machine import QueueMachine, running

from chassis import testing


@pytest.fixture
def queue(fresh_database: Any, migrated: str, tokens: testing.Tokens) -> Iterator[QueueMachine]:
    with running(fresh_database(template=migrated), tokens) as replicas:
        replicas.jam_seconds = 0.4
        yield QueueMachine(replicas)


def begin(queue: QueueMachine, *tasks: Any, rate: float = 0.0, undo: int = 0) -> list[Work]:
    queue.policy = {"undo_seconds": undo, "honeypots": {"first_rate": rate, "rate": rate}}
    queue.step(Deliver((queue.services.spec("p", 1, **queue.policy), *tasks)))
    return list(queue.world.tasks())


def held(queue: QueueMachine) -> Lease:
    [lease] = queue.world.leases.values()
    return lease


def spec(queue: QueueMachine, version: int) -> Deliver:
    return Deliver((queue.services.spec("p", version, **queue.policy),))


def test_a_honeypot_goes_to_nobody_without_its_skills(queue: QueueMachine) -> None:
    pot = queue.services.task("p", 1, purpose="honeypot", skills=[SKILL])
    begin(queue, queue.services.task("p", 1), pot, rate=1.0)

    queue.step(RequestWork(queue.ada))


def test_a_withdrawn_honeypot_goes_to_nobody(queue: QueueMachine) -> None:
    pot = queue.services.task("p", 1, purpose="honeypot")
    works = begin(queue, queue.services.task("p", 1), pot, rate=1.0)

    queue.step(Deliver((queue.services.withdrawn(works[1]),)))
    queue.step(RequestWork(queue.ada))


def test_two_honeypots_of_one_item_never_come_together(queue: QueueMachine) -> None:
    """This can happen when gold changes and the withdrawal of the old task arrives last."""
    pot = queue.services.task("p", 1, purpose="honeypot")
    again = queue.services.task("p", 1, pot.item_id, purpose="honeypot")
    work = [queue.services.task("p", 1) for _ in range(6)]
    begin(queue, *work, pot, again, rate=1.0)

    queue.step(RequestWork(queue.ada, 6))


def test_who_asks_beside_others_gets_what_a_honeypot_left(queue: QueueMachine) -> None:
    """A task that is replaced by a honeypot stays available for others."""
    begin(
        queue,
        queue.services.task("p", 1),
        queue.services.task("p", 1, purpose="honeypot"),
        rate=1.0,
    )
    people = [queue.caller(f"asker{n}") for n in range(8)]

    queue.step(*map(RequestWork, people), jam="work")


def test_what_is_withdrawn_after_its_decision_takes_no_answer(queue: QueueMachine) -> None:
    """Also in the other order, because the events come from different topics."""
    [work] = begin(queue, queue.services.task("p", 1))
    queue.step(RequestWork(queue.ada))

    queue.step(Deliver((queue.services.decided(work), queue.services.withdrawn(work))))
    queue.step(Answer(held(queue), "good"))


def test_tasks_that_come_before_their_spec_hide_nothing_from_people(queue: QueueMachine) -> None:
    early = [queue.services.task("p", 2, priority=9) for _ in range(30)]
    begin(queue, *early, queue.services.task("p", 1))

    queue.step(RequestWork(queue.ada))


def test_tasks_that_come_before_their_spec_hide_nothing_from_models(queue: QueueMachine) -> None:
    early = [queue.services.task("p", 2, priority=9) for _ in range(30)]
    begin(queue, *early, queue.services.task("p", 1))

    queue.step(RequestWork(queue.gpt))


def test_tasks_of_an_old_version_hide_nothing_from_models(queue: QueueMachine) -> None:
    begin(queue, *(queue.services.task("p", 1) for _ in range(30)))
    queue.step(Deliver((*spec(queue, 2).events, queue.services.task("p", 2))))

    queue.step(RequestWork(queue.gpt))


def test_a_bulk_answer_about_what_is_leased_is_taken_or_refused(queue: QueueMachine) -> None:
    begin(queue, queue.services.task("p", 1))
    queue.step(RequestWork(queue.gpt))

    queue.step(Bulk(queue.gpt, "p", ("x1",), "good"))


def test_a_bulk_answer_about_what_was_skipped_is_taken_or_refused(queue: QueueMachine) -> None:
    begin(queue, queue.services.task("p", 1))
    queue.step(RequestWork(queue.gpt))
    queue.step(Skip(held(queue)))

    queue.step(Bulk(queue.gpt, "p", ("x1",), "good"))


def test_a_decision_while_a_lease_comes_back_takes_the_task_out(queue: QueueMachine) -> None:
    [work] = begin(queue, queue.services.task("p", 1))
    queue.step(RequestWork(queue.ada))

    queue.step(Skip(held(queue)), Deliver((queue.services.decided(work),)), jam="work")


def test_a_spec_while_a_lease_comes_back_takes_the_old_task_out(queue: QueueMachine) -> None:
    begin(queue, queue.services.task("p", 1), queue.services.task("p", 1))
    queue.step(RequestWork(queue.ada))

    queue.step(spec(queue, 2), Release(held(queue)), jam="ready")


def test_who_is_suspended_while_it_asks_holds_nothing(queue: QueueMachine) -> None:
    begin(queue, queue.services.task("p", 1))

    suspended = Deliver((queue.services.standing(queue.ada, "p", "suspended"),))
    queue.step(RequestWork(queue.ada), suspended, jam="work")


def test_a_lease_that_comes_back_while_its_holder_is_suspended_locks_nothing_dead(
    queue: QueueMachine,
) -> None:
    """Both end the lease and change the row of the annotator."""
    begin(queue, queue.services.task("p", 1))
    queue.step(RequestWork(queue.ada))

    suspended = Deliver((queue.services.standing(queue.ada, "p", "suspended"),))
    queue.step(Release(held(queue)), suspended, jam="work")

    assert queue.queue.lost == 0


def test_an_answer_that_changes_as_it_becomes_final_locks_nothing_dead(queue: QueueMachine) -> None:
    begin(queue, queue.services.task("p", 1), undo=60)
    queue.step(RequestWork(queue.ada))
    queue.step(Answer(held(queue), "good"))

    release_at = held(queue).release_at
    assert release_at is not None
    queue.step(Answer(held(queue), "bad"), Publish(release_at), jam="leases")

    assert queue.queue.lost == 0


@pytest.mark.parametrize("turn", [1, -1])
def test_a_conflict_and_the_withdrawal_at_once_leave_nothing_to_do(
    queue: QueueMachine, turn: int
) -> None:
    """The events come from two topics, so from two consumers."""
    [work] = begin(queue, queue.services.task("p", 1))
    both = [Deliver((queue.services.conflict(work),)), Deliver((queue.services.withdrawn(work),))][
        ::turn
    ]

    queue.queue.together(*(one.run(queue.queue) for one in both), jam="work")

    states = [row["state"] for row in queue.queue.facts().works.values()]
    assert "open" not in states
