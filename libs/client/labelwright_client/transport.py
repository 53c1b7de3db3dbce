"""The network: sends calls, waits and tries again. The only module that knows httpx.

`Client` and `AsyncClient` differ in one word. What is sent, what an answer means and when it is
tried again is decided in `call` and `retry`, which know neither.
"""

import asyncio
import random
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from importlib.util import find_spec
from typing import Self, TypeVar

import httpx

from labelwright_client.call import Answer, Call, job_call
from labelwright_client.problems import Unreachable
from labelwright_client.retry import Course, Retry
from labelwright_client.stack import Stack

if find_spec("sniffio") is None:
    # httpcore looks for it in every request, and each time searches all folders in vain.
    sys.modules["sniffio"] = None  # type: ignore[assignment]

T = TypeVar("T")

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 60.0
JOB_SECONDS = 0.5
"""How often a job that takes longer than its request is asked for."""
POOL = httpx.Limits(max_connections=64, max_keepalive_connections=64, keepalive_expiry=30)
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
"""A proxy that the user has set cannot know what listens on this machine: it is passed by."""


def _timeout(call: Call[T]) -> httpx.Timeout:
    return httpx.Timeout(ANSWER_SECONDS + call.patience_seconds, connect=CONNECT_SECONDS)


def _request(http: httpx.Client | httpx.AsyncClient, stack: Stack, call: Call[T]) -> httpx.Request:
    bearer = f"Bearer {stack.bearer()}"
    return http.build_request(
        call.method,
        stack.url(call.service) + call.path,
        params={name: value for name, value in call.query.items() if value is not None},
        headers={"Authorization": bearer, "Accept": "application/json", **call.headers},
        content=call.body,
        timeout=_timeout(call),
    )


def _answer(response: httpx.Response) -> Answer:
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Answer(response.status_code, response.content, headers)


def _unreachable(call: Call[T], stack: Stack, error: httpx.HTTPError) -> Unreachable:
    why = str(error) or type(error).__name__
    return Unreachable(f"{call.service} at {stack.url(call.service)} does not answer: {why}.")


class _Base:
    """What both clients have: where the services are, who calls, how patient they are."""

    def __init__(self, stack: Stack, retry: Retry) -> None:
        self.stack = stack
        self.retries = 0
        """How often something was sent again; after one of those an answer may have been lost."""
        self._retry = retry

    def _course(self) -> Course:
        return Course(self._retry, random.random)


class Client(_Base):
    """Sends calls and returns what they mean.

    >>> with Client(Stack.find()) as client:                             # doctest: +SKIP
    ...     project = client.send(ingest.show_project("reviews"))
    """

    def __init__(
        self,
        stack: Stack,
        *,
        retry: Retry | None = None,
        transport: httpx.BaseTransport | None = None,
        http: httpx.Client | None = None,
    ) -> None:
        """Connections are opened when the first call is sent."""
        super().__init__(stack, retry or Retry())
        around: dict[str, httpx.BaseTransport | None] = {f"all://{host}": None for host in LOOPBACK}
        self._http = http or httpx.Client(transport=transport, limits=POOL, mounts=around)

    def acting(self, token: str) -> "Client":
        """The same connections with another's token."""
        return Client(self.stack.with_token(token), retry=self._retry, http=self._http)

    def send(self, call: Call[T]) -> T:
        """What the service answers. Tries again where that is safe; raises LabelwrightError."""
        course = self._course()
        while True:
            answer, lost = self._try(call)
            pause = course.pause(answer)
            if pause is None:
                break
            self.retries += 1
            time.sleep(pause)
        if answer is None:
            raise _unreachable(call, self.stack, lost or httpx.HTTPError("no answer")) from lost
        job = job_call(call, answer)
        while job is not None:
            found = self.send(job).answer
            if found is not None:
                return call.result(found)
            time.sleep(JOB_SECONDS)
        return call.result(answer)

    def _try(self, call: Call[T]) -> tuple[Answer | None, httpx.TransportError | None]:
        try:
            return _answer(self._http.send(_request(self._http, self.stack, call))), None
        except httpx.TransportError as error:
            return None, error

    @contextmanager
    def stream(self, call: Call[T]) -> Iterator[tuple[Answer, Iterator[bytes]]]:
        """The head of an answer, and its body in pieces. Sent once: whoever reads can resume."""
        request = _request(self._http, self.stack, call)
        try:
            response = self._http.send(request, stream=True)
            try:
                if response.status_code >= 400:
                    response.read()
                    call.result(_answer(response))
                yield _head(response), response.iter_bytes()
            finally:
                response.close()
        except httpx.TransportError as error:
            raise _unreachable(call, self.stack, error) from error

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        """This client."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connections."""
        self.close()


class AsyncClient(_Base):
    """`Client`, awaited.

    >>> async with AsyncClient(Stack.find()) as client:                  # doctest: +SKIP
    ...     project = await client.send(ingest.show_project("reviews"))
    """

    def __init__(
        self,
        stack: Stack,
        *,
        retry: Retry | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        http: httpx.AsyncClient | None = None,
    ) -> None:
        """Connections are opened when the first call is sent."""
        super().__init__(stack, retry or Retry())
        around: dict[str, httpx.AsyncBaseTransport | None]
        around = {f"all://{host}": None for host in LOOPBACK}
        self._http = http or httpx.AsyncClient(transport=transport, limits=POOL, mounts=around)

    def acting(self, token: str) -> "AsyncClient":
        """The same connections with another's token."""
        return AsyncClient(self.stack.with_token(token), retry=self._retry, http=self._http)

    async def send(self, call: Call[T]) -> T:
        """What the service answers. Tries again where that is safe; raises LabelwrightError."""
        course = self._course()
        while True:
            answer, lost = await self._try(call)
            pause = course.pause(answer)
            if pause is None:
                break
            self.retries += 1
            await asyncio.sleep(pause)
        if answer is None:
            raise _unreachable(call, self.stack, lost or httpx.HTTPError("no answer")) from lost
        job = job_call(call, answer)
        while job is not None:
            found = (await self.send(job)).answer
            if found is not None:
                return call.result(found)
            await asyncio.sleep(JOB_SECONDS)
        return call.result(answer)

    async def _try(self, call: Call[T]) -> tuple[Answer | None, httpx.TransportError | None]:
        try:
            return _answer(await self._http.send(_request(self._http, self.stack, call))), None
        except httpx.TransportError as error:
            return None, error

    @asynccontextmanager
    async def stream(self, call: Call[T]) -> AsyncIterator[tuple[Answer, AsyncIterator[bytes]]]:
        """The head of an answer, and its body in pieces. Sent once: whoever reads can resume."""
        request = _request(self._http, self.stack, call)
        try:
            response = await self._http.send(request, stream=True)
            try:
                if response.status_code >= 400:
                    await response.aread()
                    call.result(_answer(response))
                yield _head(response), response.aiter_bytes()
            finally:
                await response.aclose()
        except httpx.TransportError as error:
            raise _unreachable(call, self.stack, error) from error

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        """This client."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the connections."""
        await self.close()


def _head(response: httpx.Response) -> Answer:
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Answer(response.status_code, b"", headers)
