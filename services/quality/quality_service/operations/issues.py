"""Spec issues: open, diagnose and resolve them, and request relabeling of their evidence."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from uuid import UUID

from chassis import logs
from chassis.db.database import Transaction
from chassis.events import outbox
from quality_service.domain import issues as rules
from quality_service.domain import skips
from quality_service.domain.issues import Issue
from quality_service.domain.spec import Spec
from quality_service.operations.deferred import with_specs
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


async def add_agreement(transaction: Transaction, events: Sequence[AgreementMeasured]) -> None:
    """Store measured agreement, and open issues where the specification is at fault.

    Only measures of the whole random sample count: slices and other samples are skipped.
    """
    await specs.lock(transaction, {event.project for event in events})
    relevant = [event for event in events if event.sample == "random_overlap" and not event.slice]
    for event, spec in await with_specs(transaction, relevant):
        measured = _measure(event)
        await issues.set_measure(transaction, event, measured)
        finding = rules.interpret_agreement(
            measured, event.without_distrusted, spec.policy, event.field
        )
        if finding.verdict == "spec":
            await _open(transaction, event, spec, finding.why)


def _measure(event: AgreementMeasured) -> Measure:
    return Measure(**event.model_dump(include=set(Measure.model_fields)))


async def _open(transaction: Transaction, event: AgreementMeasured, spec: Spec, why: str) -> None:
    """Open the issue unless it exists, and apply the evidence and resolutions known before."""
    key = (event.project, event.spec_version, event.field)
    issue = Issue(rules.issue_id(*key), *key)
    floor = spec.policy.agreement.floor
    if not await issues.open_issue(transaction, issue, event, floor, why):
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
    await outbox.add(transaction, opened)
    await _diagnose(transaction, event.project, {event.spec_version}, event.occurred_at)
    await _resolve(transaction, event.project, [issue.issue_id])


async def add_conflicts(transaction: Transaction, events: Sequence[ConflictRaised]) -> None:
    """Store the conflicts that are evidence against the specification, with the disputed fields."""
    await specs.lock(transaction, {event.project for event in events})
    disputed = [
        event.model_copy(update={"fields": fields})
        for event in events
        if (fields := skips.disputed_by_conflict(event)) is not None
    ]
    await evidence.add_conflicts(transaction, disputed)
    await _diagnose_affected(transaction, events)


async def add_adjudications(
    transaction: Transaction, events: Sequence[AdjudicationDecided]
) -> None:
    """Store adjudications with the causes of the conflicts."""
    await specs.lock(transaction, {event.project for event in events})
    await evidence.add_adjudications(transaction, events)
    await _diagnose_affected(transaction, events)


async def add_skips(transaction: Transaction, events: Sequence[TaskSkipped]) -> None:
    """Store skips with the fields that each disputes."""
    await specs.lock(transaction, {event.project for event in events})
    rows = [(event, skips.disputed_fields(event.reason, event.labels)) for event in events]
    await evidence.add_skips(transaction, rows)
    await _diagnose_affected(transaction, events)


async def _diagnose_affected(transaction: Transaction, events: Sequence[Evidence]) -> None:
    """Update the issues of the spec versions that the events are evidence for."""
    at = events[-1].occurred_at
    for project in sorted({event.project for event in events}):
        versions = {event.spec_version for event in events if event.project == project}
        await _diagnose(transaction, project, versions, at)


async def _diagnose(
    transaction: Transaction, project: str, versions: Collection[int], at: datetime
) -> None:
    """Publish changed leading causes, and request relabeling of late evidence."""
    found = await issues.issues_of(transaction, project, versions)
    if not found:
        return
    counts = await issues.causes(transaction, [issue.issue_id for issue in found])
    for issue in found:
        causes = counts[issue.issue_id]
        cause = rules.leading_cause(causes)
        if cause is not None and cause != issue.cause:
            await issues.set_cause(transaction, issue.issue_id, cause)
            diagnosed = SpecIssueDiagnosed(
                occurred_at=at,
                project=project,
                issue_id=issue.issue_id,
                cause=cause,
                causes={str(name): count for name, count in causes.items()},
            )
            await outbox.add(transaction, diagnosed)
    await _relabel(transaction, found, at)


async def resolve_issues(transaction: Transaction, event: SpecPublished) -> None:
    """Resolve the issues that a new spec version names. Needs the project's lock."""
    if not event.resolves:
        return
    await issues.add_resolutions(transaction, event)
    resolved = await _resolve(transaction, event.project, event.resolves)
    resolved_ids = {entry.issue.issue_id for entry in resolved}
    for unknown in sorted(set(event.resolves) - resolved_ids):
        # The version is already published, so this can only be logged, not refused.
        logs.get("issues").warning(
            "a spec version names an issue that is not open",
            project=event.project,
            spec_version=event.spec_version,
            issue=str(unknown),
        )


async def _resolve(transaction: Transaction, project: str, ids: Collection[UUID]) -> list[Resolved]:
    resolved = await issues.resolve(transaction, project, ids)
    for entry in resolved:
        version = entry.issue.resolved_by
        assert version is not None
        event = SpecIssueResolved(
            occurred_at=entry.resolved_at,
            project=project,
            issue_id=entry.issue.issue_id,
            spec_version=version,
        )
        await outbox.add(transaction, event)
        await _relabel(transaction, [entry.issue], entry.resolved_at)
    return resolved


async def _relabel(transaction: Transaction, found: Sequence[Issue], at: datetime) -> None:
    """Request relabeling of the evidence of resolved issues, of each item once."""
    newer = {issue.issue_id: issue.resolved_by for issue in found if issue.resolved_by is not None}
    if not newer:
        return
    for issue, items in (await issues.add_relabeled_items(transaction, list(newer))).items():
        for chunk in _chunks(items):
            event = EvidenceRelabelRequested(
                occurred_at=at,
                project=found[0].project,
                issue_id=issue,
                spec_version=newer[issue],
                item_ids=chunk,
            )
            await outbox.add(transaction, event)


def _chunks(items: Sequence[UUID]) -> Iterator[list[UUID]]:
    for start in range(0, len(items), IDS_MAX):
        yield list(items[start : start + IDS_MAX])
