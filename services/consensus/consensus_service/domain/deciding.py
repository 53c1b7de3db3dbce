"""The policy: a pure function of the votes, that says what follows from them, and why."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from consensus_service.domain.votes import Ballot, Vote
from labels import LabelSchema
from schemas.vocabulary import Decide, Policy

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
    *,
    target: int,
    maximum: int,
    skips: int = 0,
) -> Outcome:
    """What follows from `votes` on a task that `target` of at most `maximum` were asked for.

    Only votes that count are looked at. Too many skips raise a conflict, whatever the votes say:
    people could not answer, and an adjudicator must see why.
    """
    counted = [vote for vote in votes if vote.counts]
    names = tuple(field.name for field in labels.fields)
    if skips >= policy.skips_max:
        ballots = [Ballot.of(field, counted) for field in labels.fields] if counted else []
        return Conflict(names, f"It was skipped {skips} times.", _distribution(ballots))
    if len(counted) < target:
        return Wait(f"{len(counted)} of {target} votes are there.")
    left = max(0, maximum - len(counted))
    verdicts = [
        _verdict(Ballot.of(field, counted), policy.decision(field.name), left)
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


def _verdict(ballot: Ballot, rule: Decide, left: int) -> Verdict:
    name = ballot.field.name
    if rule.how == "subjective":
        return Verdict(ballot, rule, ballot.share(), f"{name}: the distribution is kept.", True)
    if len(ballot.groups) == 1:
        confidence = 1.0 if rule.how != "posterior" else _posterior(ballot)
        why = f"{name}: all {ballot.n} agree."
        enough = rule.how != "posterior" or confidence >= rule.threshold
        return Verdict(ballot, rule, confidence, why, enough)
    if rule.how == "unanimous":
        why = f"{name}: {len(ballot.groups[0])} of {ballot.n} agree, all must."
        return Verdict(ballot, rule, ballot.share(), why, False, is_hopeless=True)
    if rule.how == "posterior":
        confidence = _posterior(ballot)
        why = f"{name}: the posterior is {confidence:.3f}, {rule.threshold:g} is asked for."
        return Verdict(ballot, rule, confidence, why, confidence >= rule.threshold)
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


def _posterior(ballot: Ballot) -> float:
    """The probability of the leading answer, given how often each voter is right.

    One-coin model (Dawid & Skene 1979 with equal errors): a voter of accuracy p gives the right
    answer with p, and each of the other k - 1 with (1 - p) / (k - 1). Answers are equally likely
    at first; k is the number of the field's answers, or where that is open, one more than seen.
    """
    k = max(len(ballot.field.answers), len(ballot.groups) + 1 if not ballot.field.answers else 2)
    votes = [vote for group in ballot.groups for vote in group]
    log_odds = [
        sum(_log_likelihood(vote, vote in group, k) for vote in votes) for group in ballot.groups
    ]
    nobody = [sum(_log_likelihood(vote, False, k) for vote in votes)] * (k - len(ballot.groups))
    highest = max(log_odds)
    total = sum(math.exp(one - highest) for one in [*log_odds, *nobody])
    return math.exp(log_odds[0] - highest) / total


def _log_likelihood(vote: Vote, right: bool, k: int) -> float:
    accuracy = min(max(vote.reliability.accuracy, 1 / k), 0.99)
    return math.log(accuracy if right else (1 - accuracy) / (k - 1))


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
