"""Notifications to every replica of the queue, not only to the process that sends them.

A transaction notifies after its commit. Subscribers in the same process are woken at once;
`queue_service.notify.pg_notify` sends the notification to the other replicas. If that is not
running, notifications stay in the process.
"""

import secrets
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any
from weakref import WeakSet

import orjson

from chassis.broadcast import BroadcastEvent
from queue_service.notify.subscriber import Subscriber

MESSAGE_BYTES_MAX = 7_900
"""PostgreSQL accepts payloads of less than 8,000 bytes."""
VALUE_BYTES_MAX = 4_000
UNSENT_MAX = 1_000


class ReplicaEvent(BroadcastEvent):
    """An event that wakes the coroutines that wait for it in every replica."""

    def __init__(self, send: Callable[[], None]) -> None:
        """Create an event; `send` passes a notification to the other replicas."""
        super().__init__()
        self._send = send

    def notify(self) -> None:
        """Wake all waiting coroutines: here at once, in other replicas within 50 ms."""
        self.notify_local()
        self._send()

    def notify_local(self) -> None:
        """Wake the waiting coroutines of this process."""
        super().notify()


class Notifier:
    """The events and values that the replicas of a service send to each other.

    Values are small JSON documents, delivered at least once to each subscriber. If some may have
    been lost, all events are notified and all subscribers read the current state.
    """

    def __init__(self) -> None:
        """Create a notifier without pending notifications."""
        self.is_closing = False
        """True after the process was asked to end: long waits must stop."""
        self.pending = BroadcastEvent()
        """Notified when there is a message for the other replicas."""
        self._sender = secrets.token_hex(8)
        self._events: dict[str, ReplicaEvent] = {}
        self._subscribers: WeakSet[Subscriber] = WeakSet()
        self._notified: set[str] = set()
        self._unsent: deque[bytes] = deque()
        self._has_gap = False

    def event(self, name: str) -> ReplicaEvent:
        """Return the event of that name."""
        if name not in self._events:
            self._events[name] = ReplicaEvent(partial(self._send, name))
        return self._events[name]

    def subscribe(self, wants: Callable[[Any], bool]) -> Subscriber:
        """Return a subscriber to the values that `wants` accepts; it lasts while referenced."""
        subscriber = Subscriber(wants)
        self._subscribers.add(subscriber)
        return subscriber

    def publish(self, value: object) -> None:
        """Send `value` to all subscribers: here at once, elsewhere with the next message."""
        self._deliver(value)
        text = orjson.dumps(value)
        if len(text) > VALUE_BYTES_MAX or len(self._unsent) >= UNSENT_MAX:
            self.mark_gap()
        else:
            self._unsent.append(text)
            self.pending.notify()

    def mark_gap(self) -> None:
        """Note that notifications were lost: the next message makes other replicas resync."""
        self._has_gap = True
        self.pending.notify()

    def resync(self) -> None:
        """Wake all waiting coroutines and subscribers here: notifications may have been lost."""
        for event in self._events.values():
            event.notify_local()
        for subscriber in self._subscribers:
            subscriber.overflow()

    def wake(self) -> None:
        """Wake all waiting coroutines and subscribers here, without a value."""
        for event in self._events.values():
            event.notify_local()
        for subscriber in self._subscribers:
            subscriber.wake()

    def close(self) -> None:
        """Wake all waiting coroutines and subscribers because the process ends."""
        self.is_closing = True
        self.wake()

    def next_message(self) -> str | None:
        """Return the next message, of at most 7,900 bytes; None if there is none."""
        if not (self._has_gap or self._notified or self._unsent):
            return None
        if self._has_gap:
            self._unsent.clear()  # The receivers read the current state, which includes these.
        head = {
            "sender": self._sender,
            "has_gap": self._has_gap,
            "events": sorted(self._notified),
        }
        self._has_gap = False
        self._notified.clear()
        return orjson.dumps(head | {"values": self._fitting(len(orjson.dumps(head)))}).decode()

    def _fitting(self, size: int) -> list[orjson.Fragment]:
        """Return the oldest unsent values that fit into a message with a head of `size` bytes."""
        room = MESSAGE_BYTES_MAX - size - len(b',"values":[]')
        fitting = []
        while self._unsent and len(self._unsent[0]) < room:
            text = self._unsent.popleft()
            room -= len(text) + len(b",")
            fitting.append(orjson.Fragment(text))
        return fitting

    def receive(self, text: str) -> None:
        """Handle a message of another replica; ignore the messages of this one."""
        message = orjson.loads(text)
        if message["sender"] == self._sender:
            return
        if message["has_gap"]:
            self.resync()
        for name in message["events"]:
            self.event(name).notify_local()
        for value in message["values"]:
            self._deliver(value)

    def _deliver(self, value: object) -> None:
        for subscriber in self._subscribers:
            subscriber.add(value)

    def _send(self, name: str) -> None:
        self._notified.add(name)
        self.pending.notify()
