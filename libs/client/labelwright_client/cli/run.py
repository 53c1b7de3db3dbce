"""Runs a command, and turns an exception into one sentence and an exit code."""

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
