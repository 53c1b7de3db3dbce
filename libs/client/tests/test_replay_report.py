import io
import json
from dataclasses import replace
from typing import Any

import pytest
from rich.console import Console

from labelwright_client.replay.plan import ReplayOptions, make_plan
from labelwright_client.replay.progress import Progress
from labelwright_client.replay.recording import Recording, Vote
from labelwright_client.replay.report import Report
from labelwright_client.replay.scale import Scale
from labelwright_client.replay.scoring import Accuracy, Score
from schemas.consensus import AgreementView
from schemas.dataset_store import LabelsSummary, LeftOut, Published
from schemas.vocabulary import Measure

KEYS = (
    "items",
    "annotations",
    "decided",
    "adjudicated",
    "contested",
    "agreement",
    "accuracy",
    "flagged",
    "version",
    "seconds",
)


def report_of(**changes: Any) -> Report:
    votes = [Vote(str(item), name, "x") for item in range(20) for name in "abc"]
    recording = Recording(
        scale=Scale("nominal", "as asked"),
        votes=votes,
        payloads={str(item): {"item_id": str(item)} for item in range(20)},
        gold={str(item): "x" for item in range(10)},
    )
    made = Report(
        project="replay-x",
        plan=make_plan(recording, ReplayOptions()),
        summary=LabelsSummary(
            project="replay-x",
            items=19,
            decided={"unanimous": 8, "share": 3, "adjudicated": 4},
            contested=2,
            pending=1,
            review_pending=1,
            unreleased=0,
            last_decision_no=15,
        ),
        annotations=56,
        honeypot_annotations=3,
        late=0,
        agreement=AgreementView(
            field="label",
            metric="nominal",
            spec_version=1,
            sample="random_overlap",
            measured=Measure(
                value=0.5, low=0.4, high=0.6, n_items=19, n_annotators=3, n_pairable=56
            ),
            raw=0.7,
            without_distrusted=None,
        ),
        accuracy=Accuracy(Score(0.75, 8), Score(0.875, 9), Score(0.8, 9), Score(0.7, 9)),
        flagged=["b"],
        version=Published(
            hash="a" * 64,
            dataset="replay-x",
            number=1,
            records=15,
            decision_no=15,
            left_out=LeftOut(contested=2, pending=1, review_pending=1, unreleased=0),
        ),
        seconds=12.3456,
    )
    return replace(made, **changes)


def shown(report: Report) -> str:
    text = io.StringIO()
    Console(file=text, width=160).print(report.as_table())
    return text.getvalue()


def test_the_json_begins_with_the_promised_keys() -> None:
    found = report_of().as_json()

    assert tuple(found)[: len(KEYS)] == KEYS
    assert found["agreement"] == {"metric": "nominal", "value": 0.5, "low": 0.4, "high": 0.6}
    assert found["accuracy"] == {
        "undisputed": 0.75,
        "with_expert": 0.875,
        "majority": 0.8,
        "single": 0.7,
    }
    assert "\n" not in json.dumps(found)


def test_every_item_is_in_one_of_the_counts() -> None:
    found = report_of().as_json()

    assert (found["decided"], found["adjudicated"]) == (11, 4)
    parts = ("decided", "adjudicated", "contested", "open")
    assert sum(found[part] for part in parts) == found["items"] == 19


def test_the_table_separates_honeypots_and_names_the_simulated_expert() -> None:
    text = shown(report_of())

    assert "without 1 honeypots" in text
    assert "the expert is simulated by gold" in text
    assert "0.500" in text
    assert "annotators flagged" in text
    assert "a" * 64 in text


def test_undefined_figures_are_shown_as_undefined() -> None:
    nothing = Score(None, 0)
    blank = report_of(accuracy=Accuracy(nothing, nothing, nothing, nothing), agreement=None)

    assert blank.as_json()["accuracy"]["majority"] is None
    assert blank.as_json()["agreement"]["value"] is None
    assert "no gold" in shown(blank)


def test_a_report_can_leave_out_flagged_annotators() -> None:
    assert "flagged" not in shown(report_of(shows_flagged=False))


def test_progress_for_a_file_is_plain_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    text = io.StringIO()
    clock = iter([0.0, 1.0, 6.0, 6.0])
    monkeypatch.setattr("labelwright_client.replay.progress.time.monotonic", lambda: next(clock))

    with Progress(Console(file=text)) as progress:
        progress.start("Annotating", 10)
        progress.update(1)
        progress.update(7)

    assert text.getvalue() == "Annotating …\nAnnotating: 7 of 10\n"


def test_a_replay_in_which_all_is_contested_has_a_report_without_a_version() -> None:
    report = report_of(version=None)

    output = report.as_json()

    assert (output["version"], output["records"], output["dataset"]) == (None, 0, None)
    assert "no item has a label yet" in shown(report)
