"""In whose line an event waits to be delivered: see `chassis.lanes`."""

import re
from dataclasses import dataclass

_PROJECT = re.compile(rb'"project":"([^"\\]*)"')
_MACHINE = re.compile(rb'"annotator_kind":"(?:model|function)"')


@dataclass(frozen=True, slots=True)
class Lane:
    """The events of one project, those about answers of models and functions apart."""

    is_machine: bool
    project: bytes

    @classmethod
    def of(cls, body: bytes) -> "Lane":
        """The lane of an event as it lies in Kafka; what names no project shares one lane.

        Read from the bytes: an event is decoded only when it is its turn. Text that people wrote
        has its quotes escaped and does not match.
        """
        project = _PROJECT.search(body)
        return cls(_MACHINE.search(body) is not None, project[1] if project else b"")
