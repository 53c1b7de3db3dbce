"""Migrations, in a process of their own, so that the modules they load do not stay in memory.

python -m labelwright_local.migrate < [[PACKAGE, ADDRESS], ...]   migrates databases
python -m labelwright_local.migrate SERVICE DESCRIPTION           writes the next migration
"""

import json
import sys
import tempfile
from pathlib import Path

from chassis.migrations import revise, upgrade
from labelwright_local.servers import running_postgres
from labelwright_local.services import SERVICES

USAGE = f"usage: SERVICE DESCRIPTION, with SERVICE one of {', '.join(s.name for s in SERVICES)}"


def main() -> None:
    """Write a migration if there are arguments, else migrate the databases in standard input."""
    if len(sys.argv) == 1:
        for package, address in json.load(sys.stdin):
            upgrade(package, address)
    else:
        write_next(sys.argv[1:])


def write_next(arguments: list[str]) -> None:
    """Write the difference of tables and migrations as a migration, using a new PostgreSQL."""
    packages = {service.name: service.package for service in SERVICES}
    if len(arguments) != 2 or arguments[0] not in packages or not arguments[1].strip():
        sys.exit(USAGE)
    name, message = arguments
    with tempfile.TemporaryDirectory() as folder, running_postgres(Path(folder)) as server:
        address = server.url(server.create_database())
        upgrade(packages[name], address)
        revise(packages[name], address, message)


if __name__ == "__main__":
    main()
