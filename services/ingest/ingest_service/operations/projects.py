"""Making projects and looking at them."""

import secrets
from datetime import datetime

from chassis.auth import Caller, UnknownProject
from chassis.database import Session
from ingest_service.domain.model import Project
from ingest_service.domain.refusals import ProjectExists
from ingest_service.store import projects as store
from ingest_service.store.specs import newest_spec
from schemas.ingest import ProjectHead, ProjectRequest, Projects, ProjectView
from schemas.roles import LABEL_READERS

PAGE = 200
GOLD_ROLES = ("spec_owner", "pipeline", "admin")


async def make_project(
    session: Session, request: ProjectRequest, now: datetime
) -> tuple[ProjectHead, bool]:
    """The project, and whether it is new. Raises ProjectExists if it has another title."""
    # The secret key of the overlap sample: nobody outside can tell which items belong to it.
    project = Project(request.name, request.title, now, secrets.token_hex(16), 0)
    if await store.add_project(session, project):
        return _head(project), True
    known = await known_project(session, request.name)
    if known.title != request.title:
        raise ProjectExists(f"'{known.name}' is called '{known.title}'.")
    return _head(known), False


async def known_project(session: Session, name: str) -> Project:
    """The project called `name`. Raises UnknownProject."""
    project = await store.project(session, name)
    if project is None:
        raise UnknownProject(name)
    return project


async def locked_project(session: Session, name: str) -> Project:
    """The project called `name`, locked. Raises UnknownProject."""
    project = await store.project_for_update(session, name)
    if project is None:
        raise UnknownProject(name)
    return project


async def list_projects(session: Session, caller: Caller, after: str) -> Projects:
    """The projects that the caller reaches, beyond the name `after`."""
    among = None if "*" in caller.projects else sorted(caller.projects)
    found = await store.projects(session, among, after, PAGE)
    heads = [_head(project) for project in found]
    return Projects(projects=heads, next=heads[-1].name if len(heads) == PAGE else None)


async def view_project(session: Session, caller: Caller, name: str) -> ProjectView:
    """A project, with what it holds in numbers for those who may see labels."""
    project = await known_project(session, name)
    spec = await newest_spec(session, name)
    counts = await store.counts(session, name) if caller.has(*LABEL_READERS) else None
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
