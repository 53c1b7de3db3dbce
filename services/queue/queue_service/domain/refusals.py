"""The refusals of the queue. A class's docstring is the title of the API's problem."""

from typing import ClassVar


class Refused(Exception):
    """The request was refused; the refusals below name the reason."""


class UnknownSpec(Refused):
    """The spec version does not exist."""


class UnknownLease(Refused):
    """The lease does not exist."""


class LeaseExpired(Refused):
    """The lease has expired; another annotator may have the task."""


class LeaseReleased(Refused):
    """The lease was given back."""


class LeaseSkipped(Refused):
    """The task was skipped with this lease."""


class Suspended(Refused):
    """Your work in this project is suspended."""


class Superseded(Refused):
    """The specification has changed since the lease was given."""

    def __init__(self, held: int, newest: int) -> None:
        """Name the version of the lease and the newest version."""
        self.extra = {"held_version": held, "newest_version": newest}
        super().__init__(f"Spec version {newest} replaced version {held}; the draft is kept.")


class Withdrawn(Refused):
    """The task was withdrawn or decided; it needs no more work."""


class AlreadyAnswered(Refused):
    """The lease was already used for another submission."""


class NotAnswered(Refused):
    """The lease has no annotation yet that could be corrected."""


class CorrectionTooLate(Refused):
    """The time to correct this annotation is over."""


class WrongStage(Refused):
    """This lease is for another stage."""


class MayNotPick(Refused):
    """Only pipelines may choose which items they get."""


class NoStage(Refused):
    """None of your roles allows this stage."""


class OnlyMachines(Refused):
    """Annotations in bulk are for models and functions."""


class DraftTooLarge(Refused):
    """The draft is larger than the largest label."""


class LabelMissing(Refused):
    """A review with the verdict `fix` needs a label."""


class PayloadUnavailable(Refused):
    """The payload of the item cannot be read at this moment; nothing was stored."""

    headers: ClassVar[dict[str, str]] = {"retry-after": "5"}


class Contended(Refused):
    """Too many annotators ask for the same tasks at this moment; try again."""


class Backlogged(Refused):
    """Too many events wait to be sent; try again later."""

    headers: ClassVar[dict[str, str]] = {"retry-after": "5"}


class SignsInElsewhere(Refused):
    """People of this installation sign in at their login provider, not by invitations."""


class UnknownInvitation(Refused):
    """The invitation does not exist."""


class InvitationUsed(Refused):
    """The invitation was already used; a link works once."""


class InvitationExpired(Refused):
    """The invitation has expired."""


class InvitationRevoked(Refused):
    """The invitation was revoked."""


class UnknownPerson(Refused):
    """The directory of the project has no such person."""


class NameTaken(Refused):
    """The directory of the project has another person of this name."""
