"""Versions that are published after a withdrawal leave the items out, in any order of events."""

import itertools
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from schemas.events import ItemsRestored, ItemsWithdrawn

NOW = datetime(2026, 1, 1, tzinfo=UTC)
History = Any
Store = Any


def withdrawn(item_id: UUID, number: int) -> ItemsWithdrawn:
    return ItemsWithdrawn(
        occurred_at=NOW, project="p", item_ids=[item_id], reason="sent twice", number=number
    )


def restored(item_id: UUID, number: int) -> ItemsRestored:
    return ItemsRestored(occurred_at=NOW, project="p", item_ids=[item_id], number=number)


async def test_later_versions_leave_withdrawn_items_out_and_earlier_ones_stay(
    history: History, store: Store
) -> None:
    history.spec()
    task, _ = history.decided()
    other, _ = history.decided()
    await store.deliver(history.events)
    before = await store.publish()

    await store.deliver([withdrawn(task.item_id, 1)])
    after = await store.publish()
    summary = await store.get("/projects/p/labels/summary")
    lineage = await store.get(f"/labels/{task.item_id}/lineage")
    await store.deliver([restored(task.item_id, 2)])
    again = await store.publish()

    assert (before["records"], after["records"]) == (2, 1)
    assert after["left_out"]["withdrawn"] == 1
    assert (summary["withdrawn"], summary["items"]) == (1, 2)
    assert lineage["state"] == "withdrawn"
    assert [r["item_id"] for r in await store.records(after["hash"])] == [str(other.item_id)]
    assert len(await store.records(before["hash"])) == 2
    assert again["hash"] == before["hash"]


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
async def test_the_last_withdrawal_or_restoration_counts_in_any_order_of_arrival(
    history: History, store: Store, order: tuple[int, ...]
) -> None:
    history.spec()
    task, _ = history.decided()
    changes = [
        withdrawn(task.item_id, 1),
        restored(task.item_id, 2),
        withdrawn(task.item_id, 3),
    ]
    await store.deliver([changes[order[0]]])
    await store.deliver(history.events)
    await store.deliver([changes[index] for index in (*order[1:], *order)])
    summary = await store.get("/projects/p/labels/summary")
    assert (summary["withdrawn"], summary["decided"]) == (1, {})
