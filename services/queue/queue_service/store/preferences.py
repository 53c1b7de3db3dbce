"""The preferences of people: their own settings of the page."""

from typing import Any

from chassis.db.database import Transaction, as_json

_FIND = "SELECT document FROM preferences WHERE person = $1"
_STORE = """
INSERT INTO preferences (person, document) VALUES ($1, $2::jsonb)
ON CONFLICT (person) DO UPDATE SET document = excluded.document
"""


async def find(transaction: Transaction, pseudonym: str) -> dict[str, Any]:
    """Return a person's preferences; empty if none are stored."""
    connection = await transaction.connection()
    return await connection.fetchval(_FIND, pseudonym) or {}


async def store(transaction: Transaction, pseudonym: str, document: dict[str, Any]) -> None:
    """Store a person's preferences in the place of the earlier ones."""
    connection = await transaction.connection()
    await connection.execute(_STORE, pseudonym, as_json(document))
