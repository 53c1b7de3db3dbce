"""The check of a spec document: its problems and warnings."""

from labels.refusal import Json
from labels.schema import compile_fields
from labels.specs.problems import ReadableSpec, read_spec
from labels.specs.spec_warnings import spec_warnings
from labels.specs.structure import FIELDS
from schemas.spec_checks import SpecCheck, SpecFinding


def check_spec(document: object) -> SpecCheck:
    """Return every reason why a document cannot be published, and warnings about its settings.

    `document` is any JSON value; the keys of a request to publish it may stand beside its own.
    """
    spec, problems = read_spec(document)
    return SpecCheck(
        problems=problems,
        warnings=[] if spec is None else spec_warnings(spec),
        label_schema=None if spec is None or problems else _label_schema(spec),
    )


def _label_schema(spec: ReadableSpec) -> dict[str, Json]:
    return compile_fields(spec.source[FIELDS]).json_schema


def spec_problems(document: object) -> list[SpecFinding]:
    """Return every reason why a document cannot be published; empty if it can."""
    return read_spec(document)[1]
