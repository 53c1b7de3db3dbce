"""A spec version as quality uses it: compiled fields and policy."""

from dataclasses import dataclass
from functools import lru_cache

from labels import LabelSchema, compile_fields
from quality_service.domain.refusals import UnreadableSpec
from schemas.vocabulary import Policy, SpecDocument


@dataclass(frozen=True, slots=True)
class Spec:
    """The fields and the policy of one spec version."""

    schema: LabelSchema
    policy: Policy


@lru_cache(maxsize=64)
def read_spec(document: str) -> Spec:
    """Parse the JSON of a spec document. Raise UnreadableSpec if it cannot be read."""
    try:
        content = SpecDocument.model_validate_json(document, strict=False, extra="ignore")
        return Spec(compile_fields(content.fields, ignore_unknown=True), content.policy)
    except ValueError as error:
        raise UnreadableSpec(str(error)) from error
