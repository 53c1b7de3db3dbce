"""The files of `tests/inputs` in the running system, with the results that its README states."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

System = Any
INPUTS = Path(__file__).parents[1] / "inputs"
GOLD_FIELDS = [
    {"name": "stars", "kind": "rating"},
    {"name": "size", "kind": "number"},
    {"name": "tags", "kind": "choices", "options": ["x", "y"]},
    {"name": "mood", "kind": "choice", "options": ["good", "bad"]},
]


def imported(system: System, project: str, name: str, *words: str) -> tuple[int, dict[str, Any]]:
    done = system.cli("import", project, str(INPUTS / name), "--json", *words)
    return done.returncode, json.loads(done.stdout)


def test_every_file_is_named_in_the_readme() -> None:
    readme = (INPUTS / "README.md").read_text()

    missing = [file.name for file in INPUTS.iterdir() if f"`{file.name}`" not in readme]

    assert missing == ["README.md"]


def test_a_file_with_semicolons_is_read(system: System) -> None:
    system.project("semicolons")

    first = imported(system, "semicolons", "semicolons.csv")
    again = imported(system, "semicolons", "semicolons.csv")

    assert (first[0], first[1]["created"]) == (0, 2)
    assert (again[1]["created"], again[1]["unchanged"]) == (0, 2)
    payloads = [one["payload"] for one in system.lease("ada", "semicolons", count=2)]
    assert {"text": "Hallo, Welt"} in payloads


def test_one_bad_line_does_not_hide_what_became_of_the_others(system: System) -> None:
    system.project("one-bad-line")

    code, result = imported(system, "one-bad-line", "one-bad-line.csv")

    assert (code, result["created"]) == (3, 2)
    assert [one["line"] for one in result["rejected"]] == [3]


def test_gold_is_read_by_the_kinds_of_its_fields(system: System) -> None:
    made = {"name": "gold-by-kind", "title": "Gold"}
    system.call("ingest", "POST", "/v1/projects", json=made)
    body = {"task_type": "mood", "fields": GOLD_FIELDS}
    published = system.call("ingest", "POST", "/v1/projects/gold-by-kind/specs", json=body)

    code, result = imported(system, "gold-by-kind", "gold-by-kind.csv", "--gold")

    assert published.status_code == 201, published.text
    assert (code, result["created"]) == (3, 1)
    assert [one["line"] for one in result["rejected"]] == [3]
    assert "rating" in result["rejected"][0]["message"]


def test_spaces_in_votes_mean_the_same_to_agreement_and_replay(system: System) -> None:
    file = str(INPUTS / "votes-with-spaces.csv")

    measured = json.loads(system.cli("agreement", file, "--json").stdout)
    played = system.cli("replay", "--votes", file, "--redundancy", "2", "--json")

    report = json.loads(played.stdout)
    assert measured["raw"]["value"] == 1.0
    assert (report["decided"], report["contested"]) == (2, 0)


def test_a_replay_in_which_all_is_contested_ends_with_its_report(system: System) -> None:
    file = str(INPUTS / "votes-all-contested.csv")

    done = system.cli("replay", "--votes", file, "--redundancy", "2", "--json")

    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert (report["contested"], report["records"], report["version"]) == (1, 0, None)


def test_another_wish_for_the_same_item_is_taken(system: System) -> None:
    system.project("same-item")

    code, result = imported(system, "same-item", "same-item-other-wish.ndjson")
    again = imported(system, "same-item", "same-item-other-wish.ndjson")

    assert (code, result["created"], result["updated"], result["rejected"]) == (0, 1, 1, [])
    assert (again[1]["unchanged"], again[1]["updated"]) == (2, 0)


def test_a_repeated_key_is_rejected_with_its_line(system: System) -> None:
    system.project("repeated-key")

    code, result = imported(system, "repeated-key", "repeated-key.ndjson")

    places = [(one["line"], one["pointer"]) for one in result["rejected"]]
    assert (code, result["created"]) == (3, 1)
    assert places == [(1, "/payload/text"), (3, "/payload")]


def test_items_of_one_file_are_leased_in_the_order_of_the_file_and_again_when_relabeled(
    system: System, wait: Callable[..., Any]
) -> None:
    name, redundancy = "order-of-the-file", 2
    system.project(name, redundancy=redundancy)
    lines = (INPUTS / f"{name}.ndjson").read_text().splitlines()
    texts = [json.loads(line)["payload"]["text"] for line in lines]

    imported(system, name, f"{name}.ndjson")
    wait(lambda: free_places(system, name) == redundancy * len(texts))
    first = system.lease("ada", name, count=len(texts))
    system.publish_spec(name, rule="Say how the page sounds.", redundancy=redundancy)
    wait(lambda: free_places(system, name) == redundancy * len(texts))
    again = system.lease("bob", name, count=len(texts))

    assert [one["payload"]["text"] for one in first] == texts
    assert [one["payload"]["text"] for one in again] == texts
    assert {one["spec_version"] for one in again} == {2}


def free_places(system: System, project: str) -> int:
    """Return the number of further annotators that the queue wants."""
    rows = system.call("queue", "GET", "/v1/queues").json()
    return sum(one["ready"] for one in rows if one["project"] == project)


@pytest.mark.parametrize("words", [(), ("--json",)])
def test_an_empty_file_is_refused_in_a_whole_sentence(system: System, words: Any) -> None:
    system.project(f"empty-{len(words)}")

    done = system.cli("import", f"empty-{len(words)}", str(INPUTS / "empty.csv"), *words)

    assert done.returncode == 2
    assert "its first line must name the columns, for example 'id' and 'text'." in done.stderr


def test_a_file_of_a_german_excel_is_read_with_its_umlauts(system: System) -> None:
    system.project("excel-german")

    code, result = imported(system, "excel-german", "excel-german.csv")

    assert (code, result["created"], result["understood"][0]["encoding"]) == (0, 2, "cp1252")
    payloads = [one["payload"] for one in system.lease("ada", "excel-german", count=2)]
    assert {"Text": "Grüße aus Köln, für 5 €"} in payloads


def test_a_file_without_an_id_column_is_not_imported_by_accident(system: System) -> None:
    system.project("no-id-column")

    refused = system.cli("import", "no-id-column", str(INPUTS / "no-id-column.csv"))
    shown = system.call("ingest", "GET", "/v1/projects/no-id-column").json()
    code, result = imported(system, "no-id-column", "no-id-column.csv", "--no-id")

    assert (refused.returncode, shown["items"]) == (2, 0)
    assert "--id-column" in refused.stderr
    assert "--no-id" in refused.stderr
    assert (code, result["created"]) == (0, 2)


def test_the_same_id_with_other_text_is_said(system: System) -> None:
    system.project("same-id")

    code, result = imported(system, "same-id", "same-id-other-text.csv")

    assert (code, result["created"], result["changed"]) == (0, 2, 1)
    [problem] = result["understood"][0]["problems"]
    assert (problem["lines"], problem["message"]) == (
        [4],
        "The id '1' came on line 2 with other content.",
    )
    assert [one["external_id"] for one in result["warnings"]] == ["1"]


def test_rejected_rows_are_written_to_a_file_that_can_be_mended_and_imported(
    system: System, tmp_path: Path
) -> None:
    system.project("mended")
    rejected = tmp_path / "rejected.csv"

    first = imported(system, "mended", "one-bad-line.csv", "--rejected", str(rejected))
    lines = rejected.read_text("utf-8-sig").splitlines()
    rejected.write_text("\n".join([lines[0], lines[1].rsplit(",", 1)[0]]), "utf-8")
    again = system.cli("import", "mended", str(rejected), "--json")

    assert (first[0], lines[0].split(",")[0]) == (3, "rejected_because")
    assert (again.returncode, json.loads(again.stdout)["created"]) == (0, 1)
