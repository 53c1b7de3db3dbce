"""The base class of the fields of a label. Each kind of field is a subclass in `kinds/`."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal, Self, TypedDict, Unpack

from labels.aggregation import checked_weights
from labels.reader import Option, Reader
from labels.refusal import Json, Refusal

Metric = Literal["nominal", "ordinal", "interval", "ratio", "distance"]
ColumnType = Literal["string", "number", "integer", "boolean", "json"]
ROUNDING_ERROR = 1e-9
"""The largest rounding error of binary fractions that a difference is forgiven."""


@dataclass(frozen=True, slots=True)
class Condition:
    """Asks a field only if the answer to an earlier `field` is (or contains) one of `values`."""

    field: str
    values: tuple[Json, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the flat table; the type `json` is text that contains compact JSON."""

    name: str
    type: ColumnType


class CommonProperties(TypedDict):
    """The properties that all kinds of field have."""

    name: str
    title: str
    help: str
    required: bool
    condition: Condition | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Field(ABC):
    """One question of a label.

    The methods take values that the field accepts (see `LabelSchema.check`); with others they may
    raise. All are pure, and their results do not depend on the order of the answers.
    """

    name: str
    title: str
    help: str
    required: bool
    """True if a label must have an answer wherever the field is asked."""
    condition: Condition | None
    tolerance: float = 0.0
    """The largest distance from gold that is still correct, unless the kind has another unit."""

    kind: ClassVar[str]

    @classmethod
    @abstractmethod
    def read(cls, reader: Reader, **common: Unpack[CommonProperties]) -> Self:
        """Return the field that a definition describes; the reader collects the refusals."""

    @property
    @abstractmethod
    def metric(self) -> Metric:
        """The level of measurement, which chooses the agreement statistic."""

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """The metrics by which agreement on this field can be measured.

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
    def order_matters(self) -> bool:
        """True if the order in which the options are shown can sway the answer."""
        return False

    @property
    def answers(self) -> tuple[Json, ...]:
        """All answers (or parts of one) that `required_if` may name; empty if unlimited."""
        return ()

    @property
    def levels(self) -> tuple[str, ...]:
        """The keys in ascending order where `metric` is ordinal; else empty."""
        return ()

    @property
    def extra_rules(self) -> frozenset[str]:
        """Names of the rules that JSON Schema cannot express; `check_extra_rules` enforces them."""
        return frozenset()

    def satisfies(self, rules: frozenset[str]) -> bool:
        """Return True if every accepted answer satisfies these extra rules of another version."""
        return rules <= self.extra_rules

    @property
    def quoted_payload_keys(self) -> frozenset[str]:
        """The keys of the item's payload whose texts an answer quotes; empty for most kinds."""
        return frozenset()

    @abstractmethod
    def schema(self) -> dict[str, Json]:
        """Return the JSON Schema (2020-12) of a value."""

    def schema_of_any(self, values: Sequence[Json]) -> dict[str, Json]:
        """Return the JSON Schema of the answers that are (or contain) one of `values`."""
        return {"enum": list(values)}

    def check_extra_rules(self, value: Json, payload: Json) -> list[Refusal]:  # noqa: ARG002
        """Return the reasons why a value that the schema accepts violates an extra rule.

        The pointers of the refusals start at the value.
        """
        return []

    @abstractmethod
    def key(self, value: Json) -> str:
        """Return the canonical text: two answers are the same if, and only if, it is equal."""

    def distance(self, first: Json, second: Json) -> float:
        """Return the distance of two answers: symmetric, 0 if, and only if, their keys are equal.

        In [0, 1], except for a `number` on the interval scale without both bounds (docs/labels.md).
        """
        if self.key(first) == self.key(second):
            return 0.0
        return self.unequal_distance(*sorted((first, second), key=self.key))

    @abstractmethod
    def unequal_distance(self, first: Json, second: Json) -> float:
        """Return the distance of two answers with different keys, in the order of their keys."""

    def score(self, answer: Json | None, gold: Json | None) -> float:
        """Return the score of `answer` in [0, 1]: 1 within the tolerance of `gold`, then falling.

        None stands for no answer: it scores 1 where gold has none either, else 0.
        """
        if answer is None or gold is None:
            return float(answer is None and gold is None)
        beyond = self.distance(answer, gold) - self.tolerance
        return 1.0 if beyond <= ROUNDING_ERROR else max(0.0, 1.0 - beyond / (1.0 - self.tolerance))

    def is_correct(self, answer: Json | None, gold: Json | None) -> bool:
        """Return True if `answer` is within the tolerance of `gold`."""
        return self.score(answer, gold) == 1.0

    def merge(self, values: Sequence[Json], weights: Sequence[float] | None = None) -> Json | None:
        """Return one answer that aggregates these answers, valid for the field; None in a tie.

        Weights are 1 by default. Raises ValueError if one is negative. See docs/labels.md for the
        rule of each kind.
        """
        checked = checked_weights(values, weights)
        # Answers with weight 0 are ignored.
        weighted = [(v, w) for v, w in zip(values, checked, strict=True) if w > 0]
        if not weighted:
            return None
        return self.merged([v for v, _ in weighted], [w for _, w in weighted])

    @abstractmethod
    def merged(self, values: list[Json], weights: list[float]) -> Json | None:
        """Return the result of `merge` for at least one answer; all weights are positive."""

    @abstractmethod
    def columns(self) -> list[Column]:
        """Return the columns of the flat table; their names begin with the name of the field."""

    @abstractmethod
    def cells(self, value: Json | None) -> dict[str, Json]:
        """Return the cell of each column by its name; all are None for an absent answer."""


def empty_cells(columns: list[Column]) -> dict[str, Json]:
    """Return the cells of an absent answer."""
    return dict.fromkeys(column.name for column in columns)


def titles(options: Sequence[Option]) -> Mapping[str, str]:
    """Return the title of each option by its value."""
    return {option.value: option.title for option in options}
