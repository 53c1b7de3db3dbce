"""JSON as it comes in: parsed once, strictly, and only what every store and reader can keep.

Python's parser takes NaN and lone surrogates; PostgreSQL refuses NUL; readers round integers
beyond 2^53; of a key that occurs twice parsers keep one value and lose the other. All of them are
refused here, with their place, before anything else looks.
"""

import json
import math
import re
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

from fastapi.routing import APIRoute
from pydantic_core import from_json
from starlette.requests import Request
from starlette.responses import Response

from chassis.http.access import access
from chassis.http.problem import Fault, Invalid, pointer
from schemas.repeated_keys import repeated_keys

INTEGER_MAX = 2**53 - 1
_SUSPECT = re.compile(rb"\\u0000|[0-9]{16}|[0-9][eE]\+?[0-9]{2}|\x00")


def parse(body: bytes) -> object:
    """The value in `body`.

    Raises json.JSONDecodeError if there is none, Invalid if it cannot be kept as it was sent.
    """
    try:
        value = from_json(body, allow_inf_nan=False)
    except ValueError as error:
        raise json.JSONDecodeError(str(error), "", 0) from error
    faults = [
        Fault(one.pointer, "repeated_key", f"{one.sentence()} Send each key once.")
        for one in repeated_keys(body)
    ]
    if _SUSPECT.search(body):
        faults += _unkept(value, ())
    if faults:
        raise Invalid(faults)
    return value


def _unkept(value: object, place: tuple[object, ...]) -> Iterator[Fault]:
    """What in `value` cannot be kept exactly, with its place."""
    if isinstance(value, dict):
        for key, member in value.items():
            yield from _unkept(key, place)
            yield from _unkept(member, (*place, key))
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield from _unkept(member, (*place, index))
    elif (why := _why_unkept(value)) is not None:
        yield Fault(pointer(place), *why)


def _why_unkept(value: object) -> tuple[str, str] | None:
    if isinstance(value, str) and "\x00" in value:
        return "nul", "A text must not hold the NUL character."
    if isinstance(value, int) and abs(value) > INTEGER_MAX:
        return "integer", "An integer beyond 2^53 is not kept exactly: send it as text."
    if isinstance(value, float) and math.isinf(value):
        return "number", "The number is too large."
    return None


class _JsonRequest(Request):
    async def json(self) -> object:
        if not hasattr(self, "_json"):
            self._json = parse(await self.body())
        return self._json


class JsonRoute(APIRoute):
    """A route that looks at the token, then reads its JSON body by `parse`.

    FastAPI reads the whole body before any dependency, so before it looks at a token. Routers take
    this class as their `route_class`.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """FastAPI's handler over a request that parses strictly."""
        handle = super().get_route_handler()
        allowed = access(self.dependant)

        async def strict(request: Request) -> Response:
            await allowed.check(request)
            return await handle(_JsonRequest(request.scope, request.receive))

        return strict
