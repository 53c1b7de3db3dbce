"""The commands and code in the docs work as written."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


def first_block(page: str) -> str:
    found = re.search(r"```python\n(.*?)```", (ROOT / "docs" / page).read_text(), flags=re.DOTALL)
    assert found is not None
    return found.group(1)


def test_the_example_of_the_client_runs_and_runs_again(system: Any) -> None:
    variables = {
        "LABELWRIGHT_HOME": str(system.home),
        "LABELWRIGHT_CACHE": str(system.home / "cache"),
    }
    command = [sys.executable, "-c", first_block("client.md")]

    runs = [
        subprocess.run(
            command, env={**os.environ, **variables}, capture_output=True, text=True, check=False,
            timeout=120,
        )
        for _ in range(2)
    ]  # fmt: skip

    assert [run.returncode for run in runs] == [0, 0], runs[0].stderr + runs[1].stderr
    hashes = {run.stdout.split()[0] for run in runs}
    assert len(hashes) == 1
    assert len(hashes.pop()) == 64
