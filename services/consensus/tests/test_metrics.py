"""Agreement can be measured with every metric of every field kind."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

import labels
from consensus_service.operations import agreement
from consensus_service.store.agreement import SampledVote

OPTIONS = ["a", "b", "c"]
BOX = {"label": "a", "x": 0.1, "y": 0.1, "width": 0.2, "height": 0.2}
SPAN = {"label": "a", "start": 0, "end": 3, "text": "abc"}
ANSWERS: list[tuple[dict[str, Any], list[Any]]] = [
    ({"kind": "choice", "options": OPTIONS}, ["a", "b", "a", "c"]),
    ({"kind": "choice", "options": OPTIONS, "ordered": True}, ["a", "b", "a", "c"]),
    ({"kind": "choices", "options": OPTIONS}, [["a"], ["a", "b"], [], ["c"]]),
    ({"kind": "text"}, ["x", "y", "x", "z"]),
    ({"kind": "spans", "options": OPTIONS}, [[SPAN], [], [SPAN], [SPAN]]),
    ({"kind": "boxes", "options": OPTIONS}, [[BOX], [], [BOX], [BOX]]),
    ({"kind": "ranking", "options": OPTIONS}, [OPTIONS, OPTIONS[::-1], OPTIONS, OPTIONS]),
    ({"kind": "pairwise", "options": ["a", "b"], "tie": True}, ["a", "tie", "b", "a"]),
    ({"kind": "rating", "minimum": 0}, [0, 1, 5, 0]),
    ({"kind": "rating", "minimum": -2, "maximum": 2}, [-2, 0, 2, 1]),
    ({"kind": "number"}, [-1.5, 0, 3, 2]),
    ({"kind": "number", "minimum": 0}, [0, 0.5, 3, 0]),
]
FIELDS = [
    (labels.compile_fields([{"name": "f", **d}]).fields[0], answers) for d, answers in ANSWERS
]


@pytest.mark.parametrize(
    ("field", "metric", "answers"),
    [(field, metric, answers) for field, answers in FIELDS for metric in field.metrics],
)
def test_every_metric_of_a_kind_can_be_measured(
    field: Any, metric: Any, answers: list[Any]
) -> None:
    votes = [
        SampledVote(
            task_id=UUID(int=n // 2),
            annotator=f"a{n % 2}",
            label={"f": answer},
            prelabel="none",
            standing="good",
            metadata={},
            submitted_at=datetime(2026, 1, 1, tzinfo=UTC),
        )
        for n, answer in enumerate(answers)
    ]

    figures = agreement._measure(field, metric, votes)

    assert figures.metric == f"krippendorff_alpha_{metric}"
    assert figures.measured.n_items == 2
