"""The errors that ingest raises; a docstring is the title of its problem."""


class UnknownSpec(Exception):
    """No such spec version is known."""


class UnknownItem(Exception):
    """No such item is known."""


class UnknownUpload(Exception):
    """No such uploaded file is known."""


class NotImported(Exception):
    """This file was not imported yet."""


class NoIdColumn(Exception):
    """The column of the ids is not certain."""


class SpecChanged(Exception):
    """Another spec version is the newest than the one that was expected."""


class UnknownRepair(Exception):
    """No annotator has skipped this item as bad data."""


class BadCursor(Exception):
    """This is not a cursor of this list."""


class ProjectExists(Exception):
    """The project exists, with another title."""


class NoSpec(Exception):
    """Gold is checked against a spec version, and this project has none yet."""


class KeyReused(Exception):
    """This Idempotency-Key belongs to another request body."""


class Malformed(Exception):
    """The body is not JSON."""
