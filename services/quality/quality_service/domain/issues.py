"""Whether it is the specification that fails, or people; and why, as adjudicators say.

The distinction is the point. Low agreement alone accuses nobody: a few spammers pull it down as
far as an unclear rule does. So agreement is judged with everybody and without the distrusted.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from uuid import UUID, uuid5

from schemas.quality import Verdict
from schemas.vocabulary import Cause, Measure, Policy

CAUSES_MIN = 5
"""From so many adjudications on the leading cause is said."""
GOLD_MISSED_MIN = 3
"""So many trusted annotators, and at least half of those who answered, must miss a gold."""
CAUSES: tuple[Cause, ...] = ("spec_gap", "ambiguous_data", "perspective", "slip")

_ISSUES = UUID("8f0b7f5e-51d4-5c63-9f0a-2d6f3f1f9b44")


@dataclass(frozen=True, slots=True)
class Finding:
    """Whom a measured agreement points at, and why."""

    verdict: Verdict
    why: str


@dataclass(frozen=True, slots=True)
class Issue:
    """The heart of a spec issue: what it is about and how it stands."""

    issue_id: UUID
    project: str
    spec_version: int
    field: str
    cause: Cause | None = None
    resolved_by: int | None = None


def issue_id(project: str, spec_version: int, field: str) -> UUID:
    """The identity of an issue: the same in every replay."""
    return uuid5(_ISSUES, f"{project}\x00{spec_version}\x00{field}")


def judge(measure: Measure, without: Measure | None, policy: Policy, field: str) -> Finding:
    """Whom the agreement on `field` points at.

    The specification is at fault if the agreement and the whole of its interval lie below the
    floor, on enough items, and leaving out the distrusted does not lift it to the floor.
    """
    if policy.decision(field).how == "subjective":
        return Finding("subjective", "People may differ on this field; no agreement is asked.")
    floor, least = policy.agreement.floor, policy.agreement.items_min
    if measure.n_items < least:
        return Finding("too_few", f"{measure.n_items} items are measured; {least} are needed.")
    if measure.value is None or measure.low is None or measure.high is None:
        return Finding("unclear", measure.reason or "The agreement has no interval.")
    told = f"{measure.value:.2f} ({measure.low:.2f} to {measure.high:.2f})"
    if measure.value >= floor:
        return Finding("fine", f"Agreement is {told}; the floor is {floor:.2f}.")
    if measure.high >= floor:
        why = f"Agreement is {told}; its interval reaches the floor of {floor:.2f}."
        return Finding("unclear", why)
    return _below(told, floor, without)


def _below(told: str, floor: float, without: Measure | None) -> Finding:
    whole = f"Agreement is {told}, below the floor of {floor:.2f}"
    if without is None or without.value is None:
        return Finding("spec", f"{whole}; there is nobody to leave out who would explain it.")
    if without.value >= floor:
        why = f"{whole}, but {without.value:.2f} without the distrusted: ask people, not the spec."
        return Finding("people", why)
    return Finding("spec", f"{whole}, and still {without.value:.2f} without the distrusted.")


def leading_cause(causes: Mapping[Cause, int]) -> Cause | None:
    """The cause that most adjudications name; None while there are fewer than `CAUSES_MIN`.

    Of causes named equally often the one nearest to the specification leads: its owner can look.
    """
    if sum(causes.values()) < CAUSES_MIN:
        return None
    return max(CAUSES, key=lambda cause: causes.get(cause, 0))


def is_gold_suspect(missed: int, answered: int) -> bool:
    """Whether so many trusted annotators miss a gold that gold or spec must be asked."""
    return missed >= GOLD_MISSED_MIN and 2 * missed >= answered


def confusions(answers: Iterable[tuple[UUID, Iterable[str]]]) -> list[tuple[str, str, int]]:
    """How many items got both of two answers, the most frequent pair first.

    An item of which this is said twice, by votes and by who skipped it, counts once.
    """
    items: dict[tuple[str, str], set[UUID]] = {}
    for item, given in answers:
        for pair in combinations(sorted(set(given)), 2):
            items.setdefault(pair, set()).add(item)
    ordered = sorted(items.items(), key=lambda one: (-len(one[1]), one[0]))
    return [(first, second, len(found)) for (first, second), found in ordered]
