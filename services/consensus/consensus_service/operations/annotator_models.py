"""Annotator models: fitted to the votes and honeypot scores of a project from time to time.

A fit infers labels and models together, in a thread. Honeypot scores that came after it are added
to the model when it is read. A new model affects later evaluations; it never changes a decided
label.
"""

import asyncio
from collections.abc import Sequence
from typing import Any

from agreement import Votes, infer
from chassis.db.database import Transaction
from consensus_service.domain.posterior import FieldModel, calibrated, with_scores
from consensus_service.operations.specs import compiled
from consensus_service.store import annotator_models as store
from consensus_service.store import specs
from consensus_service.store.annotator_models import ModelVote, Score, StoredModel
from labels import Field
from labels.compiled_spec import CompiledSpec

GROWTH = 1.1
"""A fit is due when a project has this many times the votes of the last fit."""
PARSED_MAX = 200
"""The number of models that are kept in memory."""

_PARSED: dict[tuple[str, str, int, int], FieldModel] = {}


async def models_for(
    transaction: Transaction, project: str, spec: CompiledSpec, annotators: list[str]
) -> dict[str, FieldModel]:
    """Return the model of each field that is decided by the posterior, by name."""
    found = {}
    for field in spec.labels.fields:
        if spec.policy.decision(field.name).how == "posterior" and field.answers:
            found[field.name] = await _model_for(transaction, project, field, annotators)
    return found


async def _model_for(
    transaction: Transaction, project: str, field: Field, annotators: list[str]
) -> FieldModel:
    stored = await store.model(transaction, project, field.name)
    prior = FieldModel.unknown([field.key(answer) for answer in field.answers])
    model = prior if stored is None else _parsed(project, field.name, stored)
    after = 0 if stored is None else stored.scores_arrival
    newer = await store.scores(transaction, project, field.name, after, annotators)
    return with_scores(model, [_as_keys(field, score) for score in newer])


def _parsed(project: str, field: str, stored: StoredModel) -> FieldModel:
    """Return the model in a row; cached, since many evaluations use the same one."""
    key = (project, field, stored.votes_arrival, stored.scores_arrival)
    found = _PARSED.get(key)
    if found is None:
        if len(_PARSED) >= PARSED_MAX:
            _PARSED.clear()
        found = _PARSED[key] = FieldModel(**stored.body)
    return found


def _as_keys(field: Field, score: Score) -> tuple[str, str, str]:
    return score.annotator, _key(field, score.expected), _key(field, score.answer)


def _key(field: Field, value: Any) -> str:  # noqa: ANN401
    return "" if value is None else field.key(value)


async def refresh_models(transaction: Transaction, project: str) -> None:
    """Fit the models of a project again if it has enough new votes."""
    version = await specs.newest_version(transaction, project)
    spec = None if version is None else await compiled(transaction, project, version)
    if version is None or spec is None:
        return
    for field in spec.labels.fields:
        if spec.policy.decision(field.name).how == "posterior" and field.answers:
            await _refresh(transaction, project, version, field)


async def _refresh(transaction: Transaction, project: str, version: int, field: Field) -> None:
    stored = await store.model(transaction, project, field.name)
    count = await store.vote_count(transaction, project)
    if count < (GROWTH * stored.n_votes if stored else 1):
        return
    votes = await store.votes(transaction, project, version)
    scores = await store.scores(transaction, project, field.name, 0)
    body = await asyncio.to_thread(_fit, field, votes, scores)
    newest = (
        max((v.arrival for v in votes), default=0),
        max((s.arrival for s in scores), default=0),
    )
    await store.save_model(transaction, project, field.name, StoredModel(*newest, count, body))


def _fit(field: Field, votes: Sequence[ModelVote], scores: Sequence[Score]) -> dict[str, Any]:
    """Fit the model of a field to votes and honeypot scores together, and calibrate it on gold."""
    answers = tuple(field.key(answer) for answer in field.answers)
    rows = [(str(v.task_id), v.annotator, _answer(field, v.label)) for v in votes]
    rows += [(str(s.task_id), s.annotator, _key(field, s.answer)) for s in scores]
    rows = [row for row in rows if row[2] in answers]
    gold = {str(s.task_id): _key(field, s.expected) for s in scores}
    gold = {task: correct for task, correct in gold.items() if correct in answers}
    if not rows:
        return _body(FieldModel.unknown(answers))
    items, annotators, labels = zip(*rows, strict=True)
    scaled = Votes.of(items, annotators, labels, scale=answers)
    kind = "ordinal" if field.metric == "ordinal" else "nominal"
    inferred = infer(scaled, kind=kind, gold=gold)  # type: ignore[arg-type]
    on_gold: dict[str, list[tuple[str, str]]] = {}
    for task, annotator, answer in rows:
        if task in gold:
            on_gold.setdefault(task, []).append((annotator, answer))
    model = _model(answers, inferred)
    return _body(calibrated(model, [(gold[task], votes) for task, votes in on_gold.items()]))


def _answer(field: Field, label: dict[str, Any]) -> str:
    return _key(field, label.get(field.name))


def _model(answers: tuple[str, ...], inferred: Any) -> FieldModel:  # noqa: ANN401
    """Return the result of `infer` as a model, with the mean confusion matrix as the crowd's."""
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
