"""Agreement: measured as votes come in, published, and looked at."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from agreement import Estimate, Votes, by_label, by_pair, krippendorff_alpha, raw_agreement
from chassis import outbox
from chassis.database import Session
from consensus_service import domain, metrics
from consensus_service.operations.specs import Compiled, compiled
from consensus_service.store import agreement as store
from consensus_service.store import specs
from consensus_service.store.agreement import SampledVote
from labels import Field
from schemas.consensus import AgreementView, AgreementViews
from schemas.events import AgreementMeasured
from schemas.vocabulary import Measure

DISTRUSTED = ("flagged", "suspended")


async def measure_agreement(session: Session, now: datetime) -> None:
    """Measure each field of each project that got votes since the last time."""
    for project, version, arrival in await store.stale(session):
        spec = await compiled(session, project, version)
        if spec is None:
            continue
        sample = await store.sample(session, project, version)
        for field in spec.labels.fields:
            metric = _metric(spec, field)
            # numpy works in a thread: the event loop goes on answering.
            measured = await asyncio.to_thread(_measure, field, metric, sample)
            await store.keep(session, project, version, field.name, arrival, measured)
            await outbox.add(session, _measured_event(project, version, field.name, measured, now))
            _export(project, field.name, measured["measured"])


def _metric(spec: Compiled, field: Field) -> str:
    return spec.policy.agreement.metric or field.metric


def _votes(field: Field, metric: str, sample: Sequence[SampledVote]) -> Votes:
    """The answers to one field: numbers as numbers, everything else by its canonical text."""
    there = [vote for vote in sample if field.name in vote.label]
    numeric = metric in ("interval", "ratio", "ordinal")
    answers: list[Any] = [
        _number(field, vote.label[field.name]) if numeric else field.key(vote.label[field.name])
        for vote in there
    ]
    items = [str(vote.task_id) for vote in there]
    return Votes.of(items, [vote.annotator for vote in there], answers)


def _number(field: Field, value: Any) -> float:  # noqa: ANN401
    """A number as itself; an option by its place among the ordered ones."""
    if isinstance(value, int | float):
        return float(value)
    return float(field.levels.index(field.key(value)))


def _measure(field: Field, metric: str, sample: Sequence[SampledVote]) -> dict[str, Any]:
    nominal = metric == "distance"
    name: Any = "nominal" if nominal else metric
    votes = _votes(field, name, sample)
    trusted = [vote for vote in sample if vote.standing not in DISTRUSTED]
    without = None
    if len(trusted) < len(sample):
        without = _as_measure(krippendorff_alpha(_votes(field, name, trusted), metric=name))
    return {
        "metric": f"krippendorff_alpha_{name}",
        "measured": _as_measure(krippendorff_alpha(votes, metric=name)).model_dump(),
        "raw": raw_agreement(votes).value,
        "without_distrusted": None if without is None else without.model_dump(),
    }


def _as_measure(estimate: Estimate) -> Measure:
    return Measure(
        value=estimate.value,
        low=estimate.low,
        high=estimate.high,
        n_items=estimate.n_items,
        n_annotators=estimate.n_annotators,
        n_pairable=estimate.n_pairable,
        reason=estimate.reason,
    )


def _measured_event(
    project: str, version: int, field: str, measured: dict[str, Any], now: datetime
) -> AgreementMeasured:
    without = measured["without_distrusted"]
    return AgreementMeasured(
        occurred_at=now,
        project=project,
        spec_version=version,
        field=field,
        metric=measured["metric"],
        raw=measured["raw"],
        without_distrusted=None if without is None else Measure.model_validate(without),
        **measured["measured"],
    )


def _export(project: str, field: str, measured: dict[str, Any]) -> None:
    for bound in ("value", "low", "high"):
        if measured[bound] is not None:
            metrics.AGREEMENT.labels(project, field, bound).set(measured[bound])
    metrics.AGREEMENT_ITEMS.labels(project, field).set(measured["n_items"])


async def show_agreement(
    session: Session, project: str, *, version: int | None, field: str | None, by: str | None
) -> AgreementViews:
    """What was measured last; `by` label or pair looks closer, at the votes there are now."""
    if await specs.newest_version(session, project) is None:
        raise domain.UnknownProject(f"No project '{project}' is known here.")
    rows = await store.measured(session, project, version, field)
    views = [_view(row, await _closer(session, project, row, by)) for row in rows]
    return AgreementViews(project=project, agreement=views)


def _view(row: dict[str, Any], closer: dict[str, Measure]) -> AgreementView:
    measured = row["measured"]
    without = measured["without_distrusted"]
    return AgreementView(
        field=row["field"],
        metric=measured["metric"],
        spec_version=row["spec_version"],
        sample="random_overlap",
        measured=Measure.model_validate(measured["measured"]),
        raw=measured["raw"],
        without_distrusted=None if without is None else Measure.model_validate(without),
        by=closer,
    )


async def _closer(
    session: Session, project: str, row: dict[str, Any], by: str | None
) -> dict[str, Measure]:
    spec = await compiled(session, project, row["spec_version"])
    if by is None or spec is None:
        return {}
    sample = await store.sample(session, project, row["spec_version"])
    votes = _votes(spec.labels.field(row["field"]), "nominal", sample)
    return await asyncio.to_thread(_by, votes, by)


def _by(votes: Votes, by: str) -> dict[str, Measure]:
    if by == "label":
        return {str(label): _as_measure(one) for label, one in by_label(votes).items()}
    return {f"{pair.first}:{pair.second}": _as_measure(pair.kappa) for pair in by_pair(votes)}
