"""Bells that ring in every replica of a service, not only in the process that rings them.

A transaction that made something available rings after its commit. Here who waits wakes at once;
`chassis.replicas` carries it to the others. Where that does not run, bells ring in the process
alone.
"""

import secrets
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any
from weakref import WeakSet

import orjson

from chassis.news import News
from chassis.wake import Wake

LETTER_BYTES_MAX = 7_900
"""PostgreSQL notifies of less than 8,000."""
VALUE_BYTES_MAX = 4_000
UNSENT_MAX = 1_000


class Bell(Wake):
    """A bell that is heard in every replica."""

    def __init__(self, pass_on: Callable[[], None]) -> None:
        """`pass_on` tells the others."""
        super().__init__()
        self._pass_on = pass_on

    def ring(self) -> None:
        """Wake everyone who waits: here at once, elsewhere 50 ms later at most."""
        self.ring_here()
        self._pass_on()

    def ring_here(self) -> None:
        """Wake who waits in this process."""
        super().ring()


class Bells:
    """What the replicas of a service have to say to each other.

    What must be said in words is *news*: small JSON values, told at least once to whoever
    subscribed. When some may have been missed, all bells ring and all subscribers look anew.
    """

    def __init__(self) -> None:
        """Nothing rung, nothing told."""
        self.is_closing = False
        """Whether the process was asked to end: who waits for long should stop."""
        self.something = Wake()
        """Rung when the other replicas have something to hear."""
        self._sender = secrets.token_hex(8)
        self._bells: dict[str, Bell] = {}
        self._subscribers: WeakSet[News] = WeakSet()
        self._rung: set[str] = set()
        self._unsent: deque[bytes] = deque()
        self._others_missed = False

    def bell(self, name: str) -> Bell:
        """The bell of that name."""
        if name not in self._bells:
            self._bells[name] = Bell(partial(self._pass_on, name))
        return self._bells[name]

    def subscribe(self, wants: Callable[[Any], bool]) -> News:
        """The news from now on that `wants` accepts, for as long as the caller keeps them."""
        news = News(wants)
        self._subscribers.add(news)
        return news

    def tell(self, value: object) -> None:
        """Give `value` to all subscribers: here at once, elsewhere with the next letter."""
        self._hand_out(value)
        text = orjson.dumps(value)
        if len(text) > VALUE_BYTES_MAX or len(self._unsent) >= UNSENT_MAX:
            self.lose()
        else:
            self._unsent.append(text)
            self.something.ring()

    def lose(self) -> None:
        """Something cannot be told to the others, or nobody knows: they are to look anew."""
        self._others_missed = True
        self.something.ring()

    def look_anew(self) -> None:
        """Ring all bells and let all subscribers look: something may have been missed here."""
        for bell in self._bells.values():
            bell.ring_here()
        for news in self._subscribers:
            news.miss()

    def close(self) -> None:
        """Wake everyone, to find that the process ends."""
        self.is_closing = True
        for bell in self._bells.values():
            bell.ring_here()
        for news in self._subscribers:
            news.wake()

    def letter(self) -> str | None:
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
        room = LETTER_BYTES_MAX - size - len(b',"news":[]')
        fitting = []
        while self._unsent and len(self._unsent[0]) < room:
            text = self._unsent.popleft()
            room -= len(text) + len(b",")
            fitting.append(orjson.Fragment(text))
        return fitting

    def hear(self, text: str) -> None:
        """Read a letter; one's own says nothing new."""
        letter = orjson.loads(text)
        if letter["from"] == self._sender:
            return
        if letter["missed"]:
            self.look_anew()
        for name in letter["rung"]:
            self.bell(name).ring_here()
        for value in letter["news"]:
            self._hand_out(value)

    def _hand_out(self, value: object) -> None:
        for news in self._subscribers:
            news.add(value)

    def _pass_on(self, name: str) -> None:
        self._rung.add(name)
        self.something.ring()
