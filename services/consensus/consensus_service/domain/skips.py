"""Why people passed a task on: counted, put into words, and told."""

from collections import Counter
from collections.abc import Sequence

from labels import LabelSchema
from schemas.canonical import canonical
from schemas.vocabulary import Label, Skip, SkipReason

TOLD_BYTES = 262_144
"""What an event carries of notes and labels, so that it fits into Kafka."""
ANSWER_MAX = 40
"""So much of an answer stands in a sentence."""

_SAY: dict[SkipReason, str] = {
    "guideline_does_not_cover": "the guideline does not cover it",
    "two_labels_fit": "two labels fit",
    "bad_data": "the data is bad",
    "not_my_skill": "it needs another skill",
    "other": "something else is wrong",
}

Pair = tuple[Label, Label]


def reasons(skips: Sequence[Skip]) -> dict[SkipReason, int]:
    """How many gave each reason, the most frequent first."""
    counts = Counter(skip.reason for skip in skips)
    ordered = sorted(_SAY, key=lambda reason: -counts[reason])
    return {reason: counts[reason] for reason in ordered if counts[reason]}


def pairs(skips: Sequence[Skip]) -> list[tuple[Pair, int]]:
    """The two labels of those who say that two fit, the most frequent pair first.

    In whatever order the two were named, they are one pair.
    """
    counts: Counter[tuple[bytes, bytes]] = Counter()
    named: dict[tuple[bytes, bytes], Pair] = {}
    for skip in skips:
        if skip.labels:
            (one, first), (two, second) = sorted((canonical(x), x) for x in skip.labels)
            named[one, two] = first, second
            counts[one, two] += 1
    ranked = sorted(counts, key=lambda key: (-counts[key], key))
    return [(named[key], counts[key]) for key in ranked]


def sentence(skips: Sequence[Skip], labels: LabelSchema) -> str:
    """Who passed a task on, how many for each reason, and between what they hesitated."""
    said = []
    for reason, count in reasons(skips).items():
        verb = "says" if count == 1 else "say"
        between = _between(skips, labels) if reason == "two_labels_fit" else ""
        said.append(f"{count} {verb} that {_SAY[reason]}{between}")
    who = "1 annotator" if len(skips) == 1 else f"{len(skips)} annotators"
    return f"It was skipped by {who}: {', '.join(said)}."


def _between(skips: Sequence[Skip], labels: LabelSchema) -> str:
    """The fields in which the pair that was named most often differs, with both answers."""
    ranked = pairs(skips)
    if not ranked:
        return ""
    (first, second), _ = ranked[0]
    if labels.check(first) or labels.check(second):
        return ""
    told = []
    for field in labels.fields:
        keys = [
            field.key(one[field.name]) if field.name in one else "none" for one in (first, second)
        ]
        if keys[0] != keys[1]:
            told.append(f"{field.name}: {_short(keys[0])} or {_short(keys[1])}")
    more = f"; {len(ranked) - 1} more" if len(ranked) > 1 else ""
    return f" ({'; '.join(told)}{more})" if told else ""


def _short(answer: str) -> str:
    return answer if len(answer) <= ANSWER_MAX else answer[: ANSWER_MAX - 1] + "…"


def told(skips: Sequence[Skip]) -> list[Skip]:
    """What an event says of them: every reason, with its note and its labels while they fit in."""
    found, left = [], TOLD_BYTES
    for skip in skips:
        size = len(skip.model_dump_json().encode())
        found.append(skip if size <= left else Skip(reason=skip.reason))
        left -= size if size <= left else 0
    return found
