"""The stream that keeps an open page current: spec versions and the caller's standing.

An event is at most a hint, and it may come twice: `state` says what holds, at the beginning and
whenever something may have been missed. Nothing holds a database connection between events.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.responses import StreamingResponse

from chassis.clock import utc_now
from chassis.db.database import Database, RequestDatabase, as_json, is_transient
from chassis.http.auth import Caller, needs
from queue_service.domain.leases import STAGE_ROLES
from queue_service.notify.subscriber import Subscriber
from queue_service.operations.news import is_for, notifier
from queue_service.store.news import projects_of

HEARTBEAT_SECONDS = 15.0
"""Proxies close what is silent for longer than a minute or so."""
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
    """Server-sent events, which no proxy may keep or collect."""

    media_type = "text/event-stream"


@router.get(
    "/me/events",
    tags=["events"],
    response_class=EventStream,
    responses={200: {"content": {"text/event-stream": {"example": EXAMPLE}}}},
)
async def stream_my_events(caller: Listener, database: RequestDatabase) -> EventStream:
    """Tell the caller's page what changes, until the token expires; then come again.

    - `state`: the newest spec version of each of the caller's projects and the caller's standing
      there; first of all, and again whenever events may have been missed.
    - `spec`: a project has a new spec version. The largest number holds.
    - `standing`: the caller was suspended in a project, or is no longer.

    Read it with `fetch`, so that the bearer header goes along.
    """
    news = notifier.subscribe(
        lambda one: caller.reaches(one["project"]) and is_for(caller.pseudonym, one)
    )
    # Looked up before the response begins, so that an outage is an honest 503.
    state = await _state(caller, database)
    return EventStream(_events(caller, database, news, state), headers=HEADERS)


async def _events(
    caller: Caller, database: Database, news: Subscriber, state: str
) -> AsyncIterator[str]:
    yield state
    while not notifier.is_closing and (left := caller.expires_at - utc_now().timestamp()) > 0:
        heard = await news.take(min(left, HEARTBEAT_SECONDS))
        if heard is None:
            try:
                # Who goes away cancels this; even then the transaction is to end in order.
                state = await asyncio.shield(_state(caller, database))
            except Exception as error:
                if not is_transient(error):
                    raise
                return  # The caller comes again, and is told 503 for as long as it lasts.
            yield state
        else:
            yield "".join(map(_told, heard)) or HEARTBEAT


async def _state(caller: Caller, database: Database) -> str:
    projects = None if "*" in caller.projects else sorted(caller.projects)
    async with database.transaction() as transaction:
        found = await projects_of(transaction, caller.pseudonym, projects)
    return _event("state", {"projects": found})


def _told(news: dict[str, Any]) -> str:
    """The event without what only says for whom it is."""
    shown = {name: value for name, value in news.items() if name not in {"event", "annotator"}}
    return _event(news["event"], shown)


def _event(name: str, data: dict[str, Any]) -> str:
    return f"event: {name}\ndata: {as_json(data)}\n\n"
