"""A specification that is written by hand, from a template to a revision, without any JSON."""

import json
from pathlib import Path
from typing import Any

import pytest

System = Any
pytestmark = pytest.mark.timeout(900)
"""Each of the many commands is a process of its own, which takes long on a loaded machine."""


def test_a_specification_goes_from_a_template_to_a_previewed_revision(
    system: System, tmp_path: Path
) -> None:
    file, revised = tmp_path / "spec.yaml", tmp_path / "revised.yaml"
    assert system.cli("project", "create", "by-hand").returncode == 0
    assert system.cli("spec", "init", "--template", "sentiment", "--out", str(file)).returncode == 0
    checked = system.cli("spec", "check", str(file), "--project", "by-hand")
    assert (checked.returncode, "It can be published." in checked.stdout) == (0, True)
    assert system.cli("spec", "publish", "by-hand", str(file)).returncode == 0
    rows = [{"external_id": f"x{n}", "payload": {"text": f"text {n}"}} for n in range(3)]
    system.call("ingest", "POST", "/v1/projects/by-hand/items", json=rows)

    assert (
        "Nothing differs." in system.cli("spec", "diff", str(file), "--project", "by-hand").stdout
    )
    text = file.read_text()
    revised.write_text(text.replace("neutral", "mixed").replace("Neutral", "Mixed"))
    differs = system.cli("spec", "diff", str(revised), "--project", "by-hand", "--json")
    previewed = system.cli("spec", "preview", str(revised), "--project", "by-hand")
    as_json = system.cli("spec", "preview", str(revised), "--project", "by-hand", "--json")

    changes = [(c["change"], c["part"], c["name"]) for c in json.loads(differs.stdout)]
    assert ("removed", "option", "neutral") in changes
    assert ("added", "option", "mixed") in changes
    assert previewed.returncode == 0, previewed.stderr
    assert "not proved for sentiment" in previewed.stdout
    found = json.loads(as_json.stdout)
    assert found["items"]["open_items"] == 3
    assert found["items"]["base_version"] == 1
    assert found["labels"]["labels"] == 0


def test_a_faulty_file_has_all_problems_named_by_the_service(
    system: System, tmp_path: Path
) -> None:
    system.project("by-hand-faulty")
    file = tmp_path / "spec.yaml"
    file.write_text("task_type: mood\nfields:\n  - {name: A, kind: odd}\npolicy: {redundncy: 1}\n")

    found = system.cli("spec", "check", str(file), "--project", "by-hand-faulty", "--json")

    assert found.returncode == 2
    pointers = {problem["pointer"] for problem in json.loads(found.stdout)["problems"]}
    assert pointers == {"/fields/0/name", "/fields/0/kind", "/policy/redundncy"}
