"""Earlier adjudications that are similar to a conflict. No I/O."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

Distribution = Mapping[str, Mapping[str, float]]
"""The share of each answer to each field, by the canonical text of the answer."""


@dataclass(frozen=True, slots=True)
class Dispute:
    """The fields that are in dispute, and the answers that were given to them."""

    fields: frozenset[str]
    answers: frozenset[tuple[str, str]]
    """Pairs of a disputed field and the canonical text of an answer to it."""

    @classmethod
    def of(cls, fields: Sequence[str], distribution: Distribution) -> "Dispute":
        """Return the dispute about `fields`; answers to other fields are not part of it."""
        pairs = {(name, answer) for name in fields for answer in distribution.get(name, ())}
        return cls(frozenset(fields), frozenset(pairs))


@dataclass(frozen=True, slots=True)
class Adjudication:
    """An earlier adjudication, with the dispute that it settled."""

    task_id: UUID
    spec_version: int
    fields: list[str]
    distribution: dict[str, dict[str, float]]
    label: dict[str, Any]
    rationale: str
    cause: str
    rules: list[str]
    decided_at: datetime

    @property
    def dispute(self) -> Dispute:
        """The dispute that it settled."""
        return Dispute.of(self.fields, self.distribution)


def most_similar(
    dispute: Dispute, adjudications: Sequence[Adjudication], limit: int
) -> list[Adjudication]:
    """Return at most `limit` adjudications of disputes about a field of `dispute`.

    Two disputes are the more similar the larger the Jaccard index of their answers is, then that of
    their fields; of equally similar ones the newest comes first. For fields whose answers hardly
    ever repeat, such as spans, the fields alone make disputes similar.
    """

    def rank(one: Adjudication) -> tuple[float, float, datetime]:
        other = one.dispute
        return (
            _jaccard(dispute.answers, other.answers),
            _jaccard(dispute.fields, other.fields),
            one.decided_at,
        )

    related = [one for one in adjudications if dispute.fields & one.dispute.fields]
    return sorted(related, key=rank, reverse=True)[:limit]


def _jaccard(one: frozenset[Any], other: frozenset[Any]) -> float:
    union = one | other
    return len(one & other) / len(union) if union else 0.0
