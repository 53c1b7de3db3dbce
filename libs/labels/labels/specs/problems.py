"""The reasons why a spec document cannot be published, all at once, in sentences for its owner."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from labels.canonical_text import normalized_text
from labels.definitions import readable_fields
from labels.field import Field
from labels.json_limits import json_refusals
from labels.refusal import Json, Refusal
from labels.specs.structure import FIELDS, readable_policy, shape_problems
from schemas.canonical import canonical
from schemas.ingest import SpecRequest
from schemas.json_values import json_pointer
from schemas.spec_checks import SpecFinding
from schemas.vocabulary import SKILL_NEED, Agreement, Policy, Qualification, is_blank

SPEC_BYTES_MAX = 1_000_000
"""The most canonical bytes of a spec document, so that its event fits into Kafka."""


@dataclass(frozen=True, slots=True)
class ReadableSpec:
    """The parts of a spec document that can be read, whatever is wrong with the others."""

    source: Mapping[str, Json]
    fields: Mapping[int, Field]
    """The valid fields, by their index in the document."""
    policy: Policy

    @property
    def rules(self) -> list[tuple[int, Mapping[str, Json]]]:
        """The rules that are objects, each with its index in the document."""
        rules = self.source.get("guidelines")
        listed = rules if isinstance(rules, list) else []
        return [(index, rule) for index, rule in enumerate(listed) if isinstance(rule, dict)]


def read_spec(document: object) -> tuple[ReadableSpec | None, list[SpecFinding]]:
    """Return the readable parts of a document, and every reason why it cannot be published.

    The parts are None if the document is not an object of JSON values. Keys of a request to publish
    it (`resolves`, for example) may stand beside the document's own. Never raises on JSON values.
    """
    if not isinstance(document, dict):
        return None, [problem("", "type", "A specification is an object with keys and values.")]
    if faults := json_refusals(document):
        return None, [_from_refusal(fault) for fault in faults]
    fields, refusals = readable_fields(document.get(FIELDS))
    spec = ReadableSpec(document, fields, readable_policy(document))
    found = [
        *shape_problems(document),
        *(_from_refusal(refusal, "/" + FIELDS) for refusal in refusals),
        *_blanks(spec),
        *_rules(spec),
        *_policy(spec),
        *_metrics(spec.policy.agreement, spec.fields.values()),
        *_indistinguishable_options(spec.fields),
        *_disputed(spec.policy),
        *_unsupported(spec.policy),
        *_skills(spec.policy),
    ]
    return spec, found or list(_size(document))


def problem(pointer: str, keyword: str, message: str, hint: str | None = None) -> SpecFinding:
    """Return a finding."""
    return SpecFinding(pointer=pointer, keyword=keyword, message=message, hint=hint)


def _from_refusal(refusal: Refusal, at: str = "") -> SpecFinding:
    return problem(at + refusal.pointer, refusal.keyword, refusal.message)


def _blanks(spec: ReadableSpec) -> Iterator[SpecFinding]:
    texts = {"/task_type": spec.source.get("task_type")}
    texts |= {f"/guidelines/{n}/text": rule.get("text") for n, rule in spec.rules}
    for place, text in texts.items():
        if isinstance(text, str) and text and is_blank(text):
            yield problem(place, "blank", "This is blank: write a text that people can read.")


def _rules(spec: ReadableSpec) -> Iterator[SpecFinding]:
    seen: set[str] = set()
    for index, rule in spec.rules:
        name = rule.get("id")
        if not isinstance(name, str):
            continue
        if name in seen:
            yield problem(f"/guidelines/{index}/id", "unique", f"Two rules have the id {name}.")
        seen.add(name)


def _policy(spec: ReadableSpec) -> Iterator[SpecFinding]:
    policy = spec.policy
    if policy.redundancy > policy.redundancy_max:
        yield problem(
            "/policy/redundancy_max",
            "minimum",
            f"“redundancy_max” is {policy.redundancy_max}, less than “redundancy”, which is"
            f" {policy.redundancy}.",
            "“redundancy” annotators label an item at first, “redundancy_max” at most.",
        )
    names = _field_names(spec.source)
    for place, named in (
        ("/policy/decide_fields", policy.decide_fields),
        ("/policy/agreement/metric_fields", policy.agreement.metric_fields),
    ):
        for name in named:
            if name not in names:
                hint = f"The fields are {', '.join(names)}." if names else None
                message = f"There is no field “{name}”."
                yield problem(place + json_pointer(name), "unknown", message, hint)


def _field_names(source: Mapping[str, Json]) -> list[str]:
    """Return the names of all fields, also of those that are refused for something else."""
    fields = source.get(FIELDS)
    listed = fields if isinstance(fields, list) else []
    names = [field.get("name") for field in listed if isinstance(field, dict)]
    return [name for name in names if isinstance(name, str)]


def _metrics(agreement: Agreement, fields: Iterable[Field]) -> Iterator[SpecFinding]:
    """Find fields that the requested metric cannot measure: `ordinal` needs ordered answers."""
    for field in fields:
        metric = agreement.metric_of(field.name)
        if metric is None or metric in field.metrics:
            continue
        is_own = field.name in agreement.metric_fields
        place = "/policy/agreement/metric_fields" + json_pointer(field.name)
        yield problem(
            place if is_own else "/policy/agreement/metric",
            "metric",
            f"Agreement on “{field.name}” ({field.kind}) cannot be measured as {metric};"
            f" possible are {', '.join(field.metrics)}.",
            "“metric_fields” gives single fields another metric.",
        )


def _indistinguishable_options(fields: Mapping[int, Field]) -> Iterator[SpecFinding]:
    """Find options that look the same: equal in NFC except for spaces."""
    for index, field in fields.items():
        seen: dict[str, str] = {}
        for option in field.options:
            for text in {normalized_text(option.value), normalized_text(option.title)}:
                other = seen.setdefault(text, option.value)
                if other != option.value:
                    message = f"The options “{other}” and “{option.value}” look the same."
                    yield problem(f"/fields/{index}/options", "unique", message)


def _disputed(policy: Policy) -> Iterator[SpecFinding]:
    rules = {"/policy/decide": policy.decide}
    rules |= {
        "/policy/decide_fields" + json_pointer(name): rule
        for name, rule in policy.decide_fields.items()
    }
    for place, rule in rules.items():
        if rule.disputed != "decide" and rule.how != "posterior":
            message = f"Only `how: posterior` finds disputed items; this has `how: {rule.how}`."
            yield problem(f"{place}/disputed", "unused", message)


def _unsupported(policy: Policy) -> Iterator[SpecFinding]:
    if policy.qualification != Qualification():
        message = "Qualification is not enforced yet: leave it out."
        yield problem("/policy/qualification", "unsupported", message)


def _skills(policy: Policy) -> Iterator[SpecFinding]:
    named = {
        "/policy/skills": policy.skills,
        "/policy/review/escalate_skills": policy.review.escalate_skills,
        "/policy/adjudication/escalate_skills": policy.adjudication.escalate_skills,
    }
    for place, skills in named.items():
        for index, skill in enumerate(skills):
            if not re.fullmatch(SKILL_NEED, skill):
                message = f"“{skill[:50]}” is not a skill: write “french” or “french>=2”."
                yield problem(f"{place}/{index}", "pattern", message)


def _size(document: Mapping[str, Json]) -> Iterator[SpecFinding]:
    content = SpecRequest.model_validate(document).document()
    size = len(canonical(content.model_dump(mode="json")))
    if size > SPEC_BYTES_MAX:
        message = f"{SPEC_BYTES_MAX:,} bytes are allowed; this specification has {size:,}."
        yield problem("", "size", message)
