"""Decide whether low agreement points at the specification or at people, and the leading cause.

Low agreement alone does not show that the specification is at fault: a few spammers lower it as
much as an unclear rule does. So agreement is judged twice: with all annotators, and without the
distrusted ones.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from uuid import UUID, uuid5

from schemas.quality import Verdict
from schemas.vocabulary import Cause, Measure, Policy

CAUSES_MIN = 5
"""The leading cause is named from this number of adjudications on."""
GOLD_MISSED_MIN = 3
"""A gold is disputed if at least this number of trusted annotators, and half of all, miss it."""
CAUSES: tuple[Cause, ...] = ("spec_gap", "ambiguous_data", "perspective", "slip")

_ISSUES = UUID("8f0b7f5e-51d4-5c63-9f0a-2d6f3f1f9b44")


@dataclass(frozen=True, slots=True)
class Finding:
    """The verdict on a measured agreement, and the reason for it."""

    verdict: Verdict
    why: str


@dataclass(frozen=True, slots=True)
class Issue:
    """A spec issue: its project, spec version and field, its cause and its resolution."""

    issue_id: UUID
    project: str
    spec_version: int
    field: str
    cause: Cause | None = None
    resolved_by: int | None = None


def issue_id(project: str, spec_version: int, field: str) -> UUID:
    """Return the id of an issue: the same in every replay."""
    return uuid5(_ISSUES, f"{project}\x00{spec_version}\x00{field}")


def interpret_agreement(
    measure: Measure, without: Measure | None, policy: Policy, field: str
) -> Finding:
    """Return who is at fault for the agreement on `field`: the specification, people or neither.

    The specification is at fault if the agreement and the whole of its interval lie below the
    floor, on enough items, and the agreement `without` the distrusted does not reach the floor.
    """
    if policy.decision(field).how == "subjective":
        return Finding("subjective", "People may differ on this field; no agreement is asked.")
    floor, least = policy.agreement.floor, policy.agreement.items_min
    if measure.n_items < least:
        return Finding("too_few", f"{measure.n_items} items are measured; {least} are needed.")
    if measure.value is None or measure.low is None or measure.high is None:
        return Finding("unclear", measure.reason or "The agreement has no interval.")
    figure = f"{measure.value:.2f} ({measure.low:.2f} to {measure.high:.2f})"
    if measure.value >= floor:
        return Finding("fine", f"Agreement is {figure}; the floor is {floor:.2f}.")
    if measure.high >= floor:
        why = f"Agreement is {figure}; its interval reaches the floor of {floor:.2f}."
        return Finding("unclear", why)
    return _interpret_low_agreement(figure, floor, without)


def _interpret_low_agreement(figure: str, floor: float, without: Measure | None) -> Finding:
    low = f"Agreement is {figure}, below the floor of {floor:.2f}"
    if without is None or without.value is None:
        return Finding("spec", f"{low}; no distrusted annotators explain it.")
    if without.value >= floor:
        why = f"{low}, but {without.value:.2f} without the distrusted: ask people, not the spec."
        return Finding("people", why)
    return Finding("spec", f"{low}, and still {without.value:.2f} without the distrusted.")


def leading_cause(causes: Mapping[Cause, int]) -> Cause | None:
    """Return the cause that most adjudications name; None if there are fewer than `CAUSES_MIN`.

    Of causes named equally often the first in `CAUSES` leads: those nearest to the specification
    come first, because its owner can act on them.
    """
    if sum(causes.values()) < CAUSES_MIN:
        return None
    return max(CAUSES, key=lambda cause: causes.get(cause, 0))


def is_gold_disputed(missed: int, answered: int) -> bool:
    """Return true if enough trusted annotators miss a gold that it or the spec may be wrong."""
    return missed >= GOLD_MISSED_MIN and 2 * missed >= answered


def confusions(answers: Iterable[tuple[UUID, Iterable[str]]]) -> list[tuple[str, str, int]]:
    """Return pairs of answers with the number of items that got both, most frequent first.

    `answers` are (item, answers to it). An item counts once per pair, however often it comes.
    """
    items_by_pair: dict[tuple[str, str], set[UUID]] = {}
    for item, item_answers in answers:
        for pair in combinations(sorted(set(item_answers)), 2):
            items_by_pair.setdefault(pair, set()).add(item)
    counts = [(pair, len(items)) for pair, items in items_by_pair.items()]
    ordered = sorted(counts, key=lambda entry: (-entry[1], entry[0]))
    return [(first, second, count) for (first, second), count in ordered]
