"""Items are withdrawn, explained and restored in the running system, through all five services."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

System = Any
Wait = Callable[..., Any]


def cli(system: System, *words: str) -> Any:
    done = system.cli(*words, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_an_import_is_undone_and_imported_again(system: System, wait: Wait, tmp_path: Path) -> None:
    name = "undone"
    system.project(name, redundancy=1)
    file = tmp_path / "items.csv"
    file.write_text("id,text\n1,one\n2,two\n3,three\n")
    import_id = cli(system, "import", name, str(file))["import_id"]
    [lease] = system.lease("ada", name, count=1)
    answered = system.answer("ada", lease, "good")
    wait(lambda: system.summary(name)["decided"])

    undone = cli(system, "withdraw", name, "--import", import_id, "--reason", "wrong file")
    listed = cli(system, "items", name, "--state", "withdrawn")
    wait(lambda: system.summary(name)["withdrawn"] == 3)
    explained = cli(system, "explain", name, "1")
    again = cli(system, "import", name, str(file))
    restored = wait(lambda: system.summary(name)["withdrawn"] == 0 and system.summary(name))
    more = system.lease("ben", name, count=5)

    assert answered.status_code in (200, 201), answered.text
    assert (undone["items"], undone["unknown_count"]) == (3, 0)
    assert [item["external_id"] for item in listed] == ["1", "2", "3"]
    assert explained["waits_for"] == "nothing: it is withdrawn"
    assert (again["created"], again["restored"], again["unchanged"]) == (0, 3, 0)
    assert (restored["items"], sum(restored["decided"].values())) == (3, 1)
    assert 1 <= len(more) <= 2
