"""The access rule of a route, read from its dependencies and checked before the body is read."""

from collections.abc import Iterator
from dataclasses import dataclass

from fastapi.dependencies.models import Dependant
from starlette.requests import Request

from chassis.http.auth import Needs, caller_of


@dataclass(frozen=True, slots=True)
class Access:
    """The token and the roles that a route requires of its callers."""

    needs_token: bool
    needs_roles: tuple[Needs, ...]

    async def check(self, request: Request) -> None:
        """Check the token of `request`. Raises Unauthenticated, Forbidden."""
        if self.needs_token:
            caller = await caller_of(request)
            for needed in self.needs_roles:
                await needed.check(caller)


def access(dependant: Dependant) -> Access:
    """Return the access rule of the route of `dependant`."""
    calls = [dependency.call for dependency in _all(dependant)]
    owners = [getattr(call, "__self__", None) for call in calls]
    roles = dict.fromkeys(owner for owner in owners if isinstance(owner, Needs))
    return Access(caller_of in calls, tuple(roles))


def _all(dependant: Dependant) -> Iterator[Dependant]:
    for dependency in dependant.dependencies:
        yield dependency
        yield from _all(dependency)
