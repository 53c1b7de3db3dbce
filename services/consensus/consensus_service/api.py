"""The HTTP door of consensus: where tasks stand, how far people agree."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, status

from chassis.db.database import RequestTransaction
from chassis.http.auth import Caller, needs
from chassis.http.json_body import JsonRoute
from consensus_service import domain
from consensus_service.operations import measuring, views
from schemas.consensus import AgreementQuery, AgreementViews, Conflicts, TaskView
from schemas.vocabulary import ProjectName

REFUSALS: dict[type[Exception], int] = {
    domain.UnknownTask: status.HTTP_404_NOT_FOUND,
    domain.BadCursor: status.HTTP_422_UNPROCESSABLE_CONTENT,
}

router = APIRouter(route_class=JsonRoute, prefix="/v1")

# Annotators are not among them: other people's votes would sway them.
Lead = Annotated[
    Caller, Depends(needs("spec_owner", "adjudicator", "reviewer", "admin", "sre", "pipeline"))
]


@router.get("/tasks/{task_id}")
async def view_task(task_id: UUID, caller: Lead, transaction: RequestTransaction) -> TaskView:
    """Where a task stands, and why."""
    return await views.show_task(transaction, caller, task_id)


@router.get("/projects/{project}/agreement")
async def list_agreement(
    project: ProjectName,
    caller: Lead,
    transaction: RequestTransaction,
    asked: Annotated[AgreementQuery, Query()],
) -> AgreementViews:
    """How far people agree on each field; `by` looks closer, `since` and `until` at a window."""
    caller.check_project(project)
    return await measuring.show_agreement(
        transaction,
        project,
        version=asked.spec_version,
        field=asked.field,
        closer=measuring.Closer(asked.by, (asked.since, asked.until)),
    )


@router.get("/projects/{project}/conflicts")
async def list_conflicts(
    project: ProjectName,
    caller: Lead,
    transaction: RequestTransaction,
    after: Annotated[str | None, Query(min_length=1, max_length=100)] = None,
) -> Conflicts:
    """The open conflicts, oldest first."""
    caller.check_project(project)
    return await views.show_conflicts(transaction, project, after)
