"""Every SQL statement of ingest.

Whatever makes or withdraws tasks of a project holds the lock of its row: one at a time, in the
order in which the others hear of it, and without deadlocks.
"""

import orjson


def as_json(value: object) -> str:
    """`value` as a parameter for a statement. asyncpg's own UUIDs are none to orjson."""
    return orjson.dumps(value, default=str).decode()
