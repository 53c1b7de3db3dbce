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


def disputed_crowd(folder: Path) -> tuple[Path, dict[str, str]]:
    """Votes of two annotators who always contradict each other, and the truth, which one says."""
    truth = {f"item {n}": "yn"[n % 2] for n in range(30)}
    lines = [f"{item},good,{label}" for item, label in truth.items()]
    lines += [f"{item},bad,{'n' if label == 'y' else 'y'}" for item, label in truth.items()]
    file = folder / "disputed.csv"
    file.write_text("\n".join(["item_id,annotator_id,label", *lines]) + "\n")
    return file, truth


def write_gold(file: Path, truth: dict[str, str]) -> Path:
    rows = [f"{item},{label}" for item, label in truth.items()]
    file.write_text("\n".join(["item_id,label", *rows]) + "\n")
    return file


def test_known_gold_is_given_to_the_models_and_gold_scores_the_other_items(tmp_path: Path) -> None:
    votes, truth = disputed_crowd(tmp_path)
    gold = write_gold(tmp_path / "gold.csv", truth)
    known = write_gold(tmp_path / "known.csv", dict(list(truth.items())[:8]))

    without = json.loads(run(str(votes), "--gold", str(gold), "--json").stdout)
    done = run(str(votes), "--gold", str(gold), "--known-gold", str(known), "--json")

    found = json.loads(done.stdout)
    assert (without["accuracy"], without["method"], without["n_known_gold"]) == (0.5, "bayes", 0)
    assert (found["accuracy"], found["method"], found["n_known_gold"]) == (1.0, "average", 8)
    assert sum(found["weights"].values()) == pytest.approx(1.0)


def test_the_score_leaves_out_items_whose_labels_the_models_were_given(tmp_path: Path) -> None:
    votes, truth = disputed_crowd(tmp_path)
    part = dict(list(truth.items())[:8])
    known = write_gold(tmp_path / "known.csv", part)

    found = json.loads(
        run(str(votes), "--gold", str(known), "--known-gold", str(known), "--json").stdout
    )

    assert "accuracy" not in found


def test_ask_gold_prints_the_items_to_label_first_and_none_that_is_known(votes: Path) -> None:
    printed = run(str(votes), "--ask-gold", "2")
    selected = json.loads(run(str(votes), "--ask-gold", "2", "--json").stdout)["ask_gold"]
    known = write_gold(votes.parent / "known.csv", {selected[0]: "x"})

    after = json.loads(
        run(str(votes), "--ask-gold", "9", "--known-gold", str(known), "--json").stdout
    )

    assert len(selected) == 2
    assert printed.stdout.splitlines()[-3:] == ["Label these items first:", *selected]
    assert selected[0] not in after["ask_gold"]
    assert json.loads(run(str(votes), "--json").stdout)["ask_gold"] == []


def test_many_disputed_items_are_a_warning_until_a_label_is_known(tmp_path: Path) -> None:
    lines = [f"{n},a{k},{'x' if (n + k) % 3 else 'y'}" for n in range(30) for k in range(4)]
    lines += [f"{n},b,{'x' if n % 2 else 'y'}" for n in range(30)]
    votes = tmp_path / "votes.csv"
    votes.write_text("\n".join(["item_id,annotator_id,label", *lines]) + "\n")

    found = json.loads(run(str(votes), "--json").stdout)
    printed = " ".join(run(str(votes)).stdout.split())

    assert found["share_disputed"] > 0.12
    assert f"differ on {found['n_disputed']} of 30 items" in found["disputed_warning"]
    assert found["disputed_warning"] in printed


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ("item 0,y\nitem 99,y\n", "known.csv, line 3: the item 'item 99' has no votes"),
        ("item 0,maybe\n", "line 2: the label 'maybe' is not in the votes, whose labels are 'n'"),
        ("item 0,y\nitem 1,n\nitem 0,y\n", "line 4: the item 'item 0' is also in line 2"),
        ("item 0,\n", "known.csv holds no label"),
    ],
)
def test_known_gold_that_fits_no_vote_is_refused_with_its_line(
    rows: str, sentence: str, tmp_path: Path
) -> None:
    votes, _ = disputed_crowd(tmp_path)
    known = tmp_path / "known.csv"
    known.write_text("item_id,label\n" + rows)

    done = run(str(votes), "--known-gold", str(known))

    assert done.exit_code == 2
    assert sentence in done.output


def test_known_gold_is_refused_for_labels_that_are_numbers(tmp_path: Path) -> None:
    file, known = tmp_path / "votes.csv", tmp_path / "known.csv"
    file.write_text("item_id,annotator_id,label\n1,a,1.5\n1,b,2.5\n2,a,3\n2,b,4\n")
    known.write_text("item_id,label\n1,2.5\n")

    done = run(str(file), "--type", "interval", "--known-gold", str(known))

    assert done.exit_code == 2
    assert "for labels that are not numbers" in done.output
