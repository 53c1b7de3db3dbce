"""Agreement: measured as votes come in, published, and looked at."""

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
from consensus_service.store.agreement import Measured, Part, SampledVote
from labels import Field
from labels.compiled_spec import CompiledSpec
from schemas.consensus import AgreementView, AgreementViews
from schemas.events import AgreementMeasured
from schemas.vocabulary import Measure

BLANK = ""
"""Stands for an optional field that was left out."""
DISTRUSTED = ("flagged", "suspended")
REST = 20.0
"""After a measurement a project rests so many times as long as that took."""
Metric = Literal["nominal", "ordinal", "interval", "ratio", "distance"]
Window = tuple[datetime | None, datetime | None]


async def projects_to_measure(transaction: Transaction, now: datetime) -> list[str]:
    """Return the projects that got votes since they were measured last."""
    return [project for project, _, _ in await store.stale(transaction, now, REST)]


async def measure_agreement(transaction: Transaction, project: str, now: datetime) -> None:
    """Measure each field of a project, unless nothing came since it was measured last."""
    for _, version, arrival in await store.stale(transaction, now, REST, project):
        spec = await compiled(transaction, project, version)
        if spec is None:
            continue
        sample = await store.sample(transaction, project, version)
        started = time.monotonic()
        # numpy works in a thread: the event loop goes on answering.
        figures = await asyncio.to_thread(_measure_all, spec, sample)
        seconds = time.monotonic() - started
        await store.keep(transaction, (project, version, arrival), figures, now, seconds)
        events = [_event(project, version, one, now) for one in figures]
        await outbox.add(transaction, *events)
        for one in figures:
            _export(project, one)


def _measure_all(spec: CompiledSpec, sample: Sequence[SampledVote]) -> list[Measured]:
    parts = _parts(spec, sample)
    return [
        Measured(field.name, part, _measure(field, _metric(spec, field), votes))
        for field in spec.labels.fields
        for part, votes in parts.items()
    ]


def _parts(spec: CompiledSpec, sample: Sequence[SampledVote]) -> dict[Part, list[SampledVote]]:
    """The whole, the votes that saw a pre-label apart from it, and the slices of the policy."""
    whole, anchored = sampling.independent(sample), sampling.anchored(sample)
    parts = {Part("random_overlap"): whole}
    if anchored:
        parts[Part("prelabel_shown")] = anchored
    for key in spec.policy.agreement.slices:
        for value, votes in sampling.slices(whole, key).items():
            parts[Part("random_overlap", key, value)] = votes
    return parts


def _metric(spec: CompiledSpec, field: Field) -> Metric:
    """The metric of the policy where the field can have it, else the field's own.

    Versions that were published before this was checked may ask for one that it cannot have.
    """
    asked = spec.policy.agreement.metric_of(field.name)
    return asked if asked in field.metrics else field.metric


def _votes(field: Field, metric: Metric, sample: Sequence[SampledVote]) -> Votes:
    """The answers to one field: numbers as numbers, everything else by its canonical text.

    Leaving an optional field out is an answer, with the empty text. It has no place in an order,
    so it counts as a missing answer there; and so it does where a condition may hide the field.
    """
    numeric = metric in ("interval", "ratio", "ordinal")
    blank_counts = not numeric and field.condition is None
    there = [vote for vote in sample if blank_counts or field.name in vote.label]
    answers: list[Any] = [
        _number(field, vote.label[field.name]) if numeric else _key(field, vote) for vote in there
    ]
    items = [str(vote.task_id) for vote in there]
    return Votes.of(items, [vote.annotator for vote in there], answers)


def _key(field: Field, vote: SampledVote) -> str:
    return field.key(vote.label[field.name]) if field.name in vote.label else BLANK


def _number(field: Field, value: Any) -> float:  # noqa: ANN401
    """A number as itself; an option by its place among the ordered ones."""
    if isinstance(value, int | float):
        return float(value)
    return float(field.levels.index(field.key(value)))


def _alpha(field: Field, metric: Metric, sample: Sequence[SampledVote]) -> Measure:
    """Krippendorff's alpha; for answers of structure, by the distance of their kind."""
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


def _measure(field: Field, metric: Metric, sample: Sequence[SampledVote]) -> dict[str, Any]:
    votes = _votes(field, metric, sample)
    trusted = [vote for vote in sample if vote.standing not in DISTRUSTED]
    without = None
    if len(trusted) < len(sample):
        without = _alpha(field, metric, trusted)
    return {
        "metric": f"krippendorff_alpha_{metric}",
        "measured": _alpha(field, metric, sample).model_dump(),
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


def _event(project: str, version: int, one: Measured, now: datetime) -> AgreementMeasured:
    without = one.figures["without_distrusted"]
    sample: Any = one.part.sample
    return AgreementMeasured(
        occurred_at=now,
        project=project,
        spec_version=version,
        field=one.field,
        metric=one.figures["metric"],
        raw=one.figures["raw"],
        slice=one.part.slice,
        sample=sample,
        without_distrusted=None if without is None else Measure.model_validate(without),
        **one.figures["measured"],
    )


def _export(project: str, one: Measured) -> None:
    if one.part != Part("random_overlap"):
        return
    measured = one.figures["measured"]
    for bound in ("value", "low", "high"):
        if measured[bound] is not None:
            metrics.AGREEMENT.labels(project, one.field, bound).set(measured[bound])
    metrics.AGREEMENT_ITEMS.labels(project, one.field).set(measured["n_items"])


async def show_agreement(
    transaction: Transaction,
    project: str,
    *,
    version: int | None,
    field: str | None,
    closer: "Closer",
) -> AgreementViews:
    """What was measured last; a closer look is taken at the votes there are now."""
    if await specs.newest_version(transaction, project) is None:
        raise UnknownProject(project)
    rows = await store.measured(transaction, project, version, field)
    views = [await closer.view(transaction, project, row) for row in rows]
    return AgreementViews(project=project, agreement=views)


class Closer:
    """A closer look: by label, by pair of annotators or by metadata, in a time window or not."""

    def __init__(self, by: str | None, window: Window) -> None:
        """`by`: `label`, `pair`, `metadata.<key>`, or None."""
        self._by, self._window = by, window

    async def view(
        self, transaction: Transaction, project: str, row: dict[str, Any]
    ) -> AgreementView:
        """One figure, and what is seen of it from nearer."""
        spec = await compiled(transaction, project, row["spec_version"])
        figures, by = row["measured"], {}
        if spec is not None and (self._by or any(self._window)):
            sample = await store.sample(transaction, project, row["spec_version"], self._window)
            shown = row["sample"] == "prelabel_shown"
            votes = sampling.anchored(sample) if shown else sampling.independent(sample)
            field = spec.labels.field(row["field"])
            metric = _metric(spec, field)
            if any(self._window):
                figures = await asyncio.to_thread(_measure, field, metric, votes)
            by = await asyncio.to_thread(self._closer, field, metric, votes)
        without = figures["without_distrusted"]
        return AgreementView(
            field=row["field"],
            metric=figures["metric"],
            spec_version=row["spec_version"],
            sample=row["sample"],
            measured=Measure.model_validate(figures["measured"]),
            raw=figures["raw"],
            without_distrusted=None if without is None else Measure.model_validate(without),
            by=by,
        )

    def _closer(
        self, field: Field, metric: Metric, sample: list[SampledVote]
    ) -> dict[str, Measure]:
        if self._by is None:
            return {}
        if self._by.startswith("metadata."):
            parts = sampling.slices(sample, self._by.removeprefix("metadata."))
            return {value: _alpha(field, metric, votes) for value, votes in parts.items()}
        votes = _votes(field, "nominal", sample)
        if self._by == "label":
            return {str(label): _as_measure(one) for label, one in by_label(votes).items()}
        pairs = by_pair(votes)
        return {f"{pair.first}:{pair.second}": _as_measure(pair.kappa) for pair in pairs}
