"""A call: one request to a service, and the function that parses its response. No network here.

The functions in `ingest`, `queue`, `consensus`, `quality` and `datasets` make calls;
`transport` sends them.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, Protocol, TypeVar
from urllib.parse import quote

from pydantic import BaseModel, ValidationError

from labelwright_client.problems import UnexpectedResponse, problem_from

T = TypeVar("T")
Model = TypeVar("Model", bound=BaseModel)

Service = Literal["ingest", "queue", "consensus", "quality", "dataset-store"]
SERVICES: tuple[Service, ...] = ("ingest", "queue", "consensus", "quality", "dataset-store")

JSON = "application/json"
NDJSON = "application/x-ndjson"

Query = Mapping[str, str | int | float | bool | None]


@dataclass(frozen=True, slots=True)
class Response:
    """The response to a call."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    """By lower-case name."""


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """One request, and the function that parses its response.

    Every call is safe to repeat: reads change nothing, and writes identify their object by the path
    or by an `Idempotency-Key` that is made together with the call.
    """

    service: Service
    method: str
    path: str
    parse: Callable[[Response], T]
    query: Query = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    extra_timeout_seconds: float = 0
    """Time that the service may take in addition to the usual timeout, as a long poll does."""

    def result(self, response: Response) -> T:
        """Return the parsed body of `response`.

        Raises a Problem for an error status, and UnexpectedResponse for a body that cannot be
        parsed.
        """
        if response.status >= 400:
            raise problem_from(response.status, response.body)
        try:
            return self.parse(response)
        except (ValidationError, ValueError) as error:
            reason = str(error).splitlines()[0]
            raise UnexpectedResponse(
                f"{self.service} answered {self.method} {self.path} with a body that this client"
                f" cannot read: {reason}"
            ) from error


class Page(Protocol):
    """One page of a list."""

    @property
    def next(self) -> str | None:
        """The cursor of the next page; None on the last page."""


PageT = TypeVar("PageT", bound=Page)

PageCall = Callable[[str | None], Call[PageT]]
"""Returns the call for the page after a cursor; None stands for the first page."""


@dataclass(frozen=True, slots=True)
class JobState:
    """The state of a job: the response that its call waits for, or None while it runs."""

    response: Response | None


def job_call(call: Call[T], response: Response) -> Call[JobState] | None:
    """Return the call for the state of the job that `response` names, if its status is 202.

    None if `response` is final.
    """
    url = _object(response).get("url") if response.status == 202 else None
    if not isinstance(url, str):
        return None
    return Call(call.service, "GET", url, _job_state)


def _job_state(response: Response) -> JobState:
    job = _object(response)
    state, problem = job.get("state"), job.get("problem")
    if state == "done":
        return JobState(Response(200, json.dumps(job.get("result")).encode()))
    if state == "failed" and isinstance(problem, dict):
        return JobState(Response(int(problem.get("status", 500)), json.dumps(problem).encode()))
    if state == "cancelled":
        problem = {"title": "The job was cancelled", "type": "urn:problem:job-cancelled"}
        return JobState(Response(409, json.dumps(problem).encode()))
    return JobState(None)


def _object(response: Response) -> dict[str, Any]:
    body = json.loads(response.body)
    return body if isinstance(body, dict) else {}


def json_as(model: type[Model]) -> Callable[[Response], Model]:
    """Return a parser of response bodies as `model`. It ignores fields that `model` lacks."""

    def parse(response: Response) -> Model:
        return model.model_validate_json(response.body, extra="ignore")

    return parse


def no_content(response: Response) -> None:
    """Parse a response whose body has no content."""


def api_path(*parts: object) -> str:
    """Return `/v1/…` with each of `parts` quoted."""
    return "/v1/" + "/".join(quote(str(part), safe="") for part in parts)


def get(
    service: Service, path: str, parse: Callable[[Response], T], **query: str | None
) -> Call[T]:
    """Return a call that reads `path`."""
    return Call(service, "GET", path, parse, query=query)


def send_json(
    service: Service, method: str, path: str, body: BaseModel, parse: Callable[[Response], T]
) -> Call[T]:
    """Return a call that sends `body` as JSON.

    Fields that were not set are left out, so that the server's defaults apply.
    """
    content = body.model_dump_json(exclude_unset=True).encode()
    return Call(service, method, path, parse, headers={"Content-Type": JSON}, body=content)
