"""The routes about the activity of a project, for the people who lead it."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from chassis.clock import Now
from chassis.db.database import RequestTransaction
from chassis.http.auth import Caller, needs
from chassis.http.json_body import JsonRoute
from queue_service.operations import activity
from schemas.queue import ProjectActivity
from schemas.vocabulary import ProjectName

router = APIRouter(route_class=JsonRoute, tags=["projects"])

MonitoringCaller = Annotated[Caller, Depends(needs("sre", "spec_owner", "admin", "pipeline"))]
Hours = Annotated[int, Query(ge=1, le=activity.HOURS_MAX)]


@router.get("/projects/{project}/activity")
async def show_activity(
    project: ProjectName,
    caller: MonitoringCaller,
    transaction: RequestTransaction,
    now: Now,
    hours: Hours = 24,
) -> ProjectActivity:
    """Return the submissions of the last `hours` over time, and how much work is overdue."""
    caller.check_project(project)
    return await activity.show_activity(transaction, project, hours, now)
