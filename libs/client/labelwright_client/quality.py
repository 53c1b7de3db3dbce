"""Calls to quality: annotators and their standing, spec issues, pre-label models."""

from uuid import UUID

from labelwright_client.call import Call, get, ignores, path, reads, send_json
from schemas.quality import (
    AnnotatorUpdate,
    AnnotatorView,
    Models,
    ProjectAnnotators,
    SpecIssueDetail,
    SpecIssues,
)


def list_annotators(project: str, after: str | None = None) -> Call[ProjectAnnotators]:
    """The annotators of a project with their standing, a page at a time."""
    where = path("projects", project, "annotators")
    return get("quality", where, reads(ProjectAnnotators), after=after)


def show_annotator(annotator: str) -> Call[AnnotatorView]:
    """One annotator, by pseudonym, in the projects that the caller may see."""
    return get("quality", path("annotators", annotator), reads(AnnotatorView))


def update_annotator(annotator: str, update: AnnotatorUpdate) -> Call[None]:
    """Set standing or skills of an annotator in one project."""
    where = path("annotators", annotator)
    return send_json("quality", "PUT", where, update, ignores)


def list_spec_issues(project: str, after: str | None = None) -> Call[SpecIssues]:
    """The spec issues of a project, newest first, and whom each agreement points at."""
    where = path("projects", project, "spec-issues")
    return get("quality", where, reads(SpecIssues), after=after)


def show_spec_issue(issue_id: UUID) -> Call[SpecIssueDetail]:
    """One spec issue with its evidence."""
    return get("quality", path("spec-issues", issue_id), reads(SpecIssueDetail))


def list_models(project: str) -> Call[Models]:
    """How people's answers compare with what models suggested."""
    return get("quality", path("projects", project, "models"), reads(Models))
