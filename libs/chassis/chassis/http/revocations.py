"""The tokens that are not accepted any more, although they have not expired.

`TokenRevoked` events of the topic `tokens` are stored in the table `revoked_tokens` of every
service, which outlives restarts. Each replica reads the new rows twice a second: Kafka delivers an
event to one replica only. A token that one replica revokes itself is in its table at once.
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from chassis import logs
from chassis.backoff import until_available
from chassis.db.database import AWAY, Database, Transaction, metadata
from chassis.http.auth import AccessRevoked, Caller
from schemas.token_events import TokenRevoked
from schemas.topics import TOKENS

READ_SECONDS = 0.5
FIRST_READ_SECONDS = 2.0
"""The longest time that the start of a service waits for the table; then it reads it later."""
OVERLAP = timedelta(seconds=60)
"""The time for which rows are read again: a transaction may commit after a later one."""
CLOCK_DIFFERENCE = timedelta(minutes=5)
"""The time that a row is kept beyond the expiry of its token."""

_TIME = sa.DateTime(timezone=True)
# `jti` is empty in a row about all tokens of a person for a project.
revoked_tokens = sa.Table(
    "revoked_tokens",
    metadata,
    sa.Column("subject", sa.Text, primary_key=True),
    sa.Column("project", sa.Text, primary_key=True),
    sa.Column("jti", sa.Text, primary_key=True),
    sa.Column("revoked_at", _TIME, nullable=False),
    sa.Column("forget_at", _TIME, nullable=False),
    sa.Column(
        "added_at", _TIME, nullable=False, index=True, server_default=sa.func.clock_timestamp()
    ),
)

_ADD = """
INSERT INTO revoked_tokens (subject, project, jti, revoked_at, forget_at)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (subject, project, jti) DO UPDATE
    SET revoked_at = greatest(revoked_tokens.revoked_at, excluded.revoked_at),
        forget_at = greatest(revoked_tokens.forget_at, excluded.forget_at),
        added_at = clock_timestamp()
"""
_READ = """
SELECT subject, project, jti, revoked_at, added_at FROM revoked_tokens WHERE added_at > $1
"""


async def add(transaction: Transaction, event: TokenRevoked) -> None:
    """Store a revocation; it takes effect in this service within `READ_SECONDS`."""
    forget_at = event.expires_at or event.occurred_at + (TOKENS.retention or timedelta())
    connection = await transaction.connection()
    await connection.execute(
        _ADD,
        event.subject,
        event.project,
        event.jti or "",
        event.occurred_at,
        forget_at + CLOCK_DIFFERENCE,
    )


async def forget_expired(transaction: Transaction) -> None:
    """Delete the revocations of tokens that have expired."""
    connection = await transaction.connection()
    await connection.execute("DELETE FROM revoked_tokens WHERE forget_at < now()")


class Revocations:
    """The revocations that this process knows, and the check of a caller by them."""

    def __init__(self, on_change: Callable[[], None]) -> None:
        """Start without revocations; `on_change` is called first when there are new ones."""
        self._tokens: set[tuple[str, str]] = set()
        self._people: dict[tuple[str, str], float] = {}
        self._newest = datetime(1970, 1, 1, tzinfo=UTC)
        self.on_change = [on_change]
        """The functions that are called when there are new revocations."""

    def check(self, caller: Caller) -> Caller:
        """Return `caller` without the projects that its token was revoked for.

        Raises AccessRevoked if the token is revoked, or was for no other project.
        """
        if (caller.pseudonym, caller.token_id) in self._tokens:
            raise AccessRevoked("Ask the lead of your project for a new invitation.")
        revoked = {name for name in caller.projects if self._is_revoked_for(caller, name)}
        if not revoked:
            return caller
        if revoked == caller.projects:
            raise AccessRevoked("Ask the lead of your project for a new invitation.")
        return replace(caller, projects=caller.projects - revoked)

    def is_revoked(self, caller: Caller) -> bool:
        """Return True if the token of `caller` was revoked, be it for one of its projects only."""
        is_refused = (caller.pseudonym, caller.token_id) in self._tokens
        return is_refused or any(self._is_revoked_for(caller, name) for name in caller.projects)

    def _is_revoked_for(self, caller: Caller, project: str) -> bool:
        return caller.issued_at <= self._people.get((caller.pseudonym, project), -1.0)

    async def start(self, database: Database) -> None:
        """Read the table before the first request, unless the database is away."""
        try:
            async with asyncio.timeout(FIRST_READ_SECONDS):
                await self.read(database)
        except AWAY as error:
            logs.get("auth").warning(
                "the revoked tokens could not be read yet; trying again", error=str(error)
            )

    async def keep_current(self, database: Database) -> None:
        """Read new revocations periodically until cancelled."""
        while True:
            await until_available(lambda: self.read(database), "auth")
            await asyncio.sleep(READ_SECONDS)

    async def read(self, database: Database) -> None:
        """Read the rows that were added since the last call."""
        async with database.transaction() as transaction:
            connection = await transaction.connection()
            rows = await connection.fetch(_READ, self._newest - OVERLAP)
        before = len(self._tokens), dict(self._people)
        for row in rows:
            self._newest = max(self._newest, row["added_at"])
            if row["jti"]:
                self._tokens.add((row["subject"], row["jti"]))
            else:
                self._people[row["subject"], row["project"]] = row["revoked_at"].timestamp()
        if (len(self._tokens), self._people) != before:
            for call in self.on_change:
                call()
