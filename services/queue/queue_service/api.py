"""The HTTP door of the queue: labeling frontends live on this."""

import asyncio
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response, status

from chassis.auth import AnyCaller, Caller, needs
from chassis.clock import Now, utc_now
from chassis.database import OpenSessions, Sessions, Transaction, transaction
from chassis.json_body import JsonRoute
from queue_service import domain
from queue_service.domain import PICKERS, STAGE_ROLES, Wish, Worker
from queue_service.operations import answering, bulk, explaining, leasing, specs
from queue_service.settings import Settings
from schemas.queue import (
    AdjudicationRequest,
    AnnotationAccepted,
    AnnotationRequest,
    BulkAccepted,
    BulkRequest,
    DraftRequest,
    Explanation,
    Lease,
    LeaseRequest,
    Leases,
    QueueDepth,
    ReviewRequest,
    SkipRequest,
    SpecView,
)
from schemas.vocabulary import AnnotatorKind, ProjectName, SpecVersion

POLL_SECONDS = 0.5
"""How often a long poll looks again for what another replica made available."""

REFUSALS: dict[type[Exception], int] = {
    domain.UnknownProject: status.HTTP_404_NOT_FOUND,
    domain.UnknownSpec: status.HTTP_404_NOT_FOUND,
    domain.UnknownLease: status.HTTP_404_NOT_FOUND,
    domain.NotYours: status.HTTP_403_FORBIDDEN,
    domain.MayNotPick: status.HTTP_403_FORBIDDEN,
    domain.NoStage: status.HTTP_403_FORBIDDEN,
    domain.OnlyMachines: status.HTTP_403_FORBIDDEN,
    domain.LeaseExpired: status.HTTP_409_CONFLICT,
    domain.LeaseReleased: status.HTTP_409_CONFLICT,
    domain.LeaseSkipped: status.HTTP_409_CONFLICT,
    domain.Suspended: status.HTTP_409_CONFLICT,
    domain.Superseded: status.HTTP_409_CONFLICT,
    domain.Withdrawn: status.HTTP_409_CONFLICT,
    domain.AlreadyAnswered: status.HTTP_409_CONFLICT,
    domain.WrongStage: status.HTTP_409_CONFLICT,
    domain.LabelMissing: status.HTTP_422_UNPROCESSABLE_CONTENT,
}

router = APIRouter(route_class=JsonRoute, prefix="/v1")

Holder = Annotated[Caller, Depends(needs(*STAGE_ROLES.values()))]
Annotator = Annotated[Caller, Depends(needs("annotator"))]
Reviewer = Annotated[Caller, Depends(needs("reviewer"))]
Adjudicator = Annotated[Caller, Depends(needs("adjudicator"))]
Watcher = Annotated[Caller, Depends(needs("sre", "spec_owner", "admin", "pipeline"))]


async def _key(request: Request) -> bytes:
    settings: Settings = request.app.state.settings
    return settings.pseudonym_key.encode()


Key = Annotated[bytes, Depends(_key)]


@router.post("/leases")
async def lease(
    body: LeaseRequest, caller: Holder, sessions: OpenSessions, request: Request, key: Key
) -> Leases:
    """Give the caller the best work it may do; wait for some if asked to."""
    settings: Settings = request.app.state.settings
    wishes = _wishes(body, caller)
    worker = Worker(caller.pseudonym, _kind(caller), _projects(body, caller))
    ends_at = asyncio.get_running_loop().time() + body.wait_seconds
    while True:
        rings = leasing.new_work.rings
        found = await _lease_once(sessions, worker, wishes, body.count, settings, key)
        left = ends_at - asyncio.get_running_loop().time()
        if found or left <= 0:
            return Leases(leases=found)
        await leasing.new_work.wait(rings, min(left, POLL_SECONDS))


async def _lease_once(
    sessions: Sessions,
    worker: Worker,
    wishes: list[Wish],
    count: int,
    settings: Settings,
    key: bytes,
) -> list[Lease]:
    """One look in one short transaction; the stage that needs the most skill comes first."""
    async with transaction(sessions) as session:
        for wish in wishes:
            draw = leasing.Draw(worker, wish, key, utc_now())
            found = await leasing.lease_work(session, draw, count, settings.open_leases_max)
            if found:
                return found
    return []


def _kind(caller: Caller) -> AnnotatorKind:
    """People, unless the token says otherwise."""
    kinds: dict[str, AnnotatorKind] = {"model": "model", "function": "function"}
    return kinds.get(caller.kind, "human")


def _wishes(body: LeaseRequest, caller: Caller) -> list[Wish]:
    if body.items is not None and not caller.has(*PICKERS):
        raise domain.MayNotPick("`items` needs the role pipeline or admin.")
    allowed = [stage for stage, role in STAGE_ROLES.items() if caller.has(role)]
    stages = [stage for stage in reversed(allowed) if body.stages is None or stage in body.stages]
    if not stages:
        raise domain.NoStage(f"Your roles allow: {', '.join(allowed)}.")
    task_types = None if body.task_types is None else tuple(body.task_types)
    items = None if body.items is None else tuple(body.items)
    return [Wish(stage, task_types, items) for stage in stages]


def _projects(body: LeaseRequest, caller: Caller) -> tuple[str, ...] | None:
    """The projects that are both wanted and allowed."""
    if body.projects is not None:
        for project in body.projects:
            caller.check_project(project)
        return tuple(body.projects)
    return None if "*" in caller.projects else tuple(caller.projects)


@router.get("/leases")
async def my_leases(caller: Holder, session: Transaction, key: Key, now: Now) -> Leases:
    """What the caller holds, with drafts: for a page that was loaded anew."""
    view = leasing.View(key, picks=caller.has(*PICKERS))
    found = await leasing.show_leases(session, caller.pseudonym, view, now)
    return Leases(leases=found)


@router.put("/leases/{lease_id}/annotation", status_code=status.HTTP_201_CREATED)
async def annotate(
    lease_id: UUID,
    body: AnnotationRequest,
    caller: Annotator,
    session: Transaction,
    response: Response,
    now: Now,
) -> AnnotationAccepted:
    """Answer. 201 the first time, 200 for the same again; 409 says what happened to the lease."""
    accepted, is_new = await answering.submit_annotation(
        session, lease_id, caller.pseudonym, body, now
    )
    if not is_new:
        response.status_code = status.HTTP_200_OK
    return accepted


@router.put("/leases/{lease_id}/adjudication", status_code=status.HTTP_201_CREATED)
async def adjudicate(
    lease_id: UUID,
    body: AdjudicationRequest,
    caller: Adjudicator,
    session: Transaction,
    response: Response,
    now: Now,
) -> dict[str, UUID]:
    """Settle a conflict, with the reason and the cause."""
    decided, is_new = await answering.adjudicate(session, lease_id, caller.pseudonym, body, now)
    response.status_code = status.HTTP_201_CREATED if is_new else status.HTTP_200_OK
    return {"adjudication_id": decided}


@router.put("/leases/{lease_id}/review", status_code=status.HTTP_201_CREATED)
async def review(
    lease_id: UUID,
    body: ReviewRequest,
    caller: Reviewer,
    session: Transaction,
    response: Response,
    now: Now,
) -> dict[str, UUID]:
    """Accept, fix or reject a decided label."""
    decided, is_new = await answering.review(session, lease_id, caller.pseudonym, body, now)
    response.status_code = status.HTTP_201_CREATED if is_new else status.HTTP_200_OK
    return {"review_id": decided}


@router.post("/leases/{lease_id}/skip", status_code=status.HTTP_204_NO_CONTENT)
async def skip(
    lease_id: UUID, body: SkipRequest, caller: Holder, session: Transaction, now: Now
) -> None:
    """Pass the task on, and say why; somebody else is asked."""
    await answering.skip_task(session, lease_id, caller.pseudonym, body, now)


@router.post("/leases/{lease_id}/heartbeat")
async def heartbeat(
    lease_id: UUID, caller: Holder, session: Transaction, now: Now
) -> dict[str, datetime]:
    """Hold the lease longer."""
    return {"expires_at": await answering.heartbeat(session, lease_id, caller.pseudonym, now)}


@router.delete("/leases/{lease_id}", status_code=status.HTTP_204_NO_CONTENT)
async def release(lease_id: UUID, caller: Holder, session: Transaction, now: Now) -> None:
    """Give the lease back."""
    await answering.release(session, lease_id, caller.pseudonym, now)


@router.put("/leases/{lease_id}/draft", status_code=status.HTTP_204_NO_CONTENT)
async def draft(
    lease_id: UUID, body: DraftRequest, caller: Holder, session: Transaction, now: Now
) -> None:
    """Keep an unfinished answer; it outlives the lease."""
    await answering.save_draft(session, lease_id, caller.pseudonym, body.draft, now)


@router.post("/annotations/bulk")
async def bulk_annotate(
    body: BulkRequest, caller: Annotator, session: Transaction, now: Now
) -> BulkAccepted:
    """Answers of a model or a function to many items at once."""
    caller.check_project(body.project)
    worker = Worker(caller.pseudonym, _kind(caller), None)
    return await bulk.answer_in_bulk(session, worker, body, now)


@router.get("/specs/{project}/{version}")
async def spec(
    project: ProjectName,
    version: SpecVersion,
    caller: AnyCaller,
    session: Transaction,
    response: Response,
) -> SpecView:
    """A spec version. It never changes, so it may be kept for ever."""
    caller.check_project(project)
    view = await specs.show_spec(session, project, version)
    response.headers["cache-control"] = "private, max-age=31536000, immutable"
    response.headers["etag"] = f'"{view.hash}"'
    return view


@router.get("/queues")
async def queues(caller: Watcher, session: Transaction) -> list[QueueDepth]:
    """What waits and what is in flight, by shard."""
    return await explaining.depths(
        session, None if "*" in caller.projects else sorted(caller.projects)
    )


@router.get("/explain")
async def explain(
    project: Annotated[ProjectName, Query()], caller: Holder, session: Transaction
) -> Explanation:
    """Why the caller gets nothing in a project, or that work waits."""
    caller.check_project(project)
    stages: list[str] = [stage for stage, role in STAGE_ROLES.items() if caller.has(role)]
    return await explaining.explain(session, caller.pseudonym, _kind(caller), project, stages)
