"""Calls to consensus: the state of a task, the agreement on fields, open conflicts."""

from uuid import UUID

from labelwright_client.call import Call, api_path, get, json_as, send_json
from schemas.consensus import AgreementViews, Conflicts, TaskView
from schemas.ingest import SpecRequest
from schemas.spec_previews import LabelPreview


def show_task(task_id: UUID) -> Call[TaskView]:
    """Read the annotations, the distribution and the state of a task, with its reason."""
    return get("consensus", api_path("tasks", task_id), json_as(TaskView))


def agreement(
    project: str,
    *,
    field: str | None = None,
    spec_version: int | None = None,
    by: str | None = None,
) -> Call[AgreementViews]:
    """Read the agreement on each field, newest spec version first."""
    path = api_path("projects", project, "agreement")
    version = None if spec_version is None else str(spec_version)
    return get("consensus", path, json_as(AgreementViews), field=field, spec_version=version, by=by)


def conflicts(project: str, after: str | None = None) -> Call[Conflicts]:
    """List the open conflicts, oldest first, one page at a time."""
    path = api_path("projects", project, "conflicts")
    return get("consensus", path, json_as(Conflicts), after=after)


def preview_spec(project: str, spec: SpecRequest) -> Call[LabelPreview]:
    """Read the effects that publishing `spec` would have on the labels. Nothing is stored."""
    path = api_path("projects", project, "specs", "preview")
    return send_json("consensus", "POST", path, spec, json_as(LabelPreview))
