"""`labelwright spec init`, `check` and `diff` without a stack, on files in YAML and JSON."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from labels.specs.templates import template_names
from labelwright_client.cli.spec_files import read_valid_spec
from schemas.ingest import SpecRequest

Run = Callable[..., Any]
FAULTY = """\
task_type: mood
fields:
  - name: mood
    kind: choice
    options:
      - good
      - 1
guidelines:
  - id: R1
    text: Good songs.
policy:
  redundncy: 2
  redundancy_max: 5
"""
VALID = FAULTY.replace("- 1", "- no").replace("redundncy", "redundancy")


@pytest.mark.parametrize("template", template_names())
def test_a_template_is_written_checked_and_read(
    tmp_path: Path, labelwright: Run, template: str
) -> None:
    file = tmp_path / "spec.yaml"

    written = labelwright("spec", "init", "--template", template, "--out", file)
    checked = labelwright("spec", "check", file)
    printed = labelwright("spec", "init", "--template", template)

    assert (written.code, checked.code, printed.code) == (0, 0, 0)
    assert "It can be published." in checked.stdout
    assert printed.stdout == file.read_text()
    assert read_valid_spec(file).fields


def test_the_templates_are_listed_and_an_unknown_one_is_refused(labelwright: Run) -> None:
    listed = labelwright("spec", "init", "--json")
    table = labelwright("spec", "init")
    unknown = labelwright("spec", "init", "--template", "mood")

    assert [template["name"] for template in json.loads(listed.stdout)] == template_names()
    assert "Sentiment of a text" in table.stdout
    assert unknown.code == 2
    assert "There is no template 'mood': use one of boxes, categories" in unknown.stderr


def test_a_file_that_exists_is_not_overwritten(tmp_path: Path, labelwright: Run) -> None:
    file = tmp_path / "spec.yaml"
    file.write_text("mine")

    ended = labelwright("spec", "init", "--template", "ner", "--out", file)

    assert ended.code == 2
    assert "exists already: name another file with --out" in ended.stderr
    assert file.read_text() == "mine"


def test_a_check_names_all_problems_with_their_lines(tmp_path: Path, labelwright: Run) -> None:
    file = tmp_path / "spec.yaml"
    file.write_text(FAULTY)

    ended = labelwright("spec", "check", file)
    as_json = json.loads(labelwright("spec", "check", file, "--json").stdout)

    assert ended.code == 2
    assert "line 7, /fields/0/options/1" in ended.stdout
    assert "line 12, /policy/redundncy" in ended.stdout
    assert "Did you mean “redundancy”?" in ended.stdout
    assert 'put quotes around it, "1".' in ended.stdout
    assert "2 problems, 0 warnings. It cannot be published." in ended.stdout
    pointers = [problem["pointer"] for problem in as_json["problems"]]
    assert pointers == ["/policy/redundncy", "/fields/0/options/1"]


def test_a_check_shows_warnings_of_a_document_that_can_be_published(
    tmp_path: Path, labelwright: Run
) -> None:
    file = tmp_path / "spec.yaml"
    file.write_text(VALID)

    ended = labelwright("spec", "check", file)

    assert ended.code == 0
    assert "line 13, /policy/redundancy_max" in ended.stdout
    assert "0 problems, 3 warnings. It can be published." in ended.stdout


def test_no_is_an_option_and_yaml_equals_json(tmp_path: Path, labelwright: Run) -> None:
    yaml, as_json = tmp_path / "spec.yml", tmp_path / "spec.json"
    yaml.write_text(VALID)
    spec = read_valid_spec(yaml)
    as_json.write_text(spec.model_dump_json())

    ended = labelwright("spec", "diff", yaml, as_json)

    assert spec.fields[0]["options"] == ["good", "no"]
    assert (ended.code, ended.stdout) == (0, "Nothing differs.\n")


def test_a_difference_is_shown_in_the_terms_of_annotators(tmp_path: Path, labelwright: Run) -> None:
    old, new = tmp_path / "old.yaml", tmp_path / "new.yaml"
    old.write_text(VALID)
    new.write_text(VALID.replace("- good\n", "- fine\n").replace("Good songs.", "Fine songs."))

    table = labelwright("spec", "diff", old, new).stdout
    changes = json.loads(labelwright("spec", "diff", old, new, "--json").stdout)

    assert [(change["change"], change["part"], change["name"]) for change in changes] == [
        ("removed", "option", "good"),
        ("added", "option", "fine"),
        ("changed", "rule", "R1"),
    ]
    assert "mood: good" in table
    assert "Good songs." in table


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("s.yaml", b"a: 1\na: 2", "s.yaml: Line 2: The key “a” is there twice: write it once."),
        ("s.yaml", b"a: [", "s.yaml: Line 1: this is not YAML"),
        ("s.yaml", b"a: \xff", "s.yaml is not in UTF-8: save it in UTF-8."),
        ("s.json", b'{\n"a": }', "s.json: line 2: this is not JSON"),
        ("s.json", b'{"a": 1, "a": 2}', "s.json: /a: The key 'a' occurs more than once"),
        ("s.json", b"[1]", "the document: A specification is an object with keys and values."),
        ("s.yaml", FAULTY.encode(), "(and 1 more: `labelwright spec check"),
    ],
)
def test_a_file_that_cannot_be_published_is_refused_in_one_sentence(
    tmp_path: Path, labelwright: Run, name: str, content: bytes, sentence: str
) -> None:
    (tmp_path / name).write_bytes(content)

    ended = labelwright("spec", "publish", "moods", tmp_path / name)

    assert ended.code == 2
    assert sentence in ended.stderr
    assert ended.stderr.count("\n") == 1


def test_a_diff_needs_two_documents(tmp_path: Path, labelwright: Run) -> None:
    file = tmp_path / "spec.yaml"
    file.write_text(VALID)

    alone = labelwright("spec", "diff", file)

    assert (alone.code, alone.stdout) == (2, "")
    assert "Name two files, the older one first; or one file and --project." in alone.stderr


def test_a_published_document_with_what_stands_beside_it_is_read(tmp_path: Path) -> None:
    file = tmp_path / "spec.yaml"
    file.write_text(VALID + "relabel: touched\n")

    assert read_valid_spec(file) == SpecRequest.model_validate(
        {
            "task_type": "mood",
            "fields": [{"name": "mood", "kind": "choice", "options": ["good", "no"]}],
            "guidelines": [{"id": "R1", "text": "Good songs."}],
            "policy": {"redundancy": 2, "redundancy_max": 5},
            "relabel": "touched",
        }
    )


def test_a_recipe_sets_the_policy_and_the_schema_is_printed(labelwright: Run) -> None:
    words = ("spec", "init", "--template", "sentiment", "--json")
    document = json.loads(labelwright(*words, "--recipe", "subjective").stdout)
    unknown = labelwright(*words, "--recipe", "odd")
    schema = json.loads(labelwright("spec", "schema").stdout)

    assert document["policy"]["decide"] == {"how": "subjective"}
    assert "There is no recipe 'odd': use one of majority-of-three" in unknown.stderr
    assert set(schema["properties"]) >= {"task_type", "fields", "guidelines", "policy"}
