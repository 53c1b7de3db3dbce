"""The command line `labelwright`. Errors are one sentence; exit codes say what kind.

0 done · 1 failure · 2 wrong usage or input · 3 refused by the service · 4 not reachable ·
5 verification failed
"""

import os
import sys

from labelwright_client.cli.app import app
from labelwright_client.cli.output import code_of, sentence_of, to_stderr

TRACEBACK = "LABELWRIGHT_TRACEBACK"


def main() -> None:
    """Run the command that the arguments name, and exit."""
    try:
        app(prog_name="labelwright")
    except Exception as error:
        if os.environ.get(TRACEBACK):
            raise
        to_stderr(f"labelwright: {sentence_of(error)}")
        sys.exit(code_of(error))
