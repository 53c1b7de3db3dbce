"""`labelwright import` without a stack: what it understands, and what it refuses."""

import csv
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow
import pytest
from pyarrow import ipc

from interop.files import Options, Problem, RejectedRows, Wishes, items, read_rows, understand
from labelwright_client.cli.import_files import files_of
from labelwright_client.cli.import_progress import ImportProgress
from labelwright_client.cli.output import InvalidInput

Run = Any


def written(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode(encoding))
    return path


def test_a_dry_run_says_what_was_understood_and_needs_no_stack(
    labelwright: Run, tmp_path: Path
) -> None:
    file = written(tmp_path / "März.csv", "Ticket ID;text\n1;Grüße\n1;Grüße\n", "cp1252")

    done = labelwright("import", "p", file, "--dry-run", "--metadata", "text")

    assert (done.code, done.stdout) == (0, "")
    assert done.stderr.splitlines() == [
        "März.csv: CSV, cp1252, values separated by a semicolon.",
        "Id column: none. Payload: 'Ticket ID'.",
        "Metadata: 'text'.",
        "2 rows, of which 1 repeat an earlier one.",
        'The first item (line 2): {"payload": {"Ticket ID": "1"}, "metadata": {"text": "Grüße"}}',
        "This was a dry run: nothing was imported.",
    ]
    done = labelwright("import", "p", file, "--dry-run", "--json", "--encoding", "latin-1")
    [understood] = json.loads(done.stdout)["understood"]
    assert (understood["encoding"], understood["rows"]) == ("latin-1", 2)


def test_without_a_certain_id_column_nothing_is_imported_and_the_option_is_named(
    labelwright: Run, tmp_path: Path
) -> None:
    file = written(tmp_path / "a.csv", "name,text\na,x\nb,y\n")

    done = labelwright("import", "p", file)

    assert done.code == 2
    assert done.stderr.splitlines()[-1] == (
        f"labelwright: {file}: which column holds the ids is not certain, and nothing was"
        " imported: pass"
        " --id-column with one of 'name', 'text', or --no-id if it has none (a corrected row is"
        " then a new item)."
    )


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.csv", "", "must name the columns, for example 'id' and 'text'."),
        ("a.csv", "id,id\n1,2\n", "names 'id' twice"),
        ("a.docx", "x", "The format of 'a.docx' is unknown"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_its_name(
    labelwright: Run, tmp_path: Path, name: str, text: str, words: str
) -> None:
    file = written(tmp_path / name, text)
    done = labelwright("import", "p", file)
    assert (done.code, done.stdout) == (2, "")
    assert done.stderr.startswith(f"labelwright: {file}: ")
    assert words in done.stderr


def test_folders_and_patterns_name_files_in_order_each_once(tmp_path: Path) -> None:
    one = written(tmp_path / "data" / "1.csv", "id\n")
    two = written(tmp_path / "data" / "more" / "2.ndjson.gz", "")
    written(tmp_path / "data" / "notes.md", "")
    written(tmp_path / "data" / ".hidden.csv", "")

    assert files_of([str(tmp_path / "data")]) == [one, two]
    assert files_of([str(tmp_path / "*" / "*.csv"), str(one)]) == [one]
    for nothing in ("absent.csv", "*.absent"):
        with pytest.raises(InvalidInput, match="absent"):
            files_of([str(tmp_path / nothing)])


def test_a_hugging_face_dataset_on_disk_is_its_arrow_files(tmp_path: Path) -> None:
    table = pyarrow.table({"id": ["a", "b"], "text": ["x", "y"]})
    folder = tmp_path / "set" / "train"
    folder.mkdir(parents=True)
    with ipc.new_stream(folder / "data-00000-of-00001.arrow", table.schema) as stream:
        stream.write_table(table)
    state = {"_data_files": [{"filename": "data-00000-of-00001.arrow"}]}
    written(folder / "state.json", json.dumps(state))
    written(folder / "dataset_info.json", "{}")
    written(tmp_path / "set" / "dataset_dict.json", "{}")

    [file] = files_of([str(tmp_path / "set")])
    assert understand(file).rows == 2


def test_an_interrupted_import_keeps_its_id_until_it_is_done_or_its_file_changes(
    tmp_path: Path,
) -> None:
    file = written(tmp_path / "a.csv", "id\n1\n")

    first = ImportProgress(tmp_path, "p", [file], {})
    again = ImportProgress(tmp_path, "p", [file], {})
    assert (first.is_resumed, again.is_resumed) == (False, True)
    assert again.import_id == first.import_id
    assert ImportProgress(tmp_path, "p", [file], {"gold": True}).import_id != first.import_id
    again.end()
    assert ImportProgress(tmp_path, "p", [file], {}).import_id != first.import_id
    written(file, "id\n1\n2\n")
    assert not ImportProgress(tmp_path, "p", [file], {}).is_resumed


@pytest.mark.parametrize(
    ("kind", "cell", "value"),
    [
        ("rating", "4", 4),
        ("number", " 2.5 ", 2.5),
        ("choices", '["a", "b"]', ["a", "b"]),
        ("ranking", '["b", "a"]', ["b", "a"]),
        ("spans", "[]", []),
        ("boxes", '[{"x": 0.5}]', [{"x": 0.5}]),
        ("choice", "4", "4"),
        ("choice", '{"other": "4"}', {"other": "4"}),
        ("pairwise", "tie", "tie"),
        ("text", "[4]", "[4]"),
    ],
)
def test_a_gold_cell_is_read_by_the_kind_of_its_field(
    tmp_path: Path, kind: str, cell: str, value: object
) -> None:
    rows = [("id", "label.a", "label.b"), ("1", cell, " ")]
    [entry] = gold_items(tmp_path, rows, {"a": kind, "b": kind})
    assert entry == (2, {"external_id": "1", "payload": {}, "label": {"a": value}})


@pytest.mark.parametrize(
    ("column", "cell", "kinds", "words"),
    [
        ("label", "x", {"tone": "text"}, None),
        ("label", "x", {"tone": "text", "topic": "text"}, "'label.tone' or 'label.topic'."),
        ("text", "x", {"tone": "text"}, "Gold needs a column 'label'."),
        ("label", "four", {"tone": "rating"}, "write JSON, for example 4."),
        ("label", '{"a": 1, "a": 2}', {"tone": "rating"}, "The key 'a' occurs more than once"),
    ],
)
def test_the_column_label_is_the_answer_to_the_only_field(
    tmp_path: Path, column: str, cell: str, kinds: dict[str, str], words: str | None
) -> None:
    [entry] = gold_items(tmp_path, [("id", column), ("1", cell)], kinds)
    if words is None:
        assert entry == (2, {"external_id": "1", "payload": {}, "label": {"tone": "x"}})
    else:
        assert isinstance(entry, Problem)
        assert words in entry.message


def gold_items(tmp_path: Path, rows: Any, kinds: dict[str, str]) -> list[Any]:
    file = tmp_path / "gold.csv"
    with file.open("w") as text:
        csv.writer(text).writerows(rows)
    found = understand(file)
    return list(items(file, found.layout, replace(found.used, kinds=kinds)))


def test_rejected_rows_can_be_mended_and_read_again(tmp_path: Path) -> None:
    file = written(tmp_path / "a.csv", 'id,text\n1,a\n2,b,c\n,"d\n e"\n')
    found = understand(file, options=Options(), wishes=Wishes())
    target = tmp_path / "rejected.csv"
    with RejectedRows(target, found.layout, found.columns) as rejected:
        for entry in read_rows(file, found.layout):
            item = entry if isinstance(entry, Problem) else found.used.item(entry)
            if isinstance(item, Problem):
                rejected.add(entry, item)
    assert list(csv.reader(io.StringIO(target.read_bytes().decode("utf-8-sig"), newline=""))) == [
        ["rejected_because", "id", "text"],
        ["Line 3: It has 3 values, but the header names 2 columns.", "2", "b", "c"],
        ["Line 4, 'id': The id is empty.", "", "d\n e"],
    ]
    mended = written(
        tmp_path / "mended.csv",
        target.read_text("utf-8-sig").replace(",b,c", ",b c").replace('",,', '",3,'),
    )
    again = understand(mended)
    assert [item["external_id"] for _, item in again.first_rows] == ["2", "3"]
    assert again.used.payload_columns == ("text",)
