"""What is known of the annotators: learned from all votes and honeypots, kept fresh by each.

A full pass now and then infers labels and annotators together, beside the event loop. Between
passes every scored honeypot counts at once. A pass changes what is thought of later votes; it
never changes a decided label.
"""

import asyncio
from collections.abc import Sequence
from typing import Any

from agreement import Votes, infer
from chassis.db.database import Transaction
from consensus_service.domain import FieldModel, calibrated, with_scores
from consensus_service.operations.specs import compiled
from consensus_service.store import models, specs
from consensus_service.store.models import Kept, Learned, Score
from labels import Field
from labels.compiled_spec import CompiledSpec

GROWTH = 1.1
"""A full pass is due when there are this many times the votes of the last one."""
PARSED_MAX = 200

_PARSED: dict[tuple[str, str, int, int], FieldModel] = {}


async def known(
    transaction: Transaction, project: str, spec: CompiledSpec, annotators: list[str]
) -> dict[str, FieldModel]:
    """What is known for each field that is decided by the posterior."""
    found = {}
    for field in spec.labels.fields:
        if spec.policy.decision(field.name).how == "posterior" and field.answers:
            found[field.name] = await _known(transaction, project, field, annotators)
    return found


async def _known(
    transaction: Transaction, project: str, field: Field, annotators: list[str]
) -> FieldModel:
    kept = await models.model(transaction, project, field.name)
    fresh = FieldModel.unknown([field.key(answer) for answer in field.answers])
    model = fresh if kept is None else _parsed(project, field.name, kept)
    after = 0 if kept is None else kept.scores_arrival
    newer = await models.scores(transaction, project, field.name, after, annotators)
    return with_scores(model, [_as_keys(field, score) for score in newer])


def _parsed(project: str, field: str, kept: Kept) -> FieldModel:
    """The model in a row; remembered, since many votes are weighed by the same one."""
    key = (project, field, kept.votes_arrival, kept.scores_arrival)
    found = _PARSED.get(key)
    if found is None:
        if len(_PARSED) >= PARSED_MAX:
            _PARSED.clear()
        found = _PARSED[key] = FieldModel(**kept.body)
    return found


def _as_keys(field: Field, score: Score) -> tuple[str, str, str]:
    return score.annotator, _key(field, score.expected), _key(field, score.given)


def _key(field: Field, value: Any) -> str:  # noqa: ANN401
    return "" if value is None else field.key(value)


async def refresh_models(transaction: Transaction, project: str) -> None:
    """Learn the models of a project anew where there is enough that is new."""
    version = await specs.newest_version(transaction, project)
    spec = None if version is None else await compiled(transaction, project, version)
    if version is None or spec is None:
        return
    for field in spec.labels.fields:
        if spec.policy.decision(field.name).how == "posterior" and field.answers:
            await _refresh(transaction, project, version, field)


async def _refresh(transaction: Transaction, project: str, version: int, field: Field) -> None:
    kept = await models.model(transaction, project, field.name)
    count = await models.vote_count(transaction, project)
    if count < (GROWTH * kept.n_votes if kept else 1):
        return
    votes = await models.votes(transaction, project, version)
    scores = await models.scores(transaction, project, field.name, 0)
    body = await asyncio.to_thread(_fit, field, votes, scores)
    newest = (
        max((v.arrival for v in votes), default=0),
        max((s.arrival for s in scores), default=0),
    )
    await models.keep(transaction, project, field.name, Kept(*newest, count, body))


def _fit(field: Field, votes: Sequence[Learned], scores: Sequence[Score]) -> dict[str, Any]:
    """Infer the annotators of a field from votes and honeypots together, and calibrate on gold."""
    answers = tuple(field.key(answer) for answer in field.answers)
    rows = [(str(v.task_id), v.annotator, _said(field, v.label)) for v in votes]
    rows += [(str(s.task_id), s.annotator, _key(field, s.given)) for s in scores]
    rows = [row for row in rows if row[2] in answers]
    gold = {str(s.task_id): _key(field, s.expected) for s in scores}
    gold = {task: right for task, right in gold.items() if right in answers}
    if not rows:
        return _body(FieldModel.unknown(answers))
    items, annotators, given = zip(*rows, strict=True)
    ordered = Votes.of(items, annotators, given, scale=answers)
    kind = "ordinal" if field.metric == "ordinal" else "nominal"
    inferred = infer(ordered, kind=kind, gold=gold)  # type: ignore[arg-type]
    said: dict[str, list[tuple[str, str]]] = {}
    for task, annotator, answer in rows:
        if task in gold:
            said.setdefault(task, []).append((annotator, answer))
    model = _model(answers, inferred)
    return _body(calibrated(model, [(gold[task], votes) for task, votes in said.items()]))


def _said(field: Field, label: dict[str, Any]) -> str:
    return _key(field, label.get(field.name))


def _model(answers: tuple[str, ...], inferred: Any) -> FieldModel:  # noqa: ANN401
    """The inference as a model: what is common to the crowd is the mean of its members."""
    names = [str(name) for name in inferred.annotators]
    shared = inferred.confusion.mean(axis=0)
    return FieldModel(
        answers,
        tuple(inferred.prevalence.tolist()),
        tuple(map(tuple, shared.tolist())),
        {name: rows for name, rows in zip(names, inferred.answers.tolist(), strict=True)},
        dict(zip(names, map(float, inferred.n_votes), strict=True)),
    )


def _body(model: FieldModel) -> dict[str, Any]:
    names = ("answers", "prevalence", "shared", "annotators", "evidence", "temperature")
    return {name: getattr(model, name) for name in names}
