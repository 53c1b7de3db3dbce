"""Fixtures with the votes of real crowds, if their files are present."""

from pathlib import Path

import pytest

from agreement import Votes, read_gold, read_votes

CROWDS = Path(__file__).resolve().parents[4] / "shared" / "data"


class Crowds:
    """The data sets of real crowds, each read once."""

    def __init__(self) -> None:
        self._votes: dict[str, Votes] = {}

    def votes(self, name: str) -> Votes:
        if name not in self._votes:
            self._votes[name] = read_votes(next((CROWDS / name).glob("votes.csv*")))
        return self._votes[name]

    def gold(self, name: str) -> dict[object, object]:
        return dict(read_gold(CROWDS / name / "gold.csv"))


@pytest.fixture(scope="session")
def crowds() -> Crowds:
    if not CROWDS.is_dir():
        pytest.skip(f"the real crowds are not at {CROWDS}")
    return Crowds()
