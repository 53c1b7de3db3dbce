"""No route of any service changes for work and not for honeypots, as an annotator can read it.

Before and after each of many answers an annotator reads every route that takes GET, of all five
services, with its own token. Each number that comes back (also how long lists are) must change
alike for work and honeypots. The counts that an admin reads and the counters at quality's metrics
port do tell them apart: both must be found by the same means, or the test would see nothing.
"""

import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import httpx
import numpy as np

sys.path.append(str(Path(__file__).parents[2] / "services" / "queue" / "tests"))
from blindness import Z_EACH, area

System = Any
Numbers = dict[str, float]

SERVICES = ("ingest", "queue", "consensus", "quality", "dataset-store")
ANSWERS = 80
SETTLE_SECONDS = 0.3
"""The time for the events of an annotation to reach every service; 0.02 on an idle machine."""
STREAMS = ("/v1/me/events",)
"""Streams, which never end and are tested in services/queue/tests/test_stream.py."""


def numbers(value: Any, at: str) -> Numbers:
    """Return every number in a JSON value, and the length of every list, by its path."""
    if isinstance(value, bool | int | float):
        return {at: float(value)}
    if isinstance(value, dict):
        return {
            k: v for name, one in value.items() for k, v in numbers(one, f"{at}/{name}").items()
        }
    if isinstance(value, list):
        inner = {k: v for n, one in enumerate(value) for k, v in numbers(one, f"{at}/{n}").items()}
        return {f"{at}#": float(len(value)), **inner}
    return {}


class Observer:
    """Reads the same addresses repeatedly with the same token."""

    def __init__(self, http: httpx.Client, headers: dict[str, str], addresses: list[str]) -> None:
        self.http, self.headers, self.addresses = http, headers, addresses

    def read(self) -> Numbers:
        found: Numbers = {}
        for address in self.addresses:
            answer = self.http.get(address, headers=self.headers)
            found[f"{address} status"] = float(answer.status_code)
            if answer.status_code == 200 and "json" in answer.headers["content-type"]:
                found |= numbers(answer.json(), address)
        return found


def addresses(system: System, values: dict[str, str]) -> list[str]:
    """Return every address with the method GET, with `values` in place of the parameters."""
    found = []
    for service in SERVICES:
        base = system.url(service)
        document = system.http.get(f"{base}/openapi.json").json()
        paths = [path for path, methods in document["paths"].items() if "get" in methods]
        paths += ["/metrics", "/health/ready", "/health/live"]
        found += [base + path.format_map(values) for path in paths if path not in STREAMS]
    return [one + f"?project={values['project']}" * one.endswith("/explain") for one in found]


def revealing(changes: list[Numbers], truth: list[bool]) -> dict[str, float]:
    """Return the numbers whose changes reveal honeypots, with the area under the ROC curve."""
    labels, items = np.array(truth), np.arange(len(truth))
    found = {}
    for name in {name for one in changes for name in one}:
        scores = np.array([one.get(name, 0.0) for one in changes])
        seen = area(scores, labels, items, Z_EACH)
        if not seen.low <= 0.5 <= seen.high:
            found[name] = max(seen.auc, 1 - seen.auc)
    return found


def honeypot_counters(metrics: str) -> Numbers:
    """Return the counters of honeypots among the metrics that Prometheus scrapes."""
    lines = [line for line in metrics.splitlines() if "honeypot" in line and line[0] != "#"]
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


def difference(before: Numbers, after: Numbers) -> Numbers:
    return {name: after.get(name, 0.0) - before.get(name, 0.0) for name in {*before, *after}}


def test_no_route_changes_for_work_and_not_for_honeypots(system: System) -> None:
    system.project("blind", redundancy=1, redundancy_max=1, votes_floor=1,
                   honeypots={"first": 0, "first_rate": 0.5, "rate": 0.5})  # fmt: skip
    for kind, words in (("items", {}), ("gold", {"label": {"mood": "good"}})):
        rows = [
            {"external_id": f"{kind}{n}", "payload": {"text": f"{kind} {n}"}, **words}
            for n in range(ANSWERS)
        ]
        taken = system.call("ingest", "POST", f"/v1/projects/blind/{kind}", json=rows)
        assert taken.json()["created"] == ANSWERS, taken.text
    [first] = system.lease("onlooker", "blind")
    assert system.answer("onlooker", first, "good").status_code == 201
    time.sleep(2)
    people = system.call("quality", "GET", "/v1/projects/blind/annotators").json()["annotators"]
    nothing = "00000000-0000-0000-0000-000000000001"
    values = defaultdict(lambda: nothing, project="blind", version="1", hash="0" * 64, a="0" * 64,
                         b="1" * 64, dataset="blind", name="records.jsonl", sha256="0" * 64,
                         annotator=people[0]["annotator"])  # fmt: skip
    own = Observer(system.http, system.bearer("onlooker", "annotator"), addresses(system, values))
    admin = Observer(
        system.http,
        system.bearer("boss", "admin"),
        [system.url("dataset-store") + "/v1/projects/blind/labels/summary"],
    )

    changes, known, scraped, truth = [], [], [], []
    for _ in range(ANSWERS):
        [lease] = system.lease("onlooker", "blind")
        before, before_admin = own.read(), admin.read()
        before_scrape = honeypot_counters(system.metrics("quality"))
        assert system.answer("onlooker", lease, "good").status_code == 201
        time.sleep(SETTLE_SECONDS)
        changes.append(difference(before, own.read()))
        known.append(difference(before_admin, admin.read()))
        scraped.append(difference(before_scrape, honeypot_counters(system.metrics("quality"))))
        truth.append(lease["payload"]["text"].startswith("gold"))

    assert 20 <= sum(truth) <= ANSWERS - 20
    assert max(revealing(known, truth).values(), default=0) >= 0.9
    assert max(revealing(scraped, truth).values(), default=0) >= 0.9
    assert revealing(changes, truth) == {}


def test_what_counts_labels_is_not_for_annotators(system: System) -> None:
    system.project("uncounted", items=2)
    looked = {"name": "ada", "roles": ("annotator", "reviewer", "adjudicator")}

    project = system.call("ingest", "GET", "/v1/projects/uncounted", **looked).json()
    summary = system.call("dataset-store", "GET", "/v1/projects/uncounted/labels/summary", **looked)

    assert [project[name] for name in ("items", "tasks", "gold", "rolling_out")] == [None] * 4
    assert summary.status_code == 403


def test_annotators_read_a_spec_without_the_honeypot_policy(system: System) -> None:
    system.project("unrated", redundancy=2)
    paths = (("ingest", "/v1/projects/unrated/specs/1"), ("queue", "/v1/specs/unrated/1"))
    for service, path in paths:
        deadline = time.monotonic() + 20
        while system.call(service, "GET", path).status_code != 200:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        whole = system.call(service, "GET", path)
        own = system.call(service, "GET", path, name="ada", roles=("annotator",))

        assert "honeypots" in whole.json()["document"]["policy"]
        assert "honeypots" not in own.json()["document"]["policy"]
        assert own.json()["document"]["policy"]["redundancy"] == 2
        assert whole.json()["hash"] == own.json()["hash"]
        assert whole.headers["etag"] != own.headers["etag"]
        for answer in (whole, own):
            assert "Authorization" in answer.headers["vary"].split(", ")
            assert "private" in answer.headers["cache-control"]


def test_what_is_out_of_reach_is_refused_like_what_does_not_exist(system: System) -> None:
    system.project("hidden", items=1)
    limited = system.bearer("limited", "admin", "spec_owner", projects=("elsewhere",))
    for service, path in (
        ("ingest", "/v1/projects/{}"),
        ("consensus", "/v1/projects/{}/conflicts"),
        ("quality", "/v1/projects/{}/spec-issues"),
        ("dataset-store", "/v1/projects/{}/labels/summary"),
    ):
        found = []
        for name in ("hidden", "nobody"):
            answer = system.http.get(system.url(service) + path.format(name), headers=limited)
            body = answer.json()
            found.append((answer.status_code, body["type"], body["title"], body["detail"]))
        hidden, missing = found
        assert hidden == (
            missing[0],
            missing[1],
            missing[2],
            missing[3].replace("nobody", "hidden"),
        )
        assert hidden[0] == 404
