"""The databases of the stack: one for each service."""

import asyncpg


async def create(admin_dsn: str, names: list[str]) -> None:
    """Create those of the databases `names` that do not exist."""
    connection = await asyncpg.connect(admin_dsn)
    try:
        rows = await connection.fetch("SELECT datname FROM pg_database")
        existing = {row["datname"] for row in rows}
        for name in names:
            if name not in existing:
                # Copying files is faster than writing to the log for such a small template.
                await connection.execute(f'CREATE DATABASE "{name}" STRATEGY file_copy')
    finally:
        await connection.close()
