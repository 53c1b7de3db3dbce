"""The ports of a stack: a base, plus a fixed step for each part, plus a step for each replica."""

import os
import random
import socket
from collections.abc import Mapping
from dataclasses import dataclass

from labelwright_local.refusal import CannotStart

DEFAULT_BASE = 8100
SETTING = "LABELWRIGHT_PORT_BASE"
FREE_RANGE = range(20000, 30000)
"""Below the ports that systems use for outgoing connections, which could take one by chance."""

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
"""Between two replicas of a service: 8102, 8112, 8122. Larger than all steps of parts."""
REPLICAS_MAX = 9
METRICS_STEP = 100
"""Between the port of a replica and that of its metrics: 8102 and 8202."""
RESERVED = {"prometheus": 91, "alertmanager": 92, "login": 93} | {
    f"s3-{n}": 93 + n for n in range(1, 6)
}
"""Steps that are kept free for these programs."""
RESERVED_SECOND_STEP = 10_000
"""Between a reserved port and a second one of the same program."""
SPAN = 200
"""The smallest distance between the bases of two stacks on one machine."""
HIGHEST_BASE = 65535 - RESERVED_SECOND_STEP - max(RESERVED.values())


@dataclass(frozen=True, slots=True)
class Ports:
    """The ports of one stack."""

    base: int = DEFAULT_BASE

    @classmethod
    def from_environment(cls) -> "Ports":
        """Return the ports for LABELWRIGHT_PORT_BASE. Raise CannotStart if it is not valid."""
        named = os.environ.get(SETTING, str(DEFAULT_BASE))
        if not named.isdecimal() or not 1024 <= int(named) <= HIGHEST_BASE:
            raise CannotStart(
                f"{SETTING} is {named!r}: it must be a number from 1024 to {HIGHEST_BASE}."
            )
        return cls(int(named))

    def of(self, name: str) -> int:
        """Return the port of a part, such as `queue`, or of a replica, such as `queue-2`."""
        part, number = part_of(name)
        return self.base + STEPS[part] + REPLICA_STEP * (number - 1)

    def metrics_of(self, name: str) -> int:
        """Return the port of the metrics of a replica, such as `queue` or `queue-2`."""
        return self.of(name) + METRICS_STEP

    def check_free(self, listeners: Mapping[str, int]) -> None:
        """Raise CannotStart if the port of one of `listeners` (name to port) is in use."""
        for name, port in listeners.items():
            if not is_free(port):
                raise CannotStart(
                    f"Port {port}, which {name} needs, is in use by another program:"
                    f" end that program, or set {SETTING} to another number than {self.base}."
                )


def part_of(name: str) -> tuple[str, int]:
    """Return the part and the number of a replica: `queue-2` is number 2 of `queue`."""
    part, _, number = name.rpartition("-")
    return (part, int(number)) if number.isdecimal() else (name, 1)


def is_free(port: int) -> bool:
    """Return True if a server could listen on `port` now."""
    with socket.socket() as attempt:
        attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            attempt.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def some_free(count: int) -> list[int]:
    """Return `count` random ports that are free now."""
    candidates = random.sample(FREE_RANGE, len(FREE_RANGE))
    free = (port for port in candidates if is_free(port))
    return [next(free) for _ in range(count)]
