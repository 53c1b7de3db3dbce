"""The HTTP API of the queue, for labeling frontends, models and people who watch the work."""

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
from chassis.http.auth import AnyCaller, Caller, Forbidden, caller_of, needs
from chassis.http.json_body import JsonRoute
from queue_service import stream
from queue_service.domain import refusals
from queue_service.domain.dispatch import LeaseQuery
from queue_service.domain.leases import PICKERS, STAGE_ROLES, Annotator
from queue_service.fast_route import FastRoute, json_response
from queue_service.operations import (
    annotations,
    dispatch,
    explanations,
    leases,
    notifications,
    second_look,
    specs,
)
from queue_service.operations.allocation import PoolCache
from queue_service.operations.annotations import Submission
from queue_service.routes import activity, own, people
from queue_service.routes.dependencies import AnnotatorCaller, Checks, holder_of
from queue_service.routes.people import LEADS, LeadCaller
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
from schemas.vocabulary import Annotator as Pseudonym
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
    refusals.NotAnswered: status.HTTP_409_CONFLICT,
    refusals.CorrectionTooLate: status.HTTP_409_CONFLICT,
    refusals.WrongStage: status.HTTP_409_CONFLICT,
    refusals.DraftTooLarge: status.HTTP_413_CONTENT_TOO_LARGE,
    refusals.LabelMissing: status.HTTP_422_UNPROCESSABLE_CONTENT,
    refusals.Backlogged: status.HTTP_429_TOO_MANY_REQUESTS,
    refusals.PayloadUnavailable: status.HTTP_503_SERVICE_UNAVAILABLE,
    **blob_routes.REFUSALS,
    **people.REFUSALS,
    refusals.Contended: status.HTTP_503_SERVICE_UNAVAILABLE,
}

SPEC_CACHING = {
    "cache-control": "private, max-age=31536000, immutable",
    "vary": "Authorization",
}

fast_router = APIRouter(route_class=FastRoute, prefix="/v1")
router = APIRouter(route_class=JsonRoute, prefix="/v1")
router.include_router(stream.router)
router.include_router(activity.router)
router.include_router(people.router)
router.include_router(blob_routes.router)
router.include_router(own.router)

LeaseHolder = Annotated[Caller, Depends(needs(*STAGE_ROLES.values()))]
ReviewerCaller = Annotated[Caller, Depends(needs("reviewer"))]
AdjudicatorCaller = Annotated[Caller, Depends(needs("adjudicator"))]
HolderOrLead = Annotated[Caller, Depends(needs(*STAGE_ROLES.values(), *LEADS))]
MonitoringCaller = Annotated[Caller, Depends(needs("sre", "spec_owner", "admin", "pipeline"))]


@fast_router.post("/leases", response_model=Leases)
async def lease_tasks(
    body: LeaseRequest, caller: LeaseHolder, database: RequestDatabase, request: Request
) -> Response:
    """Lease the best work that the caller may do; with `wait_seconds`, wait for work."""
    batcher: dispatch.LeaseBatcher = request.app.state.lease_batcher
    query = _lease_query(body, caller)
    ends_at = asyncio.get_running_loop().time() + body.wait_seconds
    while True:
        generation = notifications.work_available.generation
        found = await dispatch.lease(batcher, database, query)
        left = ends_at - asyncio.get_running_loop().time()
        if found or left <= 0 or notifications.notifier.is_closing:
            return await _respond(request, found)
        await notifications.work_available.wait(generation, left)
        await caller_of(request)  # The access may have been revoked in the meantime.


async def _respond(request: Request, found: list[dict[str, Any]]) -> Response:
    """Return the leases, with a signed address for each payload that is in the blob store."""
    blobs: BlobStore = request.app.state.blobs
    for lease in found:
        if lease["blob"] is not None:
            lease["blob"]["url"] = await blobs.signed_url(lease["blob"]["sha256"])
    return json_response({"leases": found})


def _lease_query(body: LeaseRequest, caller: Caller) -> LeaseQuery:
    """Return the query within the caller's rights; later stages are preferred."""
    if body.items is not None and not caller.has(*PICKERS):
        raise refusals.MayNotPick("`items` needs the role pipeline or admin.")
    allowed = [stage for stage, role in STAGE_ROLES.items() if caller.has(role)]
    stages = [stage for stage in reversed(allowed) if body.stages is None or stage in body.stages]
    if not stages:
        raise refusals.NoStage(f"Your roles allow: {', '.join(allowed)}.")
    return LeaseQuery(
        _annotator(caller),
        tuple(stages),
        _projects(body, caller),
        None if body.task_types is None else frozenset(body.task_types),
        None if body.items is None else tuple(body.items),
        body.count,
    )


def _annotator(caller: Caller) -> Annotator:
    """Return the caller as an annotator; it is a person unless the token names another kind."""
    kinds: dict[str, AnnotatorKind] = {"model": "model", "function": "function"}
    return Annotator(caller.pseudonym, kinds.get(caller.kind, "human"))


def _projects(body: LeaseRequest, caller: Caller) -> frozenset[str] | None:
    """Return the requested projects, or all projects of the token. Raises Forbidden."""
    if body.projects is not None:
        for project in body.projects:
            caller.check_project(project)
        return frozenset(body.projects)
    return None if "*" in caller.projects else frozenset(caller.projects)


@router.get("/leases", response_model=Leases)
async def list_my_leases(
    caller: LeaseHolder, transaction: RequestTransaction, request: Request, now: Now
) -> Response:
    """Return the caller's open leases with drafts, for a page that is loaded again."""
    cache: PoolCache = request.app.state.pool_cache
    view = leases.LeaseView(cache.key, shows_external_ids=caller.has(*PICKERS))
    found = await leases.list_leases(transaction, holder_of(caller), view, now)
    return await _respond(request, found)


@fast_router.put(
    "/leases/{lease_id}/annotation",
    status_code=status.HTTP_201_CREATED,
    response_model=AnnotationAccepted,
)
async def submit_annotation(
    lease_id: UUID,
    body: AnnotationRequest,
    caller: AnnotatorCaller,
    database: RequestDatabase,
    checks: Checks,
    request: Request,
) -> Response:
    """Submit an annotation: 201, or 200 if it is repeated. 409 says why the lease ended."""
    batcher: annotations.AnnotationBatcher = request.app.state.annotation_batcher
    submission = Submission(lease_id, holder_of(caller), body, checks)
    accepted, is_new = await checks.complete(
        lambda: annotations.submit(batcher, database, submission)
    )
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
    caller: AdjudicatorCaller,
    database: RequestDatabase,
    checks: Checks,
    now: Now,
) -> Response:
    """Submit the decision of a conflict, with a rationale and the cause."""
    holder = holder_of(caller)
    run = partial(
        second_look.adjudicate,
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
    caller: ReviewerCaller,
    database: RequestDatabase,
    checks: Checks,
    now: Now,
) -> Response:
    """Submit the verdict on a decided label: accept, fix or reject."""
    holder = holder_of(caller)
    run = partial(
        second_look.review, lease_id=lease_id, holder=holder, request=body, checks=checks, now=now
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
    """Skip the task with a reason; another annotator gets it."""
    holder = holder_of(caller)
    run = partial(
        leases.skip_task, lease_id=lease_id, holder=holder, request=body, checks=checks, now=now
    )
    await checks.complete(lambda: retry(database, run))


@router.post("/leases/{lease_id}/heartbeat")
async def extend_lease(
    lease_id: UUID, caller: LeaseHolder, database: RequestDatabase, now: Now
) -> LeaseExtended:
    """Extend the lease."""
    holder = holder_of(caller)
    until = await retry(
        database, lambda transaction: leases.extend(transaction, lease_id, holder, now)
    )
    return LeaseExtended(expires_at=until)


@router.delete("/leases/{lease_id}", status_code=status.HTTP_204_NO_CONTENT)
async def release_lease(
    lease_id: UUID, caller: LeaseHolder, database: RequestDatabase, now: Now
) -> None:
    """Release the lease; the caller may get the task again."""
    holder = holder_of(caller)
    await retry(database, lambda transaction: leases.release(transaction, lease_id, holder, now))


@router.put("/leases/{lease_id}/draft", status_code=status.HTTP_204_NO_CONTENT)
async def save_draft(
    lease_id: UUID, body: DraftRequest, caller: LeaseHolder, database: RequestDatabase, now: Now
) -> None:
    """Store a draft, which is kept after the lease ends."""
    holder = holder_of(caller)
    await retry(
        database,
        lambda transaction: leases.save_draft(transaction, lease_id, holder, body.draft, now),
    )


@router.post("/annotations/bulk")
async def submit_annotations(
    body: BulkRequest, caller: AnnotatorCaller, database: RequestDatabase, checks: Checks, now: Now
) -> BulkAccepted:
    """Submit annotations of a model or a function for many items."""
    caller.check_project(body.project)
    annotator = _annotator(caller)

    async def run() -> BulkAccepted:
        async with database.transaction() as transaction:
            return await annotations.submit_in_bulk(transaction, annotator, body, checks, now)

    return await checks.complete(run)


@router.get("/specs/{project}/{version}", response_model=SpecView)
async def view_spec(
    project: ProjectName, version: SpecVersion, caller: AnyCaller, transaction: RequestTransaction
) -> Response:
    """Return a spec version, which never changes. Annotators see it without the honeypot policy."""
    caller.check_project(project)
    found = await specs.show_spec(transaction, project, version)
    body, etag = spec_view(found, found.hash, caller.roles)
    return JSONResponse(body, headers={"etag": etag, **SPEC_CACHING})


@router.get("/queues")
async def list_queues(
    caller: MonitoringCaller, transaction: RequestTransaction, now: Now
) -> list[QueueDepth]:
    """Return the open slots, open leases and rates by pool and priority."""
    return await explanations.depths(
        transaction, None if "*" in caller.projects else sorted(caller.projects), now
    )


@router.put("/projects/{project}/pause", status_code=status.HTTP_204_NO_CONTENT, tags=["projects"])
async def pause_project(
    project: ProjectName, body: PauseRequest, caller: LeadCaller, transaction: RequestTransaction
) -> None:
    """Pause a project or resume it. Open leases of a paused project can still be used."""
    caller.check_project(project)
    await specs.pause(transaction, project, paused=body.paused)


@router.get("/explain", tags=["queues"])
async def explain_queue(
    project: Annotated[ProjectName, Query()],
    caller: HolderOrLead,
    transaction: RequestTransaction,
    request: Request,
    annotator: Annotated[Pseudonym | None, Query()] = None,
) -> Explanation:
    """Explain which work the caller, or for a lead another annotator, gets next, or why none."""
    caller.check_project(project)
    cache: PoolCache = request.app.state.pool_cache
    stages: list[Stage] = [stage for stage, role in STAGE_ROLES.items() if caller.has(role)]
    subject = _annotator(caller)
    other = None if annotator == caller.pseudonym else annotator
    if other is not None:
        if not caller.has(*LEADS):
            raise Forbidden(
                "Explanations about other annotators need the role spec_owner or admin."
            )
        stages, subject = list(STAGE_ROLES), Annotator(other, "human")
    return await explanations.explain(
        transaction, cache, subject, project, stages[::-1], exactly=other is not None
    )


router.routes[:0] = fast_router.routes  # Routes are matched in order: the busiest come first.
