"""Apply production signals to items: raise their priority, reopen them, or create them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

import orjson

from ingest_service.domain.model import Item, NewTask
from ingest_service.domain.tasks import next_round

PRIORITY = 8
"""The least priority of an item with a signal."""
SIGNALS_MAX = 100
"""The most signals that an item keeps."""
SIGNALS_BYTES_MAX = 65_536
"""The most bytes of an item's signals as JSON, so that its events fit into Kafka."""


@dataclass(slots=True)
class SignalEffects:
    """The effects of the signals of one batch."""

    items: dict[UUID, Item] = field(default_factory=dict)
    """The items to store."""
    new_tasks: dict[UUID, NewTask] = field(default_factory=dict)
    """The tasks to create, by item."""
    raised: dict[UUID, list[dict[str, Any]]] = field(default_factory=dict)
    """The new signals of the open tasks, by item."""
    outcomes: list[str] = field(default_factory=list)
    """`raised`, `reopened` or `created`, one for each signal."""


def apply_signal(effects: SignalEffects, item: Item, signal: dict[str, Any], version: int) -> None:
    """Add the effects of one signal about `item` to `effects`.

    `version` is the newest spec version, 0 if there is none. An item that is not work, such as one
    that the signal itself carries, becomes work.
    """
    known = effects.items.get(item.item_id, item)
    raised = replace(
        known,
        priority=max(known.priority, PRIORITY),
        signals=newest_signals([*known.signals, signal]),
        is_work=True,
    )
    effects.items[item.item_id] = raised
    is_new = not known.is_work
    effects.outcomes.append(_outcome(effects, raised, signal, version, is_new=is_new))


def _outcome(
    effects: SignalEffects, item: Item, signal: dict[str, Any], version: int, *, is_new: bool
) -> str:
    task = item.work
    if item.item_id in effects.new_tasks:
        effects.new_tasks[item.item_id] = replace(effects.new_tasks[item.item_id], item=item)
        return "raised"
    if task is not None and task.state == "decided":
        round_ = next_round(item, task, version)
        effects.new_tasks[item.item_id] = NewTask(item, "work", round_, reopens=task.task_id)
        return "reopened"
    if task is None and version:
        effects.new_tasks[item.item_id] = NewTask(item, "work", 0)
    elif task is not None and task.is_open:
        effects.raised.setdefault(item.item_id, []).append(signal)
    return "created" if is_new else "raised"


def newest_signals(signals: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the newest signals that fit into the limits of number and size, oldest first."""
    size, first = 0, len(signals)
    while first > 0 and len(signals) - first < SIGNALS_MAX:
        size += len(orjson.dumps(signals[first - 1]))
        if size > SIGNALS_BYTES_MAX:
            break
        first -= 1
    return signals[first:]


def raised_tasks(effects: SignalEffects) -> Mapping[UUID, tuple[int, list[dict[str, Any]]]]:
    """Return the new priority and the new signals of each raised open task, by task."""
    return {
        item.work.task_id: (max(item.priority, item.work.priority), effects.raised[item_id])
        for item_id, item in effects.items.items()
        if item_id in effects.raised and item.work is not None
    }
