"""`spans`: marked passages of the item's text, in Unicode code points, with a label each."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self, Unpack

from labels.aggregation import majority_parts
from labels.canonical_text import json_text, missing_text_message
from labels.field import Column, CommonProperties, Field, Metric
from labels.kinds.shared import NO_NUL, object_schema
from labels.matching import matched_distance
from labels.reader import Option, Reader
from labels.refusal import Json, Refusal
from schemas.json_values import json_pointer

OFFSET_MAX = 10_000_000
ITEMS_MAX = 1000

Span = tuple[int, int, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spans(Field):
    """Value: a list of `{start, end, quote, label}`; no `label` where there are no options.

    `quote` is the text from `start` up to but not including `end`. `tolerance` is a distance.
    """

    kind = "spans"

    choices: tuple[Option, ...]
    text_field: str
    overlapping: bool
    min_items: int
    max_items: int

    @classmethod
    def read(cls, reader: Reader, **common: Unpack[CommonProperties]) -> Self:
        """Keys: options, text_field (text), overlapping (true), min_items, max_items, tolerance."""
        options = reader.take_options(1) if reader.has("options") else ()
        low = reader.take_count("min_items", 0, 0, ITEMS_MAX)
        high = reader.take_count("max_items", ITEMS_MAX, 1, ITEMS_MAX)
        if low > high:
            reader.refuse("min_items", "range", "“min_items” is larger than “max_items”.")
        return cls(
            choices=options,
            text_field=reader.take_text("text_field", "text"),
            overlapping=reader.take_flag("overlapping", True),
            min_items=low,
            max_items=high,
            tolerance=reader.take_number("tolerance", 0.0, 0, 0.99),
            **common,
        )

    @property
    def metric(self) -> Metric:
        """`distance`: sets of spans have a distance."""
        return "distance"

    @property
    def options(self) -> tuple[Option, ...]:
        """The labels that a span may have."""
        return self.choices

    @property
    def extra_rules(self) -> frozenset[str]:
        """The rules that quotes match `text_field`, and that spans do not overlap if forbidden."""
        return frozenset(
            {f"quote from {self.text_field}", "" if self.overlapping else "apart"} - {""}
        )

    @property
    def quoted_payload_keys(self) -> frozenset[str]:
        """The key of the text that is marked."""
        return frozenset({self.text_field})

    def schema(self) -> dict[str, Json]:
        """Return the schema of a list of different spans."""
        span: dict[str, Json] = {
            "start": {"type": "integer", "minimum": 0, "maximum": OFFSET_MAX},
            "end": {"type": "integer", "minimum": 1, "maximum": OFFSET_MAX},
            "quote": {"type": "string", "minLength": 1, "pattern": NO_NUL},
        }
        if self.choices:
            span["label"] = {"enum": [option.value for option in self.choices]}
        return {
            "type": "array",
            "items": object_schema(span),
            "uniqueItems": True,
            "minItems": self.min_items,
            "maxItems": self.max_items,
        }

    def check_extra_rules(self, value: Json, payload: Json) -> list[Refusal]:
        """Refuse spans that end before they start, wrong quotes, and forbidden overlaps.

        Without a payload only the length of a quote is checked.
        """
        refusals: list[Refusal] = []
        text = None
        if payload is not None and value:
            text = payload.get(self.text_field) if isinstance(payload, dict) else None
            if not isinstance(text, str):
                return [Refusal("", "text_field", missing_text_message(self.text_field))]
        for index, part in enumerate(value):
            refusals.extend(_span_faults(index, part, text))
        return refusals or ([] if self.overlapping else _overlaps(value))

    def key(self, value: Json) -> str:
        """Return the spans in the order of the text, as JSON."""
        return json_text(sorted(_spans(value)))

    def unequal_distance(self, first: Json, second: Json) -> float:
        """Return 1 - 2S / (n + m) of the best matching by overlap."""
        return matched_distance(_spans(first), _spans(second), _overlap)

    def merged(self, values: list[Json], weights: list[float]) -> Json | None:
        """Return the spans that more than half marked identically, in the order of the text."""
        answers = [[json_text(span) for span in _spans(value)] for value in values]
        parts = majority_parts(answers, weights)
        if parts is None or not self.min_items <= len(parts) <= self.max_items:
            return None
        marked = sorted(
            (pair for value in values for pair in _spans_with_json(value)), key=json_text
        )
        # Of two JSON forms of one span the last in sorted order is kept.
        chosen = {span: part for span, part in marked if json_text(span) in parts}
        return [chosen[span] | {"start": span[0], "end": span[1]} for span in sorted(chosen)]

    def columns(self) -> list[Column]:
        """Return a column for the spans as JSON, and one for their number."""
        return [Column(self.name, "json"), Column(f"{self.name}.count", "integer")]

    def cells(self, value: Json | None) -> dict[str, Json]:
        """Return the spans as JSON, and their number."""
        if value is None:
            return {self.name: None, f"{self.name}.count": None}
        return {self.name: json_text(value), f"{self.name}.count": len(value)}


def _spans_with_json(value: Json) -> Iterator[tuple[Span, Json]]:
    """Yield each span as a tuple, and its JSON."""
    for part in value:
        yield (int(part["start"]), int(part["end"]), part.get("label", "")), part


def _spans(value: Json) -> frozenset[Span]:
    return frozenset(span for span, _ in _spans_with_json(value))


def _overlap(first: Span, second: Span) -> float:
    """Return the shared code points over all code points; 0 for different labels."""
    shared = min(first[1], second[1]) - max(first[0], second[0])
    if shared <= 0 or first[2] != second[2]:
        return 0.0
    return shared / (first[1] - first[0] + second[1] - second[0] - shared)


def _span_faults(index: int, part: Json, text: str | None) -> Iterator[Refusal]:
    start, end = int(part["start"]), int(part["end"])
    if start >= end:
        yield Refusal(json_pointer(index, "end"), "end", "The end of a span comes after its start.")
    elif text is not None and end > len(text):
        yield Refusal(json_pointer(index, "end"), "end", "The span ends after the end of the text.")
    elif text is not None and text[start:end] != part["quote"]:
        message = "The quote is not what stands in the text at this place."
        yield Refusal(json_pointer(index, "quote"), "quote", message)
    elif len(part["quote"]) != end - start:
        message = "The quote is not as long as the span (count in Unicode code points)."
        yield Refusal(json_pointer(index, "quote"), "quote", message)


def _overlaps(value: Json) -> list[Refusal]:
    """Return one refusal for each span that begins before an earlier one has ended."""
    refusals = []
    last_end = 0
    for index in sorted(range(len(value)), key=lambda index: int(value[index]["start"])):
        if value[index]["start"] < last_end:
            message = "This span overlaps another one."
            refusals.append(Refusal(json_pointer(index), "overlap", message))
        last_end = max(last_end, int(value[index]["end"]))
    return refusals
