import csv
import gzip
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelwright_client.replay.files import BadFile, read_rows
from labelwright_client.replay.recording import RecordingFiles, read_recording

CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12)
ROWS = st.lists(st.tuples(CELLS, CELLS, CELLS), max_size=12)


def write(folder: Path, text: str, name: str = "votes.csv") -> Path:
    file = folder / name
    file.write_text(text, "utf-8")
    return file


def votes(folder: Path, *lines: str, head: str = "item_id,annotator_id,label") -> Path:
    return write(folder, "\n".join([head, *lines]) + "\n")


@given(ROWS, st.booleans(), st.booleans())
def test_a_written_csv_file_is_read_back(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[tuple[str, str, str]],
    packed: bool,
    marked: bool,
) -> None:
    text = io.StringIO()
    csv.writer(text).writerows([("a", "b", "c"), *rows])
    body = text.getvalue().encode("utf-8-sig" if marked else "utf-8")
    file = tmp_path_factory.mktemp("csv") / "some.csv"
    file.write_bytes(gzip.compress(body) if packed else body)

    found = [(row.cells["a"], row.cells["b"], row.cells["c"]) for row in read_rows(file, "abc")]

    assert found == rows


def test_a_row_is_named_by_the_line_on_which_it_begins(tmp_path: Path) -> None:
    file = write(tmp_path, 'a,b\n"one\ntwo",x\n\n"three",y\n')

    assert [row.line for row in read_rows(file, "ab")] == [2, 5]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "votes.csv is empty: its first line must name the columns 'item_id', 'annotator_id'"),
        ("item_id,label\n1,2\n", "has no column 'annotator_id': its first line names 'item_id'"),
        ("item_id,annotator_id,label,label\n", "names the column 'label' twice"),
        ("item_id,annotator_id,label\n1,a\n", "line 2: 2 values, but the first line names 3"),
        ("item_id,annotator_id,label\n1,a,x\n2,b,x,y\n", "line 3: 4 values, but the first line"),
        ("item_id,annotator_id,label\n1,,x\n", "line 2: annotator_id is empty"),
        ("item_id,annotator_id,label\n1,a,  \n", "holds no votes"),
        ("item_id,annotator_id,label\n1,a,x\x00\n", "line 2: label holds the character NUL"),
        ('item_id,annotator_id,label\n1,a,"x\n', "line 2: this is not CSV"),
        ("item_id,annotator_id,label\n", "holds no votes"),
        (f"item_id,annotator_id,label\n{'i' * 501},a,x\n", "line 2: item_id is longer than 500"),
        (f"item_id,annotator_id,label\n1,a,{'x' * 201}\n", "line 2: the label 'xxx"),
        ("item_id,annotator_id,label,duration_s\n1,a,x,soon\n", "line 2: duration_s is 'soon'"),
        ("item_id,annotator_id,label,duration_s\n1,a,x,-1\n", "line 2: duration_s is '-1'"),
    ],
)
def test_an_invalid_row_is_refused_in_one_sentence(
    tmp_path: Path, text: str, sentence: str
) -> None:
    with pytest.raises(BadFile) as output:
        read_recording(RecordingFiles(write(tmp_path, text)))

    assert sentence in str(output.value)
    assert "\n" not in str(output.value)


def test_a_missing_or_unreadable_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="No such file"):
        list(read_rows(tmp_path / "none.csv", ["a"]))
    with pytest.raises(BadFile, match="Is a directory"):
        list(read_rows(tmp_path, ["a"]))


def test_text_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "votes.csv"
    file.write_bytes(b"item_id,annotator_id,label\n1,a,gr\xfcn\n")

    with pytest.raises(BadFile, match="not UTF-8"):
        read_recording(RecordingFiles(file))


def test_broken_gzip_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "votes.csv.gz"
    file.write_bytes(gzip.compress(b"item_id,annotator_id,label\n" + b"1,a,x\n" * 9999)[:-20])

    with pytest.raises(BadFile, match="damaged"):
        read_recording(RecordingFiles(file))


def test_the_last_of_repeated_votes_counts_and_the_others_are_counted(tmp_path: Path) -> None:
    found = read_recording(RecordingFiles(votes(tmp_path, "1,a,x", "1,a,y", "1,b,y", "1,a,z")))

    assert [(vote.annotator, vote.value) for vote in found.votes] == [("a", "z"), ("b", "y")]
    assert found.repeated == 2


def test_a_vote_without_a_label_is_left_out_with_a_note(tmp_path: Path) -> None:
    found = read_recording(RecordingFiles(votes(tmp_path, "1,a,x", "1,b, ", "1,c,")))

    assert [vote.annotator for vote in found.votes] == ["a"]
    assert found.notes == (f"2 rows in {tmp_path / 'votes.csv'} have no label and are left out.",)


@pytest.mark.parametrize("separator", [";", "\t"])
def test_values_may_be_separated_by_semicolons_or_tabs(tmp_path: Path, separator: str) -> None:
    lines = [["item_id", "annotator_id", "label"], ["1", "a", '"x, y"'], ["1", "b", "z"]]

    found = read_recording(
        RecordingFiles(write(tmp_path, "\n".join(map(separator.join, lines)) + "\n"))
    )

    assert [vote.value for vote in found.votes] == ["x, y", "z"]


def test_a_quoted_semicolon_separates_nothing(tmp_path: Path) -> None:
    [row] = read_rows(write(tmp_path, '"a;b"\n1;2\n'), ["a;b"])

    assert row.cells == {"a;b": "1;2"}


def test_minus_zero_and_zero_are_one_value(tmp_path: Path) -> None:
    found = read_recording(RecordingFiles(votes(tmp_path, "1,a,-0", "1,b,0", "1,c,0.0", "1,d,-1")))

    assert [vote.value for vote in found.votes] == ["0", "0", "0", "-1"]


def test_codes_with_a_zero_in_front_are_not_numbers(tmp_path: Path) -> None:
    found = read_recording(RecordingFiles(votes(tmp_path, "1,a,007", "1,b,7")))

    assert [vote.value for vote in found.votes] == ["007", "7"]


@pytest.mark.parametrize(
    ("labels", "scale"),
    [
        (["yes", "no"], "nominal"),
        (["0", "1"], "nominal"),
        ([str(value) for value in range(30)], "interval"),
        (["0.5", "1"], "interval"),
        (["1", "two"], "nominal"),
        (["nan", "inf"], "nominal"),
    ],
)
def test_the_type_is_guessed_and_the_guess_is_explained(
    tmp_path: Path, labels: list[str], scale: str
) -> None:
    lines = [f"{item},a,{label}" for item, label in enumerate(labels)]

    found = read_recording(RecordingFiles(votes(tmp_path, *lines)))

    assert found.scale.name == scale
    assert found.scale.why.startswith("a guess")


def test_meta_json_beside_the_votes_replaces_the_guess(tmp_path: Path) -> None:
    (tmp_path / "meta.json").write_text('{"type": "ordinal"}')

    assert read_recording(RecordingFiles(votes(tmp_path, "1,a,1"))).scale.name == "ordinal"
    assert (
        read_recording(RecordingFiles(votes(tmp_path, "1,a,1")), "nominal").scale.why
        == "as requested"
    )


def test_an_interval_takes_numbers_only(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="line 3: the label 'warm' is not a number"):
        read_recording(RecordingFiles(votes(tmp_path, "1,a,1", "1,b,warm")), "interval")
    with pytest.raises(BadFile, match="is not a number"):
        read_recording(RecordingFiles(votes(tmp_path, "1,a,1e400")), "interval")


def test_gold_and_texts_belong_to_items_with_votes(tmp_path: Path) -> None:
    items = write(tmp_path, 'item_id,text,note\n1,"a, b",n\n9,x,y\n', "items.csv")
    gold = write(tmp_path, "item_id,label\n1,x\n8,x\n", "gold.csv")

    found = read_recording(RecordingFiles(votes(tmp_path, "1,a,x", "2,a,y"), items, gold))

    assert found.payloads == {"1": {"text": "a, b", "note": "n"}, "2": {"item_id": "2"}}
    assert found.gold == {"1": "x"}
    assert len(found.notes) == 3


def test_gold_may_be_empty(tmp_path: Path) -> None:
    gold = write(tmp_path, "item_id,label\n", "gold.csv")

    assert read_recording(RecordingFiles(votes(tmp_path, "1,a,x"), gold=gold)).gold == {}


def test_contradicting_gold_is_refused(tmp_path: Path) -> None:
    gold = write(tmp_path, "item_id,label\n1,x\n1,x\n1,y\n", "gold.csv")

    with pytest.raises(BadFile, match=r"gold\.csv, line 4: the item '1' has another gold label"):
        read_recording(RecordingFiles(votes(tmp_path, "1,a,x"), gold=gold))


def test_seconds_become_milliseconds(tmp_path: Path) -> None:
    head = "item_id,annotator_id,label,duration_s"

    found = read_recording(
        RecordingFiles(votes(tmp_path, "1,a,x,1.5", "2,a,x,", "3,a,x,1e99", head=head))
    )

    assert [vote.active_ms for vote in found.votes] == [1500, None, 2**31 - 1]
