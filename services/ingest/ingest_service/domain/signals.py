"""What a signal does to an item: it is raised, opened again, or brought in."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

import orjson

from ingest_service.domain.model import Item, Making
from ingest_service.domain.tasks import next_round

PRIORITY = 8
"""What a signal raises an item to."""
KEPT_MAX = 100
KEPT_BYTES = 65_536


@dataclass(slots=True)
class Heard:
    """What the signals of one batch do."""

    items: dict[UUID, Item] = field(default_factory=dict)
    makings: dict[UUID, Making] = field(default_factory=dict)
    raised: dict[UUID, list[dict[str, Any]]] = field(default_factory=dict)
    """The new signals of the open tasks, by item."""
    effects: list[str] = field(default_factory=list)


def hear(heard: Heard, item: Item, signal: dict[str, Any], version: int) -> None:
    """Take one signal about `item` into account; under which `version` new tasks are made.

    An item that was no work, such as one that the signal itself brought, becomes work by it.
    """
    held = heard.items.get(item.item_id, item)
    louder = replace(
        held,
        priority=max(held.priority, PRIORITY),
        signals=kept([*held.signals, signal]),
        is_work=True,
    )
    heard.items[item.item_id] = louder
    heard.effects.append(_effect(heard, louder, signal, version, is_new=not held.is_work))


def _effect(heard: Heard, item: Item, signal: dict[str, Any], version: int, *, is_new: bool) -> str:
    task = item.work
    if item.item_id in heard.makings:
        heard.makings[item.item_id] = replace(heard.makings[item.item_id], item=item)
        return "raised"
    if task is not None and task.state == "decided":
        turn = next_round(item, task, version)
        making = Making(item, "work", turn, reopens=task.task_id)
        heard.makings[item.item_id] = making
        return "reopened"
    if task is None and version:
        heard.makings[item.item_id] = Making(item, "work", 0)
    elif task is not None and task.is_open:
        heard.raised.setdefault(item.item_id, []).append(signal)
    return "created" if is_new else "raised"


def kept(signals: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The newest signals that fit into an event."""
    size, first = 0, len(signals)
    while first > 0 and len(signals) - first < KEPT_MAX:
        size += len(orjson.dumps(signals[first - 1]))
        if size > KEPT_BYTES:
            break
        first -= 1
    return signals[first:]


def by_task(heard: Heard) -> Mapping[UUID, tuple[int, list[dict[str, Any]]]]:
    """The new priority and the new signals of each open task that was raised."""
    return {
        item.work.task_id: (max(item.priority, item.work.priority), heard.raised[item_id])
        for item_id, item in heard.items.items()
        if item_id in heard.raised and item.work is not None
    }
