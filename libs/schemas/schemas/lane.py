"""The lane in which an event waits for delivery: see `chassis.events.lanes`."""

import re
from dataclasses import dataclass

_PROJECT = re.compile(rb'"project":"([^"\\]*)"')
_REVOCATION = re.compile(rb'"type":"labelwright\.TokenRevoked\.')
_HEAD_BYTES = 300
"""The number of first bytes of a record that contain the type of its event."""
_MACHINE = re.compile(rb'"annotator_kind":"(?:model|function)"')


@dataclass(frozen=True, slots=True)
class Lane:
    """A lane: one for the events of each project, one more for those about machine annotations."""

    is_machine: bool
    project: bytes

    @classmethod
    def of(cls, body: bytes) -> "Lane":
        """Return the lane of the Kafka record `body`; events without a project share one lane.

        Revocations of tokens are in that lane too, so that no flood of a project delays them.
        It is read from the bytes, because an event is decoded only when it is delivered. Text that
        people wrote cannot match, since its quotes are escaped.
        """
        if _REVOCATION.search(body, 0, _HEAD_BYTES):
            return cls(is_machine=False, project=b"")
        project = _PROJECT.search(body)
        return cls(_MACHINE.search(body) is not None, project[1] if project else b"")
