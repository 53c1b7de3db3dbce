"""What people see of annotators, and what they decide about them."""

from datetime import datetime
from typing import Any

from chassis import outbox
from chassis.auth import Caller, UnknownProject
from chassis.database import Session
from quality_service.domain.refusals import UnknownAnnotator
from quality_service.domain.shares import share
from quality_service.operations.honeypots import standing_changed
from quality_service.operations.reviews import review_suspended
from quality_service.store import scores, specs, views
from schemas.events import SkillChanged
from schemas.quality import (
    AnnotatorStanding,
    AnnotatorUpdate,
    AnnotatorView,
    ProjectAnnotator,
    ProjectAnnotators,
)
from schemas.vocabulary import Accuracy, Standing

SEES_ALL = ("admin", "spec_owner", "reviewer")


async def show_annotator(session: Session, caller: Caller, annotator: str) -> AnnotatorView:
    """An annotator in the caller's projects; who asks for itself learns its standing alone.

    Also a reviewer: whoever labels could tell its honeypots by a figure that moves with them.
    """
    own = caller.pseudonym == annotator
    rows = [
        one for one in await views.standings(session, annotator) if caller.reaches(one["project"])
    ]
    if not rows and not own:
        raise UnknownAnnotator(f"Nobody called {annotator} has worked there.")
    is_told = caller.has("admin", "spec_owner") or not own
    return AnnotatorView(annotator=annotator, standings=[_standing(one, is_told) for one in rows])


def _standing(row: dict[str, Any], is_told: bool) -> AnnotatorStanding:
    return AnnotatorStanding(
        project=row["project"],
        standing=row["standing"] if is_told else _shown_to_annotator(row["standing"]),
        reason=row["reason"] if is_told else None,
        accuracy=_accuracy(row) if is_told else None,
        last_good_at=row["last_good_at"] if is_told else None,
        skills=row["skills"],
    )


def _shown_to_annotator(standing: Standing) -> Standing:
    """Return `standing` as annotators see their own: suspended or not.

    The others change with a honeypot's score, so that a change would tell which task was one.
    """
    return "suspended" if standing == "suspended" else "good"


def _accuracy(row: dict[str, Any]) -> Accuracy:
    return share(
        row["answered_right"] - row["right_before"], row["answered"] - row["answered_before"]
    )


async def list_annotators(
    session: Session, project: str, after: str, limit: int
) -> ProjectAnnotators:
    """A page of a project's annotators."""
    if not await specs.has_project(session, project):
        raise UnknownProject(project)
    rows = await views.annotators(session, project, after, limit + 1)
    page = [_annotator(row) for row in rows[:limit]]
    return ProjectAnnotators(
        annotators=page, next=page[-1].annotator if len(rows) > limit else None
    )


def _annotator(row: dict[str, Any]) -> ProjectAnnotator:
    return ProjectAnnotator(
        annotator=row["annotator"],
        standing=row["standing"],
        reason=row["reason"],
        accuracy=_accuracy(row),
        last_good_at=row["last_good_at"],
        annotations=row["annotations"],
        honeypots=row["honeypots"],
        skips=row["skips"],
        leases_expired=row["leases_expired"],
    )


async def change_annotator(
    session: Session, annotator: str, update: AnnotatorUpdate, now: datetime
) -> None:
    """Do what a person decided about an annotator, who need not have worked yet."""
    if not await specs.has_project(session, update.project):
        raise UnknownProject(update.project)
    await specs.lock(session, [update.project])
    await scores.meet(session, [(update.project, annotator)])
    if update.standing is not None:
        reason = update.reason or "A person decided so."
        await _decide(session, update.project, annotator, update.standing, reason, now)
    if update.skills:
        changed = await scores.set_skills(session, update.project, annotator, update.skills)
        told = [
            SkillChanged(
                occurred_at=now,
                project=update.project,
                annotator=annotator,
                skill=skill,
                level=level,
            )
            for skill, level in changed
        ]
        await outbox.add(session, *told)


async def _decide(
    session: Session, project: str, annotator: str, to: Standing, reason: str, now: datetime
) -> None:
    before = await scores.one(session, project, annotator)
    tally = before.tally
    if (tally.standing, tally.decided, tally.reason) == (to, to, reason):
        return
    await scores.decide(session, project, annotator, to, reason)
    await scores.set_standings(session, project, [(annotator, to, reason)])
    if tally.standing != to:
        after = await scores.one(session, project, annotator)
        await outbox.add(session, standing_changed(project, after, to, reason, now))
    if to == "suspended":
        await review_suspended(session, project, annotator, now)
