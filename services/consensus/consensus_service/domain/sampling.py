"""The selection of the votes that an agreement figure is computed from."""

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

SLICES_MAX = 20
"""The number of values of a metadata key that get a figure; the rarest are left out."""


class Sampled(Protocol):
    """A vote with the properties by which it is selected."""

    @property
    def prelabel(self) -> str:
        """`shown` if the annotator saw the pre-label."""

    @property
    def metadata(self) -> dict[str, object]:
        """The metadata of its item."""


Vote = TypeVar("Vote", bound=Sampled)


def independent(votes: Sequence[Vote]) -> list[Vote]:
    """Return the votes of annotators who saw no pre-label: one that all see makes them agree."""
    return [vote for vote in votes if vote.prelabel != "shown"]


def anchored(votes: Sequence[Vote]) -> list[Vote]:
    """Return the votes of annotators who saw a pre-label."""
    return [vote for vote in votes if vote.prelabel == "shown"]


def slices(votes: Sequence[Vote], key: str) -> dict[str, list[Vote]]:
    """Group the votes by the value of a metadata key of their items; the commonest values only."""
    return commonest(votes, lambda vote: vote.metadata.get(key))


def commonest(votes: Sequence[Vote], value: Callable[[Vote], object]) -> dict[str, list[Vote]]:
    """Group the votes by `value`, for the commonest values. Votes with None are left out."""
    groups: dict[str, list[Vote]] = {}
    for vote in votes:
        found = value(vote)
        if found is not None:
            groups.setdefault(str(found)[:200], []).append(vote)
    ranked = sorted(groups.items(), key=lambda pair: (-len(pair[1]), pair[0]))
    return dict(ranked[:SLICES_MAX])
