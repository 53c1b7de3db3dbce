"""When the specification, not a person, is what fails: opened, diagnosed, resolved."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from uuid import UUID

from chassis import logs, outbox
from chassis.database import Session
from quality_service.domain import issues as rules
from quality_service.domain import skips
from quality_service.domain.issues import Issue
from quality_service.domain.spec import Spec
from quality_service.operations.waiting import with_specs
from quality_service.store import evidence, issues, specs
from quality_service.store.issues import Resolved
from schemas.events import (
    IDS_MAX,
    AdjudicationDecided,
    AgreementMeasured,
    ConflictRaised,
    EvidenceRelabelRequested,
    SpecIssueDiagnosed,
    SpecIssueOpened,
    SpecIssueResolved,
    SpecPublished,
    TaskSkipped,
)
from schemas.vocabulary import Measure

Evidence = ConflictRaised | AdjudicationDecided | TaskSkipped


async def take_agreement(session: Session, events: Sequence[AgreementMeasured]) -> None:
    """Keep how far people agree, and open an issue where the specification fails."""
    await specs.lock(session, {event.project for event in events})
    watched = [one for one in events if one.sample == "random_overlap" and not one.slice]
    for event, spec in await with_specs(session, watched):
        measured = _measure(event)
        await issues.set_measure(session, event, measured)
        finding = rules.judge(measured, event.without_distrusted, spec.policy, event.field)
        if finding.verdict == "spec":
            await _open(session, event, spec, finding.why)


def _measure(event: AgreementMeasured) -> Measure:
    facts = event.model_dump(include=set(Measure.model_fields))
    return Measure(**facts)


async def _open(session: Session, event: AgreementMeasured, spec: Spec, why: str) -> None:
    """Open the issue unless it is there, and catch up with what was known about it before."""
    key = (event.project, event.spec_version, event.field)
    issue = Issue(rules.issue_id(*key), *key)
    floor = spec.policy.agreement.floor
    if not await issues.open_issue(session, issue, event, floor, why):
        return
    assert event.value is not None
    assert event.low is not None
    assert event.high is not None
    opened = SpecIssueOpened(
        occurred_at=event.occurred_at,
        project=event.project,
        issue_id=issue.issue_id,
        spec_version=event.spec_version,
        field=event.field,
        metric=event.metric,
        value=event.value,
        low=event.low,
        high=event.high,
        floor=floor,
        why=why,
    )
    await outbox.add(session, opened)
    await _weigh(session, event.project, {event.spec_version}, event.occurred_at)
    await _resolve(session, event.project, [issue.issue_id])


async def take_conflicts(session: Session, events: Sequence[ConflictRaised]) -> None:
    """Keep what people could not settle, as far as it speaks against the specification."""
    await specs.lock(session, {event.project for event in events})
    kept = [
        event.model_copy(update={"fields": fields})
        for event in events
        if (fields := skips.contested(event)) is not None
    ]
    await evidence.add_conflicts(session, kept)
    await _hear(session, events)


async def take_adjudications(session: Session, events: Sequence[AdjudicationDecided]) -> None:
    """Keep how conflicts were settled, and why they had come about."""
    await specs.lock(session, {event.project for event in events})
    await evidence.add_adjudications(session, events)
    await _hear(session, events)


async def take_skips(session: Session, events: Sequence[TaskSkipped]) -> None:
    """Keep what was passed on, and why."""
    await specs.lock(session, {event.project for event in events})
    given = [(event, skips.doubted(event.reason, event.labels)) for event in events]
    await evidence.add_skips(session, given)
    await _hear(session, events)


async def _hear(session: Session, events: Sequence[Evidence]) -> None:
    """Weigh anew the issues that this is evidence for."""
    at = events[-1].occurred_at
    for project in sorted({event.project for event in events}):
        versions = {event.spec_version for event in events if event.project == project}
        await _weigh(session, project, versions, at)


async def _weigh(session: Session, project: str, versions: Collection[int], at: datetime) -> None:
    """Say the leading cause where it is another, and relabel what a resolved issue still lacks."""
    found = await issues.issues_of(session, project, versions)
    if not found:
        return
    counts = await issues.causes(session, [issue.issue_id for issue in found])
    for issue in found:
        causes = counts[issue.issue_id]
        cause = rules.leading_cause(causes)
        if cause is not None and cause != issue.cause:
            await issues.set_cause(session, issue.issue_id, cause)
            diagnosed = SpecIssueDiagnosed(
                occurred_at=at,
                project=project,
                issue_id=issue.issue_id,
                cause=cause,
                causes={str(name): count for name, count in causes.items()},
            )
            await outbox.add(session, diagnosed)
    await _relabel(session, found, at)


async def resolve_issues(session: Session, event: SpecPublished) -> None:
    """End the issues that a new spec version names. Needs the project's lock."""
    if not event.resolves:
        return
    await issues.add_resolutions(session, event)
    resolved = {
        one.issue.issue_id for one in await _resolve(session, event.project, event.resolves)
    }
    for unknown in sorted(set(event.resolves) - resolved):
        # The version is published already: nobody can be refused any more.
        logs.get("issues").warning(
            "a spec version resolves what is not an open issue",
            project=event.project,
            spec_version=event.spec_version,
            issue=str(unknown),
        )


async def _resolve(session: Session, project: str, named: Collection[UUID]) -> list[Resolved]:
    resolved = await issues.resolve(session, project, named)
    for one in resolved:
        version = one.issue.resolved_by
        assert version is not None
        told = SpecIssueResolved(
            occurred_at=one.at, project=project, issue_id=one.issue.issue_id, spec_version=version
        )
        await outbox.add(session, told)
        await _relabel(session, [one.issue], one.at)
    return resolved


async def _relabel(session: Session, found: Sequence[Issue], at: datetime) -> None:
    """Ask for the evidence of resolved issues to be labeled again, each item once."""
    newer = {issue.issue_id: issue.resolved_by for issue in found if issue.resolved_by is not None}
    if not newer:
        return
    for issue, items in (await issues.relabel(session, list(newer))).items():
        for part in _parts(items):
            told = EvidenceRelabelRequested(
                occurred_at=at,
                project=found[0].project,
                issue_id=issue,
                spec_version=newer[issue],
                item_ids=part,
            )
            await outbox.add(session, told)


def _parts(items: Sequence[UUID]) -> Iterator[list[UUID]]:
    for start in range(0, len(items), IDS_MAX):
        yield list(items[start : start + IDS_MAX])
