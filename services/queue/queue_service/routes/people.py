"""The routes about people: invitations, the directory of a project, and the caller itself."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response, status

from chassis.clock import Now
from chassis.db.database import RequestTransaction
from chassis.http.auth import AnyCaller, Caller, needs
from chassis.http.json_body import JsonRoute
from queue_service.domain import refusals
from queue_service.operations import invitations, people
from queue_service.operations.people import Directory
from schemas.people import (
    PEOPLE_MAX,
    InvitationCreated,
    InvitationExchange,
    InvitationRequest,
    Invitations,
    InvitationToken,
    Me,
    PersonAdded,
    PersonRequest,
    ProjectPeople,
)
from schemas.vocabulary import Annotator, ProjectName

REFUSALS: dict[type[Exception], int] = {
    refusals.UnknownInvitation: status.HTTP_404_NOT_FOUND,
    refusals.UnknownPerson: status.HTTP_404_NOT_FOUND,
    refusals.SignsInElsewhere: status.HTTP_409_CONFLICT,
    refusals.NameTaken: status.HTTP_409_CONFLICT,
    refusals.InvitationUsed: status.HTTP_409_CONFLICT,
    refusals.InvitationExpired: status.HTTP_409_CONFLICT,
    refusals.InvitationRevoked: status.HTTP_409_CONFLICT,
}
LEADS = ("spec_owner", "admin")
LeadCaller = Annotated[Caller, Depends(needs(*LEADS))]
PageSize = Annotated[int, Query(ge=1, le=PEOPLE_MAX)]

router = APIRouter(route_class=JsonRoute, tags=["people"])


async def _directory(request: Request) -> Directory:
    directory: Directory = request.app.state.directory
    return directory


RequestDirectory = Annotated[Directory, Depends(_directory)]


@router.get("/me")
async def describe_me(caller: AnyCaller, transaction: RequestTransaction, now: Now) -> Me:
    """Return who the caller is: pseudonym, name, roles, projects, and how much is done."""
    return await people.describe_caller(transaction, caller, now)


@router.post("/projects/{project}/invitations", status_code=status.HTTP_201_CREATED)
async def create_invitation(
    project: ProjectName,
    body: InvitationRequest,
    caller: LeadCaller,
    transaction: RequestTransaction,
    request: Request,
    now: Now,
) -> InvitationCreated:
    """Invite a person in a role. The link works once, until it expires.

    The secret is in the fragment of the link, which browsers send to no server.
    """
    caller.check_project(project)
    directory = await _directory(request)
    made, secret = await invitations.invite(transaction, directory, project, body, now)
    page = request.app.state.settings.public_url or str(request.base_url)
    return InvitationCreated(
        id=made.invitation_id,
        link=f"{page.rstrip('/')}/#invite={secret}",
        expires_at=made.expires_at,
    )


@router.get("/projects/{project}/invitations")
async def list_invitations(
    project: ProjectName,
    caller: LeadCaller,
    transaction: RequestTransaction,
    now: Now,
    after: UUID | None = None,
    limit: PageSize = 100,
) -> Invitations:
    """Return the invitations of a project, newest first, without their secrets."""
    caller.check_project(project)
    return await invitations.list_invitations(transaction, project, after, limit, now)


@router.delete(
    "/projects/{project}/invitations/{invitation_id}", status_code=status.HTTP_204_NO_CONTENT
)
async def revoke_invitation(
    project: ProjectName,
    invitation_id: UUID,
    caller: LeadCaller,
    transaction: RequestTransaction,
    directory: RequestDirectory,
    now: Now,
) -> None:
    """Revoke an invitation. If it was used, all services refuse its token within two seconds."""
    caller.check_project(project)
    await invitations.revoke_invitation(transaction, directory, project, invitation_id, now)


@router.post("/invitations/exchange")
async def exchange_invitation(
    body: InvitationExchange,
    transaction: RequestTransaction,
    directory: RequestDirectory,
    response: Response,
    now: Now,
) -> InvitationToken:
    """Exchange the secret of an invitation for a bearer token, once. Needs no token."""
    response.headers["cache-control"] = "no-store"
    return await invitations.exchange(transaction, directory, body.secret, now)


@router.get("/projects/{project}/people")
async def list_people(
    project: ProjectName,
    caller: LeadCaller,
    transaction: RequestTransaction,
    now: Now,
    after: Annotator | None = None,
    limit: PageSize = 100,
) -> ProjectPeople:
    """Return the people of a project with their names and how much they have done."""
    caller.check_project(project)
    return await people.list_people(transaction, project, after or "", limit, now)


@router.post("/projects/{project}/people")
async def add_person(
    project: ProjectName,
    body: PersonRequest,
    caller: LeadCaller,
    transaction: RequestTransaction,
    directory: RequestDirectory,
    now: Now,
) -> PersonAdded:
    """Add a person to the directory of a project, without an invitation."""
    caller.check_project(project)
    added = await people.add_person(transaction, directory, project, body, now)
    return PersonAdded(pseudonym=added, name=body.name)


@router.delete("/projects/{project}/people/{pseudonym}", status_code=status.HTTP_204_NO_CONTENT)
async def revoke_person(
    project: ProjectName,
    pseudonym: Annotator,
    caller: LeadCaller,
    transaction: RequestTransaction,
) -> None:
    """Revoke a person's access to a project: all its tokens so far, and its open invitations.

    All services refuse the tokens within two seconds. Tokens for all projects are not affected.
    """
    caller.check_project(project)
    await people.revoke_person(transaction, project, pseudonym)
