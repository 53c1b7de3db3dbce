"""Brings databases up to date, in a process of its own: what that loads shall not stay loaded.

python -m labelwright_local.migrate < [[PACKAGE, ADDRESS], ...]
"""

import json
import sys

from chassis.migrations import upgrade


def main() -> None:
    """Upgrade one after the other; the first that fails ends it."""
    for package, address in json.load(sys.stdin):
        upgrade(package, address)


if __name__ == "__main__":
    main()
