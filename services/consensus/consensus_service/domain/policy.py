"""The decision policy: a pure function from the votes on a task to an outcome and its reason."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from consensus_service.domain import skips
from consensus_service.domain.posterior import FieldModel, is_disputed, posterior
from consensus_service.domain.votes import FieldVotes, Vote, answer_key
from labels import LabelSchema
from schemas.vocabulary import ConflictOrigin, Decide, Policy, Skip

How = Literal["unanimous", "share", "posterior", "distribution", "adjudicated", "review"]
_HOW: dict[str, How] = {
    "unanimous": "unanimous",
    "share": "share",
    "posterior": "posterior",
    "subjective": "distribution",
}
_RANK = ("distribution", "unanimous", "share", "posterior")
"""A label of several fields is decided in the way of the field that comes last in this order."""


@dataclass(frozen=True, slots=True)
class Redundancy:
    """The number of votes that a task needs now and may get at most, and its skips."""

    target: int
    maximum: int
    skips: Sequence[Skip] = ()
    """One for each annotator who skipped the task."""


@dataclass(frozen=True, slots=True)
class Pending:
    """Votes that were requested are missing."""

    why: str


@dataclass(frozen=True, slots=True)
class NeedsVotes:
    """`target` votes are needed in all, more than were requested."""

    target: int
    why: str


@dataclass(frozen=True, slots=True)
class Conflict:
    """The votes do not decide `fields`, and more of them would not."""

    fields: tuple[str, ...]
    why: str
    distribution: Mapping[str, Mapping[str, float]]
    raised_by: ConflictOrigin = "votes"


@dataclass(frozen=True, slots=True)
class Decided:
    """The label is decided, by votes or by a person."""

    label: Mapping[str, Any]
    distribution: Mapping[str, Mapping[str, float]]
    confidence: float | None
    """None if a person decided it."""
    how: How
    why: str
    rules: Sequence[str] = ()
    """The rules of the guidelines that an adjudicator cites."""


Outcome = Pending | NeedsVotes | Conflict | Decided


@dataclass(frozen=True, slots=True)
class FieldOutcome:
    """The outcome of the votes on one field."""

    votes: FieldVotes
    rule: Decide
    confidence: float
    why: str
    is_settled: bool
    is_hopeless: bool = False
    """True if further votes, up to the maximum, could not settle it."""


def apply_policy(
    votes: Sequence[Vote],
    policy: Policy,
    labels: LabelSchema,
    redundancy: Redundancy,
    models: Mapping[str, FieldModel],
) -> Outcome:
    """Return the outcome of `votes` on a task. `models`: the annotator models, by field.

    Only votes that count are used. A task with `policy.skips_max` skips, for whatever reasons, is a
    conflict whatever its votes are: people could not answer it, and an adjudicator must see why.
    """
    counted = [vote for vote in votes if vote.counts(policy.deciders)]
    names = tuple(field.name for field in labels.fields)
    if len(redundancy.skips) >= policy.skips_max:
        grouped = [FieldVotes.of(field, counted) for field in labels.fields] if counted else []
        why = skips.sentence(redundancy.skips, labels)
        return Conflict(names, why, _distribution(grouped), "skips")
    if len(counted) < redundancy.target:
        return Pending(f"{len(counted)} of {redundancy.target} votes have arrived.")
    left = max(0, redundancy.maximum - len(counted))
    outcomes = [
        _field_outcome(FieldVotes.of(field, counted), policy, left, models.get(field.name))
        for field in labels.fields
    ]
    unsettled = [outcome for outcome in outcomes if not outcome.is_settled]
    if not unsettled:
        return _decided(outcomes)
    why = " ".join(outcome.why for outcome in unsettled)
    if left == 0 or any(outcome.is_hopeless for outcome in unsettled):
        fields = tuple(outcome.votes.field.name for outcome in unsettled)
        return Conflict(fields, why, _distribution([outcome.votes for outcome in outcomes]))
    return NeedsVotes(len(counted) + 1, why)


def _field_outcome(
    votes: FieldVotes, policy: Policy, left: int, model: FieldModel | None
) -> FieldOutcome:
    name, rule = votes.field.name, policy.decision(votes.field.name)
    if rule.how == "subjective":
        return FieldOutcome(votes, rule, votes.share(), f"{name}: the distribution is kept.", True)
    if rule.how == "posterior":
        answers = _answers(votes)
        extended = FieldModel.unknown(answers) if model is None else model.with_answers(answers)
        return _by_posterior(votes, policy, left, extended)
    if len(votes.groups) == 1:
        return FieldOutcome(votes, rule, 1.0, f"{name}: all {votes.n} agree.", True)
    if rule.how == "unanimous":
        why = f"{name}: {len(votes.groups[0])} of {votes.n} agree, all must."
        return FieldOutcome(votes, rule, votes.share(), why, False, is_hopeless=True)
    return _by_share(votes, rule, left)


def _by_share(votes: FieldVotes, rule: Decide, left: int) -> FieldOutcome:
    top, share = len(votes.groups[0]), votes.share()
    why = (
        f"{votes.field.name}: {top} of {votes.n} say the same"
        f" ({share:.0%}), {rule.threshold:.0%} is required."
    )
    settled = share >= rule.threshold and not votes.is_tied
    best_case = (top + left) / (votes.n + left)
    return FieldOutcome(votes, rule, share, why, settled, is_hopeless=best_case < rule.threshold)


def _answers(votes: FieldVotes) -> list[str]:
    """Return the answers that the field lists, then those of the votes that it does not list."""
    listed = [votes.field.key(answer) for answer in votes.field.answers]
    return listed + [answer for answer in votes.distribution() if answer not in listed]


def _by_posterior(votes: FieldVotes, policy: Policy, left: int, model: FieldModel) -> FieldOutcome:
    """Settle the field if its most probable answer is probable enough.

    While one of the annotators is little known, the probability is uncertain itself: then at least
    `policy.votes_floor` votes are needed, however probable the answer is.
    """
    rule = policy.decision(votes.field.name)
    answers = [(v.annotator, answer_key(votes.field, v)) for group in votes.groups for v in group]
    probable = posterior(model, answers)
    keys = [answer_key(votes.field, group[0]) for group in votes.groups]
    best = max(range(len(keys)), key=lambda place: probable.get(keys[place], 0.0))
    leading = FieldVotes(votes.field, [votes.groups[best], *_others(votes, best)])
    confidence = probable.get(keys[best], 0.0)
    finding = f"{votes.field.name}: {keys[best] or 'absence'!r} has probability {confidence:.3f}"
    floor = min(policy.votes_floor, votes.n + left)
    if votes.n < floor and model.is_little_known(
        [annotator for annotator, _ in answers], policy.known_after
    ):
        why = f"{finding}, but its voters are little known: at least {floor} votes are needed."
        return FieldOutcome(leading, rule, confidence, why, False)
    if (
        confidence >= rule.threshold
        and rule.disputed == "adjudicate"
        and is_disputed(model, answers)
    ):
        why = f"{finding}, but simpler models of the annotators prefer another answer."
        return FieldOutcome(leading, rule, confidence, why, False, is_hopeless=True)
    why = f"{finding} of {votes.n} votes, {rule.threshold:g} is required."
    return FieldOutcome(leading, rule, confidence, why, confidence >= rule.threshold)


def _others(votes: FieldVotes, best: int) -> list[Sequence[Vote]]:
    return [group for place, group in enumerate(votes.groups) if place != best]


def _decided(outcomes: Sequence[FieldOutcome]) -> Decided:
    values = {o.votes.field.name: o.votes.value() for o in outcomes if o.rule.how != "subjective"}
    return Decided(
        label={name: value for name, value in values.items() if value is not None},
        distribution=_distribution([outcome.votes for outcome in outcomes]),
        confidence=min(outcome.confidence for outcome in outcomes),
        how=max((_HOW[_how(outcome)] for outcome in outcomes), key=_RANK.index),
        why=" ".join(outcome.why for outcome in outcomes),
    )


def _how(outcome: FieldOutcome) -> str:
    """Return the way of the rule; `unanimous` if all agree where a share would have sufficed."""
    if outcome.rule.how == "share" and len(outcome.votes.groups) == 1:
        return "unanimous"
    return outcome.rule.how


def _distribution(fields: Sequence[FieldVotes]) -> dict[str, dict[str, float]]:
    return {votes.field.name: votes.distribution() for votes in fields if votes.n}
