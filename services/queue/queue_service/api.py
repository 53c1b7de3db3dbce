"""The HTTP door of the queue: labeling frontends live on this."""

import asyncio
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response, status
from fastapi.responses import JSONResponse

from blobs import BlobStore
from chassis.clock import Now
from chassis.db.database import RequestDatabase, RequestTransaction
from chassis.db.retries import retry
from chassis.http import blob_routes
from chassis.http.auth import AnyCaller, Caller, Forbidden, needs
from chassis.http.json_body import JsonRoute
from queue_service import stream
from queue_service.batches import Batches
from queue_service.domain import refusals
from queue_service.domain.choice import Ask
from queue_service.domain.leases import PICKERS, STAGE_ROLES, Holder, Worker
from queue_service.fast_route import FastRoute, json_response
from queue_service.operations import answering, bulk, explaining, leasing, news, specs
from queue_service.operations.answering import Submission
from queue_service.operations.blob_checks import BlobChecks
from schemas.queue import (
    AdjudicationAccepted,
    AdjudicationRequest,
    AnnotationAccepted,
    AnnotationRequest,
    BulkAccepted,
    BulkRequest,
    DraftRequest,
    Explanation,
    LeaseExtended,
    LeaseRequest,
    Leases,
    PauseRequest,
    QueueDepth,
    ReviewAccepted,
    ReviewRequest,
    SkipRequest,
    SpecView,
)
from schemas.spec_views import spec_view
from schemas.vocabulary import Annotator as PseudonymName
from schemas.vocabulary import AnnotatorKind, ProjectName, SpecVersion, Stage

REFUSALS: dict[type[Exception], int] = {
    refusals.UnknownSpec: status.HTTP_404_NOT_FOUND,
    refusals.UnknownLease: status.HTTP_404_NOT_FOUND,
    refusals.MayNotPick: status.HTTP_403_FORBIDDEN,
    refusals.NoStage: status.HTTP_403_FORBIDDEN,
    refusals.OnlyMachines: status.HTTP_403_FORBIDDEN,
    refusals.LeaseExpired: status.HTTP_409_CONFLICT,
    refusals.LeaseReleased: status.HTTP_409_CONFLICT,
    refusals.LeaseSkipped: status.HTTP_409_CONFLICT,
    refusals.Suspended: status.HTTP_409_CONFLICT,
    refusals.Superseded: status.HTTP_409_CONFLICT,
    refusals.Withdrawn: status.HTTP_409_CONFLICT,
    refusals.AlreadyAnswered: status.HTTP_409_CONFLICT,
    refusals.WrongStage: status.HTTP_409_CONFLICT,
    refusals.DraftTooLarge: status.HTTP_413_CONTENT_TOO_LARGE,
    refusals.LabelMissing: status.HTTP_422_UNPROCESSABLE_CONTENT,
    refusals.Backlogged: status.HTTP_429_TOO_MANY_REQUESTS,
    refusals.PayloadUnavailable: status.HTTP_503_SERVICE_UNAVAILABLE,
    **blob_routes.REFUSALS,
    refusals.Contended: status.HTTP_503_SERVICE_UNAVAILABLE,
}

SPEC_CACHING = {
    "cache-control": "private, max-age=31536000, immutable",
    "vary": "Authorization",
}

hot = APIRouter(route_class=FastRoute, prefix="/v1")
router = APIRouter(route_class=JsonRoute, prefix="/v1")
router.include_router(stream.router)
router.include_router(blob_routes.router)

LeaseHolder = Annotated[Caller, Depends(needs(*STAGE_ROLES.values()))]
Annotator = Annotated[Caller, Depends(needs("annotator"))]
Reviewer = Annotated[Caller, Depends(needs("reviewer"))]
Adjudicator = Annotated[Caller, Depends(needs("adjudicator"))]
LEADS = ("spec_owner", "admin")
Lead = Annotated[Caller, Depends(needs(*LEADS))]
HolderOrLead = Annotated[Caller, Depends(needs(*STAGE_ROLES.values(), *LEADS))]
Watcher = Annotated[Caller, Depends(needs("sre", "spec_owner", "admin", "pipeline"))]


async def _checks(request: Request) -> BlobChecks:
    return BlobChecks(request.app.state.payload_reader)


Checks = Annotated[BlobChecks, Depends(_checks)]


@hot.post("/leases", response_model=Leases)
async def lease_tasks(
    body: LeaseRequest, caller: LeaseHolder, database: RequestDatabase, request: Request
) -> Response:
    """Give the caller the best work it may do; wait for some if asked to."""
    batches: Batches = request.app.state.batches
    ask = _ask(body, caller)
    ends_at = asyncio.get_running_loop().time() + body.wait_seconds
    while True:
        generation = news.work.generation
        found = await batches.leases.ask(database, ask)
        left = ends_at - asyncio.get_running_loop().time()
        if found or left <= 0 or news.notifier.is_closing:
            return await _respond(request, found)
        await news.work.wait(generation, left)


async def _respond(request: Request, leases: list[dict[str, Any]]) -> Response:
    """The leases as the answer, with an address for each payload that lies in the blob store."""
    blobs: BlobStore = request.app.state.blobs
    for lease in leases:
        if lease["blob"] is not None:
            lease["blob"]["url"] = await blobs.signed_url(lease["blob"]["sha256"])
    return json_response({"leases": leases})


def _ask(body: LeaseRequest, caller: Caller) -> Ask:
    """What is asked for, within what the caller may do; the later stages come first."""
    if body.items is not None and not caller.has(*PICKERS):
        raise refusals.MayNotPick("`items` needs the role pipeline or admin.")
    allowed = [stage for stage, role in STAGE_ROLES.items() if caller.has(role)]
    stages = [stage for stage in reversed(allowed) if body.stages is None or stage in body.stages]
    if not stages:
        raise refusals.NoStage(f"Your roles allow: {', '.join(allowed)}.")
    return Ask(
        Worker(caller.pseudonym, _kind(caller)),
        tuple(stages),
        _projects(body, caller),
        None if body.task_types is None else frozenset(body.task_types),
        None if body.items is None else tuple(body.items),
        body.count,
    )


def _holder(caller: Caller) -> Holder:
    return Holder(caller.pseudonym, None if "*" in caller.projects else caller.projects)


def _kind(caller: Caller) -> AnnotatorKind:
    """People, unless the token says otherwise."""
    kinds: dict[str, AnnotatorKind] = {"model": "model", "function": "function"}
    return kinds.get(caller.kind, "human")


def _projects(body: LeaseRequest, caller: Caller) -> frozenset[str] | None:
    """The projects that are both wanted and allowed."""
    if body.projects is not None:
        for project in body.projects:
            caller.check_project(project)
        return frozenset(body.projects)
    return None if "*" in caller.projects else frozenset(caller.projects)


@router.get("/leases", response_model=Leases)
async def list_my_leases(
    caller: LeaseHolder, transaction: RequestTransaction, request: Request, now: Now
) -> Response:
    """What the caller holds, with drafts: for a page that was loaded anew."""
    batches: Batches = request.app.state.batches
    view = leasing.View(batches.desk.key, picks=caller.has(*PICKERS))
    found = await leasing.show_leases(transaction, _holder(caller), view, now)
    return await _respond(request, found)


@hot.put(
    "/leases/{lease_id}/annotation",
    status_code=status.HTTP_201_CREATED,
    response_model=AnnotationAccepted,
)
async def submit_annotation(
    lease_id: UUID,
    body: AnnotationRequest,
    caller: Annotator,
    database: RequestDatabase,
    checks: Checks,
    request: Request,
) -> Response:
    """Answer. 201 the first time, 200 for the same again; 409 says what happened to the lease."""
    batches: Batches = request.app.state.batches
    submission = Submission(lease_id, _holder(caller), body, checks)
    accepted, is_new = await checks.complete(lambda: batches.answers.ask(database, submission))
    code = status.HTTP_201_CREATED if is_new else status.HTTP_200_OK
    return json_response(accepted, code)


@router.put(
    "/leases/{lease_id}/adjudication",
    status_code=status.HTTP_201_CREATED,
    response_model=AdjudicationAccepted,
)
async def submit_adjudication(
    lease_id: UUID,
    body: AdjudicationRequest,
    caller: Adjudicator,
    database: RequestDatabase,
    checks: Checks,
    now: Now,
) -> Response:
    """Settle a conflict, with the reason and the cause."""
    holder = _holder(caller)
    run = partial(
        answering.adjudicate,
        lease_id=lease_id,
        holder=holder,
        request=body,
        checks=checks,
        now=now,
    )
    decided, is_new = await checks.complete(lambda: retry(database, run))
    code = status.HTTP_201_CREATED if is_new else status.HTTP_200_OK
    return json_response({"adjudication_id": decided}, code)


@router.put(
    "/leases/{lease_id}/review",
    status_code=status.HTTP_201_CREATED,
    response_model=ReviewAccepted,
)
async def submit_review(
    lease_id: UUID,
    body: ReviewRequest,
    caller: Reviewer,
    database: RequestDatabase,
    checks: Checks,
    now: Now,
) -> Response:
    """Accept, fix or reject a decided label."""
    holder = _holder(caller)
    run = partial(
        answering.review, lease_id=lease_id, holder=holder, request=body, checks=checks, now=now
    )
    decided, is_new = await checks.complete(lambda: retry(database, run))
    code = status.HTTP_201_CREATED if is_new else status.HTTP_200_OK
    return json_response({"review_id": decided}, code)


@router.post("/leases/{lease_id}/skip", status_code=status.HTTP_204_NO_CONTENT)
async def skip_task(
    lease_id: UUID,
    body: SkipRequest,
    caller: LeaseHolder,
    database: RequestDatabase,
    checks: Checks,
    now: Now,
) -> None:
    """Pass the task on, and say why; somebody else is asked."""
    holder = _holder(caller)
    run = partial(
        answering.skip_task, lease_id=lease_id, holder=holder, request=body, checks=checks, now=now
    )
    await checks.complete(lambda: retry(database, run))


@router.post("/leases/{lease_id}/heartbeat")
async def extend_lease(
    lease_id: UUID, caller: LeaseHolder, database: RequestDatabase, now: Now
) -> LeaseExtended:
    """Hold the lease longer."""
    holder = _holder(caller)
    until = await retry(
        database, lambda transaction: answering.heartbeat(transaction, lease_id, holder, now)
    )
    return LeaseExtended(expires_at=until)


@router.delete("/leases/{lease_id}", status_code=status.HTTP_204_NO_CONTENT)
async def release_lease(
    lease_id: UUID, caller: LeaseHolder, database: RequestDatabase, now: Now
) -> None:
    """Give the lease back."""
    holder = _holder(caller)
    await retry(database, lambda transaction: answering.release(transaction, lease_id, holder, now))


@router.put("/leases/{lease_id}/draft", status_code=status.HTTP_204_NO_CONTENT)
async def save_draft(
    lease_id: UUID, body: DraftRequest, caller: LeaseHolder, database: RequestDatabase, now: Now
) -> None:
    """Keep an unfinished answer; it outlives the lease."""
    holder = _holder(caller)
    await retry(
        database,
        lambda transaction: answering.save_draft(transaction, lease_id, holder, body.draft, now),
    )


@router.post("/annotations/bulk")
async def submit_annotations(
    body: BulkRequest, caller: Annotator, database: RequestDatabase, checks: Checks, now: Now
) -> BulkAccepted:
    """Answers of a model or a function to many items at once."""
    caller.check_project(body.project)
    worker = Worker(caller.pseudonym, _kind(caller))

    async def run() -> BulkAccepted:
        async with database.transaction() as transaction:
            return await bulk.answer_in_bulk(transaction, worker, body, checks, now)

    return await checks.complete(run)


@router.get("/specs/{project}/{version}", response_model=SpecView)
async def view_spec(
    project: ProjectName, version: SpecVersion, caller: AnyCaller, transaction: RequestTransaction
) -> Response:
    """A spec version. It never changes. Annotators get it without the honeypot policy."""
    caller.check_project(project)
    found = await specs.show_spec(transaction, project, version)
    body, etag = spec_view(found, found.hash, caller.roles)
    return JSONResponse(body, headers={"etag": etag, **SPEC_CACHING})


@router.get("/queues")
async def list_queues(
    caller: Watcher, transaction: RequestTransaction, now: Now
) -> list[QueueDepth]:
    """What waits, what is in flight and how fast it goes, by shard."""
    return await explaining.depths(
        transaction, None if "*" in caller.projects else sorted(caller.projects), now
    )


@router.put("/projects/{project}/pause", status_code=status.HTTP_204_NO_CONTENT, tags=["projects"])
async def pause_project(
    project: ProjectName, body: PauseRequest, caller: Lead, transaction: RequestTransaction
) -> None:
    """Give no more work of a project out, or go on. Leases that are held can be answered."""
    caller.check_project(project)
    await specs.pause(transaction, project, paused=body.paused)


@router.get("/explain", tags=["queues"])
async def explain_queue(
    project: Annotated[ProjectName, Query()],
    caller: HolderOrLead,
    transaction: RequestTransaction,
    request: Request,
    annotator: Annotated[PseudonymName | None, Query()] = None,
) -> Explanation:
    """Why the caller gets nothing in a project, or what comes next; a lead asks about others."""
    caller.check_project(project)
    batches: Batches = request.app.state.batches
    stages: list[Stage] = [stage for stage, role in STAGE_ROLES.items() if caller.has(role)]
    worker = Worker(caller.pseudonym, _kind(caller))
    other = None if annotator == caller.pseudonym else annotator
    if other is not None:
        if not caller.has(*LEADS):
            raise Forbidden("Only a lead asks about others.")
        stages, worker = list(STAGE_ROLES), Worker(other, "human")
    return await explaining.explain(
        transaction, batches.desk, worker, project, stages[::-1], exactly=other is not None
    )


router.routes[:0] = hot.routes  # The first are found first.
