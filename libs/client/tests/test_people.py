"""The table of `labelwright people list`: the queue's people with quality's accuracy."""

from typing import Any

from labelwright_client.cli.people import accuracy_text, joined
from schemas.people import ProjectPerson
from schemas.quality import ProjectAnnotator
from schemas.vocabulary import Accuracy


def entry(pseudonym: str, name: str | None, **more: Any) -> ProjectPerson:
    facts: dict[str, Any] = {
        "pseudonym": pseudonym * 32, "name": name, "roles": ["annotator"], "invited_at": None,
        "revoked_at": None, "first_seen_at": None, "last_seen_at": None,
        "done": 7, "done_today": 2, "done_last_hour": 1,
    }  # fmt: skip
    return ProjectPerson(**{**facts, **more})


def known(pseudonym: str, accuracy: Accuracy) -> ProjectAnnotator:
    return ProjectAnnotator(
        annotator=pseudonym * 32, standing="good", reason="", accuracy=accuracy, last_good_at=None,
        annotations=7, honeypots=3, skips=0, leases_expired=0,
    )  # fmt: skip


def test_people_are_listed_by_name_with_the_accuracy_of_their_pseudonym() -> None:
    accuracy = Accuracy(value=0.9, low=0.71, high=0.972, n=30)
    people = [entry("a", None), entry("b", "Zoe"), entry("c", "Ada")]

    rows = joined(people, [known("b", accuracy)])

    assert [row["name"] for row in rows] == ["Ada", "Zoe", None]
    assert [row["standing"] for row in rows] == [None, "good", None]
    assert accuracy_text(rows[1]["accuracy"]) == "90 % (71 to 97, n=30)"
    assert rows[1]["done_last_hour"] == 1


def test_an_accuracy_that_nothing_is_known_of_is_no_figure() -> None:
    unknown = Accuracy(value=None, low=None, high=None, n=0)

    [row] = joined([entry("a", "Ada")], [known("a", unknown)])

    assert accuracy_text(row["accuracy"]) is None
    assert accuracy_text(None) is None
