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


@with_config(ConfigDict(extra="forbid"))
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

    model_config = ConfigDict(extra="forbid")

    field: FieldName
    in_: Annotated[list[JsonValue], Field(min_length=1, alias="in", json_schema_extra=UNIQUE)]


class _Definition(TypedDict):
    name: FieldName
    title: NotRequired[Text]
    help: NotRequired[Help]
    required: NotRequired[bool]
    required_if: NotRequired[RequiredIf]


@with_config(ConfigDict(extra="forbid"))
class ChoiceField(_Definition):
    """One of the options. `tolerance` counts steps, and needs `ordered`."""

    kind: Literal["choice"]
    options: Options
    other: NotRequired[bool]
    ordered: NotRequired[bool]
    tolerance: NotRequired[Annotated[int, Field(ge=0, le=998)]]


@with_config(ConfigDict(extra="forbid"))
class ChoicesField(_Definition):
    """Any of the options."""

    kind: Literal["choices"]
    options: Options
    other: NotRequired[bool]
    min_items: NotRequired[Annotated[int, Field(ge=0, le=1001)]]
    max_items: NotRequired[Annotated[int, Field(ge=1, le=1001)]]
    distance: NotRequired[Literal["jaccard", "masi"]]
    tolerance: NotRequired[Share]


@with_config(ConfigDict(extra="forbid"))
class RatingField(_Definition):
    """A whole number from `minimum` (1) to `maximum` (5). `tolerance` counts levels."""

    kind: Literal["rating"]
    minimum: NotRequired[Annotated[int, Field(ge=-1000, le=1000)]]
    maximum: NotRequired[Annotated[int, Field(ge=-1000, le=1100)]]
    tolerance: NotRequired[Annotated[int, Field(ge=0, le=99)]]


@with_config(ConfigDict(extra="forbid"))
class NumberField(_Definition):
    """A number. `tolerance` is in its own unit."""

    kind: Literal["number"]
    minimum: NotRequired[Number]
    maximum: NotRequired[Number]
    step: NotRequired[Annotated[float, Field(ge=1e-9, le=NUMBER_MAX)]]
    scale: NotRequired[Literal["interval", "ratio"]]
    tolerance: NotRequired[Annotated[float, Field(ge=0, le=NUMBER_MAX)]]


@with_config(ConfigDict(extra="forbid"))
class TextField(_Definition):
    """Text of `min_length` (1) to `max_length` (10,000) characters."""

    kind: Literal["text"]
    min_length: NotRequired[Annotated[int, Field(ge=0, le=100_000)]]
    max_length: NotRequired[Annotated[int, Field(ge=1, le=100_000)]]
    pattern: NotRequired[Annotated[str, Field(max_length=1000)]]
    ignore_case: NotRequired[bool]
    tolerance: NotRequired[Share]


@with_config(ConfigDict(extra="forbid"))
class SpansField(_Definition):
    """Pieces of the text under `text_field` (`text`) of the item's payload."""

    kind: Literal["spans"]
    options: NotRequired[Options]
    text_field: NotRequired[Text]
    overlapping: NotRequired[bool]
    min_items: NotRequired[Annotated[int, Field(ge=0, le=1000)]]
    max_items: NotRequired[Annotated[int, Field(ge=1, le=1000)]]
    tolerance: NotRequired[Share]


@with_config(ConfigDict(extra="forbid"))
class BoxesField(_Definition):
    """Boxes in an image."""

    kind: Literal["boxes"]
    options: NotRequired[Options]
    min_items: NotRequired[Annotated[int, Field(ge=0, le=1000)]]
    max_items: NotRequired[Annotated[int, Field(ge=1, le=1000)]]
    tolerance: NotRequired[Share]


@with_config(ConfigDict(extra="forbid"))
class RankingField(_Definition):
    """The options, best first: all of them, or from `min_items` to `max_items`."""

    kind: Literal["ranking"]
    options: SomeOptions
    min_items: NotRequired[Annotated[int, Field(ge=1, le=50)]]
    max_items: NotRequired[Annotated[int, Field(ge=1, le=50)]]
    tolerance: NotRequired[Share]


@with_config(ConfigDict(extra="forbid"))
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
