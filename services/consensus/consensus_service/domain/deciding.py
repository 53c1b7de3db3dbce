"""The policy: a pure function of the votes, that says what follows from them, and why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from consensus_service.domain import skips
from consensus_service.domain.posterior import FieldModel, posterior
from consensus_service.domain.votes import Ballot, Vote, answer_key
from labels import LabelSchema
from schemas.vocabulary import ConflictOrigin, Decide, Policy, Skip

How = Literal["unanimous", "share", "posterior", "distribution"]
_HOW: dict[str, How] = {
    "unanimous": "unanimous",
    "share": "share",
    "posterior": "posterior",
    "subjective": "distribution",
}
_RANK = ("distribution", "unanimous", "share", "posterior")
"""What a label of several fields is called after: the field that was least plain."""


@dataclass(frozen=True, slots=True)
class Asked:
    """How many votes a task was asked for, how many it may get, and who skipped it."""

    target: int
    maximum: int
    skips: Sequence[Skip] = ()
    """One for each annotator."""


@dataclass(frozen=True, slots=True)
class Wait:
    """The votes that were asked for are not all there."""

    why: str


@dataclass(frozen=True, slots=True)
class WantsMore:
    """`target` votes are needed in all."""

    target: int
    why: str


@dataclass(frozen=True, slots=True)
class Conflict:
    """The votes do not settle `fields`, and more of them would not."""

    fields: tuple[str, ...]
    why: str
    distribution: Mapping[str, Mapping[str, float]]
    raised_by: ConflictOrigin = "votes"


@dataclass(frozen=True, slots=True)
class Decided:
    """The votes settle the label."""

    label: Mapping[str, Any]
    distribution: Mapping[str, Mapping[str, float]]
    confidence: float
    how: How
    why: str


Outcome = Wait | WantsMore | Conflict | Decided


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the votes say about one field."""

    ballot: Ballot
    rule: Decide
    confidence: float
    why: str
    is_settled: bool
    is_hopeless: bool = False
    """Whether further votes, up to the maximum, could not settle it."""


def judge(
    votes: Sequence[Vote],
    policy: Policy,
    labels: LabelSchema,
    asked: Asked,
    models: Mapping[str, FieldModel],
) -> Outcome:
    """What follows from `votes` on a task. `models`: what is known of the voters, by field.

    Only votes that count are looked at. When too many skipped the task, for whatever reasons, it
    is a conflict, whatever the votes say: people could not answer, and an adjudicator must see why.
    """
    counted = [vote for vote in votes if vote.counts]
    names = tuple(field.name for field in labels.fields)
    if len(asked.skips) >= policy.skips_max:
        ballots = [Ballot.of(field, counted) for field in labels.fields] if counted else []
        why = skips.sentence(asked.skips, labels)
        return Conflict(names, why, _distribution(ballots), "skips")
    if len(counted) < asked.target:
        return Wait(f"{len(counted)} of {asked.target} votes are there.")
    left = max(0, asked.maximum - len(counted))
    verdicts = [
        _verdict(Ballot.of(field, counted), policy, left, models.get(field.name))
        for field in labels.fields
    ]
    open_ones = [verdict for verdict in verdicts if not verdict.is_settled]
    if not open_ones:
        return _decided(verdicts)
    why = " ".join(verdict.why for verdict in open_ones)
    if left == 0 or any(verdict.is_hopeless for verdict in open_ones):
        fields = tuple(verdict.ballot.field.name for verdict in open_ones)
        return Conflict(fields, why, _distribution([v.ballot for v in verdicts]))
    return WantsMore(len(counted) + 1, why)


def _verdict(ballot: Ballot, policy: Policy, left: int, model: FieldModel | None) -> Verdict:
    name, rule = ballot.field.name, policy.decision(ballot.field.name)
    if rule.how == "subjective":
        return Verdict(ballot, rule, ballot.share(), f"{name}: the distribution is kept.", True)
    if rule.how == "posterior":
        answers = _answers(ballot)
        known = FieldModel.unknown(answers) if model is None else model.with_answers(answers)
        return _by_posterior(ballot, policy, left, known)
    if len(ballot.groups) == 1:
        return Verdict(ballot, rule, 1.0, f"{name}: all {ballot.n} agree.", True)
    if rule.how == "unanimous":
        why = f"{name}: {len(ballot.groups[0])} of {ballot.n} agree, all must."
        return Verdict(ballot, rule, ballot.share(), why, False, is_hopeless=True)
    return _by_share(ballot, rule, left)


def _by_share(ballot: Ballot, rule: Decide, left: int) -> Verdict:
    top, share = len(ballot.groups[0]), ballot.share()
    why = (
        f"{ballot.field.name}: {top} of {ballot.n} say the same"
        f" ({share:.0%}), {rule.threshold:.0%} is asked for."
    )
    settled = share >= rule.threshold and not ballot.is_tied
    best_case = (top + left) / (ballot.n + left)
    return Verdict(ballot, rule, share, why, settled, is_hopeless=best_case < rule.threshold)


def _answers(ballot: Ballot) -> list[str]:
    """The answers that the field allows, then those given beside them, as in an open field."""
    known = [ballot.field.key(answer) for answer in ballot.field.answers]
    return known + [answer for answer in ballot.distribution() if answer not in known]


def _by_posterior(ballot: Ballot, policy: Policy, left: int, model: FieldModel) -> Verdict:
    """The most probable answer, if it is probable enough.

    While one of the voters is little known, a probability rests on sand: the floor of votes that
    the policy sets must be there, however sure the model is.
    """
    rule = policy.decision(ballot.field.name)
    votes = [(v.annotator, answer_key(ballot.field, v)) for group in ballot.groups for v in group]
    probable = posterior(model, votes)
    keys = [answer_key(ballot.field, group[0]) for group in ballot.groups]
    best = max(range(len(keys)), key=lambda place: probable.get(keys[place], 0.0))
    leading = Ballot(ballot.field, [ballot.groups[best], *_others(ballot, best)])
    confidence = probable.get(keys[best], 0.0)
    told = f"{ballot.field.name}: {keys[best] or 'absence'!r} has probability {confidence:.3f}"
    floor = min(policy.votes_floor, ballot.n + left)
    if ballot.n < floor and model.is_little_known(
        [annotator for annotator, _ in votes], policy.known_after
    ):
        why = f"{told}, but its voters are little known: {floor} votes are the floor."
        return Verdict(leading, rule, confidence, why, False)
    why = f"{told} of {ballot.n} votes, {rule.threshold:g} is asked for."
    return Verdict(leading, rule, confidence, why, confidence >= rule.threshold)


def _others(ballot: Ballot, best: int) -> list[Sequence[Vote]]:
    return [group for place, group in enumerate(ballot.groups) if place != best]


def _decided(verdicts: Sequence[Verdict]) -> Decided:
    values = {v.ballot.field.name: v.ballot.value() for v in verdicts if v.rule.how != "subjective"}
    how = max((_HOW[_how(verdict)] for verdict in verdicts), key=_RANK.index)
    return Decided(
        label={name: value for name, value in values.items() if value is not None},
        distribution=_distribution([verdict.ballot for verdict in verdicts]),
        confidence=min(verdict.confidence for verdict in verdicts),
        how=how,
        why=" ".join(verdict.why for verdict in verdicts),
    )


def _how(verdict: Verdict) -> str:
    """A field that all agree on was decided unanimously, whatever the policy would have allowed."""
    if verdict.rule.how == "share" and len(verdict.ballot.groups) == 1:
        return "unanimous"
    return verdict.rule.how


def _distribution(ballots: Sequence[Ballot]) -> dict[str, dict[str, float]]:
    return {ballot.field.name: ballot.distribution() for ballot in ballots if ballot.n}
