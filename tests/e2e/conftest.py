"""Fixtures: the whole system as `labelwright up` starts it, with its most frequent calls."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from labelwright_client import tokens
from labelwright_local.ports import SPAN
from labelwright_local.testing import UP, RunningStack, running_stack

HERE = Path(__file__).parent
# Test folders are no packages: tests import modules of their folder, and of `bench`, by this path.
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "bench")]

PORT_BASE = 28500
TWO_QUEUES_PORT_BASE = PORT_BASE + SPAN
DATA = Path(__file__).parents[3] / "shared" / "data"
FIELDS = [
    {"name": "mood", "kind": "choice", "options": ["good", "bad"]},
    {"name": "why", "kind": "text", "required": False, "max_length": 100},
]
NO_HONEYPOTS = {"first_rate": 0.0, "rate": 0.0}


class System:
    """The running services, and calls to them."""

    def __init__(self, home: Path, stack: RunningStack) -> None:
        self.home, self.stack = home, stack
        self.http = httpx.Client(timeout=60)

    @property
    def ready(self) -> dict[str, Any]:
        """Read the ready file, which changes when a part is restarted with another pid."""
        found: dict[str, Any] = json.loads(self.stack.ready_file.read_text())
        return found

    def url(self, service: str) -> str:
        return str(self.ready["services"][service]["url"])

    def metrics(self, service: str) -> str:
        """Return the metrics of a service as Prometheus reads them."""
        return self.http.get(self.ready["services"][service]["metrics_url"]).text

    def pid(self, part: str) -> int:
        ready = self.ready
        return int((ready.get(part) or ready["services"].get(part))["pid"])

    def bearer(self, name: str, *roles: str, **more: Any) -> dict[str, str]:
        token = tokens.sign(self.home, name=name, roles=roles, **more)
        return {"authorization": f"Bearer {token}"}

    def call(
        self, service: str, method: str, path: str, *, name: str = "boss", roles: Any = None,
        **more: Any,
    ) -> httpx.Response:  # fmt: skip
        roles = roles or ("admin", "spec_owner", "pipeline", "trainer", "sre")
        headers = {**self.bearer(name, *roles), **more.pop("headers", {})}
        return self.http.request(method, self.url(service) + path, headers=headers, **more)

    def project(self, name: str, items: int = 0, **policy: Any) -> None:
        made = self.call("ingest", "POST", "/v1/projects", json={"name": name, "title": name})
        assert made.status_code == 201, made.text
        self.publish_spec(name, **policy)
        if items:
            rows = [{"external_id": f"x{n}", "payload": {"text": f"{n}"}} for n in range(items)]
            taken = self.call("ingest", "POST", f"/v1/projects/{name}/items", json=rows)
            assert taken.json()["created"] == items, taken.text

    def publish_spec(
        self, name: str, *, resolves: Any = (), relabel: str = "none", rule: str = "", **policy: Any
    ) -> dict[str, Any]:
        guidelines = [{"id": "R1", "text": rule}] if rule else []
        document = {
            "task_type": "mood", "fields": FIELDS, "guidelines": guidelines,
            "policy": {"honeypots": NO_HONEYPOTS, **policy},
        }  # fmt: skip
        body = {**document, "resolves": list(resolves), "relabel": relabel}
        answer = self.call("ingest", "POST", f"/v1/projects/{name}/specs", json=body)
        assert answer.status_code in (200, 201), answer.text
        found: dict[str, Any] = answer.json()
        return found

    def lease(self, who: str, project: str, *roles: str, **body: Any) -> list[dict[str, Any]]:
        wanted = {"projects": [project], "wait_seconds": 10, **body}
        answer = self.call("queue", "POST", "/v1/leases", name=who, roles=roles or ("annotator",),
                           json=wanted)  # fmt: skip
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["leases"]
        return found

    def answer(self, who: str, lease: dict[str, Any], mood: str) -> httpx.Response:
        path = f"/v1/leases/{lease['lease_id']}/annotation"
        return self.call("queue", "PUT", path, name=who, roles=("annotator",),
                         json={"label": {"mood": mood}})  # fmt: skip

    def summary(self, project: str) -> dict[str, Any]:
        answer = self.call("dataset-store", "GET", f"/v1/projects/{project}/labels/summary")
        return dict(answer.json()) if answer.status_code == 200 else {}

    def cli(self, *words: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "LABELWRIGHT_HOME": str(self.home)}
        environment["LABELWRIGHT_CACHE"] = str(self.home / "cache")
        command = [str(Path(sys.executable).parent / "labelwright"), *words]
        return subprocess.run(
            command, env=environment, capture_output=True, text=True, check=False, timeout=240
        )

    def kill(self, part: str) -> None:
        """Kill a part by SIGKILL."""
        os.kill(self.pid(part), signal.SIGKILL)


def until(condition: Callable[[], Any], seconds: float = 60) -> Any:
    """Return the result of `condition` when it is true; fail after `seconds`."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        found = condition()
        if found:
            return found
        time.sleep(0.1)
    pytest.fail(f"not within {seconds} s: {condition()}")


@pytest.fixture(scope="session")
def connect() -> Callable[[Path, RunningStack], System]:
    """Return the class of calls to a stack, for tests that start their own."""
    return System


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    home = tmp_path_factory.mktemp("stack") / "home"
    with running_stack(home, PORT_BASE) as stack:
        found = System(home, stack)
        yield found
        found.http.close()


@pytest.fixture
def two_queues(tmp_path: Path) -> Iterator[System]:
    """Start two replicas of the queue, with PostgreSQL and Kafka only."""
    words = [*UP, "--only", "queue", "--replicas", "queue=2"]
    with running_stack(tmp_path / "home", TWO_QUEUES_PORT_BASE, command=words) as stack:
        found = System(tmp_path / "home", stack)
        yield found
        found.http.close()


@pytest.fixture
def write_line(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Return a function that writes a line to the terminal even if the test passes."""
    plugins = request.config.pluginmanager
    terminal: Any = plugins.get_plugin("terminalreporter")
    capture: Any = plugins.get_plugin("capturemanager")

    def write(text: str) -> None:
        with capture.global_and_fixture_disabled():
            terminal.write_line(text)

    return write


@pytest.fixture(scope="session")
def wait() -> Callable[..., Any]:
    return until


@pytest.fixture(scope="session")
def data() -> Path:
    """Return the folder of public data sets."""
    if not DATA.is_dir():
        pytest.skip("the folder of public data sets is not beside the repository")
    return DATA
