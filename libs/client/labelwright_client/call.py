"""A call: what is asked of which service, and how its answer is read. Values only, no network.

The functions in `ingest`, `queue`, `consensus`, `quality` and `datasets` make calls;
`transport` sends them, at once or awaited.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, TypeVar
from urllib.parse import quote

from pydantic import BaseModel, ValidationError

from labelwright_client.problems import Unreadable, problem_of

T = TypeVar("T")
Model = TypeVar("Model", bound=BaseModel)

Service = Literal["ingest", "queue", "consensus", "quality", "dataset-store"]
SERVICES: tuple[Service, ...] = ("ingest", "queue", "consensus", "quality", "dataset-store")

JSON = "application/json"
NDJSON = "application/x-ndjson"

Query = Mapping[str, str | int | float | bool | None]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    """By lower-case name."""


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """One request, and what its answer becomes.

    Every call is safe to repeat: reads are, writes name their thing by the path or by an
    `Idempotency-Key` that was made together with the call.
    """

    service: Service
    method: str
    path: str
    parse: Callable[[Answer], T]
    query: Query = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    patience_seconds: float = 0
    """How long the service may think longer than usual, as a long poll does."""

    def result(self, answer: Answer) -> T:
        """What `answer` means. Raises a Problem for an error, Unreadable for nonsense."""
        if answer.status >= 400:
            raise problem_of(answer.status, answer.body)
        try:
            return self.parse(answer)
        except (ValidationError, ValueError) as error:
            why = str(error).splitlines()[0]
            sentence = (
                f"{self.service} answered {self.method} {self.path} with something else: {why}"
            )
            raise Unreadable(sentence) from error


@dataclass(frozen=True, slots=True)
class Followed:
    """What asking for a job has told: nothing final yet, or the answer to the call."""

    answer: Answer | None


def job_call(call: Call[T], answer: Answer) -> Call[Followed] | None:
    """The call that asks for the job which `answer` promises (202); None if it is the answer."""
    url = _object(answer).get("url") if answer.status == 202 else None
    if not isinstance(url, str):
        return None
    return Call(call.service, "GET", url, _followed)


def _followed(answer: Answer) -> Followed:
    job = _object(answer)
    state, told = job.get("state"), job.get("problem")
    if state == "done":
        return Followed(Answer(200, json.dumps(job.get("result")).encode()))
    if state == "failed" and isinstance(told, dict):
        return Followed(Answer(int(told.get("status", 500)), json.dumps(told).encode()))
    if state == "cancelled":
        problem = {"title": "The job was cancelled", "type": "urn:problem:job-cancelled"}
        return Followed(Answer(409, json.dumps(problem).encode()))
    return Followed(None)


def _object(answer: Answer) -> dict[str, Any]:
    told = json.loads(answer.body)
    return told if isinstance(told, dict) else {}


def reads(model: type[Model]) -> Callable[[Answer], Model]:
    """How an answer becomes a `model`. Fields that we do not know yet are passed over."""

    def parse(answer: Answer) -> Model:
        return model.model_validate_json(answer.body, extra="ignore")

    return parse


def ignores(answer: Answer) -> None:
    """For answers that say nothing beyond their status."""


def path(*parts: object) -> str:
    """`/v1/…` with each part quoted."""
    return "/v1/" + "/".join(quote(str(part), safe="") for part in parts)


def get(service: Service, where: str, parse: Callable[[Answer], T], **query: str | None) -> Call[T]:
    """A read."""
    return Call(service, "GET", where, parse, query=query)


def send_json(
    service: Service, method: str, where: str, body: BaseModel, parse: Callable[[Answer], T]
) -> Call[T]:
    """A write whose body is one object. What was not set stays away: defaults are the server's."""
    content = body.model_dump_json(exclude_unset=True).encode()
    return Call(service, method, where, parse, headers={"Content-Type": JSON}, body=content)
