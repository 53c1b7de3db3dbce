"""The check of a spec document: its problems and warnings."""

from labels.specs.problems import read_spec
from labels.specs.spec_warnings import spec_warnings
from schemas.spec_checks import SpecCheck, SpecFinding


def check_spec(document: object) -> SpecCheck:
    """Return every reason why a document cannot be published, and warnings about its settings.

    `document` is any JSON value; `resolves` and `relabel` may stand beside the document's own keys.
    """
    spec, problems = read_spec(document)
    return SpecCheck(problems=problems, warnings=[] if spec is None else spec_warnings(spec))


def spec_problems(document: object) -> list[SpecFinding]:
    """Return every reason why a document cannot be published; empty if it can."""
    return read_spec(document)[1]
