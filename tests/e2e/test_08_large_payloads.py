"""An item whose text is too large to travel inline, from its import to a verified download."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from conftest import NO_HONEYPOTS, until
from schemas.canonical import canonical, digest

System = Any
INPUTS = Path(__file__).parents[1] / "inputs"
TEXT = "Grüße aus 東京 😀. " * 20_000
LARGE = {"text": TEXT}
RIGHT = {"who": [{"start": 10, "end": 12, "quote": "東京"}]}
WRONG = {"who": [{"start": 10, "end": 12, "quote": "xy"}]}


def spans_project(system: System, name: str, **policy: Any) -> None:
    made = system.call("ingest", "POST", "/v1/projects", json={"name": name, "title": name})
    body = {
        "task_type": "marking",
        "fields": [{"name": "who", "kind": "spans"}],
        "policy": {"redundancy": 1, "redundancy_max": 1, "honeypots": NO_HONEYPOTS, **policy},
    }
    published = system.call("ingest", "POST", f"/v1/projects/{name}/specs", json=body)
    assert (made.status_code, published.status_code) == (201, 201), published.text


def answered(system: System, lease: dict[str, Any], label: Any, who: str = "ada") -> int:
    path = f"/v1/leases/{lease['lease_id']}/annotation"
    body = {"label": label}
    answer = system.call("queue", "PUT", path, name=who, roles=("annotator",), json=body)
    return int(answer.status_code)


def test_a_large_text_is_imported_marked_published_and_pulled(
    system: System, tmp_path: Path
) -> None:
    spans_project(system, "large")
    file = tmp_path / "large.ndjson"
    file.write_text(json.dumps({"external_id": "1", "payload": LARGE}) + "\n")
    imported = system.cli("import", "large", str(file), "--json")
    assert json.loads(imported.stdout)["created"] == 1, imported.stdout

    [lease] = system.lease("ada", "large")
    shown = system.http.get(lease["blob"]["url"])
    codes = [answered(system, lease, label) for label in (WRONG, RIGHT, RIGHT)]

    assert (lease["payload"], lease["blob"]["size"]) == (None, len(canonical(LARGE)))
    assert shown.json() == LARGE
    assert codes == [422, 201, 200]

    until(lambda: system.summary("large").get("decided"))
    made = json.loads(system.cli("publish", "large", "--json").stdout)
    pulled = json.loads(system.cli("pull", made["hash"], "--json").stdout)
    verified = system.cli("verify", pulled["folder"])

    kept = Path(pulled["folder"]) / "payloads" / digest(LARGE)
    assert pulled["large_payloads"] == 1
    assert json.loads(kept.read_bytes()) == LARGE
    assert hashlib.sha256(kept.read_bytes()).hexdigest() == digest(LARGE)
    assert verified.returncode == 0, verified.stderr
    kept.write_bytes(b"{}")
    assert system.cli("verify", pulled["folder"]).returncode == 5


def test_a_model_is_held_to_a_large_text_too(system: System) -> None:
    spans_project(system, "large-bulk")
    rows = [{"external_id": name, "payload": {**LARGE, "n": name}} for name in ("a", "b")]
    system.call("ingest", "POST", "/v1/projects/large-bulk/items", json=rows)
    leases = [system.lease(who, "large-bulk")[0] for who in ("ada", "bob")]
    answers = [{"external_id": "a", "label": RIGHT}, {"external_id": "b", "label": WRONG}]
    body = {"project": "large-bulk", "annotations": answers}
    headers = system.bearer("m", "annotator", kind="model")

    url = f"{system.url('queue')}/v1/annotations/bulk"
    taken = system.http.post(url, json=body, headers=headers).json()

    assert [lease["payload"] for lease in leases] == [None, None]
    assert (taken["accepted"], [one["index"] for one in taken["refused"]]) == (1, [1])
    assert "/label/who/0/quote" in taken["refused"][0]["problem"]


def test_a_large_honeypot_is_answered_and_scored_like_a_small_one(system: System) -> None:
    always = {"first": 0, "first_rate": 1.0, "rate": 1.0}
    spans_project(system, "large-gold", honeypots=always)
    gold = [{"external_id": "g", "payload": LARGE, "label": RIGHT}]
    wrong = [{"external_id": "w", "payload": LARGE, "label": WRONG}]
    work = [{"external_id": "w", "payload": {**LARGE, "n": 1}}]
    refused = system.call("ingest", "POST", "/v1/projects/large-gold/gold", json=wrong).json()
    system.call("ingest", "POST", "/v1/projects/large-gold/gold", json=gold)
    system.call("ingest", "POST", "/v1/projects/large-gold/items", json=work)
    until(lambda: _is_honeypot_next(system))
    [lease] = system.lease("gus", "large-gold")

    codes = [answered(system, lease, label, who="gus") for label in (WRONG, RIGHT)]

    assert refused["rejected"][0]["problem"]["pointer"] == "/label/who/0/quote"
    assert lease["blob"]["sha256"] == digest(LARGE)
    assert codes == [422, 201]
    scored = until(
        lambda: [
            one
            for one in system.call("quality", "GET", "/v1/projects/large-gold/annotators").json()[
                "annotators"
            ]
            if one["accuracy"]["n"] == 1
        ]
    )
    assert scored[0]["accuracy"]["value"] == 1.0


def _is_honeypot_next(system: System) -> bool:
    """Return True if both tasks exist: another annotator leases them and releases the leases."""
    [lease] = system.lease("scout", "large-gold")
    system.call("queue", "DELETE", f"/v1/leases/{lease['lease_id']}", name="scout",
                roles=("annotator",))  # fmt: skip
    return bool(lease["blob"]["sha256"] == digest(LARGE))


def test_a_payload_that_looks_like_a_reference_is_shown_as_it_is(system: System) -> None:
    system.project("looks-like-a-reference")
    file = INPUTS / "payload-that-looks-like-a-reference.ndjson"
    system.cli("import", "looks-like-a-reference", str(file), "--json")

    [lease] = system.lease("ada", "looks-like-a-reference")

    assert (lease["payload"], lease["blob"]) == ({"blob": "1" * 64}, None)


@pytest.mark.parametrize("more", [[], ["--json"]], ids=["text", "json"])
def test_an_item_without_the_text_that_is_to_be_marked_is_rejected(
    system: System, more: list[str]
) -> None:
    name = f"without-text{len(more)}"
    spans_project(system, name)

    done = system.cli("import", name, str(INPUTS / "item-without-text.ndjson"), *more)

    assert done.returncode == 3
    assert "/payload/text" in done.stdout + done.stderr
    assert len(system.lease("ada", name, count=9)) == 1
