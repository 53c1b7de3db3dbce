"""Runs a command, and turns an exception into one sentence and an exit code."""

import os
import sys

from labelwright_client.cli.app import app
from labelwright_client.cli.output import error_message, exit_code, print_error

TRACEBACK = "LABELWRIGHT_TRACEBACK"


def main() -> None:
    """Run the command that the arguments name, and exit."""
    try:
        app(prog_name="labelwright")
    except Exception as error:
        if os.environ.get(TRACEBACK):
            raise
        print_error(f"labelwright: {error_message(error)}")
        sys.exit(exit_code(error))
