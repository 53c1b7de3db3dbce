"""Show annotators to callers, and apply the decisions of people about them."""

from datetime import datetime

from chassis.db.database import Transaction
from chassis.events import outbox
from chassis.http.auth import Caller, UnknownProject
from quality_service.domain.intervals import wilson_interval
from quality_service.domain.refusals import UnknownAnnotator
from quality_service.operations.honeypots import standing_changed
from quality_service.operations.reviews import review_suspended
from quality_service.store import scores, specs, views
from quality_service.store.views import AnnotatorRow, StandingRow
from schemas.events import SkillChanged
from schemas.quality import (
    AnnotatorStanding,
    AnnotatorUpdate,
    AnnotatorView,
    ProjectAnnotator,
    ProjectAnnotators,
)
from schemas.vocabulary import Standing

SEES_ALL = ("admin", "spec_owner", "reviewer")
"""The roles that may see annotators other than the caller."""


async def show_annotator(transaction: Transaction, caller: Caller, annotator: str) -> AnnotatorView:
    """Return an annotator in the caller's projects; without figures if it is the caller itself.

    Reviewers too see their own standing without figures: a figure that changes with a honeypot's
    score would show an annotator which of its tasks was the honeypot.
    """
    is_own = caller.pseudonym == annotator
    rows = [
        row for row in await views.standings(transaction, annotator) if caller.reaches(row.project)
    ]
    if not rows and not is_own:
        raise UnknownAnnotator(
            f"There is no annotator {annotator}, or your token is not for its projects."
        )
    with_figures = caller.has("admin", "spec_owner") or not is_own
    return AnnotatorView(
        annotator=annotator, standings=[_standing(row, with_figures) for row in rows]
    )


def _standing(row: StandingRow, with_figures: bool) -> AnnotatorStanding:
    return AnnotatorStanding(
        project=row.project,
        standing=row.standing if with_figures else _shown_to_annotator(row.standing),
        reason=row.reason if with_figures else None,
        accuracy=wilson_interval(row.right, row.n) if with_figures else None,
        last_good_at=row.last_good_at if with_figures else None,
        skills=row.skills,
    )


def _shown_to_annotator(standing: Standing) -> Standing:
    """Return `standing` as annotators see their own: suspended or not.

    The others change with a honeypot's score: a change would show which task was a honeypot.
    """
    return "suspended" if standing == "suspended" else "good"


async def list_annotators(
    transaction: Transaction, project: str, after: str, limit: int
) -> ProjectAnnotators:
    """Return a page of a project's annotators, ordered by pseudonym."""
    if not await specs.has_project(transaction, project):
        raise UnknownProject(project)
    rows = await views.annotators(transaction, project, after, limit + 1)
    page = [_annotator(row) for row in rows[:limit]]
    return ProjectAnnotators(
        annotators=page, next=page[-1].annotator if len(rows) > limit else None
    )


def _annotator(row: AnnotatorRow) -> ProjectAnnotator:
    return ProjectAnnotator(
        annotator=row.annotator,
        standing=row.standing,
        reason=row.reason,
        accuracy=wilson_interval(row.right, row.n),
        last_good_at=row.last_good_at,
        annotations=row.annotations,
        honeypots=row.honeypots,
        skips=row.skips,
        leases_expired=row.leases_expired,
    )


async def change_annotator(
    transaction: Transaction, annotator: str, update: AnnotatorUpdate, now: datetime
) -> None:
    """Set the standing and skills that a person decided. The annotator may be unknown before."""
    if not await specs.has_project(transaction, update.project):
        raise UnknownProject(update.project)
    await specs.lock(transaction, [update.project])
    await scores.ensure_annotators(transaction, [(update.project, annotator)])
    if update.standing is not None:
        reason = update.reason or "A person set this standing."
        await _set_standing(transaction, update.project, annotator, update.standing, reason, now)
    if update.skills:
        changed = await scores.set_skills(transaction, update.project, annotator, update.skills)
        events = [
            SkillChanged(
                occurred_at=now,
                project=update.project,
                annotator=annotator,
                skill=skill,
                level=level,
            )
            for skill, level in changed
        ]
        await outbox.add(transaction, *events)


async def _set_standing(
    transaction: Transaction,
    project: str,
    annotator: str,
    new: Standing,
    reason: str,
    now: datetime,
) -> None:
    tally = (await scores.annotator(transaction, project, annotator)).tally
    if (tally.standing, tally.decided, tally.reason) == (new, new, reason):
        return
    await scores.set_decided_standing(transaction, project, annotator, new, reason)
    await scores.set_standings(transaction, project, [(annotator, new, reason)])
    if tally.standing != new:
        record = await scores.annotator(transaction, project, annotator)
        await outbox.add(transaction, standing_changed(project, record, new, reason, now))
    if new == "suspended":
        await review_suspended(transaction, project, annotator, now)
