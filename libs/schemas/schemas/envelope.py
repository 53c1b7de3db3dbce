"""What every event carries, whatever it says: a CloudEvents 1.0 envelope around its facts."""

from datetime import timedelta
from typing import Annotated, Any, ClassVar, NamedTuple
from uuid import UUID, uuid4

import orjson
from pydantic import BaseModel, ConfigDict, Field

from schemas.vocabulary import ProjectName, Timestamp

HEAD = {"event_id", "occurred_at", "project"}


class Topic(NamedTuple):
    """A Kafka topic and how long its events are kept. `None`: for ever."""

    name: str
    retention: timedelta | None


class Event(BaseModel):
    """A fact. Strict on the way out; on the way in what is not known yet is passed over."""

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
        """The partition key: events of one key are heard in the order in which they were said."""
        return str(getattr(self, self.keyed_by))

    @classmethod
    def kind(cls) -> str:
        """The CloudEvents type: the name and its major version. A new meaning is a new name."""
        return f"labelwright.{cls.__name__}.v{cls.version}"

    def to_wire(self, source: str) -> bytes:
        """The event as it lies in Kafka: JSON, CloudEvents structured mode."""
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
        facts = self.model_dump_json(exclude=HEAD).encode()
        return orjson.dumps(head)[:-1] + b',"data":' + facts + b"}"


class Envelope(BaseModel):
    """The CloudEvents attributes of an event, before one looks at its facts."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    id: UUID
    kind: str = Field(alias="type")
    source: str
    time: Timestamp
    project: str
    data: dict[str, Any]

    @classmethod
    def read(cls, body: bytes) -> "Envelope":
        """The envelope in `body`. Raises ValueError where there is none."""
        return cls.model_validate_json(body)

    def event(self, kind: type[Event]) -> Event:
        """The facts as an event of `kind`. Raises pydantic's ValidationError."""
        head = {"event_id": self.id, "occurred_at": self.time, "project": self.project}
        return kind.model_validate({**self.data, **head}, strict=False, extra="ignore")
