"""The state of an invitation, and the identity of the person that it is for."""

from datetime import datetime
from typing import NoReturn, Protocol

from queue_service.domain import refusals
from schemas.people import InvitationState


class Dated(Protocol):
    """The times of an invitation."""

    @property
    def expires_at(self) -> datetime: ...
    @property
    def used_at(self) -> datetime | None: ...
    @property
    def revoked_at(self) -> datetime | None: ...


def state(invitation: Dated, now: datetime) -> InvitationState:
    """Return the state of an invitation: a revoked one stays revoked, a used one used."""
    if invitation.revoked_at is not None:
        return "revoked"
    if invitation.used_at is not None:
        return "used"
    return "expired" if invitation.expires_at <= now else "open"


def refuse(invitation: Dated | None, now: datetime) -> NoReturn:
    """Raise the refusal of an invitation that is not open."""
    again = "Ask the lead of your project for a new link."
    if invitation is None:
        raise refusals.UnknownInvitation(f"The link is not complete, or was never made. {again}")
    found = state(invitation, now)
    if found == "revoked":
        raise refusals.InvitationRevoked(again)
    if found == "expired":
        raise refusals.InvitationExpired(again)
    raise refusals.InvitationUsed(f"If it was not you who used it, say so to the lead. {again}")


def subject(project: str, name: str) -> str:
    """Return the claim `sub` of an invited person, which is the same for each invitation.

    It names the project, so that no lead can invite a person to be one of another project.
    """
    return f"{project}/{name}"
