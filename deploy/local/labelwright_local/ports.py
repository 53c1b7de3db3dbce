"""Which port is whose: one base, a fixed step for each part, and one more for each replica."""

import os
import random
import socket
from collections.abc import Mapping
from dataclasses import dataclass

from labelwright_local.refusal import CannotStart

DEFAULT_BASE = 8100
SETTING = "LABELWRIGHT_PORT_BASE"
FREE_RANGE = range(20000, 30000)
"""Below what systems give to outgoing connections, so that nobody takes one by chance."""

STEPS = {
    "ingest": 1,
    "queue": 2,
    "consensus": 3,
    "quality": 4,
    "dataset-store": 5,
    "postgres": 6,
    "kafka": 7,
    "kafka-controller": 8,
}
REPLICA_STEP = 10
"""From one replica of a service to its next: 8102, 8112, 8122. More than the largest step."""
REPLICAS_MAX = 9
METRICS_STEP = 100
"""From the port of a replica to that of its metrics: 8102 and 8202."""
RESERVED = {"prometheus": 91, "alertmanager": 92, "login": 93} | {
    f"s3-{n}": 93 + n for n in range(1, 6)
}
"""Steps that nothing but these may use, and no replica comes to."""
RESERVED_SECOND_STEP = 10_000
"""From a reserved port to a second one of the same part."""
SPAN = 200
"""How far apart the bases of two stacks on one machine must be."""
HIGHEST_BASE = 65535 - RESERVED_SECOND_STEP - max(RESERVED.values())


@dataclass(frozen=True, slots=True)
class Ports:
    """The ports of one stack."""

    base: int = DEFAULT_BASE

    @classmethod
    def from_environment(cls) -> "Ports":
        """The ports that LABELWRIGHT_PORT_BASE asks for."""
        named = os.environ.get(SETTING, str(DEFAULT_BASE))
        if not named.isdecimal() or not 1024 <= int(named) <= HIGHEST_BASE:
            raise CannotStart(f"{SETTING} is {named!r}; it must be from 1024 to {HIGHEST_BASE}.")
        return cls(int(named))

    def of(self, name: str) -> int:
        """The port of one part, `queue`, or of one replica, `queue-2`."""
        part, number = part_of(name)
        return self.base + STEPS[part] + REPLICA_STEP * (number - 1)

    def metrics_of(self, name: str) -> int:
        """The port of the metrics of a service's replica, `queue` or `queue-2`."""
        return self.of(name) + METRICS_STEP

    def check_free(self, listeners: Mapping[str, int]) -> None:
        """Refuse to start if a port is taken that one of `listeners` (name to port) wants."""
        for name, port in listeners.items():
            if not is_free(port):
                raise CannotStart(
                    f"Port {port}, which {name} wants, is in use by another program:"
                    f" end that program, or set {SETTING} to something else than {self.base}."
                )


def part_of(name: str) -> tuple[str, int]:
    """Whose replica bears this name, and which one: `queue-2` is the second of `queue`."""
    part, _, number = name.rpartition("-")
    return (part, int(number)) if number.isdecimal() else (name, 1)


def is_free(port: int) -> bool:
    """Whether a server could listen at `port` now."""
    with socket.socket() as attempt:
        attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            attempt.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def some_free(count: int) -> list[int]:
    """Ports that nobody listens at now."""
    candidates = random.sample(FREE_RANGE, len(FREE_RANGE))
    free = (port for port in candidates if is_free(port))
    return [next(free) for _ in range(count)]
