"""The routes with which people change what is theirs: their annotations and their preferences."""

from datetime import timedelta
from functools import partial
from uuid import UUID

from fastapi import APIRouter, Request, Response, status

from chassis.clock import utc_now
from chassis.db.database import RequestDatabase, RequestTransaction
from chassis.db.retries import retry
from chassis.http.auth import AnyCaller
from chassis.http.json_body import JsonRoute
from queue_service.fast_route import json_response
from queue_service.operations import corrections
from queue_service.routes.dependencies import AnnotatorCaller, Checks, holder_of
from queue_service.store import preferences
from schemas.queue import CorrectionAccepted, CorrectionRequest, Preferences

router = APIRouter(route_class=JsonRoute)


@router.put(
    "/leases/{lease_id}/correction",
    status_code=status.HTTP_201_CREATED,
    response_model=CorrectionAccepted,
)
async def correct_annotation(
    lease_id: UUID,
    body: CorrectionRequest,
    caller: AnnotatorCaller,
    database: RequestDatabase,
    checks: Checks,
    request: Request,
) -> Response:
    """Correct an own annotation: 201, or 200 if nothing new is stored. 409 if it is too late."""
    submitted = corrections.SubmittedCorrection(lease_id, holder_of(caller), body, checks)
    allowed = timedelta(hours=request.app.state.settings.correction_hours)
    run = partial(corrections.correct, submitted=submitted, now=utc_now(), allowed=allowed)
    annotation_id, is_new = await checks.complete(lambda: retry(database, run))
    code = status.HTTP_201_CREATED if is_new else status.HTTP_200_OK
    return json_response({"annotation_id": annotation_id}, code)


@router.get("/me/preferences", tags=["people"])
async def view_preferences(caller: AnyCaller, transaction: RequestTransaction) -> Preferences:
    """Return the caller's own settings of the page; empty if nothing is stored."""
    return Preferences.model_validate(await preferences.find(transaction, caller.pseudonym))


@router.put("/me/preferences", status_code=status.HTTP_204_NO_CONTENT, tags=["people"])
async def store_preferences(
    body: Preferences, caller: AnyCaller, transaction: RequestTransaction
) -> None:
    """Store the caller's own settings of the page, in the place of the earlier ones."""
    await preferences.store(transaction, caller.pseudonym, body.model_dump(mode="json"))
