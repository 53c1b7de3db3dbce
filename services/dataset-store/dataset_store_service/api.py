"""The HTTP API of the dataset-store: datasets, versions with their files, lineage."""

import base64
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.responses import FileResponse, StreamingResponse

from chassis.clock import Now
from chassis.db.database import RequestDatabase, RequestTransaction
from chassis.http import blob_routes
from chassis.http.auth import Caller, needs
from chassis.http.json_body import JsonRoute
from chassis.jobs import routes
from chassis.jobs.jobs import NewJob
from dataset_store_service.domain import refusals
from dataset_store_service.operations import views
from dataset_store_service.operations.files import MEDIA_TYPES
from dataset_store_service.settings import Settings
from schemas.dataset_store import (
    Datasets,
    Diff,
    DiffQuery,
    LabelsSummary,
    Lineage,
    Manifest,
    Published,
    PublishRequest,
    Use,
    UseRequest,
    Versions,
)
from schemas.jobs import JobAccepted
from schemas.roles import LABEL_READERS
from schemas.vocabulary import INT_MAX, DatasetName, Id, ProjectName, Sha256

REFUSALS: dict[type[Exception], int] = {
    refusals.UnknownDataset: 404,
    refusals.UnknownVersion: 404,
    refusals.UnknownFile: 404,
    refusals.UnknownItem: 404,
    refusals.OtherProject: 409,
    refusals.NothingDecided: 409,
    refusals.BeyondLedger: 409,
    **blob_routes.REFUSALS,
}
_CONTENT = {"content": {name: {"schema": {"type": "string"}} for name in MEDIA_TYPES.values()}}
FILE_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {"description": "The file.", **_CONTENT},
    206: {"description": "The part of it that was asked for.", **_CONTENT},
    304: {"description": "The caller has it already."},
}
CACHE_FOREVER = "private, max-age=31536000, immutable"

router = APIRouter(route_class=JsonRoute, prefix="/v1")

Reader = Annotated[Caller, Depends(needs(*LABEL_READERS))]
PUBLISHERS = ("trainer", "spec_owner", "pipeline", "admin")
Publisher = Annotated[Caller, Depends(needs(*PUBLISHERS))]
FileName = Annotated[str, Path(pattern=r"^[a-z]+\.(jsonl|parquet)$")]


def _settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


SettingsDep = Annotated[Settings, Depends(_settings)]


router.include_router(routes.router(needs(*PUBLISHERS)))


@router.post(
    "/datasets/{dataset}/versions",
    status_code=201,
    response_model=Published,
    responses={202: {"model": JobAccepted}},
)
async def publish_version(
    dataset: DatasetName,
    request: PublishRequest,
    http: Request,
    caller: Publisher,
    database: RequestDatabase,
    headers: routes.RequestJobHeaders,
) -> Response:
    """Publish the labels of a project as a dataset version. The same content answers 200.

    `Prefer: wait=N` sets the seconds to wait for the result (10, at most 30). A version that takes
    longer answers 202: `GET` the `url` until the job's state is done, failed or cancelled.
    """
    caller.check_project(request.project)
    arguments = {"dataset": dataset, "request": request.model_dump(mode="json")}
    new = NewJob("publish", request.project, arguments, headers.key)
    return await routes.answer(http, database, new, headers.wait_seconds)


@router.get("/datasets")
async def list_datasets(
    caller: Reader,
    transaction: RequestTransaction,
    after: Annotated[DatasetName | None, Query()] = None,
) -> Datasets:
    """The datasets that the caller may see, by name."""
    return await views.list_datasets(transaction, caller, after or "")


@router.get("/datasets/{dataset}/versions")
async def list_versions(
    dataset: DatasetName,
    caller: Reader,
    transaction: RequestTransaction,
    after: Annotated[int, Query(ge=1, le=INT_MAX)] = INT_MAX,
) -> Versions:
    """The versions of a dataset, newest first."""
    return await views.list_versions(transaction, caller, dataset, after)


@router.get("/versions/{hash}")
async def get_manifest(
    hash_: Annotated[Sha256, Path(alias="hash")], caller: Reader, transaction: RequestTransaction
) -> Manifest:
    """The manifest of a dataset version: its content, its files and its publications."""
    return await views.manifest(transaction, caller, hash_)


@router.get("/versions/{hash}/files/{name}", response_class=FileResponse, responses=FILE_RESPONSES)
async def get_file(
    hash_: Annotated[Sha256, Path(alias="hash")],
    name: FileName,
    request: Request,
    caller: Reader,
    transaction: RequestTransaction,
    settings: SettingsDep,
) -> Response:
    """A file of a dataset version, whole or in ranges."""
    found = await views.file(transaction, caller, settings.versions, hash_, name)
    etag = f'"{found.sha256}"'
    digest = base64.b64encode(bytes.fromhex(found.sha256)).decode()
    headers = {"etag": etag, "cache-control": CACHE_FOREVER, "repr-digest": f"sha-256=:{digest}:"}
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return FileResponse(found.path, media_type=found.media_type, headers=headers)


@router.get(
    "/versions/{hash}/blobs/{sha256}",
    response_class=StreamingResponse,
    responses=blob_routes.RESPONSES,
)
async def get_payload(
    hash_: Annotated[Sha256, Path(alias="hash")],
    sha256: Sha256,
    request: Request,
    caller: Reader,
    transaction: RequestTransaction,
    range_: blob_routes.Range = None,
) -> Response:
    """The payload of a record that has none inline, by `payload_sha256`; whole or in a range."""
    await views.check_payload(transaction, caller, hash_, sha256)
    return await blob_routes.blob_response(request.app.state.blobs, sha256, range_)


@router.get("/versions/{a}/diff/{b}")
async def get_diff(
    a: Sha256,
    b: Sha256,
    caller: Reader,
    transaction: RequestTransaction,
    settings: SettingsDep,
    query: Annotated[DiffQuery, Query()],
) -> Diff:
    """The differences between versions `a` and `b`, in pages."""
    return await views.diff(transaction, caller, settings.versions, (a, b), query)


@router.post("/versions/{hash}/uses", status_code=201)
async def record_use(
    hash_: Annotated[Sha256, Path(alias="hash")],
    request: UseRequest,
    caller: Annotated[Caller, Depends(needs("trainer", "pipeline", "admin"))],
    transaction: RequestTransaction,
    now: Now,
    response: Response,
) -> Use:
    """Record that a training used a version. Repeating a request answers 200."""
    used, is_new = await views.use(transaction, caller, hash_, request, now)
    response.status_code = 201 if is_new else 200
    return used


@router.get("/labels/{item_id}/lineage")
async def get_lineage(
    item_id: Id, caller: Reader, transaction: RequestTransaction, settings: SettingsDep
) -> Lineage:
    """The lineage of an item: its tasks with all facts, and the versions that hold its label."""
    return await views.lineage(transaction, caller, settings.versions, item_id)


@router.get("/projects/{project}/labels/summary")
async def get_summary(
    project: ProjectName, caller: Reader, transaction: RequestTransaction
) -> LabelsSummary:
    """The number of items of a project by state."""
    caller.check_project(project)
    return await views.summary(transaction, project)
