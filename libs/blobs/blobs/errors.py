"""Errors of blob stores."""


class MissingBlob(Exception):
    """The store holds nothing under this sha256."""


class WrongDigest(ValueError):
    """The content that was to be stored does not have the sha256 it was to be stored under."""


class CorruptBlob(Exception):
    """The content that the store returned does not have the sha256 it is stored under."""


class BlobStoreUnavailable(Exception):
    """The blob store did not answer, or refused to."""
