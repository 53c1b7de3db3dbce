"""Invitations: links that work once and are exchanged for a token.

A secret has 256 random bits and only its SHA-256 is stored. Guessing one of a billion open secrets
takes about 2^225 requests, so the exchange needs no limit on the number of its requests.
"""

import hashlib
import secrets
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from chassis.db.database import Transaction
from chassis.http.auth import pseudonym
from queue_service.domain import invitations as rules
from queue_service.domain import refusals
from queue_service.operations.people import Directory, add_person, revoke_token
from queue_service.store import invitations
from queue_service.store.invitations import Invitation
from schemas.events import TokenRevoked
from schemas.people import (
    InvitationRequest,
    Invitations,
    InvitationToken,
    InvitationView,
    PersonRequest,
)

SECRET_BYTES = 32


async def invite(
    transaction: Transaction,
    directory: Directory,
    project: str,
    request: InvitationRequest,
    now: datetime,
) -> tuple[Invitation, str]:
    """Store an invitation; return it with its secret. Raises SignsInElsewhere, NameTaken."""
    directory.own_signer()
    invited = PersonRequest(name=request.name, roles=[request.role])
    await add_person(transaction, directory, project, invited, now)
    expires_at = now + timedelta(hours=request.hours)
    invitation = Invitation(uuid4(), project, request.name, request.role, now, expires_at)
    secret = secrets.token_urlsafe(SECRET_BYTES)
    await invitations.add_invitation(transaction, invitation, _hashed(secret))
    return invitation, secret


async def exchange(
    transaction: Transaction, directory: Directory, secret: str, now: datetime
) -> InvitationToken:
    """Use an invitation; return a token of the person.

    Raises SignsInElsewhere, UnknownInvitation, InvitationUsed, InvitationExpired,
    InvitationRevoked.
    """
    signer = directory.own_signer()
    invitation = await invitations.use_invitation(transaction, _hashed(secret), now)
    if invitation is None:
        rules.refuse(await invitations.find_invitation(transaction, _hashed(secret)), now)
    token = signer.sign(
        rules.subject(invitation.project, invitation.name),
        str(invitation.invitation_id),
        invitation.expires_at,
        name=invitation.name,
        roles=[invitation.role],
        projects=[invitation.project],
    )
    return InvitationToken(token=token, expires_at=invitation.expires_at)


async def revoke_invitation(
    transaction: Transaction, directory: Directory, project: str, invitation_id: UUID, now: datetime
) -> None:
    """Revoke an invitation, and the token that it was exchanged for. Raises UnknownInvitation."""
    invitation = await invitations.revoke_invitation(transaction, project, invitation_id, now)
    if invitation is None:
        raise refusals.UnknownInvitation("The project has no invitation with this id.")
    if invitation.used_at is None:
        return
    issuer, subject = directory.own_signer().issuer, rules.subject(project, invitation.name)
    revoked = TokenRevoked(
        occurred_at=now,
        project=project,
        subject=pseudonym(directory.pseudonym_key, issuer, subject),
        jti=str(invitation_id),
        expires_at=invitation.expires_at,
    )
    await revoke_token(transaction, revoked)


async def list_invitations(
    transaction: Transaction, project: str, after: UUID | None, limit: int, now: datetime
) -> Invitations:
    """Return one page of the invitations of a project, newest first."""
    rows = await invitations.list_invitations(transaction, project, after, limit + 1)
    page = [
        InvitationView.model_validate(
            {
                "id": row.invitation_id,
                "name": row.name,
                "role": row.role,
                "state": rules.state(row, now),
                "created_at": row.created_at,
                "expires_at": row.expires_at,
                "used_at": row.used_at,
            }
        )
        for row in rows[:limit]
    ]
    return Invitations(invitations=page, next=str(page[-1].id) if len(rows) > limit else None)


def _hashed(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
