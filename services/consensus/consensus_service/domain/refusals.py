"""The errors that the consensus service raises; a docstring is the title of its problem."""


class UnknownTask(Exception):
    """No such task is known here."""


class BadCursor(Exception):
    """This is not a cursor of this list."""
