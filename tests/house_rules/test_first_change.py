"""The first change of the README, applied as a patch to a copy of the repository."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PATCH = ROOT / "docs/first_change.patch"
MEMBERS = {
    "libs/schemas": "schemas",
    "services/queue": "queue_service",
    "services/consensus": "consensus_service",
    "services/dataset-store": "dataset_store_service",
}
TESTS = ("libs/schemas/tests", "services/consensus/tests/test_domain_votes.py")


def run(folder: Path, *command: str) -> str:
    """Run a command in `folder`, with the packages there before the installed ones."""
    path = os.pathsep.join(str(folder / member) for member in MEMBERS)
    environment = os.environ | {"PYTHONPATH": path}
    done = subprocess.run(
        command, cwd=folder, env=environment, text=True, capture_output=True, check=False
    )
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}{done.stderr}"
    return done.stdout


def tracked_files(folder: Path) -> dict[str, bytes]:
    """Return the content of all files that git knows, by path."""
    names = run(folder, "git", "ls-files", "--cached", "--others", "--exclude-standard")
    return {name: (folder / name).read_bytes() for name in names.splitlines()}


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    folder = tmp_path / "copy"
    for name, content in tracked_files(ROOT).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
        shutil.copymode(ROOT / name, folder / name)
    run(folder, "git", "init", "--quiet")
    return folder


@pytest.mark.timeout(300)
def test_the_first_change_applies_passes_its_checks_and_can_be_reverted(copy: Path) -> None:
    before = tracked_files(copy)

    run(copy, "git", "apply", str(PATCH))

    assert tracked_files(copy) != before
    run(copy, sys.executable, "-m", "ruff", "check", ".")
    run(copy, sys.executable, "-m", "ruff", "format", "--check", ".")
    packages = [f"{member}/{package}" for member, package in MEMBERS.items()]
    run(copy, sys.executable, "-m", "mypy", *packages)
    run(copy, sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *TESTS)
    run(copy, "git", "apply", "-R", str(PATCH))
    assert tracked_files(copy) == before


def test_the_readme_names_every_file_of_the_first_change() -> None:
    changed = re.findall(r"^\+\+\+ b/(.+)$", PATCH.read_text(), flags=re.MULTILINE)
    readme = (ROOT / "README.md").read_text()

    assert changed
    assert [name for name in changed if name not in readme] == []
