"""What every field of a label has, and what its kind decides. A kind is a subclass in `kinds/`."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal, Self, TypedDict, Unpack

from labels.merging import checked_weights
from labels.reader import Option, Reader
from labels.refusal import Json, Refusal

Metric = Literal["nominal", "ordinal", "interval", "ratio", "distance"]
ColumnType = Literal["string", "number", "integer", "boolean", "json"]
SLACK = 1e-9
"""What binary fractions may add to a difference before it counts as beyond the tolerance."""


@dataclass(frozen=True, slots=True)
class Condition:
    """The field is asked only if the answer to an earlier `field` is (or has) one of `values`."""

    field: str
    values: tuple[Json, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the flat table; type `json` is text that holds compact JSON."""

    name: str
    type: ColumnType


class Basics(TypedDict):
    """What is the same in all kinds."""

    name: str
    title: str
    help: str
    required: bool
    condition: Condition | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Field(ABC):
    """One question of a label.

    The methods take values that the field accepts (`LabelSchema.check` says which); with others
    they may raise. All are pure, and none depends on the order of its answers.
    """

    name: str
    title: str
    help: str
    required: bool
    """Whether an answer must be there, wherever the field is asked."""
    condition: Condition | None
    tolerance: float = 0.0
    """How far from gold still counts as right: a distance, unless the kind says otherwise."""

    kind: ClassVar[str]

    @classmethod
    @abstractmethod
    def read(cls, reader: Reader, **basics: Unpack[Basics]) -> Self:
        """The field that a definition describes; what is wrong with it is said to the reader."""

    @property
    @abstractmethod
    def metric(self) -> Metric:
        """The level of measurement, which chooses the agreement statistic."""

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """The metrics that agreement on this field can be measured by.

        `nominal` and `distance` fit every kind. The others need an order of the answers.
        """
        if self.levels:
            return ("nominal", "ordinal", "interval", "ratio", "distance")
        return ("nominal", "distance")

    @property
    def options(self) -> tuple[Option, ...]:
        """The options to choose from; empty in kinds without any."""
        return ()

    @property
    def answers(self) -> tuple[Json, ...]:
        """All answers (or parts of one) where they can be listed: what `required_if` may name."""
        return ()

    @property
    def levels(self) -> tuple[str, ...]:
        """The keys in ascending order where `metric` is ordinal; else empty."""
        return ()

    @property
    def unwritten(self) -> frozenset[str]:
        """Names of the rules that JSON Schema cannot say; `examine` enforces them."""
        return frozenset()

    def obeys(self, rules: frozenset[str]) -> bool:
        """Whether every answer that this field accepts keeps these rules of another version."""
        return rules <= self.unwritten

    @property
    def payload_texts(self) -> frozenset[str]:
        """The keys of the item's payload whose texts an answer quotes; empty in most kinds."""
        return frozenset()

    @abstractmethod
    def schema(self) -> dict[str, Json]:
        """The JSON Schema (2020-12) of a value."""

    def when(self, values: Sequence[Json]) -> dict[str, Json]:
        """The JSON Schema of the answers that are (or contain) one of `values`."""
        return {"enum": list(values)}

    def examine(self, value: Json, payload: Json) -> list[Refusal]:  # noqa: ARG002
        """What is wrong with a value that the schema accepts; pointers start at the value."""
        return []

    @abstractmethod
    def key(self, value: Json) -> str:
        """Canonical text: two answers are the same answer if, and only if, their keys are equal."""

    def distance(self, first: Json, second: Json) -> float:
        """How far two answers are apart: symmetric, and 0 if, and only if, their keys are equal.

        In [0, 1], except for a `number` on the interval scale without both bounds (docs/labels.md).
        """
        if self.key(first) == self.key(second):
            return 0.0
        return self.gap(*sorted((first, second), key=self.key))

    @abstractmethod
    def gap(self, first: Json, second: Json) -> float:
        """The distance of two answers with different keys, given in the order of their keys."""

    def score(self, given: Json | None, expected: Json | None) -> float:
        """What `given` earns against gold, in [0, 1]: 1 within the tolerance, then less and less.

        None stands for no answer: right where gold has none either, worth 0 elsewhere.
        """
        if given is None or expected is None:
            return float(given is None and expected is None)
        beyond = self.distance(given, expected) - self.tolerance
        return 1.0 if beyond <= SLACK else max(0.0, 1.0 - beyond / (1.0 - self.tolerance))

    def is_correct(self, given: Json | None, expected: Json | None) -> bool:
        """Whether `given` is within the tolerance of gold."""
        return self.score(given, expected) == 1.0

    def merge(self, values: Sequence[Json], weights: Sequence[float] | None = None) -> Json | None:
        """The answer that these answers amount to, which the field accepts; None in a tie.

        Weights are not negative, 1 by default; ValueError for others. How each kind merges stands
        in docs/labels.md.
        """
        checked = checked_weights(values, weights)
        # An answer without weight is as if it had not been given.
        heard = [(v, w) for v, w in zip(values, checked, strict=True) if w > 0]
        if not heard:
            return None
        return self.merged([v for v, _ in heard], [w for _, w in heard])

    @abstractmethod
    def merged(self, values: list[Json], weights: list[float]) -> Json | None:
        """`merge` of at least one answer; all weights are positive."""

    @abstractmethod
    def columns(self) -> list[Column]:
        """The columns of the flat table; the first is called like the field or begins so."""

    @abstractmethod
    def cells(self, value: Json | None) -> dict[str, Json]:
        """The value by column name; every column is there, None throughout for an absent answer."""


def blank(columns: list[Column]) -> dict[str, Json]:
    """The cells of an absent answer."""
    return dict.fromkeys(column.name for column in columns)


def titles(options: Sequence[Option]) -> Mapping[str, str]:
    """The title of each option by its value."""
    return {option.value: option.title for option in options}
