"""Hooks of schemathesis: the media type of JSON lines, and checks that know unwritable rules."""

import json
from typing import Any

import schemathesis
from schemathesis.core.failures import Failure
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

# Rules that no JSON Schema can express: only these may refuse values that a schema allows.
UNWRITABLE_RULES = frozenset(
    {
        "blank",  # A text with visible characters.
        "nul",  # In payloads, labels and drafts, which are any JSON; other texts have a pattern.
        "integer",  # In the same: readers do not keep integers beyond 2^53.
        "repeated_key",
        "reason",  # Only one reason of a skip allows labels.
        "two_labels",
        "urn:problem:key-reused",
        "urn:problem:bad-cursor",  # A cursor is the `next` of a page.
        "urn:problem:unreadable-file",  # A file has one of the formats, and a name that tells it.
        "one_of",  # Items are selected in one of several ways.
        "unsupported",  # Parts of a policy that are not supported yet.
        # In field definitions: rules between their keys, or between several definitions.
        *("unique", "range", "scale", "step", "field", "in", "ordered", "pattern", "unknown"),
        "metric",  # The metrics of a field depend on its kind.
        "unused",  # Some keys of a policy have a meaning only with certain values of others.
        "minimum",  # `redundancy_max` is not less than `redundancy`.
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
    """Check `positive_data_acceptance`, but allow a 422 for rules that no schema can express."""
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
    """Check `negative_data_rejection`, but allow a 200 that lists the faults."""
    try:
        return negative_data_rejection(context, response, case)
    except Failure:
        found = response.json() if response.status_code == 200 else {}
        if found.get("rejected") or found.get("problems"):
            return None  # One bad item never stops the rest; a check of a spec lists its problems.
        raise


def _rules(problem: dict[str, Any]) -> set[str]:
    """Return the keywords of a problem's faults; its type if it has none."""
    named = {fault["keyword"] for fault in problem.get("errors", ())}
    return named or {problem["type"]}
