"""The event stream of an open page: spec versions and the caller's standing.

An event may be sent twice. The event `state` has the complete current state; it is sent first, and
again whenever events may have been missed. The stream holds no database connection between events.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import StreamingResponse

from chassis.clock import utc_now
from chassis.db.database import Database, RequestDatabase, as_json, is_transient
from chassis.http.auth import Caller, needs
from chassis.http.revocations import Revocations
from queue_service.domain.leases import STAGE_ROLES
from queue_service.notify.subscriber import Subscriber
from queue_service.operations.notifications import is_for, notifier
from queue_service.store.notifications import projects_of

HEARTBEAT_SECONDS = 15.0
"""The pause between heartbeats. Proxies close connections that are silent for about a minute."""
HEARTBEAT = ": still here\n\n"
HEADERS = {"cache-control": "no-store", "x-accel-buffering": "no"}
EXAMPLE = """event: state
data: {"projects":[{"project":"moods","version":3,"standing":"good"}]}

event: spec
data: {"project":"moods","version":4}

event: standing
data: {"project":"moods","standing":"suspended"}
"""

router = APIRouter()

Listener = Annotated[Caller, Depends(needs(*STAGE_ROLES.values()))]


class EventStream(StreamingResponse):
    """Server-sent events, with headers that forbid proxies to cache or buffer them."""

    media_type = "text/event-stream"


@router.get(
    "/me/events",
    tags=["events"],
    response_class=EventStream,
    responses={200: {"content": {"text/event-stream": {"example": EXAMPLE}}}},
)
async def stream_my_events(
    caller: Listener, database: RequestDatabase, request: Request
) -> EventStream:
    """Stream changes of specs and standing until the token expires or is revoked.

    If the stream ends, connect again: a 401 says that the token is not accepted any more.

    - `state`: the newest spec version of each of the caller's projects and the caller's standing
      there. It is sent first, and again whenever events may have been missed.
    - `spec`: a project has a new spec version. The largest number is the newest.
    - `standing`: the caller was suspended in a project, or the suspension ended.

    Read it with `fetch`, so that the bearer header is sent.
    """
    subscriber = notifier.subscribe(
        lambda value: caller.reaches(value["project"]) and is_for(caller.pseudonym, value)
    )
    # Read before the response begins, so that an outage is a 503.
    state = await _state(caller, database)
    revocations: Revocations = request.app.state.verifier.revocations
    events = _events(caller, database, subscriber, state)
    return EventStream(_until_revoked(events, caller, revocations), headers=HEADERS)


async def _until_revoked(
    events: AsyncIterator[str], caller: Caller, revocations: Revocations
) -> AsyncIterator[str]:
    """Yield `events` until the access of `caller` to one of its projects is revoked."""
    async for event in events:
        if revocations.is_revoked(caller):
            return
        yield event


async def _events(
    caller: Caller, database: Database, subscriber: Subscriber, state: str
) -> AsyncIterator[str]:
    yield state
    while not notifier.is_closing and (left := caller.expires_at - utc_now().timestamp()) > 0:
        notifications = await subscriber.next(min(left, HEARTBEAT_SECONDS))
        if notifications is None:
            try:
                # A disconnect cancels this task; the transaction must still end in order.
                state = await asyncio.shield(_state(caller, database))
            except Exception as error:
                if not is_transient(error):
                    raise
                return  # The caller connects again, and gets a 503 during the outage.
            yield state
        else:
            yield "".join(map(_render, notifications)) or HEARTBEAT


async def _state(caller: Caller, database: Database) -> str:
    projects = None if "*" in caller.projects else sorted(caller.projects)
    async with database.transaction() as transaction:
        found = await projects_of(transaction, caller.pseudonym, projects)
    return _event("state", {"projects": found})


def _render(notification: dict[str, Any]) -> str:
    """Return a notification as an event, without the annotator that it is for."""
    data = {
        name: value for name, value in notification.items() if name not in {"event", "annotator"}
    }
    return _event(notification["event"], data)


def _event(name: str, data: dict[str, Any]) -> str:
    return f"event: {name}\ndata: {as_json(data)}\n\n"
