"""From a raw item to a verified dataset version, and from a failing spec to the next one."""

import json
from collections.abc import Callable
from typing import Any

System = Any


def annotate_all(system: System, project: str, answers: dict[str, Callable[[str], str]]) -> None:
    for who, says in answers.items():
        while leases := system.lease(who, project, wait_seconds=1, count=5):
            for lease in leases:
                assert system.answer(who, lease, says(lease["payload"]["text"])).status_code == 201


def test_an_item_becomes_a_label_in_a_version_that_another_command_verifies(
    system: System, wait: Any
) -> None:
    system.project("life", 10, redundancy=2)
    wait(lambda: system.lease("ada", "life", wait_seconds=1, count=1))
    held = system.call("queue", "GET", "/v1/leases", name="ada", roles=("annotator",)).json()
    for lease in held["leases"]:
        system.answer("ada", lease, "good")
    annotate_all(system, "life", {"ada": lambda _: "good", "bob": lambda _: "good"})

    wait(lambda: system.summary("life").get("decided", {}).get("unanimous") == 10)
    published = system.cli("publish", "life", "--json")
    version = json.loads(published.stdout.splitlines()[-1])["hash"]
    pulled = system.cli("pull", version, "--json")
    verified = system.cli("verify", version, "--json")

    assert published.returncode == 0, published.stderr
    assert pulled.returncode == 0, pulled.stderr
    assert verified.returncode == 0, verified.stderr


def test_a_conflict_is_contested_until_somebody_else_settles_it(system: System, wait: Any) -> None:
    system.project("conflict", 2, redundancy=2)
    for who, mood in (("ada", "good"), ("bob", "bad")):
        for lease in wait(lambda who=who: system.lease(who, "conflict", count=2)):
            says = mood if lease["payload"]["text"] == "0" else "good"
            system.answer(who, lease, says)
    wait(lambda: system.summary("conflict").get("contested") == 1)
    wait(lambda: system.summary("conflict").get("decided"))

    published = system.call(
        "dataset-store", "POST", "/v1/datasets/conflict/versions", json={"project": "conflict"}
    ).json()
    assert (published["records"], published["left_out"]["contested"]) == (1, 1)
    assert system.lease("ada", "conflict", "adjudicator", wait_seconds=1) == []
    [lease] = wait(lambda: system.lease("eve", "conflict", "adjudicator"))
    settled = system.call(
        "queue", "PUT", f"/v1/leases/{lease['lease_id']}/adjudication", name="eve",
        roles=("adjudicator",),
        json={"label": {"mood": "bad"}, "rationale": "it is ironic", "cause": "spec_gap"},
    )  # fmt: skip

    assert settled.status_code == 201, settled.text
    wait(lambda: system.summary("conflict").get("decided", {}).get("adjudicated") == 1)


def test_a_spec_that_fails_becomes_an_issue_and_its_evidence_is_labeled_again(
    system: System, wait: Any
) -> None:
    policy = {"redundancy": 2, "agreement": {"items_min": 20}}
    system.project("gap", 30, **policy)
    wait(lambda: system.call("queue", "GET", "/v1/queues").json())
    odd = {"ada": lambda text: "good" if int(text) % 2 else "bad", "bob": lambda _: "good"}
    annotate_all(system, "gap", odd)
    wait(lambda: sum(system.summary("gap").get("decided", {}).values()) == 15)
    while leases := system.lease("eve", "gap", "adjudicator", wait_seconds=2, count=5):
        for lease in leases:
            system.call(
                "queue", "PUT", f"/v1/leases/{lease['lease_id']}/adjudication", name="eve",
                roles=("adjudicator",),
                json={"label": {"mood": "bad"}, "rationale": "even", "cause": "spec_gap"},
            )  # fmt: skip
    wait(lambda: sum(system.summary("gap").get("decided", {}).values()) == 30)

    def issues() -> list[dict[str, Any]]:
        found = system.call("quality", "GET", "/v1/projects/gap/spec-issues").json()
        return list(found["issues"])

    wait(lambda: [issue for issue in issues() if issue["items"] == 15])
    [issue] = issues()
    published = system.publish_spec(
        "gap", resolves=[issue["issue_id"]], relabel="evidence", rule="Even is bad.", **policy
    )

    assert published["version"] == 2
    wait(lambda: system.summary("gap").get("decided") and issues()[0]["state"] == "resolved")
    again = wait(lambda: system.lease("cyd", "gap", count=20))
    assert len(again) == 15
    assert {lease["spec_version"] for lease in again} == {2}
    assert {int(lease["payload"]["text"]) % 2 for lease in again} == {0}
