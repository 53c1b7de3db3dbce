"""The JSON Schemas of field definitions, one for each kind, for the OpenAPI documents.

They describe and check nothing: `labels` reads definitions, and refuses more than a JSON Schema can
say (a name that is there twice, a `minimum` above the `maximum`). A test holds the two together.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, NotRequired

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    JsonValue,
    TypeAdapter,
    with_config,
)
from typing_extensions import TypedDict

NUMBER_MAX = 2**53 - 1
_CONTROL = r"\x00-\x1f\x7f-\x9f\u2028\u2029"

Text = Annotated[str, Field(min_length=1, max_length=200, pattern=r"\S")]
Help = Annotated[str, Field(min_length=1, max_length=10_000, pattern=r"\S")]
Hotkey = Annotated[str, Field(min_length=1, max_length=20, pattern=r"\S")]
FieldName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
OptionValue = Annotated[
    str,
    Field(max_length=200, pattern=rf"^[^\s{_CONTROL}]([^{_CONTROL}]*[^\s{_CONTROL}])?$"),
]
Number = Annotated[float, Field(ge=-NUMBER_MAX, le=NUMBER_MAX)]
Share = Annotated[float, Field(ge=0, le=0.99)]
UNIQUE: dict[str, JsonValue] = {"uniqueItems": True}
_TEXTS = {
    "value": "The value in labels, which never changes.",
    "key": "The key on the keyboard that chooses the option.",
    "field": "The name of an earlier field.",
    "in": "The answers to that field with which this one is asked.",
    "name": "The key of the answer in a label: small letters, digits and _.",
    "title": "The text that people read. Default: the name or the value.",
    "help": "A longer explanation of the question.",
    "required": "True if a label has an answer wherever the field is asked. Default: true.",
    "required_if": "The earlier answers with which the field is asked. Default: always asked.",
    "kind": "The kind of the field.",
    "options": "The answers to choose from: values, or objects with value, title and key.",
    "spans.options": "The labels of a span. Default: spans have no label.",
    "boxes.options": "The labels of a box. Default: boxes have no label.",
    "other": "True if another answer can be written in words. Default: false.",
    "ordered": "True if the options stand in ascending order. Default: false.",
    "min_items": "The least number of parts of an answer. Default: 0.",
    "max_items": "The largest number of parts of an answer. Default: 1000.",
    "choices.max_items": "The largest number of options in an answer. Default: all.",
    "ranking.min_items": "The least number of options to rank. Default: all.",
    "ranking.max_items": "The largest number of options to rank. Default: all.",
    "distance": "The distance of two sets of options. Default: jaccard.",
    "tolerance": "The largest distance from gold that is still correct. Default: 0.",
    "boxes.tolerance": "The largest distance from gold that is still correct. Default: 0.2.",
    "choice.tolerance": "With `ordered`: the steps from gold that are still correct. Default: 0.",
    "rating.tolerance": "The levels from gold that are still correct. Default: 0.",
    "number.tolerance": "The difference from gold that is still correct. Default: 0.",
    "minimum": "The smallest number. Default: no limit.",
    "maximum": "The largest number. Default: no limit.",
    "rating.minimum": "The lowest level. Default: 1.",
    "rating.maximum": "The highest level. Default: 5, or 1 above a higher minimum.",
    "step": "The number that every answer is a multiple of. Default: any number.",
    "scale": "`ratio` if quotients have a meaning, `interval` if not. Default: interval.",
    "min_length": "The least number of characters. Default: 1.",
    "max_length": "The largest number of characters. Default: 10,000.",
    "pattern": "A regular expression that a part of the text matches. Default: any text.",
    "ignore_case": "True if texts are equal that differ in capital letters. Default: false.",
    "text_field": "The key of the text in the item's payload. Default: text.",
    "overlapping": "True if spans may overlap. Default: true.",
    "tie": "True if a tie can be chosen. Default: false.",
}
"""The descriptions of the keys, by key, or by kind and key where they differ between kinds."""


def _describe(schema: dict[str, Any]) -> None:
    """Set the descriptions of all keys in the JSON Schema of a definition or of a part of one."""
    properties = schema["properties"]
    kind = properties.get("kind", {}).get("const")
    for key, described in properties.items():
        described["description"] = _TEXTS.get(f"{kind}.{key}") or _TEXTS[key]


_DESCRIBED = ConfigDict(extra="forbid", json_schema_extra=_describe)


@with_config(_DESCRIBED)
class Option(TypedDict):
    """One answer to choose: its stable value, its title (which may change), its hotkey."""

    value: OptionValue
    title: NotRequired[Text]
    key: NotRequired[Hotkey]


Options = Annotated[
    list[OptionValue | Option], Field(min_length=1, max_length=1000, json_schema_extra=UNIQUE)
]
SomeOptions = Annotated[
    list[OptionValue | Option], Field(min_length=2, max_length=50, json_schema_extra=UNIQUE)
]
TwoOptions = Annotated[
    list[OptionValue | Option], Field(min_length=2, max_length=2, json_schema_extra=UNIQUE)
]


class RequiredIf(BaseModel):
    """The field is asked only if the answer to an earlier `field` is, or has, one of `in`."""

    model_config = _DESCRIBED

    field: FieldName
    in_: Annotated[list[JsonValue], Field(min_length=1, alias="in", json_schema_extra=UNIQUE)]


class _Definition(TypedDict):
    name: FieldName
    title: NotRequired[Text]
    help: NotRequired[Help]
    required: NotRequired[bool]
    required_if: NotRequired[RequiredIf]


@with_config(_DESCRIBED)
class ChoiceField(_Definition):
    """One of the options. `tolerance` counts steps, and needs `ordered`."""

    kind: Literal["choice"]
    options: Options
    other: NotRequired[bool]
    ordered: NotRequired[bool]
    tolerance: NotRequired[Annotated[int, Field(ge=0, le=998)]]


@with_config(_DESCRIBED)
class ChoicesField(_Definition):
    """Any of the options."""

    kind: Literal["choices"]
    options: Options
    other: NotRequired[bool]
    min_items: NotRequired[Annotated[int, Field(ge=0, le=1001)]]
    max_items: NotRequired[Annotated[int, Field(ge=1, le=1001)]]
    distance: NotRequired[Literal["jaccard", "masi"]]
    tolerance: NotRequired[Share]


@with_config(_DESCRIBED)
class RatingField(_Definition):
    """A whole number from `minimum` (1) to `maximum` (5). `tolerance` counts levels."""

    kind: Literal["rating"]
    minimum: NotRequired[Annotated[int, Field(ge=-1000, le=1000)]]
    maximum: NotRequired[Annotated[int, Field(ge=-1000, le=1100)]]
    tolerance: NotRequired[Annotated[int, Field(ge=0, le=99)]]


@with_config(_DESCRIBED)
class NumberField(_Definition):
    """A number. `tolerance` is in its own unit."""

    kind: Literal["number"]
    minimum: NotRequired[Number]
    maximum: NotRequired[Number]
    step: NotRequired[Annotated[float, Field(ge=1e-9, le=NUMBER_MAX)]]
    scale: NotRequired[Literal["interval", "ratio"]]
    tolerance: NotRequired[Annotated[float, Field(ge=0, le=NUMBER_MAX)]]


@with_config(_DESCRIBED)
class TextField(_Definition):
    """Text of `min_length` (1) to `max_length` (10,000) characters."""

    kind: Literal["text"]
    min_length: NotRequired[Annotated[int, Field(ge=0, le=100_000)]]
    max_length: NotRequired[Annotated[int, Field(ge=1, le=100_000)]]
    pattern: NotRequired[Annotated[str, Field(max_length=1000)]]
    ignore_case: NotRequired[bool]
    tolerance: NotRequired[Share]


@with_config(_DESCRIBED)
class SpansField(_Definition):
    """Pieces of the text under `text_field` (`text`) of the item's payload."""

    kind: Literal["spans"]
    options: NotRequired[Options]
    text_field: NotRequired[Text]
    overlapping: NotRequired[bool]
    min_items: NotRequired[Annotated[int, Field(ge=0, le=1000)]]
    max_items: NotRequired[Annotated[int, Field(ge=1, le=1000)]]
    tolerance: NotRequired[Share]


@with_config(_DESCRIBED)
class BoxesField(_Definition):
    """Boxes in an image."""

    kind: Literal["boxes"]
    options: NotRequired[Options]
    min_items: NotRequired[Annotated[int, Field(ge=0, le=1000)]]
    max_items: NotRequired[Annotated[int, Field(ge=1, le=1000)]]
    tolerance: NotRequired[Share]


@with_config(_DESCRIBED)
class RankingField(_Definition):
    """The options, best first: all of them, or from `min_items` to `max_items`."""

    kind: Literal["ranking"]
    options: SomeOptions
    min_items: NotRequired[Annotated[int, Field(ge=1, le=50)]]
    max_items: NotRequired[Annotated[int, Field(ge=1, le=50)]]
    tolerance: NotRequired[Share]


@with_config(_DESCRIBED)
class PairwiseField(_Definition):
    """A choice of the better of two options; with `tie` also of neither."""

    kind: Literal["pairwise"]
    options: TwoOptions
    tie: NotRequired[bool]


AnyField = Annotated[
    ChoiceField
    | ChoicesField
    | RatingField
    | NumberField
    | TextField
    | SpansField
    | BoxesField
    | RankingField
    | PairwiseField,
    Field(discriminator="kind"),
]
FIELD: TypeAdapter[Any] = TypeAdapter(AnyField)


class _Described:
    """Gives a field definition the union's JSON Schema, and leaves what it takes as it is."""

    def __get_pydantic_json_schema__(
        self, _schema: Mapping[str, Any], handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return handler(FIELD.core_schema)


FieldDefinition = Annotated[dict[str, JsonValue], _Described()]
