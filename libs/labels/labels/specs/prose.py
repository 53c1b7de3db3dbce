"""Finds names in the texts that people write, regardless of case, punctuation and spacing."""

import re
from typing import Self

from labels.canonical_text import normalized_text

_WORD = re.compile(r"[^\W_]+")


class Name(tuple[str, ...]):
    """The words of a name in small letters."""

    __slots__ = ()

    @classmethod
    def of(cls, text: str) -> Self:
        """Return the words of `text`."""
        return cls(_WORD.findall(normalized_text(text).casefold()))


class Prose:
    """A text in which names can be found."""

    __slots__ = ("_text", "_words")

    def __init__(self, text: str) -> None:
        """Split `text` into words."""
        words = Name.of(text)
        self._words = frozenset(words)
        self._text = f" {' '.join(words)} "

    def mentions(self, name: Name) -> bool:
        """Return True if the words of `name` are here in their order; the last may be in plural.

        A name without letters and digits is mentioned everywhere.
        """
        wanted = " ".join(name)
        if not wanted.isascii():  # Not every script has spaces between words.
            return wanted in self._text
        if not name:
            return True
        if not self._words.issuperset(name[:-1]) or self._words.isdisjoint(
            (name[-1], f"{name[-1]}s")
        ):
            return False  # Most names end here, without a search of the text.
        return f" {wanted} " in self._text or f" {wanted}s " in self._text
