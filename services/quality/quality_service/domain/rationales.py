"""Group the rationales of adjudicators that use the same words."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from schemas.vocabulary import Cause

_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Rationale:
    """The reason that one adjudicator wrote for a decision."""

    item_id: UUID
    text: str
    cause: Cause
    rules: tuple[str, ...]


@dataclass(slots=True)
class Group:
    """Rationales with the same words; `text` is the first of them in sort order."""

    text: str
    causes: Counter[Cause] = field(default_factory=Counter)
    rules: set[str] = field(default_factory=set)
    items: set[UUID] = field(default_factory=set)
    count: int = 0


def normalized_words(text: str) -> str:
    """Return the words of `text`: NFKC, case-folded, without punctuation, joined by spaces."""
    return " ".join(_WORD.findall(unicodedata.normalize("NFKC", text).casefold()))


def group_rationales(rationales: Iterable[Rationale]) -> list[Group]:
    """Return the groups, largest first. Other words are another group, even for the same rules."""
    groups: dict[str, Group] = {}
    for rationale in sorted(rationales, key=lambda rationale: (rationale.text, rationale.item_id)):
        group = groups.setdefault(normalized_words(rationale.text), Group(rationale.text))
        group.count += 1
        group.causes[rationale.cause] += 1
        group.rules.update(rationale.rules)
        group.items.add(rationale.item_id)
    return sorted(groups.values(), key=lambda group: (-group.count, group.text))
