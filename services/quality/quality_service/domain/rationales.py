"""Rationales in groups: what adjudicators wrote in the same words is one thing to mend."""

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
    """What one adjudicator wrote."""

    item_id: UUID
    text: str
    cause: Cause
    rules: tuple[str, ...]


@dataclass(slots=True)
class Group:
    """Rationales in the same words, in the spelling of the first."""

    text: str
    causes: Counter[Cause] = field(default_factory=Counter)
    rules: set[str] = field(default_factory=set)
    items: set[UUID] = field(default_factory=set)
    count: int = 0


def words_of(text: str) -> str:
    """The words of a text without case, punctuation, spacing and forms of letters."""
    return " ".join(_WORD.findall(unicodedata.normalize("NFKC", text).casefold()))


def grouped(rationales: Iterable[Rationale]) -> list[Group]:
    """The groups, largest first; what names the same rules in other words is another group."""
    groups: dict[str, Group] = {}
    for one in sorted(rationales, key=lambda one: (one.text, one.item_id)):
        group = groups.setdefault(words_of(one.text), Group(one.text))
        group.count += 1
        group.causes[one.cause] += 1
        group.rules.update(one.rules)
        group.items.add(one.item_id)
    return sorted(groups.values(), key=lambda group: (-group.count, group.text))
