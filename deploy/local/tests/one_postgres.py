"""Starts a PostgreSQL in a folder, and stops it: `python one_postgres.py FOLDER`."""

import sys
from pathlib import Path

from labelwright_local.testing import running_postgres

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    with running_postgres(folder) as server:
        server.create_database()
    print("owner", (folder / "data").stat().st_uid)  # noqa: T201
