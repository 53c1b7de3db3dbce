"""Reading and checking the claims of a token. All functions raise ValueError for invalid ones."""

from collections.abc import Mapping, Sequence
from typing import Any

WILDCARD = "*"
EXPIRY_MAX = 253_402_300_800
"""The beginning of the year 10000, in seconds since 1970. A later expiry is refused."""


def text(claims: Mapping[str, Any], claim: str) -> str:
    """Return a claim that must be a text."""
    value = claims[claim]
    if not isinstance(value, str):
        raise ValueError(f"the claim '{claim}' must be a text")  # noqa: TRY004
    return value


def names(claims: Mapping[str, Any], path: Sequence[str]) -> frozenset[str]:
    """Return the names in the claim at `path`, a list of texts; none if the claim is missing.

    Some identity providers send a single value as a text. It is one name and not a list of its
    letters; the wildcard is only accepted in a list.
    """
    value: Any = claims
    for key in path:
        if not isinstance(value, Mapping):
            raise ValueError(f"'{key}' of the claim '{'.'.join(path)}' must be in an object")  # noqa: TRY004
        if key not in value:
            return frozenset()
        value = value[key]
    found = [value] if isinstance(value, str) else value
    claim = ".".join(path)
    if not isinstance(found, list) or not all(isinstance(name, str) for name in found):
        raise ValueError(f"the claim '{claim}' must be a list of texts")
    if value == WILDCARD:
        raise ValueError(f"the claim '{claim}' must be a list to hold '{WILDCARD}'")
    return frozenset(found)


def expiry(claims: Mapping[str, Any]) -> float:
    """Return when the token expires, in seconds since 1970."""
    value = claims["exp"]
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < EXPIRY_MAX:
        raise ValueError("the claim 'exp' must be a time in seconds since 1970")
    return float(value)


def issued_at(claims: Mapping[str, Any]) -> float:
    """Return when the token was issued, in seconds since 1970; 0 if it does not say."""
    value = claims.get("iat", 0)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("the claim 'iat' must be a time in seconds since 1970")  # noqa: TRY004
    return float(value)


def optional_text(claims: Mapping[str, Any], claim: str) -> str | None:
    """Return a claim that is a text; None if it is missing or has another type."""
    value = claims.get(claim)
    return value if isinstance(value, str) else None
