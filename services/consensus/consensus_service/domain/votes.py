"""Votes on one task, and their groups by answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from labels import Field


@dataclass(frozen=True, slots=True)
class Vote:
    """One annotation of a task, with the kind and the standing of its annotator."""

    annotation_id: UUID
    annotator: str
    label: Mapping[str, Any]
    annotator_kind: str = "human"
    standing: str = "new"

    def counts(self, deciders: Sequence[str]) -> bool:
        """Return True if its annotator is of a kind that decides, and is not suspended."""
        return self.annotator_kind in deciders and self.standing != "suspended"

    @property
    def is_replaced(self) -> bool:
        """True if the vote is a suspended person's, so that another person votes instead."""
        return self.annotator_kind == "human" and self.standing == "suspended"


@dataclass(frozen=True, slots=True)
class FieldVotes:
    """The votes on one field, grouped by equal answers.

    A field that its condition hides is absent, and absence is an answer too.
    """

    field: Field
    groups: Sequence[Sequence[Vote]]
    """Largest first; groups of equal size in the order of their text, so that no chance decides."""

    @classmethod
    def of(cls, field: Field, votes: Sequence[Vote]) -> "FieldVotes":
        """Group `votes` by answer; numbers within the field's tolerance are equal.

        Where answers are only nearly equal, the answer that most others are equal to forms the
        first group with them, then the next among the rest: a chain of small steps does not join
        its ends.
        """
        equal: dict[str, list[Vote]] = {}
        for vote in sorted(votes, key=lambda vote: vote.annotation_id.bytes):
            equal.setdefault(answer_key(field, vote), []).append(vote)
        rest = [equal[key] for key in sorted(equal)]
        groups: list[list[Vote]] = []
        while rest:
            near = [[other for other in rest if _same(field, own[0], other[0])] for own in rest]
            best = max(near, key=lambda found: sum(map(len, found)))
            groups.append([vote for found in best for vote in found])
            rest = [group for group in rest if group not in best]
        return cls(field, sorted(groups, key=len, reverse=True))

    @property
    def n(self) -> int:
        """The number of votes."""
        return sum(len(group) for group in self.groups)

    @property
    def is_tied(self) -> bool:
        """True if the two largest groups are of equal size."""
        return len(self.groups) > 1 and len(self.groups[0]) == len(self.groups[1])

    def share(self, place: int = 0) -> float:
        """Return the share of the votes that are in the group at `place`."""
        return len(self.groups[place]) / self.n

    def distribution(self) -> dict[str, float]:
        """Return the share of each group, by the text of its answer."""
        return {answer_key(self.field, group[0]): len(group) / self.n for group in self.groups}

    def value(self, place: int = 0) -> Any:  # noqa: ANN401
        """Return the merged answer of the group at `place`; None if it leaves the field out."""
        name = self.field.name
        values = [vote.label[name] for vote in self.groups[place] if name in vote.label]
        if not values:
            return None
        merged = self.field.merge(values)
        return values[0] if merged is None else merged


def answer_key(field: Field, vote: Vote) -> str:
    """Return the canonical text of the answer of `vote` to `field`; empty if it is absent."""
    return field.key(vote.label[field.name]) if field.name in vote.label else ""


def _same(field: Field, one: Vote, other: Vote) -> bool:
    if answer_key(field, one) == answer_key(field, other):
        return True
    if field.name not in one.label or field.name not in other.label:
        return False
    return field.is_correct(other.label[field.name], one.label[field.name])
