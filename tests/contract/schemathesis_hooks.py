"""What schemathesis has to know of the services."""

import json
from typing import Any

import schemathesis
from schemathesis.core.failures import Failure
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

# Rules that no JSON Schema can say: only these may refuse what a schema allows.
UNWRITABLE_RULES = frozenset(
    {
        "blank",  # A sentence shows something.
        "nul",  # In payloads, labels and drafts, which are any JSON; other texts have a pattern.
        "integer",  # There too: beyond 2^53 no reader keeps it.
        "repeated_key",
        "reason",  # Labels come with one reason of a skip alone.
        "two_labels",
        "urn:problem:key-reused",
        "urn:problem:bad-cursor",  # A cursor is what a page gave as `next`.
        "unsupported",  # What a policy may say only later.
        # Of field definitions: between their keys, or between several of them.
        *("unique", "range", "scale", "step", "field", "in", "ordered", "pattern", "unknown"),
        "metric",  # Which metrics a field has depends on its kind.
    }
)


@schemathesis.serializer("application/x-ndjson")
def json_lines(_context: schemathesis.SerializationContext, value: Any) -> bytes:
    """Write `value` as the only line."""
    return json.dumps(value).encode() + b"\n"


@schemathesis.check
def accepts_what_the_schema_allows(
    context: schemathesis.CheckContext, response: schemathesis.Response, case: schemathesis.Case
) -> bool | None:
    """As `positive_data_acceptance`, but a 422 may name a rule that no schema can say."""
    try:
        return positive_data_acceptance(context, response, case)
    except Failure:
        if response.status_code == 422 and _rules(response.json()) <= UNWRITABLE_RULES:
            return None
        raise


@schemathesis.check
def refuses_what_the_schema_forbids(
    context: schemathesis.CheckContext, response: schemathesis.Response, case: schemathesis.Case
) -> bool | None:
    """As `negative_data_rejection`, but a batch may be taken that names what it rejects."""
    try:
        return negative_data_rejection(context, response, case)
    except Failure:
        if response.status_code == 200 and response.json().get("rejected"):
            return None  # One bad item never stops the rest.
        raise


def _rules(problem: dict[str, Any]) -> set[str]:
    """The keywords of a problem's faults; its type, if it names no faults."""
    named = {fault["keyword"] for fault in problem.get("errors", ())}
    return named or {problem["type"]}
