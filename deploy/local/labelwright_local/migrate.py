"""Migrations, in a process of its own: what they load shall not stay loaded.

python -m labelwright_local.migrate < [[PACKAGE, ADDRESS], ...]   brings databases up to date
python -m labelwright_local.migrate SERVICE WHAT_CHANGES          writes the next migration
"""

import json
import sys
import tempfile
from pathlib import Path

from chassis.migrations import revise, upgrade
from labelwright_local.servers import running_postgres
from labelwright_local.services import SERVICES

USAGE = f"usage: SERVICE WHAT_CHANGES, with SERVICE of {', '.join(one.name for one in SERVICES)}"


def main() -> None:
    """Do what the arguments say; without any, upgrade what the standard input names."""
    if len(sys.argv) == 1:
        for package, address in json.load(sys.stdin):
            upgrade(package, address)
    else:
        write_next(sys.argv[1:])


def write_next(words: list[str]) -> None:
    """Write what a service's tables say beyond its migrations, found out on a new PostgreSQL."""
    packages = {one.name: one.package for one in SERVICES}
    if len(words) != 2 or words[0] not in packages or not words[1].strip():
        sys.exit(USAGE)
    name, message = words
    with tempfile.TemporaryDirectory() as folder, running_postgres(Path(folder)) as server:
        address = server.url(server.create_database())
        upgrade(packages[name], address)
        revise(packages[name], address, message)


if __name__ == "__main__":
    main()
