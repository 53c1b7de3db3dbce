"""What a replay will do: what is work and what a honeypot, under which spec, and who comes when.

Pure: the same recording, wishes and seed make the same plan.
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
"""Numbers this share of the range apart are one answer, unless the caller says otherwise."""
REDUNDANCY_MAX = 1000
LEASE_SECONDS = 300

DECIDE = re.compile(r"unanimous|(share|posterior):(0(\.\d+)?|1(\.0+)?|\.\d+)")


class CannotPlan(Exception):
    """The recording cannot be played as asked. The message is one sentence."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """How the caller wants the recording played."""

    redundancy: int | Literal["all"] = 3
    honeypots: float = 0.1
    """Which share of the gold items is not worked but serves as honeypots."""
    decide: str = "unanimous"
    tolerance: float | None = None
    title: str = "Recorded votes"
    rule: str = "Answer what was recorded."
    seed: int = 0
    honeypot_items: Sequence[str] | None = None
    """Which items serve as honeypots, where the caller knows; `honeypots` is then not used."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """One annotator: what it said about which item, in the order in which it will ask."""

    name: str
    votes: Mapping[str, Vote]


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that will be sent, before anything is."""

    scale: ScaleName
    spec: SpecRequest
    work: Sequence[ItemRequest]
    honeypots: Sequence[GoldRequest]
    annotators: Sequence[Recorded]
    gold: Mapping[str, Value]
    """Of the work items: what the expert knows, and accuracy is counted on."""
    tolerance: float = 0.0
    redundancy: int = 3
    """The most that an item is asked for."""
    sentences: Sequence[str] = field(default=())
    """What its owner should know of how the recording is played."""


def make_plan(recording: Recording, wishes: Wishes) -> Plan:
    """The plan for playing `recording`. Raises CannotPlan."""
    chance = random.Random(wishes.seed)
    honeypots = choose_honeypots(recording.gold, wishes, chance)
    voters = count_voters(recording.votes)
    work = [item for item in recording.payloads if item not in honeypots]
    if not work:
        raise CannotPlan("Every item would be a honeypot: ask for a smaller share of them.")
    asked = {item: redundancy(wishes, voters[item]) for item in work}
    tolerance = tolerance_of(recording, wishes)
    document = spec(recording, wishes, min(asked.values()), tolerance)
    return Plan(
        scale=recording.scale.name,
        spec=document,
        work=[_item(recording, item, asked[item]) for item in work],
        honeypots=[_honeypot(recording, item) for item in recording.payloads if item in honeypots],
        annotators=seats(recording.votes, chance),
        gold={item: label for item, label in recording.gold.items() if item not in honeypots},
        tolerance=tolerance,
        redundancy=max(asked.values()),
        sentences=tuple(_sentences(recording, wishes, asked, len(honeypots), tolerance)),
    )


def choose_honeypots(
    gold: Mapping[str, Value], wishes: Wishes, chance: random.Random
) -> frozenset[str]:
    """A share of the gold items, or those that the caller named."""
    if wishes.honeypot_items is not None:
        return frozenset(wishes.honeypot_items) & gold.keys()
    return frozenset(chance.sample(sorted(gold), round(len(gold) * wishes.honeypots)))


def count_voters(votes: Sequence[Vote]) -> dict[str, int]:
    """How many people voted on each item."""
    voters: dict[str, int] = {}
    for vote in votes:
        voters[vote.item] = voters.get(vote.item, 0) + 1
    return voters


def redundancy(wishes: Wishes, voters: int) -> int:
    """How many votes an item can be asked for: nobody votes who did not."""
    wanted = REDUNDANCY_MAX if wishes.redundancy == "all" else wishes.redundancy
    return min(wanted, voters, REDUNDANCY_MAX)


def seats(votes: Sequence[Vote], chance: random.Random) -> list[Recorded]:
    """The annotators in a random order, each with its items in a random order."""
    by_annotator: dict[str, list[Vote]] = {}
    for vote in votes:
        by_annotator.setdefault(vote.annotator, []).append(vote)
    names = sorted(by_annotator)
    chance.shuffle(names)
    for name in names:
        chance.shuffle(by_annotator[name])
    return [Recorded(name, {vote.item: vote for vote in by_annotator[name]}) for name in names]


def tolerance_of(recording: Recording, wishes: Wishes) -> float:
    """How far apart two numbers may be and still be one answer; 0 for everything else."""
    if recording.scale.name != "interval":
        return 0
    low, high = _range(recording)
    tolerance = wishes.tolerance if wishes.tolerance is not None else (high - low) * TOLERANCE_SHARE
    if not 0 <= tolerance < high - low:
        raise CannotPlan(f"The tolerance must be at least 0 and less than the range, {high - low}.")
    return round(tolerance, 9)


def spec(recording: Recording, wishes: Wishes, least: int, tolerance: float) -> SpecRequest:
    """The spec version under which the recording is played.

    Every item says itself how many votes it wants. The policy names the `least` of them, so that
    no item is ever asked for more votes than were recorded.
    """
    return SpecRequest(
        task_type="replay",
        fields=[_field(recording, wishes, tolerance)],
        guidelines=[Rule(id="R1", text=wishes.rule)],
        policy=Policy(
            redundancy=least,
            redundancy_max=least,
            decide=decide(wishes.decide),
            lease_seconds=LEASE_SECONDS,
        ),
    )


def decide(text: str) -> Decide:
    """`unanimous` or `share:0.8` as a policy says it. Raises CannotPlan."""
    if not DECIDE.fullmatch(text):
        raise CannotPlan(f"--decide is 'unanimous' or 'share:0.8' or the like, not '{text}'.")
    how, _, threshold = text.partition(":")
    if how == "unanimous":
        return Decide(how="unanimous")
    return Decide.model_validate({"how": how, "threshold": float(threshold)})


def _field(recording: Recording, wishes: Wishes, tolerance: float) -> dict[str, Any]:
    basics: dict[str, Any] = {"name": FIELD, "title": wishes.title, "required": True}
    if recording.scale.name == "interval":
        low, high = _range(recording)
        edges = {"minimum": low, "maximum": high, "tolerance": tolerance}
        return {**basics, "kind": "number", **edges}
    ordered = recording.scale.name == "ordinal"
    if ordered and (edges_of_rating := _rating(recording)):
        return {**basics, "kind": "rating", **edges_of_rating}
    options = _options(recording)
    if len(options) > OPTIONS_MAX:
        raise CannotPlan(
            f"{len(options)} different labels are more than the {OPTIONS_MAX} options that a"
            " choice may have; are they numbers (--type interval)?"
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
    """The levels of a rating, if all labels are whole numbers that lie close enough."""
    texts = [str(value) for value in _values(recording)]
    if not all(re.fullmatch(r"-?\d{1,3}", text) for text in texts):
        return None
    low, high = min(map(int, texts)), max(map(int, texts))
    return {"minimum": low, "maximum": high} if 0 < high - low < LEVELS_MAX else None


def _options(recording: Recording) -> list[str]:
    """All labels that occur: in their order if they are numbers, else by name."""
    texts = sorted(map(str, _values(recording)))
    try:
        return sorted(texts, key=float)
    except ValueError:
        return texts


def answer(plan: Plan, value: Value) -> dict[str, Any]:
    """`value` as a label under the plan's spec."""
    kind = plan.spec.fields[0]["kind"]
    return {FIELD: int(value) if kind == "rating" else value}


def value_of(plan: Plan, label: Mapping[str, Any]) -> Value | None:
    """The value in a label that the services give back."""
    value = label.get(FIELD)
    return value if plan.scale == "interval" or value is None else str(value)


def _item(recording: Recording, item: str, asked: int) -> ItemRequest:
    payload = dict(recording.payloads[item])
    return ItemRequest(external_id=item, payload=payload, redundancy=asked)


def _honeypot(recording: Recording, item: str) -> GoldRequest:
    payload = dict(recording.payloads[item])
    value = recording.gold[item]
    label = {FIELD: value}
    if recording.scale.name == "ordinal" and _rating(recording):
        label = {FIELD: int(value)}
    return GoldRequest(external_id=item, payload=payload, label=dict(label))


def _sentences(
    recording: Recording, wishes: Wishes, asked: Mapping[str, int], pots: int, tolerance: float
) -> list[str]:
    total = len(asked) + pots
    told = [
        f"{total} items in the file: {len(asked)} to label, {pots} honeypots.",
        f"The labels are {recording.scale.name} ({recording.scale.why}).",
    ]
    if recording.scale.name == "interval":
        low, high = _range(recording)
        told.append(f"Numbers from {low} to {high}; {tolerance:g} apart or less is one answer.")
    if recording.repeated:
        told.append(f"{recording.repeated} repeated votes are left out: the last counts.")
    if wishes.redundancy != "all":
        fewer = sum(count < wishes.redundancy for count in asked.values())
        if fewer:
            told.append(f"{fewer} items have fewer than {wishes.redundancy} votes: all are used.")
    return [*told, *recording.notes]
