"""The skips of a task: counted by reason, described in a sentence, and cut to fit an event."""

from collections import Counter
from collections.abc import Sequence

from labels import LabelSchema
from schemas.canonical import canonical
from schemas.vocabulary import Label, Skip, SkipReason

EVENT_BYTES_MAX = 262_144
"""The size of notes and labels in one event, so that it fits into a Kafka message."""
ANSWER_CHARS_MAX = 40
"""The length of an answer in a sentence; longer ones are cut."""

_PHRASES: dict[SkipReason, str] = {
    "guideline_does_not_cover": "the guideline does not cover it",
    "two_labels_fit": "two labels fit",
    "bad_data": "the data is bad",
    "not_my_skill": "it needs another skill",
    "other": "something else is wrong",
}

Pair = tuple[Label, Label]


def reasons(skips: Sequence[Skip]) -> dict[SkipReason, int]:
    """Count the skips by reason, the most frequent first."""
    counts = Counter(skip.reason for skip in skips)
    ordered = sorted(_PHRASES, key=lambda reason: -counts[reason])
    return {reason: counts[reason] for reason in ordered if counts[reason]}


def pairs(skips: Sequence[Skip]) -> list[tuple[Pair, int]]:
    """Count the pairs of labels that are said to fit both, the most frequent pair first.

    The order in which a skip names the two labels makes no difference.
    """
    counts: Counter[tuple[bytes, bytes]] = Counter()
    named: dict[tuple[bytes, bytes], Pair] = {}
    for skip in skips:
        if skip.labels:
            (key, label), (other_key, other) = sorted((canonical(x), x) for x in skip.labels)
            named[key, other_key] = label, other
            counts[key, other_key] += 1
    ranked = sorted(counts, key=lambda key: (-counts[key], key))
    return [(named[key], counts[key]) for key in ranked]


def sentence(skips: Sequence[Skip], labels: LabelSchema) -> str:
    """Return a sentence with the number of annotators for each reason, and the commonest pair."""
    clauses = []
    for reason, count in reasons(skips).items():
        verb = "says" if count == 1 else "say"
        between = _between(skips, labels) if reason == "two_labels_fit" else ""
        clauses.append(f"{count} {verb} that {_PHRASES[reason]}{between}")
    annotators = "1 annotator" if len(skips) == 1 else f"{len(skips)} annotators"
    return f"It was skipped by {annotators}: {', '.join(clauses)}."


def _between(skips: Sequence[Skip], labels: LabelSchema) -> str:
    """Return the fields in which the commonest pair differs, with both answers, in brackets."""
    ranked = pairs(skips)
    if not ranked:
        return ""
    pair, _ = ranked[0]
    if any(labels.check(label) for label in pair):
        return ""
    differences = []
    for field in labels.fields:
        keys = [field.key(label[field.name]) if field.name in label else "none" for label in pair]
        if keys[0] != keys[1]:
            differences.append(f"{field.name}: {_short(keys[0])} or {_short(keys[1])}")
    more = f"; {len(ranked) - 1} more" if len(ranked) > 1 else ""
    return f" ({'; '.join(differences)}{more})" if differences else ""


def _short(answer: str) -> str:
    if len(answer) <= ANSWER_CHARS_MAX:
        return answer
    return answer[: ANSWER_CHARS_MAX - 1] + "…"


def for_event(skips: Sequence[Skip]) -> list[Skip]:
    """Return all skips, without the notes and labels of those that do not fit into an event."""
    found, bytes_left = [], EVENT_BYTES_MAX
    for skip in skips:
        size = len(skip.model_dump_json().encode())
        fits = size <= bytes_left
        found.append(skip if fits else Skip(reason=skip.reason))
        bytes_left -= size if fits else 0
    return found
