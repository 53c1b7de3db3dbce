"""Routes of items: list them, change one, withdraw and restore many."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from chassis.clock import Now
from chassis.db.database import RequestDatabase, RequestTransaction
from chassis.http.json_body import JsonRoute
from chassis.jobs import routes
from ingest_service.operations import items, withdrawals
from ingest_service.routes.dependencies import Blobs, Pipeline
from schemas.ingest import (
    ItemContent,
    Items,
    ItemsQuery,
    ItemUpdate,
    ItemUpdated,
    RestorationRequest,
    SelectionVerdict,
    WithdrawalRequest,
)
from schemas.jobs import JobAccepted
from schemas.vocabulary import ProjectName

router = APIRouter(route_class=JsonRoute)


@router.get("/projects/{project}/items")
async def list_items(
    project: ProjectName,
    caller: Pipeline,
    transaction: RequestTransaction,
    query: Annotated[ItemsQuery, Query()],
) -> Items:
    """The items of a project in the order in which they came, or the one with an external id."""
    caller.check_project(project)
    return await items.list_items(transaction, project, query)


@router.get("/projects/{project}/items/{item_id}/content")
async def view_item(
    project: ProjectName, item_id: UUID, caller: Pipeline, transaction: RequestTransaction
) -> ItemContent:
    """An item with its payload."""
    caller.check_project(project)
    return await items.view_item(transaction, project, item_id)


@router.patch("/projects/{project}/items/{item_id}/properties")
async def update_item(  # noqa: PLR0913, PLR0917 (each is a part of the request)
    project: ProjectName,
    item_id: UUID,
    request: ItemUpdate,
    caller: Pipeline,
    transaction: RequestTransaction,
    blobs: Blobs,
    now: Now,
) -> ItemUpdated:
    """Change the metadata, the priority or the due time of an item.

    A new priority reaches its open task at once; the others are in `pending` and reach its next.
    """
    caller.check_project(project)
    return await items.update_item(transaction, blobs, (project, item_id), request, now)


@router.post(
    "/projects/{project}/items/withdraw",
    response_model=SelectionVerdict,
    responses={202: {"model": JobAccepted}},
)
async def withdraw_items(
    project: ProjectName,
    request: WithdrawalRequest,
    http: Request,
    caller: Pipeline,
    database: RequestDatabase,
    headers: routes.RequestJobHeaders,
) -> Response:
    """Withdraw items by their ids, or those that an import created, to undo it.

    Their open tasks are withdrawn, so that leases end with 409 `withdrawn`, and later dataset
    versions leave them out. Importing an item again restores it. Many items are a job.
    """
    caller.check_project(project)
    async with database.transaction() as transaction:
        new = await withdrawals.new_job(transaction, project, request, headers.key)
    return await routes.answer(http, database, new, headers.wait_seconds)


@router.post(
    "/projects/{project}/items/restore",
    response_model=SelectionVerdict,
    responses={202: {"model": JobAccepted}},
)
async def restore_items(
    project: ProjectName,
    request: RestorationRequest,
    http: Request,
    caller: Pipeline,
    database: RequestDatabase,
    headers: routes.RequestJobHeaders,
) -> Response:
    """Restore withdrawn items: those that were not decided get a new task."""
    caller.check_project(project)
    async with database.transaction() as transaction:
        new = await withdrawals.new_job(transaction, project, request, headers.key)
    return await routes.answer(http, database, new, headers.wait_seconds)
