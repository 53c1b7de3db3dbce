"""`labelwright agreement`: figures of a CSV of votes, without any server."""

import csv
import gzip
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from labelwright_client.cli.app import app
from labelwright_client.replay.recording import RecordingFiles, read_recording

VOTES = ["1,a,x", "1,b,x", "1,c,x", "2,a,y", "2,b,y", "2,c,x", "3,a,y", "3,b,y", "3,c,y"]
FIGURES = ("raw", "krippendorff_alpha", "fleiss_kappa", "ac1")


def run(*words: str) -> Result:
    return CliRunner().invoke(app, ["agreement", *words])


@pytest.fixture
def votes(tmp_path: Path) -> Path:
    file = tmp_path / "votes.csv"
    file.write_text("\n".join(["task,worker,label", *VOTES]) + "\n")
    return file


def test_json_is_one_object_with_every_figure_and_its_counts(votes: Path) -> None:
    done = run(str(votes), "--json")

    found = json.loads(done.stdout)
    assert done.exit_code == 0
    assert (found["n_items"], found["n_annotators"], found["n_votes"]) == (3, 3, 9)
    for name in FIGURES:
        assert set(found[name]) >= {"value", "low", "high", "n_items", "n_pairable", "reason"}
    assert found["raw"]["value"] == pytest.approx(7 / 9)


def test_aliases_of_columns_and_gzip_give_the_same_figures(votes: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.csv.gz"
    with gzip.open(other, "wt") as file:
        file.write("\n".join(["item_id,annotator_id,label", *VOTES]) + "\n")

    assert json.loads(run(str(votes), "--json").stdout) == json.loads(
        run(str(other), "--json").stdout
    )


def test_a_votes_file_is_read_as_replay_reads_it(tmp_path: Path) -> None:
    lines = ["1,a,yes", "1,b,yes ", "2,a,no", " 2,b, no", "3,a,1", "3,b,1.0", "3,b,no", "3,b,"]
    file = tmp_path / "votes.csv"
    file.write_text("\n".join(["item, worker,label", *lines]) + "\n")

    found = json.loads(run(str(file), "--json").stdout)
    recorded = read_recording(RecordingFiles(file))

    assert (found["n_items"], found["n_annotators"], found["n_votes"]) == (3, 2, 6)
    assert found["raw"]["value"] == pytest.approx(2 / 3)
    assert len(recorded.votes) == 6
    assert [vote.value for vote in recorded.votes] == ["yes", "yes", "no", "no", "1", "no"]


def test_labels_that_are_all_numbers_are_one_label_however_written(tmp_path: Path) -> None:
    file, gold = tmp_path / "votes.csv", tmp_path / "gold.csv"
    file.write_text("item_id,annotator_id,label\n1,a,1\n1,b,1.0\n2,a,0\n2,b,-0\n")
    gold.write_text("item_id;label\n1;1.00\n2; 0\n")

    found = json.loads(run(str(file), "--gold", str(gold), "--json").stdout)

    assert (found["raw"]["value"], found["accuracy"]) == (1.0, 1.0)


def test_gold_gives_an_accuracy_and_labels_are_written(votes: Path, tmp_path: Path) -> None:
    gold, labels = tmp_path / "gold.csv", tmp_path / "labels.csv"
    gold.write_text("item_id,label\n1,x\n2,y\n3,x\n")

    done = run(str(votes), "--gold", str(gold), "--labels", str(labels), "--json")

    assert done.exit_code == 0, done.output
    assert "accuracy" in json.loads(done.stdout)
    rows = list(csv.DictReader(labels.read_text().splitlines()))
    assert [row["label"] for row in rows] == ["x", "y", "y"]
    assert all(0 < float(row["confidence"]) <= 1 for row in rows)


def test_the_page_holds_its_plots_and_no_script(votes: Path, tmp_path: Path) -> None:
    page = tmp_path / "report.html"

    done = run(str(votes), "--html", str(page))

    text = page.read_text()
    assert done.exit_code == 0, done.output
    assert "<svg" in text
    assert "<script" not in text
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "")


def test_one_label_only_is_undefined_with_its_reason(tmp_path: Path) -> None:
    file = tmp_path / "votes.csv"
    file.write_text("task,worker,label\n1,a,x\n1,b,x\n")

    found = json.loads(run(str(file), "--json").stdout)

    assert found["krippendorff_alpha"]["value"] is None
    assert found["krippendorff_alpha"]["reason"]
    assert found["raw"]["value"] == 1.0


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", "task,worker,label\n1,a\n", "\x00\x01"])
def test_bad_input_is_one_sentence_and_exit_code_two(text: str, tmp_path: Path) -> None:
    file = tmp_path / "bad.csv"
    file.write_text(text)

    done = run(str(file))

    assert done.exit_code == 2
    assert "Traceback" not in done.output
    assert done.output.strip()
