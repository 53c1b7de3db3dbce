"""Every SQL statement of the dataset-store."""

import orjson


def as_json(value: object) -> str:
    """`value` as a parameter for a statement. asyncpg's own UUIDs are none to orjson."""
    return orjson.dumps(value, default=str).decode()
