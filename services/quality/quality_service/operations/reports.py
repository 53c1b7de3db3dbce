"""What people read about specifications and models."""

from collections.abc import Collection
from uuid import UUID

from chassis.auth import Caller, UnknownProject
from chassis.database import Session
from quality_service.domain import issues as rules
from quality_service.domain.issues import Issue
from quality_service.domain.rationales import Group, grouped
from quality_service.domain.refusals import UnknownIssue
from quality_service.domain.shares import difference, share
from quality_service.domain.skips import hesitations
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


async def list_issues(session: Session, project: str, after: UUID | None, limit: int) -> SpecIssues:
    """A page of a project's spec issues, and whom every measured agreement points at."""
    await _check_project(session, project)
    found = await views.issues(session, project, after, limit + 1)
    page = found[:limit]
    return SpecIssues(
        issues=await _shown(session, page),
        findings=await _findings(session, project),
        skips=await views.skips(session, project),
        next=str(page[-1].issue_id) if len(found) > limit else None,
    )


async def show_issue(session: Session, caller: Caller, issue_id: UUID) -> SpecIssueDetail:
    """A spec issue with its evidence."""
    stored = await views.issue(session, issue_id)
    if stored is None or not caller.reaches(stored.project):
        raise UnknownIssue(f"There is no spec issue {issue_id}, or your token is not for it.")
    shown = (await _shown(session, [stored]))[0]
    about = Issue(stored.issue_id, stored.project, stored.spec_version, stored.field)
    return SpecIssueDetail(**dict(shown), evidence=await _evidence(session, about))


async def _shown(session: Session, found: Collection[StoredIssue]) -> list[SpecIssueView]:
    ids = [one.issue_id for one in found]
    causes = await issues.causes(session, ids)
    items = await views.item_counts(session, ids)
    return [
        SpecIssueView(
            issue_id=one.issue_id,
            project=one.project,
            spec_version=one.spec_version,
            field=one.field,
            state=_state(one),
            metric=one.metric,
            value=one.value,
            low=one.low,
            high=one.high,
            floor=one.floor,
            why=one.why,
            opened_at=one.opened_at,
            cause=one.cause,
            causes=causes[one.issue_id],
            items=items.get(one.issue_id, 0),
            resolved_by=one.resolved_by,
            resolved_at=one.resolved_at,
            after=one.after,
        )
        for one in found
    ]


def _state(one: StoredIssue) -> IssueState:
    if one.resolved_by is not None:
        return "resolved"
    return "open" if one.cause is None else "diagnosed"


async def _findings(session: Session, project: str) -> list[AgreementFinding]:
    measures = await views.measures(session, project)
    known = await specs.specs(session, {(project, one.spec_version) for one in measures})
    found = []
    for one in measures:
        policy = known[project, one.spec_version].policy
        finding = rules.judge(one.measured, one.without, policy, one.field)
        found.append(
            AgreementFinding(
                spec_version=one.spec_version,
                field=one.field,
                metric=one.metric,
                measured=one.measured,
                without_distrusted=one.without,
                floor=policy.agreement.floor,
                verdict=finding.verdict,
                why=finding.why,
            )
        )
    return found


async def _evidence(session: Session, issue: Issue) -> Evidence:
    pairs = rules.confusions(await _answers(session, issue))
    groups = grouped(await evidence.rationales(session, issue))
    return Evidence(
        items=await evidence.items(session, issue),
        confusions=[
            Confusion(first=first, second=second, items=count)
            for first, second, count in pairs[:LIST_MAX]
        ],
        skips=await evidence.skips(session, issue),
        rationales=[_group(group) for group in groups[:LIST_MAX]],
        gold_missed=await evidence.gold_missed(session, issue),
    )


async def _answers(session: Session, issue: Issue) -> list[tuple[UUID, list[str]]]:
    """Which answers people gave to one item, or could not choose between."""
    found = await evidence.answers(session, issue)
    named = await evidence.named(session, issue)
    spec = await specs.spec(session, issue.project, issue.spec_version)
    if spec is None or not named:
        return found
    between = hesitations(spec.schema, issue.field, [labels for _, labels in named])
    items = [item for item, _ in named]
    return [*found, *zip(items, between, strict=True)]


def _group(group: Group) -> RationaleGroup:
    return RationaleGroup(
        rationale=group.text,
        count=group.count,
        causes=dict(group.causes),
        rules=sorted(group.rules),
        item_ids=sorted(group.items)[:LIST_MAX],
    )


async def list_models(session: Session, project: str) -> Models:
    """How people's answers compare with what models suggested, shown and hidden."""
    await _check_project(session, project)
    shown = []
    for row in await views.models(session, project):
        accepted = share(row["accepted"], row["shown"])
        blind = share(row["agreed"], row["hidden"])
        shown.append(
            ModelView(
                model=row["model"],
                accepted=accepted,
                agreed_blind=blind,
                anchoring=difference(accepted, blind),
            )
        )
    return Models(models=shown)


async def _check_project(session: Session, project: str) -> None:
    if not await specs.has_project(session, project):
        raise UnknownProject(project)
