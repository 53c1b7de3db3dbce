"""Sends calls over HTTP, and retries them. The only module that imports httpx.

`Client` and `AsyncClient` differ only in `await`: requests and the parsing of responses are in
`call`, the retry policy is in `retry`.
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

from labelwright_client.call import Call, PageCall, PageT, Response, job_call
from labelwright_client.problems import Unreachable
from labelwright_client.retry import Retry, RetryState
from labelwright_client.stack import Stack

if find_spec("sniffio") is None:
    # httpcore imports it in every request, and each failing import searches all folders.
    sys.modules["sniffio"] = None  # type: ignore[assignment]

T = TypeVar("T")

CONNECT_SECONDS = 5.0
RESPONSE_SECONDS = 60.0
JOB_POLL_SECONDS = 0.5
"""Interval between two requests for the state of a job."""
POOL = httpx.Limits(max_connections=64, max_keepalive_connections=64, keepalive_expiry=30)
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
"""Hosts that are called without a proxy, which could not reach them."""


def _timeout(call: Call[T]) -> httpx.Timeout:
    return httpx.Timeout(RESPONSE_SECONDS + call.extra_timeout_seconds, connect=CONNECT_SECONDS)


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


def _response(response: httpx.Response) -> Response:
    return Response(response.status_code, response.content, _headers(response))


def _head(response: httpx.Response) -> Response:
    return Response(response.status_code, b"", _headers(response))


def _headers(response: httpx.Response) -> dict[str, str]:
    return {name.lower(): value for name, value in response.headers.items()}


def _unreachable(call: Call[T], stack: Stack, error: httpx.HTTPError) -> Unreachable:
    reason = str(error) or type(error).__name__
    return Unreachable(f"{call.service} at {stack.url(call.service)} does not answer: {reason}.")


class _Base:
    """The state of both clients: the stack with the caller's token, and the retry policy."""

    def __init__(self, stack: Stack, retry: Retry) -> None:
        self.stack = stack
        self.retries = 0
        """Number of retries so far. After one, a response may have been lost."""
        self._retry = retry

    def _retry_state(self) -> RetryState:
        return RetryState(self._retry, random.random)


class Client(_Base):
    """Sends calls and returns their parsed responses.

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
        """Create a client; connections are opened by the first call.

        `retry` is the retry policy, `transport` replaces the network in tests, and `http` is an
        open httpx client to use.
        """
        super().__init__(stack, retry or Retry())
        direct: dict[str, httpx.BaseTransport | None] = {f"all://{host}": None for host in LOOPBACK}
        self._http = http or httpx.Client(transport=transport, limits=POOL, mounts=direct)

    def with_token(self, token: str) -> "Client":
        """Return a client that uses the same connections with another token."""
        return Client(self.stack.with_token(token), retry=self._retry, http=self._http)

    def send(self, call: Call[T]) -> T:
        """Send `call`, with retries, and return its parsed response. Raises LabelwrightError."""
        state = self._retry_state()
        while True:
            response, error = self._attempt(call)
            seconds = state.next_wait(response)
            if seconds is None:
                break
            self.retries += 1
            time.sleep(seconds)
        if response is None:
            raise _unreachable(call, self.stack, error or httpx.HTTPError("no answer")) from error
        job = job_call(call, response)
        while job is not None:
            final = self.send(job).response
            if final is not None:
                return call.result(final)
            time.sleep(JOB_POLL_SECONDS)
        return call.result(response)

    def pages(self, page_call: PageCall[PageT]) -> Iterator[PageT]:
        """Yield all pages of a list, one call per page."""
        after: str | None = None
        while True:
            page = self.send(page_call(after))
            yield page
            after = page.next
            if after is None:
                return

    def _attempt(self, call: Call[T]) -> tuple[Response | None, httpx.TransportError | None]:
        try:
            return _response(self._http.send(_request(self._http, self.stack, call))), None
        except httpx.TransportError as error:
            return None, error

    @contextmanager
    def stream(self, call: Call[T]) -> Iterator[tuple[Response, Iterator[bytes]]]:
        """Send `call` once, and yield the response without its body, and the body in pieces.

        There are no retries: the reader can resume with a range.
        """
        request = _request(self._http, self.stack, call)
        try:
            response = self._http.send(request, stream=True)
            try:
                if response.status_code >= 400:
                    response.read()
                    call.result(_response(response))
                yield _head(response), response.iter_bytes()
            finally:
                response.close()
        except httpx.TransportError as error:
            raise _unreachable(call, self.stack, error) from error

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        """Return this client."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connections."""
        self.close()


class AsyncClient(_Base):
    """The same as `Client`, with `await`.

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
        """Create a client; connections are opened by the first call.

        `retry` is the retry policy, `transport` replaces the network in tests, and `http` is an
        open httpx client to use.
        """
        super().__init__(stack, retry or Retry())
        direct: dict[str, httpx.AsyncBaseTransport | None]
        direct = {f"all://{host}": None for host in LOOPBACK}
        self._http = http or httpx.AsyncClient(transport=transport, limits=POOL, mounts=direct)

    def with_token(self, token: str) -> "AsyncClient":
        """Return a client that uses the same connections with another token."""
        return AsyncClient(self.stack.with_token(token), retry=self._retry, http=self._http)

    async def send(self, call: Call[T]) -> T:
        """Send `call`, with retries, and return its parsed response. Raises LabelwrightError."""
        state = self._retry_state()
        while True:
            response, error = await self._attempt(call)
            seconds = state.next_wait(response)
            if seconds is None:
                break
            self.retries += 1
            await asyncio.sleep(seconds)
        if response is None:
            raise _unreachable(call, self.stack, error or httpx.HTTPError("no answer")) from error
        job = job_call(call, response)
        while job is not None:
            final = (await self.send(job)).response
            if final is not None:
                return call.result(final)
            await asyncio.sleep(JOB_POLL_SECONDS)
        return call.result(response)

    async def pages(self, page_call: PageCall[PageT]) -> AsyncIterator[PageT]:
        """Yield all pages of a list, one call per page."""
        after: str | None = None
        while True:
            page = await self.send(page_call(after))
            yield page
            after = page.next
            if after is None:
                return

    async def _attempt(self, call: Call[T]) -> tuple[Response | None, httpx.TransportError | None]:
        try:
            return _response(await self._http.send(_request(self._http, self.stack, call))), None
        except httpx.TransportError as error:
            return None, error

    @asynccontextmanager
    async def stream(self, call: Call[T]) -> AsyncIterator[tuple[Response, AsyncIterator[bytes]]]:
        """Send `call` once, and yield the response without its body, and the body in pieces.

        There are no retries: the reader can resume with a range.
        """
        request = _request(self._http, self.stack, call)
        try:
            response = await self._http.send(request, stream=True)
            try:
                if response.status_code >= 400:
                    await response.aread()
                    call.result(_response(response))
                yield (
                    _head(response),
                    response.aiter_bytes(),
                )
            finally:
                await response.aclose()
        except httpx.TransportError as error:
            raise _unreachable(call, self.stack, error) from error

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        """Return this client."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the connections."""
        await self.close()
