"""Bells that ring in every replica of a service, not only in the process that rings them.

A transaction that made something available rings after its commit. Here who waits wakes at once;
`queue_service.notify.pg_notify` carries it to the others. Where that does not run, bells ring in
the process alone.
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
"""PostgreSQL notifies of less than 8,000."""
VALUE_BYTES_MAX = 4_000
UNSENT_MAX = 1_000


class ReplicaEvent(BroadcastEvent):
    """A bell that is heard in every replica."""

    def __init__(self, pass_on: Callable[[], None]) -> None:
        """`pass_on` tells the others."""
        super().__init__()
        self._pass_on = pass_on

    def notify(self) -> None:
        """Wake everyone who waits: here at once, elsewhere 50 ms later at most."""
        self.notify_local()
        self._pass_on()

    def notify_local(self) -> None:
        """Wake who waits in this process."""
        super().notify()


class Notifier:
    """What the replicas of a service have to say to each other.

    What must be said in words is *news*: small JSON values, told at least once to whoever
    subscribed. When some may have been missed, all bells ring and all subscribers look anew.
    """

    def __init__(self) -> None:
        """Nothing rung, nothing told."""
        self.is_closing = False
        """Whether the process was asked to end: who waits for long should stop."""
        self.something = BroadcastEvent()
        """Rung when the other replicas have something to hear."""
        self._sender = secrets.token_hex(8)
        self._bells: dict[str, ReplicaEvent] = {}
        self._subscribers: WeakSet[Subscriber] = WeakSet()
        self._rung: set[str] = set()
        self._unsent: deque[bytes] = deque()
        self._others_missed = False

    def bell(self, name: str) -> ReplicaEvent:
        """The bell of that name."""
        if name not in self._bells:
            self._bells[name] = ReplicaEvent(partial(self._pass_on, name))
        return self._bells[name]

    def subscribe(self, wants: Callable[[Any], bool]) -> Subscriber:
        """The news from now on that `wants` accepts, for as long as the caller keeps them."""
        news = Subscriber(wants)
        self._subscribers.add(news)
        return news

    def tell(self, value: object) -> None:
        """Give `value` to all subscribers: here at once, elsewhere with the next letter."""
        self._hand_out(value)
        text = orjson.dumps(value)
        if len(text) > VALUE_BYTES_MAX or len(self._unsent) >= UNSENT_MAX:
            self.mark_gap()
        else:
            self._unsent.append(text)
            self.something.notify()

    def mark_gap(self) -> None:
        """Something cannot be told to the others, or nobody knows: they are to look anew."""
        self._others_missed = True
        self.something.notify()

    def resync(self) -> None:
        """Ring all bells and let all subscribers look: something may have been missed here."""
        for bell in self._bells.values():
            bell.notify_local()
        for news in self._subscribers:
            news.miss()

    def close(self) -> None:
        """Wake everyone, to find that the process ends."""
        self.is_closing = True
        for bell in self._bells.values():
            bell.notify_local()
        for news in self._subscribers:
            news.wake()

    def next_message(self) -> str | None:
        """As much of what the others are to hear as one notification holds; None: nothing."""
        if not (self._others_missed or self._rung or self._unsent):
            return None
        if self._others_missed:
            self._unsent.clear()  # Who looks anew finds that too.
        head = {"from": self._sender, "missed": self._others_missed, "rung": sorted(self._rung)}
        self._others_missed = False
        self._rung.clear()
        return orjson.dumps(head | {"news": self._fitting(len(orjson.dumps(head)))}).decode()

    def _fitting(self, size: int) -> list[orjson.Fragment]:
        """The oldest unsent news that fit beside a head of `size` bytes."""
        room = MESSAGE_BYTES_MAX - size - len(b',"news":[]')
        fitting = []
        while self._unsent and len(self._unsent[0]) < room:
            text = self._unsent.popleft()
            room -= len(text) + len(b",")
            fitting.append(orjson.Fragment(text))
        return fitting

    def hear(self, text: str) -> None:
        """Read a letter; one's own says nothing new."""
        next_message = orjson.loads(text)
        if next_message["from"] == self._sender:
            return
        if next_message["missed"]:
            self.resync()
        for name in next_message["rung"]:
            self.bell(name).notify_local()
        for value in next_message["news"]:
            self._hand_out(value)

    def _hand_out(self, value: object) -> None:
        for news in self._subscribers:
            news.add(value)

    def _pass_on(self, name: str) -> None:
        self._rung.add(name)
        self.something.notify()
