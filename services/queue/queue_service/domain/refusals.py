"""What the queue refuses, in the words that its caller hears."""

from typing import ClassVar


class Refused(Exception):
    """What was asked for is not done; the refusals below say why."""


class UnknownSpec(Refused):
    """There is no such spec version."""


class UnknownLease(Refused):
    """There is no such lease."""


class LeaseExpired(Refused):
    """The lease has expired; the task may be with someone else by now."""


class LeaseReleased(Refused):
    """The lease was given back."""


class LeaseSkipped(Refused):
    """The task was skipped with this lease."""


class Suspended(Refused):
    """Your work in this project is suspended."""


class Superseded(Refused):
    """The specification has changed since the lease was given."""

    def __init__(self, held: int, newest: int) -> None:
        """Say which version was held and which holds now."""
        self.extra = {"held_version": held, "newest_version": newest}
        super().__init__(f"Spec version {newest} replaced version {held}; the draft is kept.")


class Withdrawn(Refused):
    """The task was withdrawn; nobody need answer it any more."""


class AlreadyAnswered(Refused):
    """This lease has been answered, and differently."""


class WrongStage(Refused):
    """This lease is for another kind of work."""


class MayNotPick(Refused):
    """Only pipelines may choose which items they get."""


class NoStage(Refused):
    """None of your roles allows this stage."""


class OnlyMachines(Refused):
    """Bulk answers are for models and functions."""


class DraftTooLarge(Refused):
    """The draft is larger than the largest label."""


class LabelMissing(Refused):
    """A review that fixes must say the right label."""


class PayloadUnavailable(Refused):
    """The content of the item cannot be read at this moment, so no answer about it was taken."""

    headers: ClassVar[dict[str, str]] = {"retry-after": "5"}


class Contended(Refused):
    """Too many want the same tasks at this moment; try again."""


class Backlogged(Refused):
    """More was answered than can be passed on; try again in a while."""

    headers: ClassVar[dict[str, str]] = {"retry-after": "5"}
