"""Why nothing comes, and what waits."""

from typing import Any

from chassis.database import Session
from queue_service import domain
from queue_service.store import views
from schemas.queue import Explanation, QueueDepth
from schemas.vocabulary import AnnotatorKind


async def explain(
    session: Session, annotator: str, kind: AnnotatorKind, project: str, stages: list[str]
) -> Explanation:
    """Why this annotator gets nothing, or that work waits, in sentences."""
    if await views.newest_version(session, project) is None:
        raise domain.UnknownProject(f"No project '{project}' is known here.")
    counts = await views.explanation(session, annotator, project, stages)
    free = counts["ready"] - counts["seen"] - counts["unskilled"]
    sentences = list(_sentences(counts, stages))
    would_get = free > 0 and counts["standing"] != "suspended"
    return Explanation(
        project=project,
        would_get="work" if would_get else "nothing",
        sentences=sentences,
        kind=kind,
    )


def _sentences(counts: dict[str, Any], stages: list[str]) -> list[str]:
    told = [f"{counts['ready']} tasks wait at the stages {', '.join(stages)}."]
    if not stages:
        told = ["None of your roles allows a stage."]
    if counts["standing"] == "suspended":
        told.append("Your work in this project is suspended; a lead can tell you why.")
    if counts["seen"]:
        told.append(f"{counts['seen']} of them are about items that you have seen.")
    if counts["unskilled"]:
        told.append(f"{counts['unskilled']} of them need a skill that you do not have.")
    if counts["held"]:
        told.append(f"You hold {counts['held']} leases; GET /v1/leases shows them.")
    return told


async def depths(session: Session, projects: list[str] | None) -> list[QueueDepth]:
    """What waits and what is in flight, by shard."""
    rows = await views.depths(session, projects)
    return [
        QueueDepth(
            **{name: row[name] for name in ("project", "stage", "task_type", "skill", "priority")},
            ready=row["ready"] or 0,
            in_flight=row["in_flight"] or 0,
            oldest_seconds=float(row["oldest_seconds"]),
        )
        for row in rows
    ]
