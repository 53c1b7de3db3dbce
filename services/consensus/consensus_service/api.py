"""The HTTP API of consensus: states of tasks, agreement, and conflicts."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, status
from pydantic import BeforeValidator

from chassis.db.database import RequestTransaction
from chassis.http.auth import Caller, needs
from chassis.http.json_body import JsonRoute, refusing
from consensus_service.domain import refusals
from consensus_service.operations import agreement, spec_previews, views
from labels.specs.check import spec_problems
from schemas.consensus import AgreementQuery, AgreementViews, Conflicts, Precedents, TaskView
from schemas.ingest import SpecRequest
from schemas.spec_previews import LabelPreview
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
Owner = Annotated[Caller, Depends(needs("spec_owner", "admin"))]
CheckedSpec = Annotated[SpecRequest, BeforeValidator(refusing(spec_problems))]


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


@router.post("/projects/{project}/specs/preview")
async def preview_labels(
    project: ProjectName, request: CheckedSpec, caller: Owner, transaction: RequestTransaction
) -> LabelPreview:
    """Preview a spec version: the labels that it affects, and what labeling again costs.

    Nothing is stored. The body is that of publishing; ingest answers the same body with the changes
    and the items that are asked again.
    """
    caller.check_project(project)
    return await spec_previews.preview_spec(transaction, project, request)


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
