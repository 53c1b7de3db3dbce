"""Agreement: measured as votes arrive, published, and shown with breakdowns."""

import asyncio
import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from agreement import Estimate, Votes, by_label, by_pair, krippendorff_alpha, raw_agreement
from chassis.db.database import Transaction
from chassis.events import outbox
from chassis.http.auth import UnknownProject
from consensus_service import metrics
from consensus_service.domain import sampling
from consensus_service.operations.specs import compiled
from consensus_service.store import agreement as store
from consensus_service.store import specs
from consensus_service.store.agreement import (
    FieldAgreement,
    Figures,
    Part,
    SampledVote,
    StoredAgreement,
)
from labels import Field
from labels.compiled_spec import CompiledSpec
from schemas.consensus import AgreementQuery, AgreementView, AgreementViews, Breakdown
from schemas.events import AgreementMeasured
from schemas.vocabulary import Measure

BLANK = ""
"""The answer to an optional field that was left out."""
DISTRUSTED = ("flagged", "suspended")
"""The standings of annotators without whom agreement is measured a second time."""
DUTY_FACTOR = 20.0
"""A project pauses for this many times the duration of its last measurement."""
Metric = Literal["nominal", "ordinal", "interval", "ratio", "distance"]


async def projects_to_measure(transaction: Transaction, now: datetime) -> list[str]:
    """Return the projects that got votes since they were measured last."""
    return [project for project, _, _ in await store.stale(transaction, now, DUTY_FACTOR)]


async def measure_agreement(transaction: Transaction, project: str, now: datetime) -> None:
    """Measure and publish the agreement on each field of a project, if it has new votes."""
    for _, version, arrival in await store.stale(transaction, now, DUTY_FACTOR, project):
        spec = await compiled(transaction, project, version)
        if spec is None:
            continue
        sample = await store.sample(transaction, project, version)
        started = time.monotonic()
        # In a thread, so that the event loop is free for requests.
        measured = await asyncio.to_thread(_measure_all, spec, sample)
        seconds = time.monotonic() - started
        await store.save(transaction, (project, version, arrival), measured, now, seconds)
        await outbox.add(transaction, *(_event(project, version, each, now) for each in measured))
        for each in measured:
            _export(project, each)


def _measure_all(spec: CompiledSpec, sample: Sequence[SampledVote]) -> list[FieldAgreement]:
    parts = _parts(spec, sample)
    return [
        FieldAgreement(field.name, part, _measure(field, _metric(spec, field), votes))
        for field in spec.labels.fields
        for part, votes in parts.items()
    ]


def _parts(spec: CompiledSpec, sample: Sequence[SampledVote]) -> dict[Part, list[SampledVote]]:
    """Split the sample: votes without pre-label, those with one, and the slices of the policy."""
    whole, anchored = sampling.independent(sample), sampling.anchored(sample)
    parts = {Part("random_overlap"): whole}
    if anchored:
        parts[Part("prelabel_shown")] = anchored
    for key in spec.policy.agreement.slices:
        for value, votes in sampling.slices(whole, key).items():
            parts[Part("random_overlap", key, value)] = votes
    return parts


def _metric(spec: CompiledSpec, field: Field) -> Metric:
    """Return the metric of the policy if the field can have it, else the field's own.

    Versions that were published before this was checked may name one that it cannot have.
    """
    chosen = spec.policy.agreement.metric_of(field.name)
    return chosen if chosen in field.metrics else field.metric


def _votes(field: Field, metric: Metric, sample: Sequence[SampledVote]) -> Votes:
    """Return the answers to one field: numbers as floats, other answers as canonical texts.

    Leaving an optional field out is an answer, with the empty text. It has no position on an
    ordered scale, so it counts as missing there, and also if a condition can hide the field.
    """
    numeric = metric in ("interval", "ratio", "ordinal")
    blank_counts = not numeric and field.condition is None
    present = [vote for vote in sample if blank_counts or field.name in vote.label]
    answers: list[Any] = [
        _number(field, vote.label[field.name]) if numeric else _key(field, vote) for vote in present
    ]
    items = [str(vote.task_id) for vote in present]
    return Votes.of(items, [vote.annotator for vote in present], answers)


def _key(field: Field, vote: SampledVote) -> str:
    return field.key(vote.label[field.name]) if field.name in vote.label else BLANK


def _number(field: Field, value: Any) -> float:  # noqa: ANN401
    """Return a number as a float, and an ordered option as its position."""
    if isinstance(value, int | float):
        return float(value)
    return float(field.levels.index(field.key(value)))


def _alpha(field: Field, metric: Metric, sample: Sequence[SampledVote]) -> Measure:
    """Compute Krippendorff's alpha; for structured answers with the distance of their kind."""
    votes = _votes(field, metric, sample)
    if metric != "distance":
        return _as_measure(krippendorff_alpha(votes, metric=metric))
    answers = [vote.label[field.name] for vote in sample if field.name in vote.label]
    by_key = {field.key(answer): answer for answer in answers}

    def distance(first: Any, second: Any) -> float:  # noqa: ANN401
        if BLANK in (first, second):
            return float(first != second)
        return field.distance(by_key[first], by_key[second])

    return _as_measure(krippendorff_alpha(votes, metric=distance))


def _measure(field: Field, metric: Metric, sample: Sequence[SampledVote]) -> Figures:
    trusted = [vote for vote in sample if vote.standing not in DISTRUSTED]
    has_distrusted = len(trusted) < len(sample)
    return Figures(
        metric=f"krippendorff_alpha_{metric}",
        measured=_alpha(field, metric, sample),
        raw=raw_agreement(_votes(field, metric, sample)).value,
        without_distrusted=_alpha(field, metric, trusted) if has_distrusted else None,
    )


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


def _event(
    project: str, version: int, agreement: FieldAgreement, now: datetime
) -> AgreementMeasured:
    figures = agreement.figures
    sample: Any = agreement.part.sample
    return AgreementMeasured(
        occurred_at=now,
        project=project,
        spec_version=version,
        field=agreement.field,
        metric=figures.metric,
        raw=figures.raw,
        slice=agreement.part.slice,
        sample=sample,
        without_distrusted=figures.without_distrusted,
        **figures.measured.model_dump(),
    )


def _export(project: str, agreement: FieldAgreement) -> None:
    """Set the gauges of a field to the figures of the whole sample."""
    if agreement.part != Part("random_overlap"):
        return
    measured = agreement.figures.measured
    bounds = {"value": measured.value, "low": measured.low, "high": measured.high}
    for bound, value in bounds.items():
        if value is not None:
            metrics.AGREEMENT.labels(project, agreement.field, bound).set(value)
    metrics.AGREEMENT_ITEMS.labels(project, agreement.field).set(measured.n_items)


async def show_agreement(
    transaction: Transaction, project: str, query: AgreementQuery
) -> AgreementViews:
    """Return the agreement measured last; time windows and breakdowns use the current votes."""
    if await specs.newest_version(transaction, project) is None:
        raise UnknownProject(project)
    stored = await store.measured(transaction, project, query.spec_version, query.field)
    views = [await _view(transaction, project, each, query) for each in stored]
    return AgreementViews(project=project, agreement=views)


async def _view(
    transaction: Transaction, project: str, stored: StoredAgreement, query: AgreementQuery
) -> AgreementView:
    """Return the agreement on one field, in the window and with the breakdown of the query."""
    spec = await compiled(transaction, project, stored.spec_version)
    figures, by = stored.figures, {}
    window = (query.since, query.until)
    if spec is not None and (query.by or any(window)):
        sample = await store.sample(transaction, project, stored.spec_version, window)
        shown = stored.sample == "prelabel_shown"
        votes = sampling.anchored(sample) if shown else sampling.independent(sample)
        field = spec.labels.field(stored.field)
        metric = _metric(spec, field)
        if any(window):
            figures = await asyncio.to_thread(_measure, field, metric, votes)
        by = await asyncio.to_thread(_breakdown, field, metric, votes, query.by)
    return AgreementView(
        field=stored.field,
        metric=figures.metric,
        spec_version=stored.spec_version,
        sample=stored.sample,
        measured=figures.measured,
        raw=figures.raw,
        without_distrusted=figures.without_distrusted,
        by=by,
    )


def _breakdown(
    field: Field, metric: Metric, sample: list[SampledVote], by: Breakdown | None
) -> dict[str, Measure]:
    """Compute the agreement by label, by pair of annotators or by slice; empty without `by`."""
    if by is None:
        return {}
    if by.startswith("metadata."):
        groups = sampling.slices(sample, by.removeprefix("metadata."))
        return {value: _alpha(field, metric, votes) for value, votes in groups.items()}
    votes = _votes(field, "nominal", sample)
    if by == "label":
        return {str(label): _as_measure(value) for label, value in by_label(votes).items()}
    pairs = by_pair(votes)
    return {f"{pair.first}:{pair.second}": _as_measure(pair.kappa) for pair in pairs}
