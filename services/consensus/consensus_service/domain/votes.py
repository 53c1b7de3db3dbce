"""Votes on one task, and how they group."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from labels import Field


@dataclass(frozen=True, slots=True)
class Vote:
    """One annotation. `counts`: it is by one who may decide, and whom nobody suspended."""

    annotation_id: UUID
    annotator: str
    label: Mapping[str, Any]
    counts: bool


@dataclass(frozen=True, slots=True)
class Ballot:
    """The answers to one field, grouped into those that say the same.

    A field that its condition hides is absent, and absence is an answer too.
    """

    field: Field
    groups: Sequence[Sequence[Vote]]
    """Largest first; equals in the order of their text, so that chance has no say."""

    @classmethod
    def of(cls, field: Field, votes: Sequence[Vote]) -> "Ballot":
        """Group `votes` by what they say; numbers that a tolerance makes equal say the same.

        Where answers are only nearly equal, the answer that most others are equal to gathers
        them, then the next among the rest: a chain of small steps does not join its ends.
        """
        same: dict[str, list[Vote]] = {}
        for vote in sorted(votes, key=lambda vote: vote.annotation_id.bytes):
            same.setdefault(answer_key(field, vote), []).append(vote)
        rest = [same[key] for key in sorted(same)]
        groups: list[list[Vote]] = []
        while rest:
            near = [[two for two in rest if _same(field, one[0], two[0])] for one in rest]
            best = max(near, key=lambda found: sum(map(len, found)))
            groups.append([vote for found in best for vote in found])
            rest = [one for one in rest if one not in best]
        return cls(field, sorted(groups, key=len, reverse=True))

    @property
    def n(self) -> int:
        """How many votes there are."""
        return sum(len(group) for group in self.groups)

    @property
    def is_tied(self) -> bool:
        """Whether no group is the largest."""
        return len(self.groups) > 1 and len(self.groups[0]) == len(self.groups[1])

    def share(self, place: int = 0) -> float:
        """The share of the votes that the group at `place` holds."""
        return len(self.groups[place]) / self.n

    def distribution(self) -> dict[str, float]:
        """The share of each group, by the text of its answer."""
        return {answer_key(self.field, group[0]): len(group) / self.n for group in self.groups}

    def value(self, place: int = 0) -> Any:  # noqa: ANN401
        """What the group at `place` says, as one value; None if it leaves the field out."""
        name = self.field.name
        values = [vote.label[name] for vote in self.groups[place] if name in vote.label]
        if not values:
            return None
        merged = self.field.merge(values)
        return values[0] if merged is None else merged


def answer_key(field: Field, vote: Vote) -> str:
    """The canonical text of what `vote` says about `field`; empty if it is absent."""
    return field.key(vote.label[field.name]) if field.name in vote.label else ""


def _same(field: Field, one: Vote, other: Vote) -> bool:
    if answer_key(field, one) == answer_key(field, other):
        return True
    if field.name not in one.label or field.name not in other.label:
        return False
    return field.is_correct(other.label[field.name], one.label[field.name])
