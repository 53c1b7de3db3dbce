"""What consensus refuses."""


class UnknownTask(Exception):
    """There is no such task here (yet)."""


class BadCursor(Exception):
    """This is not a cursor of this list."""
