"""The command line without a stack: refusals with their exit codes and messages."""

import csv
import gzip
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from joserfc.jwk import OKPKey

from labelwright_client.cli import main
from labelwright_client.cli.items import _reader
from labelwright_client.cli.output import InvalidInput
from labelwright_client.cli.replays import _project_name, _redundancy
from labelwright_client.replay.files import BadFile, BadRow


class Ended(NamedTuple):
    """A command that has ended."""

    code: object
    stdout: str
    stderr: str


Run = Callable[..., Ended]


@pytest.fixture
def labelwright(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Run:
    """Run a command in an empty folder, as the shell would."""
    for name in os.environ:
        if name.startswith("LABELWRIGHT"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")

    def run(*words: object) -> Ended:
        monkeypatch.setattr(sys, "argv", ["labelwright", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            main()
        return Ended(ended.value.code, *capfd.readouterr())

    return run


def test_the_command_is_installed_and_its_help_names_the_exit_codes() -> None:
    shown = subprocess.run(
        [Path(sys.executable).with_name("labelwright"), "--help"],
        capture_output=True,
        text=True,
        check=True,
    )

    assert "5 verification failed" in shown.stdout


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["nonsense"], 2, "No such command"),
        (["project", "create"], 2, "Missing argument"),
        (["project", "list"], 4, "Start one with `labelwright up`"),
        (["project", "create", "Über Uns"], 2, "is not a valid project name"),
        (["token", "--name", "ada", "--role", "king"], 2, "There is no role 'king'"),
        (["token", "--name", "ada", "--role", "annotator"], 4, "signing.json cannot be read"),
        (["people", "invite", "reviews", "Ada", "--role", "king"], 2, "given the role 'king'"),
        (["people", "invite", "reviews", " "], 2, "A name has 1 to 100 characters"),
        (["people", "list", "reviews"], 4, "Start one with `labelwright up`"),
        (["replay", "--votes", "none.csv"], 2, "none.csv cannot be read: No such file"),
        (["replay", "--votes", "v.csv", "--redundancy", "0"], 2, "--redundancy is '0'"),
        (["replay", "--votes", "v.csv", "--decide", "most"], 2, "--decide is 'most'"),
        (["replay", "--votes", "v.csv", "--honeypots", "2"], 2, "--honeypots"),
        (["replay", "--votes", "v.csv"], 4, "No stack was found"),
        (["import", "reviews", "v.txt"], 2, "v.txt is not a file"),
        (["spec", "publish", "reviews", "v.csv"], 2, "v.csv: /: Invalid JSON"),
        (["repairs", "list", "reviews"], 4, "No stack was found"),
        (["repairs", "close", "reviews", "x7"], 2, "Invalid value for"),
        (["verify", "."], 5, "not a pulled version"),
        (["verify", "0" * 64], 4, "No stack was found"),
    ],
)
def test_an_error_is_one_sentence_with_its_exit_code(
    tmp_path: Path, labelwright: Run, words: list[str], code: int, sentence: str
) -> None:
    (tmp_path / "v.csv").write_text("item_id,annotator_id,label\n1,a,x\n")

    ended = labelwright(*words)

    assert ended.code == code
    assert sentence in ended.stderr
    assert "Traceback" not in ended.stderr
    assert ended.stdout == ""


def test_an_unreachable_server_is_reported_after_retries(
    tmp_path: Path, labelwright: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LABELWRIGHT_PATIENCE", "0.3")
    services = ("ingest", "queue", "consensus", "quality", "dataset-store")
    urls = {name: {"url": "http://127.0.0.1:9", "pid": 1} for name in services}
    ready = {"services": urls, "admin_token": "t"}
    (tmp_path / "ready.json").write_text(json.dumps(ready))

    ended = labelwright("project", "list", "--home", tmp_path)

    assert ended.code == 4
    assert "ingest at http://127.0.0.1:9 does not answer" in ended.stderr


def test_a_token_comes_with_the_link_that_opens_the_page_while_the_stack_runs(
    labelwright: Run, tmp_path: Path
) -> None:
    (tmp_path / "keys").mkdir()
    key = OKPKey.generate_key("Ed25519", {"use": "sig"}, auto_kid=True)
    (tmp_path / "keys" / "signing.json").write_text(json.dumps(key.as_dict(private=True)))
    (tmp_path / "keys" / "pseudonym").write_text("5ec7e7\n")
    words = ("token", "--name", "ada", "--role", "annotator", "--home", tmp_path)
    stopped = labelwright(*words)
    services = ("ingest", "queue", "consensus", "quality", "dataset-store")
    urls = {name: {"url": f"http://{name}.test"} for name in services}
    (tmp_path / "ready.json").write_text(json.dumps({"services": urls}))

    running = labelwright(*words)
    as_json = json.loads(labelwright(*words, "--json").stdout)

    assert (stopped.code, stopped.stderr) == (0, "")
    token = running.stdout.strip()
    assert token.count(".") == 2
    assert running.stderr == f"The labeling page: http://queue.test/#token={token}\n"
    assert as_json["link"] == f"http://queue.test/#token={as_json['token']}"


def test_csv_columns_become_the_payload(tmp_path: Path) -> None:
    file = tmp_path / "items.csv.gz"
    file.write_bytes(gzip.compress("item_id,text,n\n1,ü,2\n".encode()))

    lines = [(number, json.loads(line)) for number, line in _reader(file, False, None)]

    assert lines == [(2, {"external_id": "1", "payload": {"text": "ü", "n": "2"}})]


def test_csv_gold_has_its_label_outside_the_payload(tmp_path: Path) -> None:
    file = tmp_path / "gold.csv"
    file.write_text("key,text,label.tone,label.topic\n1,x,good,food\n")

    lines = [json.loads(line) for _, line in _reader(file, True, "key")]

    label = {"tone": "good", "topic": "food"}
    assert lines == [{"external_id": "1", "payload": {"text": "x"}, "label": label}]


def test_csv_gold_without_a_label_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "gold.csv"
    file.write_text("id,text\n1,x\n")

    with pytest.raises(BadFile, match="line 2: gold needs a column 'label'"):
        list(_reader(file, True, None))


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
    file = tmp_path / "gold.csv"
    with file.open("w") as text:
        csv.writer(text).writerows([("id", "label.a", "label.b"), ("1", cell, " ")])

    [(_, line)] = _reader(file, True, None, kinds={"a": kind, "b": kind})

    assert json.loads(line)["label"] == {"a": value}


@pytest.mark.parametrize(
    ("cell", "sentence"),
    [
        ("four", "line 2: label is 'four', but its field is of kind rating: write JSON, for"),
        ('{"a": 1, "a": 2}', "line 2: label: The key 'a' occurs more than once"),
    ],
)
def test_a_gold_cell_that_is_not_of_its_kind_is_refused(
    tmp_path: Path, cell: str, sentence: str
) -> None:
    file = tmp_path / "gold.csv"
    with file.open("w") as text:
        csv.writer(text).writerows([("id", "label"), ("1", cell)])

    with pytest.raises(BadFile, match=sentence):
        list(_reader(file, True, None, kinds={"label": "rating"}))


def test_an_invalid_line_is_rejected_and_the_others_are_read(tmp_path: Path) -> None:
    file = tmp_path / "items.csv"
    file.write_text('id;text\n1;a\n2;b;c\n;d\n5;e, f\n6;"g\n')
    bad: list[BadRow] = []

    lines = [json.loads(line) for _, line in _reader(file, False, None, reject=bad.append)]

    assert [one["external_id"] for one in lines] == ["1", "5"]
    assert lines[1]["payload"] == {"text": "e, f"}
    assert [one.line for one in bad] == [3, 4, 6]
    assert "nothing was read from this line on" in bad[2].why


def test_a_file_with_an_unreadable_first_row_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "items.csv"
    for text, sentence in (
        ("", "must name the columns, for example 'id' and 'text'"),
        ("id,id\n1,2\n", "twice"),
    ):
        file.write_text(text)
        with pytest.raises(BadFile, match=sentence):
            list(_reader(file, False, None, reject=[].append))


def test_damaged_gzip_is_read_up_to_the_damage(tmp_path: Path) -> None:
    file = tmp_path / "items.ndjson.gz"
    packed = gzip.compress(b"".join(b'{"payload": {"n": %d}}\n' % (n * n) for n in range(9999)))
    file.write_bytes(packed[:-2000])
    bad: list[BadRow] = []

    lines = list(_reader(file, False, None, reject=bad.append))

    assert 0 < len(lines) < 9999
    assert [one.line for one in bad] == [len(lines) + 1]


def test_a_file_without_an_id_column_causes_a_warning(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "items.csv"
    file.write_text("name,text\n1,a\n2,b\n")

    list(_reader(file, False, None))

    assert capsys.readouterr().err.count("has no id column (external_id, item_id, id") == 1


def test_ndjson_lines_are_sent_unchanged(tmp_path: Path) -> None:
    file = tmp_path / "items.jsonl"
    file.write_bytes(b'\xef\xbb\xbf{"payload": {}}\n\n  nonsense \n')

    assert list(_reader(file, False, None)) == [(1, b'{"payload": {}}'), (3, b"nonsense")]


def test_redundancy_is_a_number_or_all() -> None:
    assert (_redundancy("7"), _redundancy("all")) == (7, "all")
    for text in ("0", "-1", "1.5", "many", ""):
        with pytest.raises(InvalidInput):
            _redundancy(text)


def test_a_replay_is_named_after_its_folder(tmp_path: Path) -> None:
    assert _project_name(tmp_path / "Über Räte" / "votes.csv") == "replay-ber-r-te"
    assert _project_name(tmp_path / "rte.csv.gz") == "replay-rte"
    assert _project_name(tmp_path / "***" / "votes.csv") == "replay"
