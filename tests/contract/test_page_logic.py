"""The page says of a label what the server says, and its own tests pass."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from labels.schema import compile_fields

WEB = Path(__file__).parents[2] / "web"
SENTENCES = WEB / "src" / "validate" / "server-sentences.json"

MOOD = {"name": "mood", "title": "Mood", "kind": "choice", "options": ["calm", "angry"]}
WHY = {
    "name": "why",
    "title": "Why?",
    "kind": "text",
    "max_length": 5,
    "required_if": {"field": "mood", "in": ["angry"]},
}
TITLED = [{"value": "a", "title": "First"}, {"value": "b", "title": "Second"}]
CASES: list[tuple[list[dict[str, Any]], list[Any]]] = [
    (
        [MOOD, WHY],
        [
            {},
            {"mood": "loud"},
            {"mood": "angry"},
            {"mood": "calm", "why": "x"},
            {"mood": "angry", "why": "   "},
            {"mood": "angry", "why": ""},
            {"mood": "angry", "why": "six of"},
            {"mood": "angry", "why": "a\x00b"},
            {"mood": "calm", "tempo": 3},
            {"mood": 7},
            {"mood": "calm"},
        ],
    ),
    (
        [{"name": "kind", "kind": "choice", "options": TITLED, "other": True}],
        [{"kind": "c"}, {"kind": {"other": " "}}, {"kind": "a"}],
    ),
    (
        [{"name": "tags", "kind": "choices", "options": TITLED, "min_items": 1, "max_items": 1}],
        [{"tags": []}, {"tags": ["a", "b"]}, {"tags": ["a", "a"]}, {"tags": ["z"]}, {"tags": "a"}],
    ),
    (
        [{"name": "stars", "kind": "rating"}],
        [{"stars": 0}, {"stars": 6}, {"stars": 2.5}, {"stars": "5"}, {"stars": 5}],
    ),
    (
        [{"name": "size", "kind": "number", "minimum": 0, "maximum": 2, "step": 0.5}],
        [{"size": -1}, {"size": 2.5}, {"size": 0.7}, {"size": 1.5}],
    ),
    (
        [{"name": "code", "kind": "text", "pattern": "^[a-z]+$"}],
        [{"code": "B"}, {"code": "b"}],
    ),
    (
        [{"name": "best", "kind": "ranking", "options": TITLED}],
        [{"best": ["a"]}, {"best": ["a", "z"]}, {"best": ["b", "a"]}],
    ),
    (
        [{"name": "left", "kind": "pairwise", "options": TITLED, "tie": True}],
        [{"left": "c"}, {"left": "a"}],
    ),
    (
        [{"name": "box", "kind": "boxes", "options": TITLED}],
        [{"box": [{"x": 0, "y": 0, "width": 1}]}, {"box": [{"label": "q"}]}],
    ),
]  # fmt: skip


def sentences() -> list[dict[str, Any]]:
    """Return the refusals of the server for each label, with the fields and their JSON schema."""
    found = []
    for fields, labels in CASES:
        compiled = compile_fields(fields)
        checked = [
            {
                "label": label,
                "refusals": [
                    {"pointer": one.pointer, "keyword": one.keyword, "message": one.message}
                    for one in compiled.check(label)
                ],
            }
            for label in labels
        ]
        found.append({"fields": fields, "schema": compiled.json_schema, "labels": checked})
    return found


def test_the_page_is_tested_against_the_sentences_of_the_server() -> None:
    text = json.dumps(sentences(), indent=1, ensure_ascii=False) + "\n"
    if os.environ.get("LABELWRIGHT_WRITE_TYPES"):
        SENTENCES.write_text(text, "utf-8")

    assert SENTENCES.read_text("utf-8") == text, "run `make types` and commit web/src/validate"


def test_the_page_s_own_tests_pass() -> None:
    done = subprocess.run(
        [sys.executable, WEB / "build.py", "test"], capture_output=True, text=True, check=False
    )
    if "ENOTFOUND" in done.stderr or "EAI_AGAIN" in done.stderr:
        pytest.skip(f"npm reaches no registry: {done.stderr}")

    assert done.returncode == 0, done.stdout + done.stderr
