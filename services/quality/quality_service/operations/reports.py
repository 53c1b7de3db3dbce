"""Build the reports on spec issues, measured agreement and models."""

from collections.abc import Collection
from uuid import UUID

from chassis.db.database import Transaction
from chassis.http.auth import Caller, UnknownProject
from quality_service.domain import issues as rules
from quality_service.domain.intervals import newcombe_interval, wilson_interval
from quality_service.domain.issues import Issue
from quality_service.domain.rationales import Group, group_rationales
from quality_service.domain.refusals import UnknownIssue
from quality_service.domain.skips import ambiguous_pairs
from quality_service.store import evidence, issues, specs, views
from quality_service.store.views import StoredIssue
from schemas.quality import (
    AgreementFinding,
    Confusion,
    Evidence,
    IssueState,
    Models,
    ModelView,
    RationaleGroup,
    SpecIssueDetail,
    SpecIssues,
    SpecIssueView,
)

LIST_MAX = evidence.LIST_MAX


async def list_issues(
    transaction: Transaction, project: str, after: UUID | None, limit: int
) -> SpecIssues:
    """Return a page of a project's spec issues, with the findings on every measured agreement."""
    await _check_project(transaction, project)
    found = await views.issues(transaction, project, after, limit + 1)
    page = found[:limit]
    return SpecIssues(
        issues=await _issue_views(transaction, page),
        findings=await _findings(transaction, project),
        skips=await views.skips(transaction, project),
        next=str(page[-1].issue_id) if len(found) > limit else None,
    )


async def show_issue(transaction: Transaction, caller: Caller, issue_id: UUID) -> SpecIssueDetail:
    """Return a spec issue with its evidence."""
    stored = await views.issue(transaction, issue_id)
    if stored is None or not caller.reaches(stored.project):
        raise UnknownIssue(f"There is no spec issue {issue_id}, or your token is not for it.")
    [view] = await _issue_views(transaction, [stored])
    issue = Issue(stored.issue_id, stored.project, stored.spec_version, stored.field)
    return SpecIssueDetail(**dict(view), evidence=await _evidence(transaction, issue))


async def _issue_views(
    transaction: Transaction, stored: Collection[StoredIssue]
) -> list[SpecIssueView]:
    ids = [issue.issue_id for issue in stored]
    causes = await issues.causes(transaction, ids)
    items = await views.count_items(transaction, ids)
    return [
        SpecIssueView(
            issue_id=issue.issue_id,
            project=issue.project,
            spec_version=issue.spec_version,
            field=issue.field,
            state=_state(issue),
            metric=issue.metric,
            value=issue.value,
            low=issue.low,
            high=issue.high,
            floor=issue.floor,
            why=issue.why,
            opened_at=issue.opened_at,
            cause=issue.cause,
            causes=causes[issue.issue_id],
            items=items.get(issue.issue_id, 0),
            resolved_by=issue.resolved_by,
            resolved_at=issue.resolved_at,
            after=issue.after,
        )
        for issue in stored
    ]


def _state(issue: StoredIssue) -> IssueState:
    if issue.resolved_by is not None:
        return "resolved"
    return "open" if issue.cause is None else "diagnosed"


async def _findings(transaction: Transaction, project: str) -> list[AgreementFinding]:
    measures = await views.measures(transaction, project)
    known = await specs.specs(transaction, {(project, stored.spec_version) for stored in measures})
    findings = []
    for stored in measures:
        policy = known[project, stored.spec_version].policy
        finding = rules.interpret_agreement(stored.measured, stored.without, policy, stored.field)
        findings.append(
            AgreementFinding(
                spec_version=stored.spec_version,
                field=stored.field,
                metric=stored.metric,
                measured=stored.measured,
                without_distrusted=stored.without,
                floor=policy.agreement.floor,
                verdict=finding.verdict,
                why=finding.why,
            )
        )
    return findings


async def _evidence(transaction: Transaction, issue: Issue) -> Evidence:
    pairs = rules.confusions(await _answers(transaction, issue))
    groups = group_rationales(await evidence.rationales(transaction, issue))
    return Evidence(
        items=await evidence.items(transaction, issue),
        confusions=[
            Confusion(first=first, second=second, items=count)
            for first, second, count in pairs[:LIST_MAX]
        ],
        skips=await evidence.skips(transaction, issue),
        rationales=[_group(group) for group in groups[:LIST_MAX]],
        gold_missed=await evidence.gold_missed(transaction, issue),
    )


async def _answers(transaction: Transaction, issue: Issue) -> list[tuple[UUID, list[str]]]:
    """Return each item with the answers that annotators gave, or could not choose between."""
    answers = await evidence.conflict_answers(transaction, issue)
    skipped = await evidence.ambiguous_labels(transaction, issue)
    spec = await specs.spec(transaction, issue.project, issue.spec_version)
    if spec is None or not skipped:
        return answers
    pairs = ambiguous_pairs(spec.schema, issue.field, [labels for _, labels in skipped])
    items = [item for item, _ in skipped]
    return [*answers, *zip(items, pairs, strict=True)]


def _group(group: Group) -> RationaleGroup:
    return RationaleGroup(
        rationale=group.text,
        count=group.count,
        causes=dict(group.causes),
        rules=sorted(group.rules),
        item_ids=sorted(group.items)[:LIST_MAX],
    )


async def list_models(transaction: Transaction, project: str) -> Models:
    """Compare annotations with the pre-labels of models, shown and hidden."""
    await _check_project(transaction, project)
    models = []
    for counts in await views.models(transaction, project):
        accepted = wilson_interval(counts.accepted, counts.shown)
        agreed_blind = wilson_interval(counts.agreed, counts.hidden)
        models.append(
            ModelView(
                model=counts.model,
                accepted=accepted,
                agreed_blind=agreed_blind,
                anchoring=newcombe_interval(accepted, agreed_blind),
            )
        )
    return Models(models=models)


async def _check_project(transaction: Transaction, project: str) -> None:
    if not await specs.has_project(transaction, project):
        raise UnknownProject(project)
