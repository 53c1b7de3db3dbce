"""The replicas of a service hear each other's bells through the database that they share.

Each process has one connection of its own. On it the process listens, and after commits it
notifies: at most 20 times a second, however much happens. A trigger would put a notification into
every transaction, and PostgreSQL commits those one after the other.

While that connection is away, what is said reaches the others later. Once it is back nobody knows
what was missed, so everyone here looks anew. Only a process that dies between a commit and its
notification leaves the others unaware.
"""

import asyncio
from contextlib import suppress

import asyncpg
from asyncpg import Connection

from chassis import logs, shutdown
from chassis.db.database import driver_url, is_transient
from queue_service.notify.notifier import Notifier

CHANNEL = "bells"
PAUSE_SECONDS = 0.05
"""From one notification to the next."""
PROBE_SECONDS = 30.0
"""An idle connection is tried this often: a broken one may look like a quiet one for ever."""
ANSWER_SECONDS = 5.0
RETRY_SECONDS_MIN, RETRY_SECONDS_MAX = 0.1, 10.0

_BROKEN = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)


async def run(notifier: Notifier, database_url: str) -> None:
    """Hear the other replicas and tell them, for as long as the service runs."""
    loop, pause = asyncio.get_running_loop(), RETRY_SECONDS_MIN
    notifier.is_closing = False
    with shutdown.on_signal(lambda _: notifier.close()):
        while True:
            began = loop.time()
            try:
                await _connected(notifier, database_url)
            except Exception as error:
                if not is_transient(error):
                    raise
                if loop.time() - began > RETRY_SECONDS_MAX:
                    pause = RETRY_SECONDS_MIN
                if pause == RETRY_SECONDS_MIN:  # Once an outage.
                    logs.get("replicas").warning(
                        "the other replicas are not heard; trying again", error=str(error)
                    )
            await asyncio.sleep(pause)
            pause = min(2 * pause, RETRY_SECONDS_MAX)


async def _connected(notifier: Notifier, database_url: str) -> None:
    """Listen and speak on one connection until it breaks."""
    connection: Connection = await asyncpg.connect(
        driver_url(database_url),
        timeout=ANSWER_SECONDS,
        command_timeout=ANSWER_SECONDS,
        server_settings={"application_name": CHANNEL},
    )
    try:
        connection.add_termination_listener(lambda _: notifier.something.notify())
        await connection.add_listener(CHANNEL, lambda *told: notifier.hear(told[-1]))
        notifier.resync()
        while True:
            await _flush(notifier, connection)
    except asyncio.CancelledError:
        # The others must hear of the last commits of a process that ends, too.
        with suppress(*_BROKEN):
            await _notify(notifier, connection)
        raise
    finally:
        connection.terminate()


async def _flush(notifier: Notifier, connection: Connection) -> None:
    """One notification and the pause after it, or the wait for something to say."""
    generation = notifier.something.generation
    if connection.is_closed():
        raise ConnectionError("the connection was closed")
    if await _notify(notifier, connection):
        await asyncio.sleep(PAUSE_SECONDS)
        return
    await notifier.something.wait(generation, PROBE_SECONDS)
    if notifier.something.generation == generation:
        await connection.execute("SELECT 1")


async def _notify(notifier: Notifier, connection: Connection) -> bool:
    """Tell the others what they have not been told. False if that is nothing."""
    next_message = notifier.next_message()
    if next_message is None:
        return False
    try:
        await connection.execute("SELECT pg_notify($1, $2)", CHANNEL, next_message)
    except BaseException:
        notifier.mark_gap()
        raise
    return True
