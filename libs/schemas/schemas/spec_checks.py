"""The HTTP models of the check of a specification, and of templates to begin one with."""

from pydantic import JsonValue

from schemas.vocabulary import Name, Strict


class SpecFinding(Strict):
    """A fault of a specification, or a part of it that does not do what its owner may expect."""

    pointer: str
    """The JSON pointer of the part; what is missing is pointed at where it should be."""
    keyword: str
    """The stable name of the rule that the part breaks."""
    message: str
    hint: str | None = None
    """A way to mend it, where one can be named."""


class SpecCheck(Strict):
    """The result of the check of a specification, which stores nothing."""

    problems: list[SpecFinding]
    """The reasons why it cannot be published; empty if it can."""
    warnings: list[SpecFinding]
    """The parts that can be published, but do not do what their owner may expect."""
    label_schema: dict[str, JsonValue] | None
    """The JSON Schema of the labels under the specification. None while there are problems."""


class SpecTemplate(Strict):
    """A valid spec document to begin with."""

    name: Name
    title: Name
    description: str
    document: dict[str, JsonValue]
    """A spec document as a person writes it: without the keys that have their default values."""
