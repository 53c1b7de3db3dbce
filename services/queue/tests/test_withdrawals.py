"""Withdrawn items: their live leases end with 409, drafts are kept, and reviews wait."""

import itertools
from uuid import UUID

import pytest
from queue_harness import GOOD, NOW, Queue, review, spec, task, withdrawn

from schemas.events import ItemsRestored, ItemsWithdrawn


def items_withdrawn(n: int = 1, number: int = 1) -> ItemsWithdrawn:
    return ItemsWithdrawn(
        occurred_at=NOW,
        project="p",
        item_ids=[UUID(int=1000 + n)],
        reason="sent twice",
        number=number,
    )


def items_restored(n: int = 1, number: int = 2) -> ItemsRestored:
    return ItemsRestored(occurred_at=NOW, project="p", item_ids=[UUID(int=1000 + n)], number=number)


async def test_a_live_lease_of_a_withdrawn_item_ends_409_withdrawn_and_its_draft_is_kept(
    queue: Queue,
) -> None:
    await queue.deliver(spec(), task())
    [lease] = await queue.lease("ada")
    saved = await queue.put("ada", lease, "draft", {"draft": GOOD})

    await queue.deliver(withdrawn(1, reason="withdrawn"), items_withdrawn())
    refused = await queue.answer("ada", lease, GOOD)

    assert saved.status_code in (200, 204), saved.text
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:problem:withdrawn")
    assert await queue.lease("ben") == []
    again = task(2, item_id=UUID(int=1001), supersedes=UUID(int=1))
    await queue.release("ada", lease)
    await queue.deliver(items_restored(), again)
    [lease] = await queue.lease("ada")
    assert lease["draft"] == GOOD


async def test_the_review_of_a_withdrawn_item_waits_until_it_is_restored(queue: Queue) -> None:
    await queue.deliver(spec(), task(), review())
    [lease] = await queue.lease("rita", "reviewer", stages=["review"])
    await queue.deliver(items_withdrawn())

    refused = await queue.put("rita", lease, "review", {"verdict": "accept"})
    await queue.release("rita", lease)
    during = await queue.lease("rita", "reviewer", stages=["review"])
    await queue.deliver(items_restored())
    [again] = await queue.lease("rita", "reviewer", stages=["review"])
    accepted = await queue.put("rita", again, "review", {"verdict": "accept"})

    assert (refused.status_code, refused.json()["type"]) == (409, "urn:problem:withdrawn")
    assert during == []
    assert accepted.status_code in (200, 201), accepted.text


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
async def test_events_about_a_withdrawn_item_end_alike_in_any_order(
    queue: Queue, order: tuple[int, ...]
) -> None:
    events = [review(), items_withdrawn(number=1), items_restored(number=2)]
    await queue.deliver(spec(), task())
    for index in order:
        await queue.deliver(events[index])
    assert len(await queue.lease("rita", "reviewer", stages=["review"])) == 1
    await queue.deliver(items_withdrawn(number=3), items_withdrawn(number=1))
    [row] = await queue.sql("SELECT state FROM work WHERE stage = 'review'")
    assert row["state"] == "withdrawn"
