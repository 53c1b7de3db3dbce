"""The core of the client is installed and imported without the packages of its extras."""

import subprocess
import sys
from importlib.metadata import PackageNotFoundError, requires

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ONLY_IN_EXTRAS = {
    "labelwright-agreement",
    "labelwright-labels",
    "numpy",
    "rich",
    "scipy",
    "typer",
    "vadersentiment",
}

BLOCK = """
import sys
from importlib.abc import MetaPathFinder

class Blocked(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"numpy", "scipy", "rich", "typer", "agreement", "labels"}:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name.partition(".")[0])

sys.meta_path.insert(0, Blocked())
"""

CALL_THE_CORE = """
import httpx
from labelwright_client import (
    Client, Stack, consensus, datasets, ingest, payloads, quality, queue, tokens, upload, versions,
)
from schemas.ingest import ItemRequest

def answer(request):
    assert request.url.path == "/v1/projects/reviews/items"
    return httpx.Response(200, json={
        "created": 1, "unchanged": 0, "changed": 0, "updated": 0, "rejected": [], "warnings": [],
    })

stack = Stack({"ingest": "http://ingest"}, token="secret")
with Client(stack, transport=httpx.MockTransport(answer)) as client:
    lines = upload.lines_of([ItemRequest(external_id="1", payload={"text": "good"})])
    print(upload.send_all(client, "reviews", lines).created)
"""

RUN_THE_COMMAND = """
from labelwright_client.cli import main

main()
"""


def installed_with(distribution: str) -> set[str]:
    """Return the names of all distributions that pip installs for `distribution`."""
    found: set[str] = set()
    waiting = [Requirement(distribution)]
    done: set[str] = set()
    while waiting:
        wanted = waiting.pop()
        if str(wanted) in done:
            continue
        done.add(str(wanted))
        found.add(canonicalize_name(wanted.name))
        try:
            listed = [Requirement(text) for text in requires(wanted.name) or []]
        except PackageNotFoundError:
            continue  # A package for another platform or Python.
        extras = wanted.extras or {""}
        waiting += [
            one
            for one in listed
            if one.marker is None or any(one.marker.evaluate({"extra": extra}) for extra in extras)
        ]
    return found


def run(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", BLOCK + code, *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_the_client_alone_installs_nothing_of_the_extras() -> None:
    core = installed_with("labelwright-client")

    assert core >= {"httpx", "labelwright-schemas", "pydantic"}
    assert core & ONLY_IN_EXTRAS == set()


@pytest.mark.parametrize(
    ("extra", "packages"),
    [
        ("replay", {"rich"}),
        ("cli", {"labelwright-agreement", "labelwright-labels", "numpy", "rich", "typer"}),
        ("demo", {"numpy", "rich", "typer", "vadersentiment"}),
    ],
)
def test_an_extra_installs_what_its_package_imports(extra: str, packages: set[str]) -> None:
    assert installed_with(f"labelwright-client[{extra}]") >= packages


def test_the_core_sends_calls_where_numpy_rich_and_typer_are_absent() -> None:
    done = run(CALL_THE_CORE)

    assert done.stderr == ""
    assert done.stdout == "1\n"


def test_the_command_without_its_extra_says_what_to_install() -> None:
    done = run(RUN_THE_COMMAND, "status", "reviews")

    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.endswith("pip install 'labelwright-client[cli]'\n")
    assert done.stderr.count("\n") == 1
