"""What every bench of the running system needs: a stack, a project, tokens, percentiles."""

import contextlib
import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from labelwright_client import tokens
from labelwright_local.testing import running_stack

PORT_BASE = 27300
FIELDS = [{"name": "mood", "kind": "choice", "options": ["good", "bad"]}]


@dataclass(frozen=True, slots=True)
class Scene:
    """A running stack and who may use it."""

    home: Path
    ready: dict[str, Any]

    def url(self, service: str) -> str:
        """Where a service answers."""
        address: str = self.ready["services"][service]["url"]
        return address

    def pid(self, part: str) -> int:
        """The process of a service, of `postgres` or of `kafka`."""
        one = self.ready[part] if part in ("postgres", "kafka") else self.ready["services"][part]
        number: int = one["pid"]
        return number

    def bearer(self, name: str, *roles: str) -> dict[str, str]:
        """The header of a token for `name`."""
        return {"authorization": f"Bearer {tokens.sign(self.home, name=name, roles=roles)}"}

    def project(self, name: str, items: int, **policy: Any) -> None:  # noqa: ANN401
        """A project with `items` tasks, imported through the API."""
        admin = self.bearer("bench", "admin", "pipeline", "spec_owner")
        with httpx.Client(base_url=self.url("ingest"), headers=admin, timeout=120) as http:
            http.post("/v1/projects", json={"name": name, "title": name}).raise_for_status()
            spec = {"task_type": "mood", "fields": FIELDS, "guidelines": [], "policy": policy}
            http.post(f"/v1/projects/{name}/specs", json=spec).raise_for_status()
            for start in range(0, items, 5000):
                part = range(start, min(start + 5000, items))
                rows = [{"external_id": f"x{n}", "payload": {"text": f"text {n}"}} for n in part]
                http.post(f"/v1/projects/{name}/items", json=rows).raise_for_status()


@contextlib.contextmanager
def scene(*, only: Sequence[str] = ()) -> Iterator[Scene]:
    """A stack of its own, all services or some."""
    with tempfile.TemporaryDirectory(prefix="labelwright-bench-") as folder:
        home = Path(folder) / "home"
        with running_stack(home, PORT_BASE) as stack:
            del only
            yield Scene(home, stack.ready)


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that `share` of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def report(title: str, figures: dict[str, Any]) -> None:
    """A small table, and the same as one line of JSON."""
    print(f"\n{title}")
    for name, value in figures.items():
        print(f"  {name:<42} {value:.3f}" if isinstance(value, float) else f"  {name:<42} {value}")
    print(json.dumps({"bench": title, **figures}))
