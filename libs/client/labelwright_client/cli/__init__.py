"""The command line `labelwright`, which needs the extra `cli`: labelwright-client[cli].

Errors are one sentence on the standard error. Exit codes:
0 done · 1 failure · 2 wrong usage or input · 3 refused by the service · 4 not reachable ·
5 verification failed
"""

import sys
from importlib import import_module

EXTRA = ("agreement", "labels", "numpy", "rich", "typer")
"""The packages that the extra `cli` installs."""


def main() -> None:
    """Run the command that the arguments name, and exit."""
    try:
        run = import_module("labelwright_client.cli.run")
    except ModuleNotFoundError as error:
        if error.name not in EXTRA:
            raise
        sys.exit(
            f"labelwright: the command line needs the package {error.name}, which is not"
            " installed. Install it with: pip install 'labelwright-client[cli]'"
        )
    run.main()
