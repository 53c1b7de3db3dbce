"""What ingest refuses. The docstring is the title."""


class UnknownSpec(Exception):
    """There is no such spec version."""


class UnknownRepair(Exception):
    """Nobody says that the data of this item is bad."""


class BadCursor(Exception):
    """This is not a cursor of this list."""


class ProjectExists(Exception):
    """The project exists, with another title."""


class NoSpec(Exception):
    """Gold is checked against a spec version, and this project has none yet."""


class KeyReused(Exception):
    """This Idempotency-Key came with another body before."""


class Malformed(Exception):
    """The body is not JSON."""
