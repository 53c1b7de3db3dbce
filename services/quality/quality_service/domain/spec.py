"""A spec version as quality needs it: its fields compiled, its policy read."""

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

    def is_subjective(self, field: str) -> bool:
        """Whether people may well differ on `field`: no agreement is asked of them."""
        return self.policy.decision(field).how == "subjective"


@lru_cache(maxsize=64)
def read_spec(document: str) -> Spec:
    """The spec in a document's JSON. Raises UnreadableSpec."""
    try:
        content = SpecDocument.model_validate_json(document, strict=False, extra="ignore")
        return Spec(compile_fields(content.fields, ignore_unknown=True), content.policy)
    except ValueError as error:
        raise UnreadableSpec(str(error)) from error
