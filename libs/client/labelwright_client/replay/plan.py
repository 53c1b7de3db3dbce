"""The plan of a replay: the work items, the honeypots, the spec, and the order of annotators.

Pure: the same recording, options and seed make the same plan.
"""

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from labelwright_client.replay.recording import Recording, Vote
from labelwright_client.replay.scale import LEVELS_MAX, OPTIONS_MAX, ScaleName, Value
from schemas.ingest import GoldRequest, ItemRequest, SpecRequest
from schemas.vocabulary import Decide, Policy, Rule

FIELD = "label"
TOLERANCE_SHARE = 0.1
"""The default tolerance of numbers, as a share of their range."""
REDUNDANCY_MAX = 1000
LEASE_SECONDS = 300

DECIDE = re.compile(r"unanimous|(share|posterior):(0(\.\d+)?|1(\.0+)?|\.\d+)")


class PlanError(Exception):
    """Raised when a recording cannot be played with these options. The message is one sentence."""


@dataclass(frozen=True, slots=True)
class ReplayOptions:
    """The options of a replay."""

    redundancy: int | Literal["all"] = 3
    honeypots: float = 0.1
    """Share of the gold items that become honeypots in place of work."""
    decide: str = "unanimous"
    tolerance: float | None = None
    title: str = "Recorded votes"
    rule: str = "Answer what was recorded."
    seed: int = 0
    honeypot_items: Sequence[str] | None = None
    """The items that become honeypots; if given, `honeypots` is ignored."""


@dataclass(frozen=True, slots=True)
class AnnotatorVotes:
    """The votes of one recorded annotator by item, in the order in which they are requested."""

    name: str
    votes: Mapping[str, Vote]


@dataclass(frozen=True, slots=True)
class Plan:
    """All requests of a replay, made before the first one is sent."""

    scale: ScaleName
    spec: SpecRequest
    work: Sequence[ItemRequest]
    honeypots: Sequence[GoldRequest]
    annotators: Sequence[AnnotatorVotes]
    gold: Mapping[str, Value]
    """The known labels of work items, which the expert uses and accuracy is measured on."""
    tolerance: float = 0.0
    redundancy: int = 3
    """The greatest number of annotations that is requested for an item."""
    sentences: Sequence[str] = field(default=())
    """Remarks for the user on how the recording is played."""


def make_plan(recording: Recording, settings: ReplayOptions) -> Plan:
    """Return the plan for playing `recording`. Raises PlanError."""
    chance = random.Random(settings.seed)
    honeypots = choose_honeypots(recording.gold, settings, chance)
    voters = count_voters(recording.votes)
    work = [item for item in recording.payloads if item not in honeypots]
    if not work:
        raise PlanError("Every item would be a honeypot: choose a smaller share with --honeypots.")
    requested = {item: redundancy(settings, voters[item]) for item in work}
    tolerance = tolerance_of(recording, settings)
    document = spec(recording, settings, min(requested.values()), tolerance)
    return Plan(
        scale=recording.scale.name,
        spec=document,
        work=[_item(recording, item, requested[item]) for item in work],
        honeypots=[_honeypot(recording, item) for item in recording.payloads if item in honeypots],
        annotators=annotators_in_order(recording.votes, chance),
        gold={item: label for item, label in recording.gold.items() if item not in honeypots},
        tolerance=tolerance,
        redundancy=max(requested.values()),
        sentences=tuple(_sentences(recording, settings, requested, len(honeypots), tolerance)),
    )


def choose_honeypots(
    gold: Mapping[str, Value], settings: ReplayOptions, chance: random.Random
) -> frozenset[str]:
    """Return a random share of the gold items, or those that the options name."""
    if settings.honeypot_items is not None:
        return frozenset(settings.honeypot_items) & gold.keys()
    return frozenset(chance.sample(sorted(gold), round(len(gold) * settings.honeypots)))


def count_voters(votes: Sequence[Vote]) -> dict[str, int]:
    """Return the number of votes on each item."""
    voters: dict[str, int] = {}
    for vote in votes:
        voters[vote.item] = voters.get(vote.item, 0) + 1
    return voters


def redundancy(settings: ReplayOptions, voters: int) -> int:
    """Return the number of annotations to request for an item with `voters` recorded votes."""
    limit = REDUNDANCY_MAX if settings.redundancy == "all" else settings.redundancy
    return min(limit, voters, REDUNDANCY_MAX)


def annotators_in_order(votes: Sequence[Vote], chance: random.Random) -> list[AnnotatorVotes]:
    """Return the annotators in a random order, each with its items in a random order."""
    by_annotator: dict[str, list[Vote]] = {}
    for vote in votes:
        by_annotator.setdefault(vote.annotator, []).append(vote)
    names = sorted(by_annotator)
    chance.shuffle(names)
    for name in names:
        chance.shuffle(by_annotator[name])
    return [
        AnnotatorVotes(name, {vote.item: vote for vote in by_annotator[name]}) for name in names
    ]


def tolerance_of(recording: Recording, settings: ReplayOptions) -> float:
    """Return the greatest difference of two equal numbers; 0 for other scales.

    Raises PlanError if the option is not within the range of the recording.
    """
    if recording.scale.name != "interval":
        return 0
    low, high = _range(recording)
    tolerance = (
        settings.tolerance if settings.tolerance is not None else (high - low) * TOLERANCE_SHARE
    )
    if not 0 <= tolerance < high - low:
        raise PlanError(
            f"The tolerance is {tolerance:g}: it must be at least 0 and less than the range,"
            f" {high - low}."
        )
    return round(tolerance, 9)


def spec(
    recording: Recording, settings: ReplayOptions, least: int, tolerance: float
) -> SpecRequest:
    """Return the spec version for the recording.

    Each item has a redundancy of its own. The policy has the `least` of them, so that no more votes
    are requested for an item than were recorded.
    """
    return SpecRequest(
        task_type="replay",
        fields=[_field(recording, settings, tolerance)],
        guidelines=[Rule(id="R1", text=settings.rule)],
        policy=Policy(
            redundancy=least,
            redundancy_max=least,
            decide=decide(settings.decide),
            lease_seconds=LEASE_SECONDS,
        ),
    )


def decide(text: str) -> Decide:
    """Return the decision rule of a policy for `unanimous` or `share:0.8`. Raises PlanError."""
    if not DECIDE.fullmatch(text):
        raise PlanError(f"--decide is '{text}': use 'unanimous', 'share:0.8' or 'posterior:0.9'.")
    how, _, threshold = text.partition(":")
    if how == "unanimous":
        return Decide(how="unanimous")
    return Decide.model_validate({"how": how, "threshold": float(threshold)})


def _field(recording: Recording, settings: ReplayOptions, tolerance: float) -> dict[str, Any]:
    basics: dict[str, Any] = {"name": FIELD, "title": settings.title, "required": True}
    if recording.scale.name == "interval":
        low, high = _range(recording)
        limits = {"minimum": low, "maximum": high, "tolerance": tolerance}
        return {**basics, "kind": "number", **limits}
    ordered = recording.scale.name == "ordinal"
    if ordered and (levels := _rating(recording)):
        return {**basics, "kind": "rating", **levels}
    options = _options(recording)
    if len(options) > OPTIONS_MAX:
        raise PlanError(
            f"There are {len(options)} different labels, but a choice has at most {OPTIONS_MAX}"
            " options. If the labels are numbers, use --type interval."
        )
    return {
        **basics,
        "kind": "choice",
        "options": options,
        **({"ordered": True} if ordered else {}),
    }


def _values(recording: Recording) -> set[Value]:
    return {vote.value for vote in recording.votes} | set(recording.gold.values())


def _range(recording: Recording) -> tuple[int | float, int | float]:
    numbers = [value for value in _values(recording) if not isinstance(value, str)]
    low, high = min(numbers), max(numbers)
    return low, high if high > low else low + 1


def _rating(recording: Recording) -> dict[str, int] | None:
    """Return the levels of a rating; None unless all labels are integers in a small range."""
    texts = [str(value) for value in _values(recording)]
    if not all(re.fullmatch(r"-?\d{1,3}", text) for text in texts):
        return None
    low, high = min(map(int, texts)), max(map(int, texts))
    return {"minimum": low, "maximum": high} if 0 < high - low < LEVELS_MAX else None


def _options(recording: Recording) -> list[str]:
    """Return all labels that occur: sorted as numbers if they are, else as text."""
    texts = sorted(map(str, _values(recording)))
    try:
        return sorted(texts, key=float)
    except ValueError:
        return texts


def label_of(plan: Plan, value: Value) -> dict[str, Any]:
    """Return `value` as a label under the plan's spec."""
    kind = plan.spec.fields[0]["kind"]
    return {FIELD: int(value) if kind == "rating" else value}


def value_of(plan: Plan, label: Mapping[str, Any]) -> Value | None:
    """Return the value in a label from the services; None if it has none."""
    value = label.get(FIELD)
    return value if plan.scale == "interval" or value is None else str(value)


def _item(recording: Recording, item: str, requested: int) -> ItemRequest:
    payload = dict(recording.payloads[item])
    return ItemRequest(external_id=item, payload=payload, redundancy=requested)


def _honeypot(recording: Recording, item: str) -> GoldRequest:
    payload = dict(recording.payloads[item])
    value = recording.gold[item]
    label = {FIELD: value}
    if recording.scale.name == "ordinal" and _rating(recording):
        label = {FIELD: int(value)}
    return GoldRequest(external_id=item, payload=payload, label=dict(label))


def _sentences(
    recording: Recording,
    settings: ReplayOptions,
    requested: Mapping[str, int],
    pots: int,
    tolerance: float,
) -> list[str]:
    total = len(requested) + pots
    sentences = [
        f"{total} items in the file: {len(requested)} to label, {pots} honeypots.",
        f"The labels are {recording.scale.name} ({recording.scale.why}).",
    ]
    if recording.scale.name == "interval":
        low, high = _range(recording)
        sentences.append(
            f"Numbers from {low} to {high}; {tolerance:g} apart or less is one answer."
        )
    if recording.repeated:
        sentences.append(f"{recording.repeated} repeated votes are left out: the last counts.")
    if settings.redundancy != "all":
        fewer = sum(count < settings.redundancy for count in requested.values())
        if fewer:
            sentences.append(
                f"{fewer} items have fewer than {settings.redundancy} votes: all are used."
            )
    return [*sentences, *recording.notes]
