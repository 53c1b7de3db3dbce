"""Create and show projects."""

import secrets
from datetime import datetime

from chassis.db.database import Transaction
from chassis.http.auth import Caller, UnknownProject
from ingest_service.domain.model import Project
from ingest_service.domain.refusals import ProjectExists
from ingest_service.store import projects as store
from ingest_service.store.specs import newest_spec
from schemas.ingest import ProjectHead, ProjectRequest, Projects, ProjectView
from schemas.roles import LABEL_READERS

PAGE = 200
"""The number of projects on a page."""
GOLD_ROLES = ("spec_owner", "pipeline", "admin")


async def create_project(
    transaction: Transaction, request: ProjectRequest, now: datetime
) -> tuple[ProjectHead, bool]:
    """Return the project, and if it is new. Raise ProjectExists if it has another title."""
    # The key of the overlap sample is secret, so that the sampled items cannot be guessed.
    project = Project(request.name, request.title, now, secrets.token_hex(16), 0)
    if await store.add_project(transaction, project):
        return _head(project), True
    known = await get_project(transaction, request.name)
    if known.title != request.title:
        raise ProjectExists(f"Project '{known.name}' exists with the title '{known.title}'.")
    return _head(known), False


async def get_project(transaction: Transaction, name: str) -> Project:
    """Return the project called `name`. Raise UnknownProject."""
    project = await store.project(transaction, name)
    if project is None:
        raise UnknownProject(name)
    return project


async def lock_project(transaction: Transaction, name: str) -> Project:
    """Lock and return the project called `name`. Raise UnknownProject."""
    project = await store.project_for_update(transaction, name)
    if project is None:
        raise UnknownProject(name)
    return project


async def list_projects(transaction: Transaction, caller: Caller, after: str) -> Projects:
    """Return a page of the projects that the caller may see, with names beyond `after`."""
    names = None if "*" in caller.projects else sorted(caller.projects)
    found = await store.projects(transaction, names, after, PAGE)
    heads = [_head(project) for project in found]
    return Projects(projects=heads, next=heads[-1].name if len(heads) == PAGE else None)


async def view_project(transaction: Transaction, caller: Caller, name: str) -> ProjectView:
    """Return a project; with counts of its items and tasks for callers who may see labels."""
    project = await get_project(transaction, name)
    spec = await newest_spec(transaction, name)
    counts = await store.counts(transaction, name) if caller.has(*LABEL_READERS) else None
    return ProjectView.model_validate(
        {
            **_head(project).model_dump(),
            "spec_version": spec and spec.version,
            "spec_hash": spec and spec.hash,
            "items": counts and counts.items,
            "tasks": counts and counts.tasks,
            "gold": counts.gold if counts and caller.has(*GOLD_ROLES) else None,
            "rolling_out": counts and counts.rolling_out,
        }
    )


def _head(project: Project) -> ProjectHead:
    return ProjectHead(name=project.name, title=project.title, created_at=project.created_at)
