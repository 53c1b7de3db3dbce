"""What a route asks of its callers, read from its dependencies and checked before the body."""

from collections.abc import Iterator
from dataclasses import dataclass

from fastapi.dependencies.models import Dependant
from starlette.requests import Request

from chassis.http.auth import Needs, caller_of


@dataclass(frozen=True, slots=True)
class Access:
    """What a route asks of its callers."""

    needs_token: bool
    needs_roles: tuple[Needs, ...]

    async def check(self, request: Request) -> None:
        """Look at the token alone. Raises Unauthenticated, Forbidden."""
        if self.needs_token:
            caller = await caller_of(request)
            for needed in self.needs_roles:
                await needed.check(caller)


def access(dependant: Dependant) -> Access:
    """What the route of `dependant` asks of its callers."""
    calls = [one.call for one in _all(dependant)]
    needed = [getattr(call, "__self__", None) for call in calls]
    roles = dict.fromkeys(one for one in needed if isinstance(one, Needs))
    return Access(caller_of in calls, tuple(roles))


def _all(dependant: Dependant) -> Iterator[Dependant]:
    for one in dependant.dependencies:
        yield one
        yield from _all(one)
