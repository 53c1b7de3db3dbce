"""Files of every format, encoding and compression are understood, and their rows are read."""

import csv
import datetime
import gzip
import io
import json
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import ipc, parquet

from interop.files import (
    Options,
    Problem,
    Understanding,
    UnknownColumn,
    UnreadableFile,
    Wishes,
    as_json,
    describe,
    items,
    understand,
)

ROWS = [("Ticket ID", "text"), ("T-1", "Grüße, Ada"), ("T-2", 'Er sagte "nein";\nund ging')]
ITEMS = [
    {"external_id": "T-1", "payload": {"text": "Grüße, Ada"}},
    {"external_id": "T-2", "payload": {"text": 'Er sagte "nein";\nund ging'}},
]


def write(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def delimited(delimiter: str, rows: Any = ROWS) -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows(rows)
    return text.getvalue()


def read(path: Path, found: Understanding) -> list[dict[str, Any]]:
    return [entry[1] for entry in items(path, found.layout, found.used) if isinstance(entry, tuple)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_a_table_is_read_in_any_encoding_with_any_delimiter(
    tmp_path: Path, encoding: str, delimiter: str
) -> None:
    path = write(tmp_path / "a.csv", delimited(delimiter).encode(encoding))
    found = understand(path)
    assert (found.layout.encoding, found.layout.delimiter) == (encoding, delimiter)
    assert found.used.id_column == "Ticket ID"
    assert read(path, found) == ITEMS


def test_emoji_survive_a_file_in_utf_8_and_one_faulty_byte_costs_one_row(tmp_path: Path) -> None:
    lines = ["id,text", *[f"{n},schön 🎉" for n in range(200)]]
    content = "\n".join(lines).encode() + b"\n200,sch\xf6n\n201,ok\n"
    found = understand(write(tmp_path / "a.csv", content))
    assert found.layout.encoding == "utf-8"
    assert found.rows == 201
    assert [problem.sentence() for problem in found.problems] == [
        "Line 202, 'text': It has bytes that are not of the file's encoding."
    ]
    assert found.first_rows[0] == (2, {"external_id": "0", "payload": {"text": "schön 🎉"}})


def test_bytes_of_cp1252_late_in_a_large_file_are_found(tmp_path: Path) -> None:
    content = b"id,text\n" + b"".join(b"%d,plain text\n" % n for n in range(100_000))
    path = write(tmp_path / "a.csv", content + b"100000,sch\xf6n \x80\n")
    found = understand(path)
    assert found.layout.encoding == "cp1252"
    assert found.rows == 100_001
    assert read(path, found)[-1]["payload"] == {"text": "schön €"}


def test_the_user_may_say_the_encoding(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "id,text\n1,привет\n".encode("koi8-r"))
    found = understand(path, options=Options(encoding="koi8-r"))
    assert found.first_rows[0][1]["payload"] == {"text": "привет"}
    with pytest.raises(UnreadableFile, match="'klingon' is unknown"):
        understand(path, options=Options(encoding="klingon"))


@pytest.mark.parametrize("ending", ["gz", "zst"])
def test_a_compressed_file_is_read_by_its_content(tmp_path: Path, ending: str) -> None:
    content = delimited(",").encode()
    if ending == "gz":
        path = write(tmp_path / "a.csv.gz", gzip.compress(content))
    else:
        path = tmp_path / "a.csv.zst"
        with pyarrow.output_stream(path, compression="zstd") as stream:
            stream.write(content)
    found = understand(path)
    assert found.layout.compression == {"gz": "gzip", "zst": "zstd"}[ending]
    assert read(path, found) == ITEMS


def test_a_damaged_or_too_large_compressed_file_is_refused(tmp_path: Path) -> None:
    content = gzip.compress(delimited(",").encode() * 1000)
    with pytest.raises(UnreadableFile, match="incomplete or damaged"):
        understand(write(tmp_path / "a.csv.gz", content[:-20]))
    with pytest.raises(UnreadableFile, match="more than 1,000 bytes"):
        understand(write(tmp_path / "b.csv.gz", content), options=Options(bytes_max=1000))


def test_a_spreadsheet_is_read_with_its_dates_numbers_and_other_sheets(tmp_path: Path) -> None:
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    sheet.append(["ID", "text", "when", None])
    sheet.append([7, "Grüße", datetime.datetime.fromisoformat("2026-01-02T03:04")])
    sheet.append([])
    sheet.append([8, None, 2.5])
    workbook.create_sheet("Notes")
    workbook.save(tmp_path / "a.xlsx")
    found = understand(tmp_path / "a.xlsx")
    assert (found.layout.sheet, found.layout.other_sheets) == ("Sheet", ("Notes",))
    assert list(items(tmp_path / "a.xlsx", found.layout, found.used)) == [
        (2, {"external_id": "7", "payload": {"text": "Grüße", "when": "2026-01-02T03:04:00"}}),
        (4, {"external_id": "8", "payload": {"text": None, "when": 2.5}}),
    ]
    with pytest.raises(UnreadableFile, match="'Sheet', 'Notes'"):
        understand(tmp_path / "a.xlsx", options=Options(sheet="Data"))
    with pytest.raises(UnreadableFile, match="'Notes' is empty"):
        understand(tmp_path / "a.xlsx", options=Options(sheet="Notes"))


def test_an_old_or_damaged_spreadsheet_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="save it as XLSX"):
        understand(write(tmp_path / "a.xls", b"\xd0\xcf\x11\xe0rest"))
    with pytest.raises(UnreadableFile, match="damaged"):
        understand(write(tmp_path / "b.xlsx", b"PK\x03\x04rest"))


@pytest.mark.parametrize("indent", [None, 2])
def test_a_json_array_is_read_with_the_lines_of_its_objects(
    tmp_path: Path, indent: int | None
) -> None:
    values = [{"id": n, "text": "é" * 40_000 * (n == 1)} for n in range(4)]
    path = write(tmp_path / "a.json", json.dumps(values, indent=indent).encode())
    found = understand(path)
    assert (found.layout.format, found.rows, found.problems) == ("json", 4, ())
    assert [line for line, _ in found.first_rows] == ([2, 6, 10, 14] if indent else [1] * 4)
    assert read(path, found)[1] == {"external_id": "1", "payload": {"text": values[1]["text"]}}


def test_json_lines_of_items_are_items_and_others_are_columns(tmp_path: Path) -> None:
    line = '{"external_id": "a", "payload": {"text": "x"}, "priority": 7}\n'
    found = understand(write(tmp_path / "a.ndjson", line.encode()))
    assert (found.shape, found.needs_id_column) == ("items", False)
    assert found.first_rows[0][1]["priority"] == 7
    found = understand(write(tmp_path / "b.jsonl", b'{"text": "x"}\n{"text": "y", "more": 1}\n'))
    assert (found.shape, found.needs_id_column) == ("columns", True)
    assert found.used.payload_columns == ("text", "more")


def test_a_line_that_is_not_json_or_repeats_a_key_is_a_problem_with_its_number(
    tmp_path: Path,
) -> None:
    lines = [
        b'{"id": 1}',
        b"",
        b"nope",
        b'{"id": 2, "id": 3}',
        b'{"id": NaN}',
        b"[1]",
        b'{"id": 4}',
    ]
    found = understand(write(tmp_path / "a.ndjson", b"\n".join(lines)))
    assert found.rows == 2
    assert [problem.sentence() for problem in found.problems] == [
        "Lines 3, 6: It is not a JSON object.",
        "Line 4, 'id': The key 'id' occurs more than once in one object. Write it once.",
        "Line 5: It holds NaN, which is not JSON: write null.",
    ]


def test_a_json_array_that_breaks_off_says_from_where(tmp_path: Path) -> None:
    path = write(tmp_path / "a.json", b'[{"id": 1},\n{"id": 2},\n{"id": ')
    found = understand(path)
    assert found.rows == 2
    assert (
        found.problems[0].sentence() == "Line 3: From here on nothing was read: this is not JSON."
    )


def test_parquet_and_arrow_are_read_with_class_names(tmp_path: Path) -> None:
    features = {"label": {"names": ["no", "yes"], "_type": "ClassLabel"}}
    metadata = {b"huggingface": json.dumps({"info": {"features": features}}).encode()}
    table = pyarrow.table({"id": ["a", "b"], "label": [1, 0], "x": [float("nan"), 2.0]})
    table = table.replace_schema_metadata(metadata)
    parquet.write_table(table, tmp_path / "a.parquet")
    with ipc.new_stream(tmp_path / "a.arrow", table.schema) as stream:
        stream.write_table(table)
    with ipc.new_file(tmp_path / "b.arrow", table.schema) as file:
        file.write_table(table)
    for name in ("a.parquet", "a.arrow", "b.arrow"):
        found = understand(tmp_path / name)
        assert [item for _, item in found.first_rows] == [
            {"external_id": "a", "payload": {"label": "yes", "x": None}},
            {"external_id": "b", "payload": {"label": "no", "x": 2.0}},
        ]


def test_a_file_without_an_id_column_says_so_and_names_candidates(tmp_path: Path) -> None:
    found = understand(write(tmp_path / "a.csv", b"text,lang\na,de\nb,de\n"))
    assert found.needs_id_column
    assert found.id_candidates == ()
    path = write(tmp_path / "b.csv", b"user_id,ticket id,text\n1,7,a\n2,8,b\n")
    found = understand(path)
    assert found.needs_id_column
    assert found.id_candidates == ("user_id", "ticket id")
    found = understand(path, wishes=Wishes(id_column="ticket id", metadata_columns=["user_id"]))
    assert found.first_rows[0][1] == {
        "external_id": "7",
        "payload": {"text": "a"},
        "metadata": {"user_id": "1"},
    }
    with pytest.raises(UnknownColumn, match="no column 'nr': the file has 'user_id'"):
        understand(path, wishes=Wishes(id_column="nr"))


def test_an_id_column_with_a_few_repeated_or_empty_ids_is_still_one(tmp_path: Path) -> None:
    rows = "".join(f"T-{n},text {n},{n // 10}\n" for n in range(100))
    content = f"Ticket ID,text,user_id\n{rows}T-7,other,1\n,empty,2\n"
    found = understand(write(tmp_path / "a.csv", content.encode()))
    assert (found.used.id_column, found.id_candidates) == ("Ticket ID", ("Ticket ID",))
    assert [problem.message for problem in found.problems] == [
        "The id 'T-7' came on line 9 with other content.",
        "The id is empty.",
    ]


def test_a_first_line_of_values_is_no_header(tmp_path: Path) -> None:
    found = understand(write(tmp_path / "a.csv", b"1,hello\n2,world\n"))
    assert not found.layout.has_header
    assert found.rows == 2
    assert found.columns == ("column_1", "column_2")


def test_rows_with_the_same_id_are_counted_and_other_content_is_said(tmp_path: Path) -> None:
    found = understand(write(tmp_path / "a.csv", b"id,text\n1,a\n2,b\n1,a\n1,c\n"))
    assert (found.rows, found.duplicates) == (4, 2)
    assert [problem.sentence() for problem in found.problems] == [
        "Line 5, 'id': The id '1' came on line 2 with other content."
    ]


def test_equal_problems_are_counted_and_not_repeated(tmp_path: Path) -> None:
    content = b"id,text\n" + b",x\n" * 1000 + b"1,a,b\n2,y\n"
    found = understand(write(tmp_path / "a.csv", content))
    assert [problem.sentence() for problem in found.problems] == [
        "Lines 2, 3, 4, 5, 6 and 995 more, 'id': The id is empty.",
        "Line 1002: It has 3 values, but the header names 2 columns.",
    ]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.csv", b"", "The file is empty: its first line must name the columns"),
        ("a.csv", b"id,id\n1,2\n", "names 'id' twice"),
        ("a.docx", b"x", "The format of 'a.docx' is unknown"),
        ("a.json", b"7", "Expected a JSON array of objects"),
        ("a.parquet", b"x", "the content is not of this format"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_in_words(
    tmp_path: Path, name: str, content: bytes, words: str
) -> None:
    with pytest.raises(UnreadableFile, match=words):
        understand(write(tmp_path / name, content))


def test_an_unclosed_quotation_mark_is_a_problem_and_not_a_crash(tmp_path: Path) -> None:
    found = understand(write(tmp_path / "a.csv", b'id,text\n1,"a\n2,b\n'))
    assert found.rows == 0
    assert found.problems[0].message == "A quotation mark is opened and never closed."
    found = understand(write(tmp_path / "a.csv", b'id,text\n1,"' + b"x" * 3_000_000))
    assert "more than 2,000,000 characters" in found.problems[0].message


def test_the_description_says_what_was_understood(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", delimited(";").encode("cp1252"))
    found = understand(path)
    assert describe(found) == [
        "a.csv: CSV, cp1252, values separated by a semicolon.",
        "Id column: 'Ticket ID'. Payload: 'text'.",
        "2 rows.",
        'The first item (line 2): {"external_id": "T-1", "payload": {"text": "Grüße, Ada"}}',
    ]
    assert json.loads(json.dumps(as_json(found)))["first_rows"][1]["line"] == 3


@given(
    st.lists(
        st.tuples(st.uuids(), st.text(st.characters(codec="utf-8", exclude_characters="\0"))),
        min_size=1,
        max_size=20,
        unique_by=lambda row: row[0],
    )
)
def test_every_text_survives(tmp_path_factory: pytest.TempPathFactory, rows: Any) -> None:
    path = tmp_path_factory.mktemp("files") / "a.csv"
    expected = [{"external_id": str(id_), "payload": {"text": text}} for id_, text in rows]
    path.write_text(delimited(",", [("id", "text"), *rows]), "utf-8", newline="")
    assert read(path, understand(path)) == expected
    path = path.with_suffix(".json")
    path.write_text(json.dumps([{"id": str(id_), "text": text} for id_, text in rows]), "utf-8")
    found = understand(path)
    assert read(path, found) == expected
    assert not any(isinstance(entry, Problem) for entry in items(path, found.layout, found.used))
