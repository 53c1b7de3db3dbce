"""The HTTP API of ingest: projects, specs, items, files, gold, signals, repairs, blobs."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Path, Query, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import BaseModel, BeforeValidator, PlainValidator

from chassis.clock import Now
from chassis.db.database import RequestTransaction
from chassis.http import blob_routes
from chassis.http.auth import AnyCaller, needs
from chassis.http.json_body import JsonRoute, refusing
from chassis.http.openapi import REFERENCE
from chassis.jobs import routes
from ingest_service.domain import refusals
from ingest_service.operations import (
    intake,
    payloads,
    projects,
    repairs,
    signals,
    spec_previews,
    specs,
)
from ingest_service.operations.batches import Batch
from ingest_service.routes import items, uploads
from ingest_service.routes.dependencies import (
    PIPELINE_ROLES,
    Blobs,
    Key,
    Owner,
    Pipeline,
)
from interop.files import UnknownColumn, UnreadableFile
from labels.specs import templates
from labels.specs.check import check_spec, spec_problems
from labels.specs.json_schema import spec_json_schema
from schemas.ingest import (
    GoldRequest,
    ImportVerdict,
    ItemRequest,
    ProjectHead,
    ProjectRequest,
    Projects,
    ProjectView,
    Repair,
    RepairClosing,
    Repairs,
    RepairState,
    SignalRequest,
    SignalVerdict,
    SpecPublication,
    SpecRequest,
    Specs,
    SpecView,
)
from schemas.spec_checks import SpecCheck, SpecTemplate
from schemas.spec_previews import SpecPreview
from schemas.spec_views import spec_view
from schemas.vocabulary import INT_MAX, ProjectName, Sha256

NDJSON = "application/x-ndjson"
SPEC_CACHING = {
    "cache-control": "private, max-age=31536000, immutable",
    "vary": "Authorization",
}

REFUSALS: dict[type[Exception], int] = {
    refusals.UnknownSpec: 404,
    refusals.UnknownRepair: 404,
    refusals.UnknownItem: 404,
    refusals.UnknownUpload: 404,
    refusals.NotImported: 409,
    refusals.NoIdColumn: 422,
    UnknownColumn: 422,
    UnreadableFile: 422,
    refusals.ProjectExists: 409,
    refusals.SpecChanged: 409,
    refusals.NoSpec: 409,
    refusals.KeyReused: 422,
    refusals.BadCursor: 422,
    refusals.Malformed: 400,
    **blob_routes.REFUSALS,
}

router = APIRouter(route_class=JsonRoute, prefix="/v1")
router.include_router(routes.router(needs(*PIPELINE_ROLES)))
router.include_router(items.router)
router.include_router(uploads.router)

ImportId = Annotated[
    UUID | None,
    Query(description="The import that the items are a part of, by which it is undone."),
]
Version = Annotated[int, Path(ge=1, le=INT_MAX)]
AnySpec = Annotated[
    Any, PlainValidator(lambda body: body, json_schema_input_type=SpecRequest), Body()
]
"""A body that is described as a request to publish a spec, and may be any JSON value."""
CheckedSpec = Annotated[SpecRequest, BeforeValidator(refusing(spec_problems))]


@router.post("/projects", status_code=201, response_model=ProjectHead)
async def create_project(
    request: ProjectRequest,
    caller: Owner,
    transaction: RequestTransaction,
    now: Now,
    response: Response,
) -> ProjectHead:
    """Create a project. Repeating a request answers 200; another title, 409."""
    caller.check_project(request.name)
    project, is_new = await projects.create_project(transaction, request, now)
    response.status_code = 201 if is_new else 200
    return project


@router.get("/projects")
async def list_projects(
    caller: AnyCaller,
    transaction: RequestTransaction,
    after: Annotated[ProjectName | None, Query()] = None,
) -> Projects:
    """The projects that the caller may see, by name."""
    return await projects.list_projects(transaction, caller, after or "")


@router.get("/projects/{project}")
async def view_project(
    project: ProjectName, caller: AnyCaller, transaction: RequestTransaction
) -> ProjectView:
    """A project, with the counts of its items and tasks."""
    caller.check_project(project)
    return await projects.view_project(transaction, caller, project)


@router.post("/projects/{project}/specs", status_code=201)
async def publish_spec(
    project: ProjectName,
    request: CheckedSpec,
    caller: Owner,
    transaction: RequestTransaction,
    now: Now,
    response: Response,
) -> SpecPublication:
    """Publish a spec version. The same document as the newest version answers 200.

    With `expected_version` it is published only if that is the newest version, else 409.
    """
    caller.check_project(project)
    publication, is_new = await specs.publish_spec(transaction, project, request, now)
    response.status_code = 201 if is_new else 200
    return publication


@router.post("/projects/{project}/specs/check")
async def check_spec_document(
    project: ProjectName,
    document: AnySpec,
    caller: Owner,
    transaction: RequestTransaction,
) -> SpecCheck:
    """Check a spec document: all its problems at once, and warnings. Nothing is stored.

    The problems are those for which publishing refuses the document, in the same sentences.
    """
    caller.check_project(project)
    await projects.get_project(transaction, project)
    return check_spec(document)


@router.post("/projects/{project}/specs/preview")
async def preview_spec(
    project: ProjectName, request: CheckedSpec, caller: Owner, transaction: RequestTransaction
) -> SpecPreview:
    """Preview a spec version: what changes, what stays valid, what is asked again.

    Nothing is stored. The body is that of publishing; consensus answers the same body with the
    labels concerned and the cost.
    """
    caller.check_project(project)
    return await spec_previews.preview_spec(transaction, project, request)


@router.get("/spec-templates")
async def list_spec_templates(_caller: AnyCaller) -> list[SpecTemplate]:
    """Valid spec documents to begin with, sorted by name."""
    return templates.templates()


@router.get("/spec-schema")
async def get_spec_schema(_caller: AnyCaller) -> dict[str, Any]:
    """The JSON Schema (2020-12) of spec documents, for editors."""
    return spec_json_schema()


@router.get("/projects/{project}/specs")
async def list_specs(
    project: ProjectName, caller: AnyCaller, transaction: RequestTransaction
) -> Specs:
    """The spec versions of a project, newest first."""
    caller.check_project(project)
    return await specs.list_specs(transaction, project)


@router.get("/projects/{project}/specs/{version:int}", response_model=SpecView)
async def view_spec(
    project: ProjectName, version: Version, caller: AnyCaller, transaction: RequestTransaction
) -> Response:
    """A spec version. It never changes. Annotators get it without the honeypot policy."""
    caller.check_project(project)
    found = await specs.view_spec(transaction, project, version)
    body, etag = spec_view(found, found.hash, caller.roles)
    return JSONResponse(body, headers={"etag": etag, **SPEC_CACHING})


def _body_of(kind: type[BaseModel]) -> dict[str, Any]:
    """Return the OpenAPI description of a body that the route parses by itself."""
    reference = {"$ref": REFERENCE.format(model=kind.__name__)}
    one = kind.model_json_schema(ref_template=REFERENCE)
    array = {"type": "array", "items": reference, "minItems": 1, "$defs": {kind.__name__: one}}
    return {
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": array}, NDJSON: {"schema": reference}},
        }
    }


async def _batch(
    request: Request,
    project: ProjectName,
    caller: Pipeline,
    key: Key = None,
    import_id: ImportId = None,
) -> Batch:
    caller.check_project(project)
    kind = request.url.path.rsplit("/", 1)[1]
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return Batch(project, kind, await request.body(), media_type == NDJSON, key, import_id)


BatchBody = Annotated[Batch, Depends(_batch)]


@router.post(
    "/projects/{project}/items",
    response_model_exclude_defaults=True,
    openapi_extra=_body_of(ItemRequest),
)
async def import_items(
    batch: BatchBody, transaction: RequestTransaction, now: Now, blobs: Blobs
) -> ImportVerdict:
    """Import items: a JSON array, or one line of JSON for each. Invalid items are rejected alone.

    An item is identified by its `external_id`, else by its payload. A repeated payload changes
    nothing; another payload is a new revision of the item.
    """
    return await intake.import_items(transaction, batch, blobs, now)


@router.post(
    "/projects/{project}/gold",
    response_model_exclude_defaults=True,
    openapi_extra=_body_of(GoldRequest),
)
async def register_gold(
    batch: BatchBody, transaction: RequestTransaction, now: Now, blobs: Blobs
) -> ImportVerdict:
    """Import items with their right labels. They are leased unmarked among the work."""
    return await intake.register_gold(transaction, batch, blobs, now)


@router.post("/projects/{project}/signals", openapi_extra=_body_of(SignalRequest))
async def submit_signals(
    batch: BatchBody, transaction: RequestTransaction, now: Now, blobs: Blobs
) -> SignalVerdict:
    """Send signals from production: each raises an item, reopens it, or creates it."""
    return await signals.submit_signals(transaction, batch, blobs, now)


@router.get("/projects/{project}/repairs")
async def list_repairs(
    project: ProjectName,
    caller: Pipeline,
    transaction: RequestTransaction,
    after: Annotated[str | None, Query(min_length=1, max_length=100)] = None,
    state: RepairState = "open",
) -> Repairs:
    """The items that annotators report as bad data, honeypots included."""
    caller.check_project(project)
    return await repairs.list_repairs(transaction, project, state, after)


@router.post("/projects/{project}/repairs/{item_id}/close")
async def close_repair(
    project: ProjectName,
    item_id: UUID,
    caller: Pipeline,
    transaction: RequestTransaction,
    now: Now,
    request: RepairClosing | None = None,
) -> Repair:
    """Confirm that the data of an item is right. Repeating a request changes nothing."""
    caller.check_project(project)
    closing = repairs.Closing(caller.pseudonym, now, request.note if request else None)
    return await repairs.close_repair(transaction, project, item_id, closing)


@router.get("/blobs/{sha256}", response_class=StreamingResponse, responses=blob_routes.RESPONSES)
async def get_blob(
    sha256: Sha256,
    caller: AnyCaller,
    transaction: RequestTransaction,
    blobs: Blobs,
    range_: blob_routes.Range = None,
) -> Response:
    """A payload that is too large to be inline, whole or in a range."""
    await payloads.check_access(transaction, caller, sha256)
    return await blob_routes.blob_response(blobs, sha256, range_)
