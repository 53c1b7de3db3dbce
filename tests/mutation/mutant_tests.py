"""One run of the copied tests against the copied package, in a process of its own."""

import sys
from contextlib import redirect_stderr, redirect_stdout
from importlib import import_module
from pathlib import Path
from typing import NoReturn

import pytest
from hypothesis import settings

OUTPUT = "output.txt"
OPTIONS = (
    *("-q", "-x", "-p", "no:cacheprovider", "--import-mode=importlib"),
    # Only what tests without a database need is loaded.
    *("--disable-plugin-autoload", "--assert=plain"),
)


def run(folder: Path, package: str) -> NoReturn:
    """Run the tests in `folder` against its own copy of `package`; exit with 0 if all pass.

    Hypothesis tries a few examples, the same in every run. The output is in `OUTPUT`.
    """
    sys.dont_write_bytecode = True
    sys.path.insert(0, str(folder))
    settings.register_profile(
        "mutants", max_examples=20, derandomize=True, database=None, deadline=None
    )
    settings.load_profile("mutants")
    with (folder / OUTPUT).open("w") as output, redirect_stdout(output), redirect_stderr(output):
        imported = import_module(package).__file__
        if imported != str(folder / package / "__init__.py"):
            sys.exit(f"{imported} is imported in place of the copy.")
        sys.exit(pytest.main([*OPTIONS, "-c", str(folder / "pytest.ini"), str(folder)]))
