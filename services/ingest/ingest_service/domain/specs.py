"""Compute the hash of a specification."""

from schemas.canonical import digest
from schemas.vocabulary import SpecDocument


def spec_hash(document: SpecDocument) -> str:
    """Return the hash of a spec version: the digest of its document with all default values."""
    return digest(document.model_dump(mode="json"))
