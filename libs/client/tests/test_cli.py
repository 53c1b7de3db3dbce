"""The command line without a stack: refusals with their exit codes and messages."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import OKPKey

from labelwright_client.cli.output import InvalidInput
from labelwright_client.cli.replays import _project_name, _redundancy

Run = Callable[..., Any]


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
        (
            ["spec", "publish", "reviews", "v.csv"],
            2,
            "v.csv: the document: A specification is an object",
        ),
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


def test_redundancy_is_a_number_or_all() -> None:
    assert (_redundancy("7"), _redundancy("all")) == (7, "all")
    for text in ("0", "-1", "1.5", "many", ""):
        with pytest.raises(InvalidInput):
            _redundancy(text)


def test_a_replay_is_named_after_its_folder(tmp_path: Path) -> None:
    assert _project_name(tmp_path / "Über Räte" / "votes.csv") == "replay-ber-r-te"
    assert _project_name(tmp_path / "rte.csv.gz") == "replay-rte"
    assert _project_name(tmp_path / "***" / "votes.csv") == "replay"
