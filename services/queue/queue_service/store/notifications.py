"""Statements for the stream of an open page."""

from collections.abc import Sequence
from typing import Any

from chassis.db.database import Transaction

_PROJECTS = """
SELECT p.project, p.newest_version AS version,
    CASE a.standing WHEN 'suspended' THEN 'suspended' ELSE 'good' END AS standing
FROM projects p LEFT JOIN annotators a ON a.project = p.project AND a.annotator = $1
WHERE $2::text[] IS NULL OR p.project = ANY($2)
ORDER BY p.project
"""


async def projects_of(
    transaction: Transaction, annotator: str, projects: Sequence[str] | None
) -> list[dict[str, Any]]:
    """Return the newest spec version of `projects` (None: all), and the annotator's standing.

    Annotators see `suspended` or `good`: the other standings change with a honeypot's score.
    """
    connection = await transaction.connection()
    return [dict(row) for row in await connection.fetch(_PROJECTS, annotator, projects)]
