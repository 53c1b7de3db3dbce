"""Check a specification for problems, and compute its hash."""

import re
from collections.abc import Iterator, Sequence

import labels
from labels.canonical_text import normalized_text
from schemas.canonical import canonical, digest
from schemas.ingest import ItemProblem
from schemas.json_values import json_pointer
from schemas.vocabulary import (
    SKILL_NEED,
    Agreement,
    Policy,
    Qualification,
    SpecDocument,
    is_blank,
)

SPEC_BYTES_MAX = 1_000_000
"""The most canonical bytes of a spec document, so that its event fits into Kafka."""


def problems(document: SpecDocument) -> list[ItemProblem]:
    """Return the problems of a specification; an empty list if it is valid."""
    found = [
        ItemProblem(
            pointer="/fields" + refusal.pointer, keyword=refusal.keyword, message=refusal.message
        )
        for refusal in labels.check_fields(document.fields)
    ]
    if found:
        return found
    fields = labels.compile_fields(document.fields).fields
    return [
        *_blanks(document),
        *_policy(document.policy, {field.name for field in fields}),
        *_metrics(document.policy.agreement, fields),
        *_indistinguishable_options(fields),
        *_disputed(document.policy),
        *_unsupported(document.policy),
        *_skills(document.policy),
        *_rules(document),
        *_size(document),
    ]


def spec_hash(document: SpecDocument) -> str:
    """Return the hash of a spec version: the digest of its document with all default values."""
    return digest(document.model_dump(mode="json"))


def _blanks(document: SpecDocument) -> Iterator[ItemProblem]:
    texts = {"/task_type": document.task_type}
    texts |= {f"/guidelines/{n}/text": rule.text for n, rule in enumerate(document.guidelines)}
    for place, text in texts.items():
        if is_blank(text):
            yield ItemProblem(pointer=place, keyword="blank", message="This is blank.")


def _policy(policy: Policy, fields: set[str]) -> Iterator[ItemProblem]:
    if policy.redundancy > policy.redundancy_max:
        yield ItemProblem(
            pointer="/policy/redundancy_max",
            keyword="minimum",
            message=f"redundancy_max is less than redundancy, which is {policy.redundancy}.",
        )
    for place, named in (
        ("/policy/decide_fields", policy.decide_fields),
        ("/policy/agreement/metric_fields", policy.agreement.metric_fields),
    ):
        for name in named:
            if name not in fields:
                message = f"There is no field '{name}'."
                yield ItemProblem(
                    pointer=place + json_pointer(name), keyword="unknown", message=message
                )


def _metrics(agreement: Agreement, fields: Sequence[labels.Field]) -> Iterator[ItemProblem]:
    """Find fields that the requested metric cannot measure: `ordinal` needs ordered answers."""
    for field in fields:
        metric = agreement.metric_of(field.name)
        if metric is None or metric in field.metrics:
            continue
        is_own = field.name in agreement.metric_fields
        place = "/policy/agreement/metric_fields" + json_pointer(field.name)
        yield ItemProblem(
            pointer=place if is_own else "/policy/agreement/metric",
            keyword="metric",
            message=(
                f"Agreement on '{field.name}' ({field.kind}) cannot be measured as {metric};"
                f" possible are {', '.join(field.metrics)}."
                " `metric_fields` gives single fields another metric."
            ),
        )


def _indistinguishable_options(fields: Sequence[labels.Field]) -> Iterator[ItemProblem]:
    """Find options that look the same: equal in NFC except for spaces."""
    for index, field in enumerate(fields):
        seen: dict[str, str] = {}
        for option in field.options:
            for text in {normalized_text(option.value), normalized_text(option.title)}:
                other = seen.setdefault(text, option.value)
                if other != option.value:
                    message = f"The options “{other}” and “{option.value}” look the same."
                    place = f"/fields/{index}/options"
                    yield ItemProblem(pointer=place, keyword="unique", message=message)


def _disputed(policy: Policy) -> Iterator[ItemProblem]:
    rules = {"/policy/decide": policy.decide}
    rules |= {
        "/policy/decide_fields" + json_pointer(name): rule
        for name, rule in policy.decide_fields.items()
    }
    for place, rule in rules.items():
        if rule.disputed != "decide" and rule.how != "posterior":
            message = f"Only `how: posterior` finds disputed items; this has `how: {rule.how}`."
            yield ItemProblem(pointer=f"{place}/disputed", keyword="unused", message=message)


def _unsupported(policy: Policy) -> Iterator[ItemProblem]:
    if policy.qualification != Qualification():
        message = "Qualification is not enforced yet: leave it out."
        yield ItemProblem(pointer="/policy/qualification", keyword="unsupported", message=message)


def _skills(policy: Policy) -> Iterator[ItemProblem]:
    named = {
        "/policy/skills": policy.skills,
        "/policy/review/escalate_skills": policy.review.escalate_skills,
        "/policy/adjudication/escalate_skills": policy.adjudication.escalate_skills,
    }
    for place, skills in named.items():
        for index, skill in enumerate(skills):
            if not re.fullmatch(SKILL_NEED, skill):
                yield ItemProblem(
                    pointer=f"{place}/{index}",
                    keyword="pattern",
                    message=f"'{skill[:50]}' is not a skill: write 'french' or 'french>=2'.",
                )


def _rules(document: SpecDocument) -> Iterator[ItemProblem]:
    seen: set[str] = set()
    for index, rule in enumerate(document.guidelines):
        if rule.id in seen:
            yield ItemProblem(
                pointer=f"/guidelines/{index}/id",
                keyword="unique",
                message=f"Two rules have the id {rule.id}.",
            )
        seen.add(rule.id)


def _size(document: SpecDocument) -> Iterator[ItemProblem]:
    size = len(canonical(document.model_dump(mode="json")))
    if size > SPEC_BYTES_MAX:
        message = f"{SPEC_BYTES_MAX} bytes are allowed; this specification has {size}."
        yield ItemProblem(pointer="", keyword="size", message=message)
