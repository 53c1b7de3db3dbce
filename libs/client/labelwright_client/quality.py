"""Calls to quality: annotators and their standing, spec issues, pre-label models."""

from uuid import UUID

from labelwright_client.call import Call, api_path, get, json_as, no_content, send_json
from schemas.quality import (
    AnnotatorUpdate,
    AnnotatorView,
    Models,
    ProjectAnnotators,
    SpecIssueDetail,
    SpecIssues,
)


def list_annotators(project: str, after: str | None = None) -> Call[ProjectAnnotators]:
    """List the annotators of a project with their standing, one page at a time."""
    path = api_path("projects", project, "annotators")
    return get("quality", path, json_as(ProjectAnnotators), after=after)


def show_annotator(annotator: str) -> Call[AnnotatorView]:
    """Read one annotator, by pseudonym, in the projects that the caller may see."""
    return get("quality", api_path("annotators", annotator), json_as(AnnotatorView))


def update_annotator(annotator: str, update: AnnotatorUpdate) -> Call[None]:
    """Set standing or skills of an annotator in one project."""
    path = api_path("annotators", annotator)
    return send_json("quality", "PUT", path, update, no_content)


def list_spec_issues(project: str, after: str | None = None) -> Call[SpecIssues]:
    """List the spec issues of a project, newest first, and the findings on its agreement."""
    path = api_path("projects", project, "spec-issues")
    return get("quality", path, json_as(SpecIssues), after=after)


def show_spec_issue(issue_id: UUID) -> Call[SpecIssueDetail]:
    """Read one spec issue with its evidence."""
    return get("quality", api_path("spec-issues", issue_id), json_as(SpecIssueDetail))


def list_models(project: str) -> Call[Models]:
    """Compare the annotations of people with the pre-labels of models."""
    return get("quality", api_path("projects", project, "models"), json_as(Models))
