"""Routes of files: upload one, see what it holds, import it, get its rejected rows."""

from typing import Annotated, NamedTuple
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import StreamingResponse

from chassis.clock import Now
from chassis.db.database import RequestDatabase, RequestTransaction
from chassis.http import blob_routes
from chassis.http.json_body import JsonRoute
from chassis.jobs import routes
from ingest_service.operations import upload_imports, uploads
from ingest_service.routes.dependencies import Blobs, Pipeline
from ingest_service.settings import Settings
from interop.files import Options
from schemas.jobs import JobAccepted
from schemas.uploads import Upload, UploadImportRequest, UploadQuery, UploadVerdict
from schemas.vocabulary import ProjectName

router = APIRouter(route_class=JsonRoute)

_BODY = {
    "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
}
_FILE = {"content": {name: {"schema": {"type": "string"}} for name in ("text/csv", uploads.NDJSON)}}


class OwnUpload(NamedTuple):
    """An uploaded file of a project that the caller may change."""

    project: str
    upload_id: UUID


async def _own_upload(project: ProjectName, upload_id: UUID, caller: Pipeline) -> OwnUpload:
    caller.check_project(project)
    return OwnUpload(project, upload_id)


RequestUpload = Annotated[OwnUpload, Depends(_own_upload)]


@router.post(
    "/projects/{project}/uploads",
    status_code=201,
    openapi_extra={"requestBody": {"required": True, **_BODY}},
)
async def upload_file(
    project: ProjectName,
    query: Annotated[UploadQuery, Query()],
    request: Request,
    caller: Pipeline,
    database: RequestDatabase,
    now: Now,
) -> Upload:
    """Upload a file of rows as the body; return what it holds. Nothing is imported yet.

    CSV, TSV, XLSX, JSON, JSON lines, Parquet and Arrow, and gzip or zstd of the texts. Encoding,
    delimiter and sheet are detected unless they are given.
    """
    caller.check_project(project)
    settings: Settings = request.app.state.settings
    bytes_max = settings.upload_unpacked_bytes_max
    options = Options(query.encoding, query.delimiter, query.sheet, bytes_max)
    new = uploads.NewUpload(project, query.filename, options, now)
    async with uploads.received(request.stream(), settings.state_dir) as file:
        return await uploads.store_upload(database, request.app.state.blobs, file, new)


@router.get("/projects/{project}/uploads/{upload_id}")
async def view_upload(upload: RequestUpload, transaction: RequestTransaction) -> Upload:
    """An uploaded file, with what was understood of it."""
    return uploads.view(await uploads.find_upload(transaction, *upload))


@router.post(
    "/projects/{project}/uploads/{upload_id}/import",
    status_code=201,
    response_model=UploadVerdict,
    responses={202: {"model": JobAccepted}},
)
async def import_upload(
    upload: RequestUpload,
    request: UploadImportRequest,
    http: Request,
    database: RequestDatabase,
    headers: routes.RequestJobHeaders,
) -> Response:
    """Import an uploaded file by a job. Rows that cannot be imported are rejected alone.

    `Prefer: wait=N` sets the seconds to wait for the result (10, at most 30). An import that takes
    longer answers 202: `GET` the `url` until the job's state is done, failed or cancelled.
    """
    async with database.transaction() as transaction:
        new = await upload_imports.new_job(transaction, *upload, request, headers.key)
    return await routes.answer(http, database, new, headers.wait_seconds)


@router.get(
    "/projects/{project}/uploads/{upload_id}/rejected",
    response_class=StreamingResponse,
    responses={200: {"description": "The rejected rows.", **_FILE}},
)
async def get_rejected_rows(
    upload: RequestUpload,
    transaction: RequestTransaction,
    blobs: Blobs,
    range_: blob_routes.Range = None,
) -> Response:
    """The rejected rows of the newest import, each with its reason, to mend and upload again."""
    found = await uploads.find_upload(transaction, *upload)
    response = await blob_routes.blob_response(blobs, uploads.rejected_file(found), range_)
    response.headers["content-type"] = uploads.rejected_media_type(found)
    response.headers["content-disposition"] = "attachment"
    response.headers["cache-control"] = "private, no-cache"
    return response
