"""The base class of events, and the CloudEvents 1.0 envelope around their data."""

from datetime import timedelta
from typing import Annotated, Any, ClassVar, NamedTuple
from uuid import UUID, uuid4

import orjson
from pydantic import BaseModel, ConfigDict, Field

from schemas.vocabulary import ProjectName, Timestamp

ENVELOPE_FIELDS = {"event_id", "occurred_at", "project"}
"""The fields of an event that are attributes of the envelope and not part of `data`."""


class Topic(NamedTuple):
    """A Kafka topic and the time for which its events are kept; None: without limit."""

    name: str
    retention: timedelta | None


class Event(BaseModel):
    """An event. Unknown fields are refused when writing, and ignored when reading."""

    # Errors go to logs, and events hold answers and gold: an error names the field alone.
    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, allow_inf_nan=False, hide_input_in_errors=True
    )

    topic: ClassVar[Topic]
    keyed_by: ClassVar[str]
    version: ClassVar[int] = 1

    event_id: Annotated[UUID, Field(strict=False)] = Field(default_factory=uuid4)
    occurred_at: Timestamp
    project: ProjectName

    @property
    def key(self) -> str:
        """The partition key: events with the same key are delivered in the order of publication."""
        return str(getattr(self, self.keyed_by))

    @classmethod
    def kind(cls) -> str:
        """Return the CloudEvents type: the name and its major version."""
        return f"labelwright.{cls.__name__}.v{cls.version}"

    def to_wire(self, source: str) -> bytes:
        """Return the bytes of the Kafka record: JSON, CloudEvents structured mode."""
        head = {
            "specversion": "1.0",
            "id": str(self.event_id),
            "source": f"labelwright/{source}",
            "type": self.kind(),
            "subject": self.key,
            "time": self.occurred_at.isoformat(),
            "datacontenttype": "application/json",
            "project": self.project,
        }
        data = self.model_dump_json(exclude=ENVELOPE_FIELDS).encode()
        return orjson.dumps(head)[:-1] + b',"data":' + data + b"}"


class Envelope(BaseModel):
    """The CloudEvents attributes of an event, with its data not validated yet."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    id: UUID
    kind: str = Field(alias="type")
    source: str
    time: Timestamp
    project: str
    data: dict[str, Any]

    @classmethod
    def read(cls, body: bytes) -> "Envelope":
        """Return the envelope in `body`. Raises ValueError if there is none."""
        return cls.model_validate_json(body)

    def event(self, kind: type[Event]) -> Event:
        """Return the data as an event of `kind`. Raises pydantic's ValidationError."""
        head = {"event_id": self.id, "occurred_at": self.time, "project": self.project}
        return kind.model_validate({**self.data, **head}, strict=False, extra="ignore")
