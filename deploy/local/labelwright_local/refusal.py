"""The error that keeps a stack from starting, with a message for the user."""


class CannotStart(Exception):
    """The stack cannot start; the message says why, and what to do."""
