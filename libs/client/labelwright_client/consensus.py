"""Calls to consensus: where a task stands, how far people agree, what is contested."""

from uuid import UUID

from labelwright_client.call import Call, get, path, reads
from schemas.consensus import AgreementViews, Conflicts, TaskView


def show_task(task_id: UUID) -> Call[TaskView]:
    """Votes, distribution, state and why."""
    return get("consensus", path("tasks", task_id), reads(TaskView))


def agreement(
    project: str,
    *,
    field: str | None = None,
    spec_version: int | None = None,
    by: str | None = None,
) -> Call[AgreementViews]:
    """How far people agree, field by field, newest spec version first."""
    where = path("projects", project, "agreement")
    version = None if spec_version is None else str(spec_version)
    return get("consensus", where, reads(AgreementViews), field=field, spec_version=version, by=by)


def conflicts(project: str, after: str | None = None) -> Call[Conflicts]:
    """The open conflicts, oldest first, a page at a time."""
    where = path("projects", project, "conflicts")
    return get("consensus", where, reads(Conflicts), after=after)
