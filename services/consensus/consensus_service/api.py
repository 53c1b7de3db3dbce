"""The HTTP API of consensus: states of tasks, agreement, and conflicts."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, status

from chassis.db.database import RequestTransaction
from chassis.http.auth import Caller, needs
from chassis.http.json_body import JsonRoute
from consensus_service.domain import refusals
from consensus_service.operations import agreement, views
from schemas.consensus import AgreementQuery, AgreementViews, Conflicts, Precedents, TaskView
from schemas.vocabulary import ProjectName

REFUSALS: dict[type[Exception], int] = {
    refusals.UnknownTask: status.HTTP_404_NOT_FOUND,
    refusals.BadCursor: status.HTTP_422_UNPROCESSABLE_CONTENT,
}

router = APIRouter(route_class=JsonRoute, prefix="/v1")

# Not for annotators: the annotations of others would influence them.
Lead = Annotated[
    Caller, Depends(needs("spec_owner", "adjudicator", "reviewer", "admin", "sre", "pipeline"))
]


@router.get("/tasks/{task_id}")
async def view_task(task_id: UUID, caller: Lead, transaction: RequestTransaction) -> TaskView:
    """Return the state of a task, with its votes and the reason."""
    return await views.show_task(transaction, caller, task_id)


@router.get("/tasks/{task_id}/precedents")
async def list_precedents(
    task_id: UUID, caller: Lead, transaction: RequestTransaction
) -> Precedents:
    """List the earlier adjudications of similar conflicts that still stand, most similar first."""
    return await views.show_precedents(transaction, caller, task_id)


@router.get("/projects/{project}/agreement")
async def list_agreement(
    project: ProjectName,
    caller: Lead,
    transaction: RequestTransaction,
    query: Annotated[AgreementQuery, Query()],
) -> AgreementViews:
    """List the agreement on each field; `by` adds a breakdown, `since` and `until` set a window."""
    caller.check_project(project)
    return await agreement.show_agreement(transaction, project, query)


@router.get("/projects/{project}/conflicts")
async def list_conflicts(
    project: ProjectName,
    caller: Lead,
    transaction: RequestTransaction,
    after: Annotated[str | None, Query(min_length=1, max_length=100)] = None,
) -> Conflicts:
    """List the open conflicts, oldest first."""
    caller.check_project(project)
    return await views.show_conflicts(transaction, project, after)
