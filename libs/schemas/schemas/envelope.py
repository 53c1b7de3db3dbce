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


class Envelope(NamedTuple):
    """The CloudEvents attributes of an event, with its data not validated yet."""

    kind: str
    fields: dict[str, Any]
    """The fields of the event: its data and those attributes that are `ENVELOPE_FIELDS`."""

    @classmethod
    def read(cls, body: bytes) -> "Envelope":
        """Return the envelope in `body`. Raises ValueError if there is none.

        The attributes are validated in `event`, with the data: twice would cost a third more.
        """
        try:
            attributes = orjson.loads(body)
            kind, fields = attributes["type"], attributes["data"]
            fields["event_id"], fields["project"] = attributes["id"], attributes["project"]
            fields["occurred_at"], _ = attributes["time"], attributes["source"]
        except orjson.JSONDecodeError as error:
            raise ValueError(f"The record is not an event: it is not JSON, {error}.") from None
        except (KeyError, TypeError) as error:
            raise ValueError(f"The record is not an event; wrong or missing: {error}.") from None
        if not isinstance(kind, str):
            raise ValueError(  # noqa: TRY004 - callers refuse the record by this class alone
                "The record is not an event: its `type` is not a text."
            )
        return cls(kind, fields)

    def event(self, kind: type[Event]) -> Event:
        """Return the data as an event of `kind`. Raises pydantic's ValidationError."""
        return kind.model_validate(self.fields, strict=False, extra="ignore")
