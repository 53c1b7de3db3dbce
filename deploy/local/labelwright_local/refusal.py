"""What a start cannot go on without, said in one plain sentence."""


class CannotStart(Exception):
    """The stack cannot start; the message says why, and what to change."""
