"""The HTTP API of quality: annotators with their standings, spec issues, models."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, status

from chassis.clock import Now
from chassis.db.database import RequestTransaction
from chassis.http.auth import AnyCaller, Caller, Forbidden, needs
from chassis.http.json_body import JsonRoute
from quality_service.domain import refusals
from quality_service.operations import annotators, reports
from schemas.quality import (
    PAGE_MAX,
    AnnotatorUpdate,
    AnnotatorView,
    Models,
    ProjectAnnotators,
    SpecIssueDetail,
    SpecIssues,
)
from schemas.vocabulary import Annotator, ProjectName

REFUSALS: dict[type[Exception], int] = {
    refusals.UnknownAnnotator: status.HTTP_404_NOT_FOUND,
    refusals.UnknownIssue: status.HTTP_404_NOT_FOUND,
    refusals.UnreadableSpec: status.HTTP_422_UNPROCESSABLE_CONTENT,
}

router = APIRouter(route_class=JsonRoute, prefix="/v1")

Owner = Annotated[Caller, Depends(needs("admin", "spec_owner"))]
"""Callers who may see gold, and figures that reveal honeypots."""
Reader = Annotated[
    Caller,
    Depends(needs("admin", "spec_owner", "reviewer", "adjudicator", "pipeline", "trainer", "sre")),
]
Limit = Annotated[int, Query(ge=1, le=PAGE_MAX)]


@router.get("/annotators/{annotator}")
async def show_annotator(
    annotator: Annotator, caller: AnyCaller, transaction: RequestTransaction
) -> AnnotatorView:
    """Standing and skills of an annotator in each project; accuracy if it is not the caller."""
    if caller.pseudonym != annotator and not caller.has(*annotators.SEES_ALL):
        raise Forbidden(f"This needs one of the roles {', '.join(annotators.SEES_ALL)}.")
    return await annotators.show_annotator(transaction, caller, annotator)


@router.put("/annotators/{annotator}")
async def change_annotator(
    annotator: Annotator,
    body: AnnotatorUpdate,
    caller: Owner,
    transaction: RequestTransaction,
    now: Now,
) -> AnnotatorView:
    """Set an annotator's standing or skills in one project. Repeating a request has no effect."""
    caller.check_project(body.project)
    await annotators.change_annotator(transaction, annotator, body, now)
    return await annotators.show_annotator(transaction, caller, annotator)


@router.get("/projects/{project}/annotators")
async def list_annotators(
    project: ProjectName,
    caller: Owner,
    transaction: RequestTransaction,
    after: Annotator | None = None,
    limit: Limit = 100,
) -> ProjectAnnotators:
    """The annotators of a project, with accuracy and the counts of their actions."""
    caller.check_project(project)
    return await annotators.list_annotators(transaction, project, after or "", limit)


@router.get("/projects/{project}/spec-issues")
async def list_issues(
    project: ProjectName,
    caller: Reader,
    transaction: RequestTransaction,
    after: UUID | None = None,
    limit: Limit = 100,
) -> SpecIssues:
    """The spec issues of a project, and the finding on each measured agreement."""
    caller.check_project(project)
    return await reports.list_issues(transaction, project, after, limit)


@router.get("/spec-issues/{issue_id}")
async def show_issue(
    issue_id: UUID, caller: Owner, transaction: RequestTransaction
) -> SpecIssueDetail:
    """A spec issue with its evidence, from which its owner can correct the specification."""
    return await reports.show_issue(transaction, caller, issue_id)


@router.get("/projects/{project}/models")
async def list_models(
    project: ProjectName, caller: Reader, transaction: RequestTransaction
) -> Models:
    """Compare the annotations of people with the pre-labels of models."""
    caller.check_project(project)
    return await reports.list_models(transaction, project)
