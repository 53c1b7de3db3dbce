"""Statements about the people of a project: their names, and how much each has done."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from chassis.db.database import Transaction
from queue_service.store.views import ALLOW_FULL_SCANS

_ADD = """
INSERT INTO people (project, name, pseudonym, issuer, subject, roles, added_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (project, name) DO UPDATE SET revoked_at = NULL, roles = ARRAY(
    SELECT DISTINCT unnest(people.roles || excluded.roles) ORDER BY 1)
RETURNING pseudonym, issuer, subject
"""
_NAME_OF = """
SELECT name FROM people WHERE project = ANY($1) AND pseudonym = $2 ORDER BY project LIMIT 1
"""
_REVOKE = """
UPDATE people SET revoked_at = $3 WHERE project = $1 AND pseudonym = $2 RETURNING name
"""
# Everybody in the directory, and every annotator of the project whether it has a name or not.
_PEOPLE = """
WITH both_sides AS (
    SELECT pseudonym FROM people WHERE project = $1
    UNION SELECT annotator FROM annotators WHERE project = $1
)
SELECT b.pseudonym, p.name, coalesce(p.roles, '{}') AS roles, p.revoked_at, i.invited_at,
    least(a.first_done_at, i.first_used_at) AS first_seen_at,
    greatest(a.last_done_at, i.last_used_at) AS last_seen_at,
    coalesce(a.done, 0) AS done,
    CASE WHEN a.done_on = ($4::timestamptz AT TIME ZONE 'UTC')::date THEN a.done_that_day ELSE 0 END
        AS done_today,
    coalesce(h.done, 0) AS done_last_hour
FROM both_sides b
    LEFT JOIN people p ON p.project = $1 AND p.pseudonym = b.pseudonym
    LEFT JOIN annotators a ON a.project = $1 AND a.annotator = b.pseudonym
    LEFT JOIN LATERAL (
        SELECT max(created_at) AS invited_at, min(used_at) AS first_used_at,
            max(used_at) AS last_used_at
        FROM invitations v WHERE v.project = $1 AND v.name = p.name
    ) i ON true
    LEFT JOIN (
        SELECT s.annotator, count(*) AS done FROM answers s JOIN work w USING (work_id)
        WHERE w.project = $1 AND s.submitted_at > $4::timestamptz - interval '1 hour' GROUP BY 1
    ) h ON h.annotator = b.pseudonym
WHERE b.pseudonym > $2 ORDER BY b.pseudonym LIMIT $3
"""
_DONE = """
SELECT coalesce(sum(done), 0) AS done,
    coalesce(sum(done_that_day) FILTER (WHERE done_on = $3), 0) AS done_today
FROM annotators WHERE annotator = $1 AND ($2::text[] IS NULL OR project = ANY($2))
"""


@dataclass(frozen=True, slots=True)
class Identity:
    """The pseudonym of a person, made of the issuer and the subject of the person's tokens."""

    pseudonym: str
    issuer: str
    subject: str


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A person of a project, with the times and counts that leads see."""

    pseudonym: str
    name: str | None
    roles: list[str]
    revoked_at: datetime | None
    invited_at: datetime | None
    first_seen_at: datetime | None
    last_seen_at: datetime | None
    done: int
    done_today: int
    done_last_hour: int


async def add_person(
    transaction: Transaction,
    project: str,
    name: str,
    identity: Identity,
    roles: Sequence[str],
    now: datetime,
) -> Identity:
    """Add a person, or roles to a known one; return the identity that is stored for the name."""
    connection = await transaction.connection()
    row = await connection.fetchrow(
        _ADD,
        project,
        name,
        identity.pseudonym,
        identity.issuer,
        identity.subject,
        sorted(set(roles)),
        now,
    )
    return Identity(**row)


async def name_of(transaction: Transaction, projects: Sequence[str], pseudonym: str) -> str | None:
    """Return the name that the directory of one of `projects` has for a pseudonym, if any has."""
    connection = await transaction.connection()
    name: str | None = await connection.fetchval(_NAME_OF, projects, pseudonym)
    return name


async def revoke_person(
    transaction: Transaction, project: str, pseudonym: str, now: datetime
) -> str | None:
    """Note that the access of a person was revoked; return the name, None if there is none."""
    connection = await transaction.connection()
    name: str | None = await connection.fetchval(_REVOKE, project, pseudonym, now)
    return name


async def list_people(
    transaction: Transaction, project: str, after: str, limit: int, now: datetime
) -> list[PersonRow]:
    """Return the people of a project whose pseudonym is greater than `after`, in that order."""
    connection = await transaction.connection()
    await connection.execute(ALLOW_FULL_SCANS)
    rows = await connection.fetch(_PEOPLE, project, after, limit, now)
    return [PersonRow(**row) for row in rows]


async def done(
    transaction: Transaction, annotator: str, projects: Sequence[str] | None, today: date
) -> tuple[int, int]:
    """Return the number of submissions in these projects (None: in all), and of those today."""
    connection = await transaction.connection()
    row = await connection.fetchrow(_DONE, annotator, projects, today)
    return row["done"], row["done_today"]
