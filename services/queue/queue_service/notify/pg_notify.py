"""The transport of notifications between replicas: LISTEN and NOTIFY of their common database.

Each process listens on a connection of its own, and notifies on it after commits, at most 20 times
a second. A trigger would put a notification into every transaction, and PostgreSQL commits such
transactions one after the other.

While the connection is lost, messages wait. When it is back, messages of others may have been lost,
so all subscribers of this process read the current state. Only a process that dies between a commit
and its notification leaves the others without it.
"""

import asyncio
from contextlib import suppress

import asyncpg
from asyncpg import Connection

from chassis import logs, shutdown
from chassis.db.database import AWAY, driver_url, is_transient
from queue_service.notify.notifier import Notifier

CHANNEL = "queue_notifications"
PAUSE_SECONDS = 0.05
"""The pause between two messages."""
PROBE_SECONDS = 30.0
"""The interval at which an idle connection is tested, because a broken one can look idle."""
ANSWER_SECONDS = 5.0
RETRY_SECONDS_MIN, RETRY_SECONDS_MAX = 0.1, 10.0


async def run(notifier: Notifier, database_url: str) -> None:
    """Exchange notifications with the other replicas until cancelled."""
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
                if pause == RETRY_SECONDS_MIN:  # Log once for each outage.
                    logs.get("replicas").warning(
                        "no connection for notifications between replicas; trying again",
                        error=str(error),
                    )
            await asyncio.sleep(pause)
            pause = min(2 * pause, RETRY_SECONDS_MAX)


async def _connected(notifier: Notifier, database_url: str) -> None:
    """Receive and send messages on one connection until it breaks."""
    connection: Connection = await asyncpg.connect(
        driver_url(database_url),
        timeout=ANSWER_SECONDS,
        command_timeout=ANSWER_SECONDS,
        server_settings={"application_name": CHANNEL},
    )
    try:
        connection.add_termination_listener(lambda _: notifier.pending.notify())
        await connection.add_listener(CHANNEL, lambda *notice: notifier.receive(notice[-1]))
        notifier.resync()
        while True:
            await _flush(notifier, connection)
    except asyncio.CancelledError:
        # Send the notifications of the last commits before the process ends.
        with suppress(*AWAY):
            await _notify(notifier, connection)
        raise
    finally:
        connection.terminate()


async def _flush(notifier: Notifier, connection: Connection) -> None:
    """Send one message and pause, or wait for one; test the connection after a long wait."""
    generation = notifier.pending.generation
    if connection.is_closed():
        raise ConnectionError("the connection was closed")
    if await _notify(notifier, connection):
        await asyncio.sleep(PAUSE_SECONDS)
        return
    await notifier.pending.wait(generation, PROBE_SECONDS)
    if notifier.pending.generation == generation:
        await connection.execute("SELECT 1")


async def _notify(notifier: Notifier, connection: Connection) -> bool:
    """Send the next message. Return False if there is none."""
    next_message = notifier.next_message()
    if next_message is None:
        return False
    try:
        await connection.execute("SELECT pg_notify($1, $2)", CHANNEL, next_message)
    except BaseException:
        notifier.mark_gap()
        raise
    return True
