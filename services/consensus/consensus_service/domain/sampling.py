"""Which votes a figure of agreement is about."""

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

SLICES_MAX = 20
"""How many values of a metadata key are told apart; the rarest are left out."""


class Sampled(Protocol):
    """What a sampled vote tells about where it belongs."""

    @property
    def prelabel(self) -> str:
        """Whether its annotator saw what a model suggests."""

    @property
    def metadata(self) -> dict[str, object]:
        """The metadata of its item."""


Vote = TypeVar("Vote", bound=Sampled)


def independent(votes: Sequence[Vote]) -> list[Vote]:
    """Votes of people who saw no pre-label: a suggestion that all see makes them agree."""
    return [vote for vote in votes if vote.prelabel != "shown"]


def anchored(votes: Sequence[Vote]) -> list[Vote]:
    """Votes of people who saw a pre-label."""
    return [vote for vote in votes if vote.prelabel == "shown"]


def slices(votes: Sequence[Vote], key: str) -> dict[str, list[Vote]]:
    """The votes by the value that their items have under a metadata key; the commonest values."""
    return commonest(votes, lambda vote: vote.metadata.get(key))


def commonest(votes: Sequence[Vote], value: Callable[[Vote], object]) -> dict[str, list[Vote]]:
    """The votes by `value`, for its commonest values. None belongs nowhere."""
    found: dict[str, list[Vote]] = {}
    for vote in votes:
        one = value(vote)
        if one is not None:
            found.setdefault(str(one)[:200], []).append(vote)
    ranked = sorted(found.items(), key=lambda pair: (-len(pair[1]), pair[0]))
    return dict(ranked[:SLICES_MAX])
